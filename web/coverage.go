package web

import (
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// runsIn reports of a program whether it runs in an environment.
func runsIn(e procedures.Environment) func(program string) bool {
	return func(program string) bool {
		return slices.ContainsFunc(e.Programs, func(p procedures.Program) bool { return p.Name == program })
	}
}

// coveredBy is a coverage as a page says it in one line.
func coveredBy(c runbook.Coverage) templates.Covered {
	out := templates.Covered{Live: c.Live, ByHand: c.ByHand, NotRead: len(c.NotRead), Findings: c.Findings()}
	for _, program := range c.Needed() {
		out.Needs = append(out.Needs, templates.Needed{Program: program, N: c.Programs[program]})
	}
	return out
}

// reads are the sections in which Run all has something to do, and "" where it has for the whole procedure.
func reads(p *procedures.Procedure) map[string]bool {
	out := map[string]bool{"": runs.Reads(p, "")}
	for _, s := range p.Sections {
		out[s.ID] = runs.Reads(p, s.ID)
	}
	return out
}
