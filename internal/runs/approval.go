package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// Answer is what somebody says of a planned change.
type Answer struct {
	Execution string
	By        access.Person
	Reason    string // of declining
}

// ApprovalStore keeps answers to requests for approval. A transaction may be nil for reading.
type ApprovalStore interface {
	// Conflicts reports whether an error is that the person has answered before.
	Conflicts(err error) bool
	InsertApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error
	WithdrawApproval(ctx context.Context, tx procedures.Tx, execution string, at time.Time) error
	// RevokeApproval makes a decline of a person's approval, with its reason.
	RevokeApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error
	Approvals(ctx context.Context, tx procedures.Tx, execution string) ([]procedures.Approval, error)
	RunsAwaitingApproval(ctx context.Context, after time.Time) ([]string, error)
	// AwaitingApproval returns, by environment, when those approvals were asked for.
	AwaitingApproval(ctx context.Context, after time.Time) (map[string][]time.Time, error)
}

// Approvals keeps who requested, approved, declined or withdrew: always for exactly one plan's digest.
type Approvals struct {
	presser *Presser
	store   ApprovalStore
}

// approvalsNeeded is how many other people have to approve a plan: as was planned, and as the configuration says now.
func approvalsNeeded(w *press, step *procedures.Step, e *procedures.Execution) int {
	if len(e.Confirmed) == 0 {
		return 0
	}
	return max(e.Approvals, procedures.Approvals(w.engine.Environment, w.procedure, step))
}

// digestOf is the SHA-256 of exactly these calls with exactly these values, in this place, and with all that they are sent with: the files
// that they read, region, account, role, address, folder and variables.
func digestOf(run *procedures.Run, e *procedures.Execution) (string, error) {
	data, err := json.Marshal([]any{
		run.ID, run.Environment, run.Account, run.Digest, e.ID, e.Step, e.Parameters, e.Confirmed, e.Script, e.Made, e.Corrected,
		e.RollbackOf, e.Resumes, e.Salt, bound(e),
	})
	if err != nil {
		return "", fmt.Errorf("digest the plan: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// bound are the digests of an execution's calls with all that they are sent with.
func bound(e *procedures.Execution) []string {
	out := make([]string, len(e.Confirmed))
	for i, call := range e.Confirmed {
		out[i] = call.BoundDigest(e.Salt, i+1)
	}
	return out
}

// personOf is who gave an answer.
func personOf(a procedures.Approval) access.Person {
	return access.Stored(a.Person, a.Name, a.Email)
}

// someone is a name, or that there is none.
func someone(name string) string {
	if name == "" {
		return "somebody"
	}
	return name
}

// RequestApproval requests other people's approval of a plan. Requested twice it is requested once.
func (a *Approvals) RequestApproval(ctx context.Context, by Answer) (run string, err error) {
	return a.answer(ctx, by, procedures.AnswerRequested)
}

// Approve approves exactly the plan that was requested. Nobody approves their own.
func (a *Approvals) Approve(ctx context.Context, by Answer) (run string, err error) {
	return a.answer(ctx, by, procedures.AnswerApproved)
}

// Decline declines a request, for a reason, which ends the request. It also takes one's own approval back.
func (a *Approvals) Decline(ctx context.Context, by Answer) (run string, err error) {
	if strings.TrimSpace(by.Reason) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "say why you decline; nothing was changed").Of("text")
	}
	return a.answer(ctx, by, procedures.AnswerDeclined)
}

// Withdraw ends one's own request.
func (a *Approvals) Withdraw(ctx context.Context, by Answer) (run string, err error) {
	return a.answer(ctx, by, procedures.AnswerWithdrawn)
}

// answer keeps an answer, and returns the run that it is about.
func (a *Approvals) answer(ctx context.Context, by Answer, answer procedures.Answer) (string, error) {
	if len(by.Reason) > maxNote {
		return "", procedures.Errorf(procedures.CodeInvalid, "the reason has %d bytes; the limit is %d", len(by.Reason), maxNote).Of("text")
	}
	if access.CleanName(by.By.Name) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "set your name first: an approval has a name. Nothing was changed")
	}
	l := a.presser.ledger
	var events []procedures.Event
	var head *procedures.Run
	err := l.Update(ctx, func(tx procedures.Tx) error {
		events = nil
		w, e, err := a.planned(ctx, tx, by.Execution)
		if err != nil {
			return err
		}
		head = w.run
		action := access.Approve
		if answer == procedures.AnswerRequested || answer == procedures.AnswerWithdrawn { // it is about one's own press
			action = access.Press
		}
		asks := access.Request{
			Person: by.By, Action: action, Environment: head.Environment, Procedure: head.Procedure, Effect: e.Effect,
		}
		if err := a.presser.policy.May(ctx, asks); err != nil {
			asks.Action, asks.Effect = access.View, ""
			if a.presser.policy.May(ctx, asks) != nil { // what somebody may not view is not there, as for an execution that never was
				return procedures.Errorf(procedures.CodeNotFound, "there is no execution %s", by.Execution)
			}
			return err
		}
		given, err := a.store.Approvals(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		event, keep, err := a.judge(w, e, by, answer, given)
		if err != nil || event == nil {
			return err
		}
		if answer == procedures.AnswerWithdrawn || answer == procedures.AnswerDeclined { // it is not carried out any more
			if err := a.presser.executions.DropAnswers(ctx, tx, e.ID); err != nil {
				return err
			}
		}
		answered := func(g procedures.Approval) bool { return g.Person == keep.Person }
		switch {
		case answer == procedures.AnswerWithdrawn:
			err = a.store.WithdrawApproval(ctx, tx, e.ID, event.At)
		case answer == procedures.AnswerDeclined && slices.ContainsFunc(given, answered):
			err = a.store.RevokeApproval(ctx, tx, e.ID, keep)
		default:
			err = a.store.InsertApproval(ctx, tx, e.ID, keep)
		}
		if err != nil {
			return err
		}
		events = []procedures.Event{*event}
		if answer == procedures.AnswerRequested { // it is told when it waits too long
			if err := l.Tell(ctx, tx, procedures.Alert{
				Kind: procedures.AlertApprovalWaiting, Environment: head.Environment, Procedure: head.Procedure, Run: head.ID,
				Step: e.Step, Execution: e.ID,
			}); err != nil {
				return err
			}
		}
		return l.Append(ctx, tx, head.ID, events...)
	})
	if a.store.Conflicts(err) {
		return "", procedures.Errorf(procedures.CodeConflict, "you have answered already")
	}
	if err != nil {
		return "", err
	}
	l.NotifyRun(head)
	return head.ID, nil
}

// plannedChange is what an answer is about.
type plannedChange struct {
	*press
	run  *procedures.Run
	step *procedures.Step
}

// planned finds what an answer is about, and keeps others out of its run until the transaction ends. It is refused where the
// plan cannot be confirmed any more.
func (a *Approvals) planned(ctx context.Context, tx procedures.Tx, execution string) (*plannedChange, *procedures.Execution, error) {
	p := a.presser
	e, err := p.executions.Get(ctx, tx, execution)
	if err != nil {
		return nil, nil, err
	}
	run, err := p.ledger.Lock(ctx, tx, e.Run)
	if err != nil {
		return nil, nil, err
	}
	if e, err = p.executions.Get(ctx, tx, execution); err != nil { // as it is now that nobody else changes it
		return nil, nil, err
	}
	if err := p.executions.Open(e); err != nil {
		return nil, nil, err
	}
	w, err := a.changeOf(ctx, run, e)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case e.State != procedures.ExecutionPlanned:
		return nil, nil, procedures.Errorf(procedures.CodeConflict, "this was executed already: an approval counts once")
	case run.State != procedures.RunOpen:
		return nil, nil, procedures.Errorf(procedures.CodeConflict, "the run is finished; nothing was changed")
	case p.ledger.Now().Sub(e.AskedAt) > planAge:
		return nil, nil, procedures.Errorf(procedures.CodeConflict,
			"this was shown more than an hour ago; nothing was changed. Review it again")
	}
	return w, e, nil
}

// changeOf is what a planned execution is about, by the text of its run.
func (a *Approvals) changeOf(ctx context.Context, run *procedures.Run, e *procedures.Execution) (*plannedChange, error) {
	g, err := a.presser.engine(run.Environment)
	if err != nil {
		return nil, err
	}
	procedure, err := a.presser.ledger.Procedure(ctx, run)
	if err != nil {
		return nil, err
	}
	library, err := a.presser.ledger.LibraryOf(ctx, run)
	if err != nil {
		return nil, err
	}
	step := procedure.Step(e.Step)
	if step == nil {
		return nil, procedures.Errorf(procedures.CodeNotFound, "the runbook has no step %s any more", e.Step)
	}
	if e.RollbackOf != "" {
		if step, err = g.RollbackStep(procedure, step, e.Script != "", e.Script); err != nil {
			return nil, err
		}
	}
	w := &press{
		Request: Request{Procedure: procedure.ID, Environment: run.Environment, Run: run.ID, Rollback: e.RollbackOf, Resume: e.Resumes},
		engine:  g, procedure: procedure, library: library, account: run.Account,
	}
	return &plannedChange{w, run, step}, nil
}

// Planned is what was planned and not executed yet, as it may be shown.
func (a *Approvals) Planned(ctx context.Context, execution string) (*Plan, error) {
	p := a.presser
	e, err := p.executions.Get(ctx, nil, execution)
	if err != nil {
		return nil, err
	}
	if err := p.executions.Open(e); err != nil {
		return nil, err
	}
	run, err := p.ledger.Head(ctx, e.Run)
	if err != nil {
		return nil, err
	}
	w, err := a.changeOf(ctx, run, e)
	if err != nil {
		return nil, err
	}
	snapshot, err := p.snapshots.Open(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	answers, err := p.executions.Answers(ctx, nil, e)
	if err != nil {
		return nil, err
	}
	return p.show(ctx, w.press, w.step, e,
		w.engine.MaskOf(ctx, e, snapshot.State, slices.Concat(engine.Secrets(w.procedure, e.Parameters), sealed.HiddenIn(answers))...))
}

// AwaitingApproval are the runs that wait for another person's approval.
func (a *Approvals) AwaitingApproval(ctx context.Context) (map[string]bool, error) {
	ids, err := a.store.RunsAwaitingApproval(ctx, a.presser.ledger.Now().Add(-planAge))
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// AwaitedSince says, by environment, since when changes wait for another person's approval: one time for each of them.
func (a *Approvals) AwaitedSince(ctx context.Context) (map[string][]time.Time, error) {
	return a.store.AwaitingApproval(ctx, a.presser.ledger.Now().Add(-planAge))
}
