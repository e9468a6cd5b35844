package web

import (
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// meter counts what the steps came to, and adds up the time that their calls took. Steps that were neither executed
// nor marked are those to go; the time in AWS is summed over the calls, also of those that ran at the same time.
func meter(page *templates.RunPage, view *journal.View) templates.Meter {
	m := templates.Meter{Total: len(page.Procedure.Steps), By: view.By, Started: view.Began}
	counts := map[procedures.Verdict]int{}
	running := 0
	for _, step := range page.Procedure.Steps {
		v := view.Step(step.ID)
		part := v.Verdict()
		switch {
		case v.Running():
			part = "running"
			running++
		case part != "":
			m.Done++
			counts[part]++
		}
		m.Parts = append(m.Parts, part)
		for _, c := range v.Calls {
			m.InAWS += c.Duration
		}
	}
	m.Running = running > 0
	for _, v := range procedures.Verdicts {
		if n := counts[v]; n > 0 {
			m.Counts = append(m.Counts, templates.Count{N: n, Word: templates.Word(v), Verdict: v})
		}
	}
	if running > 0 {
		m.Counts = append(m.Counts, templates.Count{N: running, Word: "running", Verdict: "running"})
	}
	if left := m.Total - m.Done - running; left > 0 {
		m.Counts = append(m.Counts, templates.Count{N: left, Word: "to go"})
	}
	return m
}
