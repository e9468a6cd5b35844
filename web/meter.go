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
	first := map[procedures.Verdict]string{} // the first step of each; "" is for those to go
	running := 0
	m.Sections = sectionMeters(page.Procedure)
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
		if first[part] == "" {
			first[part] = step.ID
		}
		m.Parts = append(m.Parts, part)
		for i := range m.Sections {
			if s := &m.Sections[i]; page.Procedure.Within(step.Section, s.ID) {
				s.Parts = append(s.Parts, part)
				s.Total++
				if part != "" && part != "running" {
					s.Done++
				}
			}
		}
		for _, c := range v.Calls {
			m.InAWS += c.Duration
		}
	}
	m.Running = running > 0
	for _, v := range procedures.Verdicts {
		if n := counts[v]; n > 0 {
			m.Counts = append(m.Counts, templates.Count{N: n, Word: templates.Word(v), Verdict: v, Step: first[v]})
		}
	}
	if running > 0 {
		m.Counts = append(m.Counts, templates.Count{N: running, Word: "running", Verdict: "running", Step: first["running"]})
	}
	if left := m.Total - m.Done - running; left > 0 {
		m.Counts = append(m.Counts, templates.Count{N: left, Word: "to go", Step: first[""]})
	}
	return m
}

// sectionMeters are those of the procedure's headings of the highest level.
func sectionMeters(p *procedures.Procedure) []templates.SectionMeter {
	level := 7
	for _, s := range p.Sections {
		level = min(level, s.Level)
	}
	var out []templates.SectionMeter
	for _, s := range p.Sections {
		if s.Level == level {
			out = append(out, templates.SectionMeter{ID: s.ID, Title: s.Title})
		}
	}
	return out
}
