package templates

import (
	"maps"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Needs is the dialog that offers to run the earlier steps whose values a step uses.
type Needs struct {
	Procedure string
	Step      *procedures.Step
	Steps     []*procedures.Step
	Values    map[string]string
	Corrected bool
	Key       string
	Back      string
}

// form is the press again, with the steps before it.
func (a *Needs) form() Form {
	f := Form{Action: "/press", Class: "confirm", Hidden: hidden("step", a.Step.ID, "with", "true", "key", a.Key)}
	for _, name := range slices.Sorted(maps.Keys(a.Values)) {
		f.Hidden = append(f.Hidden, Hidden{name, a.Values[name]})
	}
	if a.Corrected {
		f.Hidden = append(f.Hidden, Hidden{"corrected", "true"})
	}
	return f
}
