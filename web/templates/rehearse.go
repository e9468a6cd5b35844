package templates

import (
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Sandbox is the environment on which things are rehearsed: the one of that name, else the first that is on the sandbox.
func Sandbox(environments []procedures.Environment) (procedures.Environment, bool) {
	i := slices.IndexFunc(environments, func(e procedures.Environment) bool { return e.Sandbox() && e.Name == "sandbox" })
	if i < 0 {
		i = slices.IndexFunc(environments, procedures.Environment.Sandbox)
	}
	if i < 0 {
		return procedures.Environment{}, false
	}
	return environments[i], true
}

// Rehearses reports whether the page offers to rehearse its procedure: it changes something, and not on the sandbox.
func (p *RunPage) Rehearses() bool {
	_, ok := Sandbox(p.Environments)
	return ok && !p.Environment.Sandbox() && slices.ContainsFunc(p.Procedure.Steps, func(s *procedures.Step) bool {
		return s.Effect().Changes()
	})
}

// Rehearsal reports whether what the page shows is a rehearsal of what is done elsewhere in earnest.
func (p *RunPage) Rehearsal() bool {
	return p.Environment.Sandbox() && slices.ContainsFunc(p.Environments, func(e procedures.Environment) bool { return !e.Sandbox() })
}
