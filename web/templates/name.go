package templates

import (
	"maps"
	"slices"
)

// NameRequest asks a person for a name before the first action that the journal records.
type NameRequest struct {
	Action string // the address of the press
	Values map[string][]string
}

// form is the press again, with the name.
func (q *NameRequest) form() Form {
	f := Form{Action: q.Action, Class: "confirm"}
	for _, name := range slices.Sorted(maps.Keys(q.Values)) {
		for _, value := range q.Values[name] {
			f.Hidden = append(f.Hidden, Hidden{name, value})
		}
	}
	return f
}
