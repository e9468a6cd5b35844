// Package alerts says in words what an alert tells. It reads the journal, in which everything is masked.
package alerts

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
)

// Bounds of a message: it is read on a telephone.
const (
	maxSteps  = 10
	maxReason = 500 // bytes
)

// Describer describes alerts.
type Describer struct{ Ledger *ledger.Ledger }

// Describe is what an alert says, without addresses of pages. It is nil where there is nothing to tell any more: what waited for an
// approval has one. A run that is not there any more is an error of the code not-found.
func (d Describer) Describe(ctx context.Context, a procedures.Alert) (*procedures.Message, error) {
	m, err := d.describe(ctx, a)
	if err != nil || m == nil {
		return nil, err
	}
	// All of it was masked when it was written; what a planned time's reason quotes was not.
	hidden := mask.Written(ctx)
	m.Title, m.Text = hidden.Text(m.Title), hidden.Text(m.Text)
	return m, nil
}

func (d Describer) describe(ctx context.Context, a procedures.Alert) (*procedures.Message, error) {
	if a.Kind == procedures.AlertGlassBroken {
		return glass(a), nil
	}
	m := &procedures.Message{Environment: a.Environment, Procedure: &procedures.MessageSubject{ID: a.Procedure, Title: a.Procedure}}
	p, _, err := d.Ledger.Library().Find(a.Procedure)
	if err == nil && p.ID == a.Procedure {
		m.Procedure.Title = p.Title
		if schedule, err := procedures.ParseSchedule(p.Schedule); err == nil {
			if next := schedule.Next(d.Ledger.Now()); !next.IsZero() {
				m.Next = &next
			}
		}
	}
	if a.Kind == procedures.AlertScheduleMissed {
		missed(m, a)
		return m, nil
	}
	run, err := d.Ledger.Head(ctx, a.Run)
	if err != nil {
		return nil, err
	}
	m.Procedure.Title, m.Account = run.Title, run.Account
	m.Run = &procedures.MessageRun{ID: run.ID, Verdict: run.Verdict, StartedBy: run.StartedBy, StartedAt: run.StartedAt}
	view, err := d.Ledger.View(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	// By the text of the run; without it, steps are called by their ids.
	if p, err = d.Ledger.Procedure(ctx, run); err != nil {
		p = &procedures.Procedure{}
	}
	switch a.Kind {
	case procedures.AlertRunFailed:
		failed(m, run, p, view)
	case procedures.AlertStepUnknown:
		m.Next = nil
		unknown(m, stepOf(p, a.Step, view), view.Step(a.Step).Judged().Advice)
	case procedures.AlertApprovalWaiting:
		m.Next = nil
		if run.State != procedures.RunOpen || !d.waits(m, stepOf(p, a.Step, view), view.Step(a.Step).Request, a.Execution) {
			return nil, nil
		}
	}
	return m, nil
}

// stepOf is a step and what it came to.
func stepOf(p *procedures.Procedure, id string, view *journal.View) procedures.MessageStep {
	judged := view.Step(id).Judged()
	out := procedures.MessageStep{ID: id, Title: id, Verdict: judged.Verdict, Reason: short(judged.Reason)}
	if step := p.Step(id); step != nil {
		out.Title = step.Title
	}
	return out
}

// short is a text on one line that is not too long.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxReason {
		return text
	}
	cut := maxReason
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// at is a time as people read it.
func at(t time.Time) string { return t.UTC().Format("15:04 UTC on 2 January") }

// glass tells of somebody who raised their effects.
func glass(a procedures.Alert) *procedures.Message {
	who := cmp.Or(a.By, "Somebody")
	return &procedures.Message{
		Title: who + " broke glass",
		Text: fmt.Sprintf("%s may run more than their roles say until %s, unless it is ended before. "+
			"Approvals are needed as ever. Reason: %s.", who, at(a.Until), strings.TrimSuffix(short(a.Reason), ".")),
	}
}

// missed tells of planned times without a run.
func missed(m *procedures.Message, a procedures.Alert) {
	m.Missed = a.Missed
	m.Title = fmt.Sprintf("%s did not run in %s", m.Procedure.Title, a.Environment)
	newest := a.Missed[len(a.Missed)-1]
	m.Text = fmt.Sprintf("Planned for %s: %s.", at(newest), strings.TrimSuffix(a.Reason, "."))
	if n := len(a.Missed); n > 1 {
		m.Text = fmt.Sprintf("%d planned times had no run, from %s to %s. The last one: %s.",
			n, at(a.Missed[0]), at(newest), strings.TrimSuffix(a.Reason, "."))
	}
	if m.Next != nil {
		m.Text += " Next planned time: " + at(*m.Next) + "."
	}
}

// failed tells of a scheduled run that ended, and not well.
func failed(m *procedures.Message, run *procedures.Run, p *procedures.Procedure, view *journal.View) {
	how := "ended with errors"
	switch run.Verdict {
	case procedures.Failed:
		how = "failed"
	case procedures.Unknown:
		how = "ended with an unknown outcome"
	}
	m.Title = fmt.Sprintf("%s %s in %s", run.Title, how, run.Environment)
	judged := 0
	for id := range view.Steps {
		step := stepOf(p, id, view)
		if step.Verdict != "" && step.Verdict != procedures.Skipped {
			judged++
		}
		if step.Verdict.Alarming() {
			m.Steps = append(m.Steps, step)
		}
	}
	place := func(id string) int {
		return slices.IndexFunc(p.Steps, func(s *procedures.Step) bool { return s.ID == id })
	}
	slices.SortFunc(m.Steps, func(a, b procedures.MessageStep) int { return cmp.Compare(place(a.ID), place(b.ID)) })
	m.Text = fmt.Sprintf("Scheduled run of %s: %d of %d steps did not pass", at(run.StartedAt), len(m.Steps), judged)
	switch {
	case len(m.Steps) == 1 && judged == 1:
		m.Text = fmt.Sprintf("Scheduled run of %s: %s.", at(run.StartedAt), strings.TrimSuffix(m.Steps[0].Reason, "."))
	case len(m.Steps) == 1:
		m.Text += fmt.Sprintf(". “%s”: %s.", m.Steps[0].Title, strings.TrimSuffix(m.Steps[0].Reason, "."))
	case len(m.Steps) > maxSteps:
		m.Steps = m.Steps[:maxSteps]
		m.Text += fmt.Sprintf(", the first %d are listed.", maxSteps)
	default:
		m.Text += "."
	}
	if m.Next != nil {
		m.Text += " Next run: " + at(*m.Next) + "."
	}
}

// unknown tells of a change that was cut off.
func unknown(m *procedures.Message, step procedures.MessageStep, advice string) {
	m.Step = &step
	m.Title = fmt.Sprintf("Outcome unknown: “%s” in %s", step.Title, m.Environment)
	m.Text = cmp.Or(step.Reason, "A change was cut off.") + " " + cmp.Or(short(advice), "Find out what happened before you run it again.")
}

// waits tells of a change that waits for approval, and reports whether it still does.
func (d Describer) waits(m *procedures.Message, step procedures.MessageStep, r *journal.ApprovalRequest, execution string) bool {
	if !r.Open() || r.Execution != execution || r.Approved() || !d.Ledger.Now().Before(r.Until) {
		return false
	}
	m.Step = &procedures.MessageStep{ID: step.ID, Title: step.Title}
	m.Approval = &procedures.MessageApproval{
		RequestedBy: r.By, RequestedAt: r.At, ExpiresAt: r.Until, Needed: r.Needed, Given: len(r.Approvals),
	}
	m.Title = fmt.Sprintf("Waiting for approval: “%s” in %s", step.Title, m.Environment)
	m.Text = fmt.Sprintf("%s requested approval of a change at %s; %d of %d given. The request expires at %s.",
		cmp.Or(r.By, "Somebody"), at(r.At), len(r.Approvals), r.Needed, at(r.Until))
	return true
}
