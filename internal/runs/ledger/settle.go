package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Settle brings a run's verdict up to date and queues the executions whose turn has come, in a transaction that has locked the
// run. It returns the run's executions, encrypted as they are stored.
func (l *Ledger) Settle(ctx context.Context, tx procedures.Tx, run string) ([]*procedures.Execution, error) {
	executions, err := l.Store.Executions(ctx, tx, run)
	if err != nil {
		return nil, err
	}
	// Executions are in the order of their requests: the last one of a step counts for the run's verdict.
	latest := map[string]procedures.Verdict{}
	for _, e := range executions {
		if e.State == procedures.ExecutionFinished {
			latest[e.Step] = e.Verdict
		}
	}
	verdicts := make([]procedures.Verdict, 0, len(latest))
	for _, v := range latest {
		verdicts = append(verdicts, v)
	}
	if err := l.Store.SetVerdict(ctx, tx, run, procedures.Worst(verdicts...)); err != nil {
		return nil, err
	}
	for _, e := range executions {
		if len(e.After) > 0 && Due(e, executions) {
			if err := l.Queue(ctx, tx, e.ID); err != nil { // a second job of it finds that it runs
				return nil, fmt.Errorf("queue the next step: %w", err)
			}
		}
	}
	return executions, nil
}

// EndTogether ends an open run that Run all began once its last step has ended, in a transaction that has locked the run. One that
// was reopened stays open: somebody wants to go on with it. executions are the run's, as Settle returns them.
func (l *Ledger) EndTogether(ctx context.Context, tx procedures.Tx, run *procedures.Run, executions []*procedures.Execution) error {
	if run.State != procedures.RunOpen || !run.ReopenedAt.IsZero() ||
		slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.State == procedures.ExecutionWaiting || e.State == procedures.ExecutionRunning
		}) {
		return nil
	}
	first, err := l.Store.First(ctx, tx, run.ID)
	if err != nil || !first.Together {
		return err
	}
	return l.EndRun(ctx, tx, run.ID, procedures.Event{Kind: procedures.EventRunFinished, At: l.Now(), Text: "its last step has ended"})
}

// Due reports whether the turn of an execution has come: those of the run that it comes after are finished.
func Due(e *procedures.Execution, executions []*procedures.Execution) bool {
	unfinished := func(id string) bool {
		return !slices.ContainsFunc(executions, func(before *procedures.Execution) bool {
			return before.ID == id && before.State == procedures.ExecutionFinished
		})
	}
	return e.State == procedures.ExecutionWaiting && e.WaitsFor == "" && !slices.ContainsFunc(e.After, unfinished)
}

// EndRun finishes a run in a transaction that has locked it, with the event that says so. Executions that wait are skipped.
func (l *Ledger) EndRun(ctx context.Context, tx procedures.Tx, id string, event procedures.Event) error {
	executions, err := l.Store.Executions(ctx, tx, id)
	if err != nil {
		return err
	}
	// One write for all of them: readers see the steps skipped and the run finished together.
	now := l.Now()
	var events []procedures.Event
	for _, e := range executions {
		if e.State != procedures.ExecutionWaiting {
			continue
		}
		if _, err := l.Store.FinishExecution(ctx, tx, e, procedures.Skipped, now); err != nil {
			return err
		}
		judgement := procedures.Judgement{Verdict: procedures.Skipped, Reason: "Not begun: the run was finished."}
		events = append(events, procedures.Event{
			Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &judgement,
		})
	}
	if err := l.Append(ctx, tx, id, append(events, event)...); err != nil {
		return err
	}
	return l.Store.FinishRun(ctx, tx, id, now)
}
