package runs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/tracing"
)

// ready reports as an error what a changing step still waits for: steps that it needs, and manual ones before it.
func (p *Presser) ready(ctx context.Context, run string, procedure *procedures.Procedure, step *procedures.Step) error {
	if len(step.After) == 0 && len(step.Annotations.Needs) == 0 {
		return nil
	}
	view, err := p.ledger.View(ctx, run)
	if err != nil {
		return err
	}
	return journal.Ready(view, procedure, step)
}

// needed reports as an error that a step which only reads needs others that have not passed. Those requested before it are waited for,
// and looked at when its turn comes.
func (p *Presser) needed(ctx context.Context, run string, procedure *procedures.Procedure, chain []*procedures.Step) error {
	step := chain[len(chain)-1]
	if len(step.Annotations.Needs) == 0 {
		return nil
	}
	view, err := p.ledger.View(ctx, run)
	if err != nil {
		return err
	}
	return journal.Needed(view, procedure, step, chain[:len(chain)-1]...)
}

// viewOpen is the view of the press's open run; that of a run without events where none is open.
func (p *Presser) viewOpen(ctx context.Context, w *press) (*journal.View, error) {
	id, err := p.store.OpenRun(ctx, nil, w.Environment, w.procedure.Names()...)
	if err != nil || id == "" {
		return journal.NewView(), err
	}
	return p.ledger.View(ctx, id)
}

// failedBefore names the steps before this one that failed in the open run; empty for none.
func (p *Presser) failedBefore(ctx context.Context, w *press, step *procedures.Step) (string, error) {
	view, err := p.viewOpen(ctx, w)
	if err != nil {
		return "", err
	}
	var titles []string
	for _, before := range journal.FailedBefore(view, w.procedure, step) {
		titles = append(titles, before.Title)
	}
	return strings.Join(titles, ", "), nil
}

// notMarked reports as an error that a manual step is marked as done.
func (p *Presser) notMarked(ctx context.Context, w *press, step *procedures.Step) error {
	view, err := p.viewOpen(ctx, w)
	if err == nil && view.Step(step.ID).Done() {
		return procedures.Errorf(procedures.CodeConflict, "%s is marked as done: mark it as not done before you start it again", step.Title)
	}
	return err
}

// confirm executes what was planned, exactly as it was shown, once.
func (p *Presser) confirm(ctx context.Context, w *press, step *procedures.Step) (*Pressed, error) {
	// Read before the transaction: folding a journal takes too long for one. A step that fails in between was not on the page.
	failed, err := p.failedBefore(ctx, w, step)
	if err != nil {
		return nil, err
	}
	out := &Pressed{}
	err = p.ledger.Update(ctx, func(tx procedures.Tx) error {
		*out = Pressed{}
		e, err := p.executions.Get(ctx, tx, w.Confirmed)
		if err != nil {
			return err
		}
		run, err := p.ledger.Lock(ctx, tx, e.Run)
		if err != nil {
			return err
		}
		if e, err = p.executions.Get(ctx, tx, w.Confirmed); err != nil { // as it is now that nobody else changes it
			return err
		}
		if err := p.executions.Open(e); err != nil {
			return err
		}
		out.Run, out.Execution = e.Run, e.ID
		// A rollback, and what resumes, is of one particular change: another one since would make its values wrong.
		if e.State == procedures.ExecutionPlanned && (e.RollbackOf != "" || e.Resumes != "") {
			if err := p.stillNewest(ctx, tx, run, cmp.Or(e.Resumes, e.RollbackOf)); err != nil {
				return err
			}
		}
		// The plan's effect counts, which a rollback has of its own, not that of the step that was pressed.
		if err := p.may(ctx, w, access.Press, e.Effect); err != nil {
			return err
		}
		if e.State != procedures.ExecutionPlanned {
			out.Joined = true // it was confirmed already
			return nil
		}
		override := failed != "" && e.RollbackOf == "" // it is rolled back because something failed
		if err := p.confirmable(w, step, run, e); err != nil {
			return err
		}
		if override && strings.TrimSpace(w.Reason) == "" {
			return procedures.Errorf(procedures.CodeInvalid,
				"%s failed before: say why you proceed; nothing was changed", failed).Of("reason")
		}
		if err := p.approved(ctx, tx, w, step, run, e); err != nil {
			return err
		}
		if _, err := p.store.ConfirmExecution(ctx, tx, e.ID); err != nil {
			return err
		}
		if e.Trace = tracing.Parent(ctx); e.Trace != "" { // it belongs to what confirmed it, not to what planned it
			if err := p.executions.Update(ctx, tx, e); err != nil {
				return err
			}
			if err := p.executions.Open(e); err != nil {
				return err
			}
		}
		if err := p.store.HoldAnswers(ctx, tx, e.ID); err != nil {
			return err
		}
		digest, err := digestOf(run, e)
		if err != nil {
			return err
		}
		now := p.ledger.Now()
		var events []procedures.Event
		if override {
			events = append(events, w.By.Sign(procedures.Event{Kind: procedures.EventOverride, At: now, Step: step.ID, Text: w.Reason}))
		}
		executions, err := p.executions.OfRun(ctx, tx, e.Run)
		if err != nil {
			return err
		}
		executions = slices.DeleteFunc(executions, func(other *procedures.Execution) bool { return other.ID == e.ID })
		whole, kept := journal.Once(shown(w.procedure, keepable(w.procedure, e.Parameters)), journaled(executions))
		events = append(events, w.By.Sign(procedures.Event{
			Kind: procedures.EventStepRequested, At: now, Step: step.ID, Execution: e.ID, Corrected: e.Corrected,
			Parameters: whole, Kept: kept, RollbackOf: e.RollbackOf, Resumes: e.Resumes,
			Digest: digest,
		}))
		if err := p.ledger.Append(ctx, tx, e.Run, events...); err != nil {
			return err
		}
		return p.ledger.Queue(ctx, tx, e.ID)
	})
	if p.store.Conflicts(err) { // something else was confirmed at the same moment
		return nil, procedures.Errorf(procedures.CodeConflict,
			"%s is already running; nothing of this plan was applied. Review it again when that has ended", step.Title)
	}
	if err != nil {
		return nil, err
	}
	p.ledger.Notify(out.Run)
	return out, nil
}

// confirmable reports as an error why a plan cannot be confirmed: it is not of this step, it is out of date, or what has to be
// typed was not.
func (p *Presser) confirmable(w *press, step *procedures.Step, run *procedures.Run, e *procedures.Execution) error {
	switch {
	case e.Step != step.ID || run.Procedure != w.procedure.ID || run.Environment != w.Environment:
		return procedures.Errorf(procedures.CodeInvalid, "the confirmed plan is of another step; nothing was changed")
	case run.State != procedures.RunOpen:
		return procedures.Errorf(procedures.CodeConflict, "the run was finished meanwhile; nothing was changed")
	case p.ledger.Now().Sub(e.AskedAt) > planAge:
		return procedures.Errorf(procedures.CodeConflict, "this was shown more than an hour ago; nothing was changed. Review it again")
	case e.Type != "" && strings.TrimSpace(w.Typed) != e.Type:
		return procedures.Errorf(procedures.CodeInvalid, "type %s to confirm; nothing was changed", e.Type).Of("typed")
	case slices.ContainsFunc(e.Confirmed, func(c procedures.PlannedCall) bool { return c.Bound == nil && !c.Unknown }):
		return procedures.Errorf(procedures.CodeConflict,
			"this was planned by an earlier version, which did not keep what the calls are sent with; nothing was changed. Review it again")
	case len(w.Reason) > maxNote:
		return procedures.Errorf(procedures.CodeInvalid,
			"the reason has %d bytes, the limit is %d; nothing was changed", len(w.Reason), maxNote).Of("reason")
	}
	return nil
}

// approved reports as an error that not enough other people have approved exactly this. Neither who planned it, nor who requested
// the approval, nor who presses counts.
func (p *Presser) approved(
	ctx context.Context, tx procedures.Tx, w *press, step *procedures.Step, run *procedures.Run, e *procedures.Execution,
) error {
	n := approvalsNeeded(w, step, e)
	if n == 0 {
		return nil
	}
	if access.CleanName(w.By.Name) == "" {
		return procedures.Errorf(procedures.CodeInvalid,
			"set your name first: an approved change is confirmed under a name. Nothing was changed")
	}
	answers, err := p.store.Approvals(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	digest, err := digestOf(run, e)
	if err != nil {
		return err
	}
	// An approval counts where its digest is that of the plan as it is now, and its person is none of those involved.
	involved := []access.Person{w.By, access.Stored(e.Planner, e.By, e.PlannerEmail)}
	requested, presses := false, false
	for _, a := range answers {
		switch a.Answer {
		case procedures.AnswerRequested:
			requested, involved = true, append(involved, personOf(a))
		case procedures.AnswerDeclined:
			return procedures.Errorf(procedures.CodeRefused, "%s declined: %s. Nothing was changed", someone(a.Name),
				strings.TrimSuffix(a.Reason, "."))
		case procedures.AnswerWithdrawn:
			return procedures.Errorf(procedures.CodeRefused,
				"%s withdrew the request; nothing was changed. Review it again", someone(a.Name))
		}
	}
	count := 0
	for _, a := range answers {
		if a.Answer != procedures.AnswerApproved || a.Digest != digest || !countsAsPerson(w.engine.Environment, personOf(a)) {
			continue
		}
		if slices.ContainsFunc(involved, func(person access.Person) bool { return person.Same(personOf(a)) }) {
			presses = presses || w.By.Same(personOf(a))
			continue
		}
		count++
	}
	switch {
	case count >= n:
		return nil
	case !requested:
		return procedures.Errorf(procedures.CodeRefused, "this needs %s: request it first. Nothing was changed", approvals(n))
	case presses:
		return procedures.Errorf(procedures.CodeRefused,
			"an approver cannot also execute the change: somebody else has to press. Nothing was changed")
	}
	return procedures.Errorf(procedures.CodeRefused, "waiting for %s; nothing was changed", approvals(n-count))
}

// countsAsPerson reports whether an environment takes somebody's word in approvals: that of people who are signed in,
// and of others only where its configuration says so.
func countsAsPerson(e procedures.Environment, p access.Person) bool {
	return e.ApprovalsWithoutSignIn || p.Vouched()
}

func approvals(n int) string {
	if n == 1 {
		return "1 approval"
	}
	return fmt.Sprintf("%d approvals", n)
}
