package templates

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Elsewhere reports whether the procedure is not for the environment of its page.
func (p *RunPage) Elsewhere() bool { return !p.Procedure.For(p.Environment) }

// Presses reports whether the page takes presses.
func (p *RunPage) Presses() bool {
	return !p.Elsewhere() && (!p.Fixed || p.Run.State == procedures.RunOpen)
}

// theirs are the environments that the procedure is for and that can be chosen.
func (p *RunPage) theirs() []string {
	var out []string
	for _, e := range p.Environments {
		if slices.Contains(p.Procedure.Environments, e.Name) {
			out = append(out, e.Name)
		}
	}
	return out
}

// isFor says where the procedure is done.
func (p *RunPage) isFor() string {
	out := "This procedure is for " + strings.Join(p.Procedure.Environments, ", ") + ". Its steps do not run in " + p.Environment.Name + "."
	if len(p.theirs()) == 0 {
		out += " No environment of that name is configured."
	}
	return out
}

// Limit says why the page's environment does not allow the step at all; empty where it does.
func (s *Step) Limit() string {
	if s.Page == nil || s.Page.Elsewhere() || !s.executes() {
		return ""
	}
	return s.Page.Environment.Limit(s.Effect())
}
