package web

import (
	"slices"

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
	m.Next = next(page, view)
	usual(page, &m)
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

// next is the step that comes next in an open run: the first that is to be done and was neither executed nor marked. Of several ways to
// do the same none comes next once one was gone; what is done on demand never does.
func next(page *templates.RunPage, view *journal.View) *templates.NextStep {
	p := page.Procedure
	if page.Run == nil || page.Run.State != procedures.RunOpen {
		return nil
	}
	for i := 0; i < len(p.Steps); {
		to := i + 1
		for to < len(p.Steps) && p.Steps[to].Alternative {
			to++
		}
		step := p.Steps[i]
		touched := slices.ContainsFunc(p.Steps[i:to], func(step *procedures.Step) bool {
			v := view.Step(step.ID)
			return v.Running() || v.Verdict() != ""
		})
		if !touched && !step.OnDemand && !p.Outside(step, "") {
			out := &templates.NextStep{Step: step, Number: i + 1}
			if e := page.Earlier[step.ID]; e != nil {
				out.Usual = e.Usual
			}
			return out
		}
		i = to
	}
	return nil
}

// usual adds up how long the steps of each section usually take, as far as that is known.
func usual(page *templates.RunPage, m *templates.Meter) {
	for _, step := range page.Procedure.Steps {
		e := page.Earlier[step.ID]
		if e == nil {
			continue
		}
		for i := range m.Sections {
			if s := &m.Sections[i]; page.Procedure.Within(step.Section, s.ID) {
				s.Usual += e.Usual
			}
		}
	}
}

// longProcedure is from how many steps on what is done is folded to one line.
const longProcedure = 8

// fold folds the steps of a long procedure that are done to their first lines: not what is red or has to be looked at, not the one
// that the address names, and not the newest, which somebody may be reading. It is for pages as they are loaded: nothing folds while
// somebody looks.
func fold(page *templates.RunPage) {
	if len(page.Procedure.Steps) < longProcedure || page.Run == nil {
		return
	}
	var newest *templates.Step
	for _, step := range page.Procedure.Steps {
		s := page.Steps[step.ID]
		if s.Running() || s.Verdict() == "" || s.Approval != nil || step.ID == page.Open || !templates.Settled(s.Verdict()) {
			continue
		}
		s.Folded = true
		if newest == nil || s.At().After(newest.At()) {
			newest = s
		}
	}
	if newest != nil && page.Run.State == procedures.RunOpen {
		newest.Folded = false
	}
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
