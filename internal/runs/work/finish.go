package work

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// finish keeps what a step came to and what it left, and queues what waited for it, in one transaction. It does not give up as
// long as the server lives: nobody else would say how the step ended.
func (w *Worker) finish(
	ctx context.Context, run *procedures.Run, e *procedures.Execution, result engine.Result, snapshot *engine.Snapshot, started time.Time,
) error {
	now := w.Ledger.Now()
	events := []procedures.Event{{
		Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &result.Judgement, Status: result.Status,
		Duration: now.Sub(started), Resumable: result.Resumable,
	}}
	err := w.persist(ctx, func() error {
		return w.Ledger.Update(ctx, func(tx procedures.Tx) error {
			return w.finishIn(ctx, tx, e, &result, snapshot, events)
		})
	})
	w.Ledger.NotifyRun(run)
	return err
}

// FinishIn ends an execution in a transaction with events, the last of which says so.
// It does nothing where the execution has ended already.
func (w *Worker) FinishIn(
	ctx context.Context, tx procedures.Tx, e *procedures.Execution, judgement procedures.Judgement, events ...procedures.Event,
) error {
	return w.finishIn(ctx, tx, e, &engine.Result{Judgement: judgement}, nil, events)
}

// finishIn ends an execution in a transaction, and keeps what its step left. snapshot is nil where nothing is to be kept.
// Locks are taken in one order everywhere: resources, then the run.
func (w *Worker) finishIn(
	ctx context.Context, tx procedures.Tx, e *procedures.Execution, result *engine.Result, snapshot *engine.Snapshot,
	events []procedures.Event,
) error {
	if e.Effect.Changes() {
		if _, _, err := w.lockResources(ctx, tx, e); err != nil {
			return err
		}
	}
	head, err := w.Ledger.Lock(ctx, tx, e.Run)
	if err != nil {
		return err
	}
	if snapshot != nil && head.State != procedures.RunFinished {
		if err := w.keepSnapshot(ctx, tx, e, result, snapshot); err != nil {
			return err
		}
	}
	refer(events, e)
	now := events[0].At // also of an attempt that is made again
	ok, err := w.Ledger.Store.FinishExecution(ctx, tx, e, result.Judgement.Verdict, now)
	if err != nil {
		return err
	}
	if !ok { // by another process, or by an attempt whose answer was lost
		return w.Ledger.Appended(ctx, tx, e.Run, events...)
	}
	if err := w.Ledger.Append(ctx, tx, e.Run, events...); err != nil {
		return err
	}
	if e.Effect.Changes() {
		if err := w.unreserve(ctx, tx, e); err != nil {
			return err
		}
		if !result.Resumable { // the execution that resumes it is planned with them
			if err := w.Executions.DropAnswers(ctx, tx, e.ID); err != nil {
				return err
			}
		}
	}
	executions, err := w.Ledger.Settle(ctx, tx, e.Run)
	if err != nil {
		return err
	}
	if result.Judgement.Verdict == procedures.Unknown {
		if err := w.Ledger.Tell(ctx, tx, alertOf(procedures.AlertStepUnknown, head, e)); err != nil {
			return err
		}
	}
	if head.State != procedures.RunScheduled {
		return w.Ledger.EndTogether(ctx, tx, head, executions)
	}
	return w.endScheduled(ctx, tx, head, executions)
}

// refer makes events of an execution what the journal keeps of them, where they stand: an attempt whose answer was lost is made
// again with the same events, which have their numbers by then, and with the judgement that keepSnapshot may still change.
func refer(events []procedures.Event, e *procedures.Execution) {
	for i := range events {
		kept := journal.Referring(events[i], e.Parameters)
		if j := events[i].Judgement; j != nil {
			*j, kept.Judgement = *kept.Judgement, j
		}
		events[i] = kept
	}
}

// keepSnapshot keeps what a script left for the next step. What cannot be kept is the step's error.
// Its transaction holds the run's lock, so that two steps that end together do not overwrite each other.
func (w *Worker) keepSnapshot(
	ctx context.Context, tx procedures.Tx, e *procedures.Execution, result *engine.Result, snapshot *engine.Snapshot,
) error {
	// Steps that run at the same time each began with the same snapshot: the state of now is merged, not replaced.
	now, err := w.Snapshots.Read(ctx, tx, e.Run)
	if err != nil {
		return err
	}
	changed, err := snapshot.Changed(now, result)
	if err == nil {
		return w.Snapshots.Keep(ctx, tx, e.Run, changed)
	}
	result.Judgement = procedures.Judgement{
		Verdict: procedures.Errored, Reason: "What the step left could not be kept: " + procedures.Said(err) + ".",
	}
	return nil
}

// endScheduled ends a scheduled run with its last step, in the transaction.
// One that stops before a change ends there: nobody is present to review it.
func (w *Worker) endScheduled(ctx context.Context, tx procedures.Tx, run *procedures.Run, executions []*procedures.Execution) error {
	if slices.ContainsFunc(executions, func(e *procedures.Execution) bool { return e.State != procedures.ExecutionFinished }) {
		return nil
	}
	reason := "its last step has ended"
	if p, err := w.Ledger.Procedure(ctx, run); err == nil {
		if _, before := engine.Together(p, "", engine.Executed(nil)); before != nil {
			reason = fmt.Sprintf("it stops before “%s”, which makes changes", before.Title)
		}
	}
	err := w.Ledger.EndRun(ctx, tx, run.ID, procedures.Event{Kind: procedures.EventRunFinished, At: w.Ledger.Now(), Text: reason})
	if err != nil {
		return err
	}
	if run, err = w.Ledger.Store.Head(ctx, tx, run.ID); err != nil || !run.Verdict.Alarming() {
		return err
	}
	return w.Ledger.Tell(ctx, tx, alertOf(procedures.AlertRunFailed, run, &procedures.Execution{}))
}

// alertOf is an alert of a run, and of an execution of it.
func alertOf(kind procedures.AlertKind, run *procedures.Run, e *procedures.Execution) procedures.Alert {
	return procedures.Alert{
		Kind: kind, Environment: run.Environment, Procedure: run.Procedure, Run: run.ID, Step: e.Step, Execution: e.ID,
	}
}

// release lets another worker execute what only reads and did not come to its end: a reading step, or the wait for what one
// changed.
func (w *Worker) release(ctx context.Context, e *procedures.Execution) error {
	err := w.Ledger.Update(ctx, func(tx procedures.Tx) error { return w.ReleaseIn(ctx, tx, e) })
	w.Ledger.Notify(e.Run)
	return err
}

// ReleaseIn puts an execution back into the queue, in a transaction.
// It does nothing where another process holds it by now.
func (w *Worker) ReleaseIn(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if _, err := w.Ledger.Lock(ctx, tx, e.Run); err != nil {
		return err
	}
	if ok, err := w.Store.ReleaseExecution(ctx, tx, e); err != nil || !ok {
		return err
	}
	notice := procedures.Event{Kind: procedures.EventNotice, At: w.Ledger.Now(), Step: e.Step, Execution: e.ID}
	// What made no call yet, or only reads, may be done twice.
	notice.Text = "The server that executed this was stopped. The step only reads, and continues automatically."
	if e.Applied {
		notice.Text = "The server that executed this was stopped after all calls were made. None is made again; the " +
			"wait for what they changed continues automatically."
	}
	if err := w.Ledger.Append(ctx, tx, e.Run, notice); err != nil {
		return err
	}
	return w.Ledger.Queue(ctx, tx, e.ID)
}
