package web

import (
	"cmp"
	"maps"
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

// where is an environment, as far as coverage depends on it, with what can be rehearsed.
func (s *Server) where(e procedures.Environment) runbook.Where {
	return runbook.Where{Runs: runsIn(e), Rehearses: s.Rehearses}
}

// coveredBy is a coverage as a page says it in one line.
func coveredBy(c runbook.Coverage) templates.Covered {
	out := templates.Covered{
		Live: c.Live, ByHand: c.ByHand, Partly: len(c.Partly), NotRead: len(c.NotRead), Findings: c.Findings(),
		Rehearsed: rehearsedBy(c.Rehearsal),
	}
	for _, program := range c.Needed() {
		out.Needs = append(out.Needs, templates.Needed{Program: program, N: c.Programs[program]})
	}
	return out
}

// rehearsedBy is what the sandbox answers, as a page says it.
func rehearsedBy(r runbook.Rehearsal) templates.Rehearsed {
	out := templates.Rehearsed{
		Calls: r.Calls, Simulated: r.Simulated + r.Grown, Samples: r.Samples, NotSimulated: r.NotSimulated, Words: r.Words(),
	}
	for _, command := range slices.SortedFunc(maps.Keys(r.Missing), func(a, b string) int {
		return cmp.Or(r.Missing[b]-r.Missing[a], cmp.Compare(a, b))
	}) {
		out.Missing = append(out.Missing, templates.Needed{Program: command, N: r.Missing[command]})
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
