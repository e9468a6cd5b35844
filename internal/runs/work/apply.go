package work

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// applied keeps that all calls of a changing step were made, and what its script came to and left. From then on a stop in the
// middle does not make it unknown: nothing of what follows changes anything.
// Nothing is kept where another process holds the execution by now; the error is then errTaken.
func (w *Worker) applied(ctx context.Context, e *procedures.Execution, result *engine.Result, snapshot *engine.Snapshot) error {
	ctx = context.WithoutCancel(ctx)
	// An attempt whose answer was lost is made again. Of what it has written the event keeps the number, by which the journal knows it.
	events := []procedures.Event{{
		Kind: procedures.EventApplied, At: w.Ledger.Now(), Step: e.Step, Execution: e.ID,
		Judgement: &result.Judgement, Status: result.Status, Resumable: result.Resumable,
	}}
	err := w.persist(ctx, func() error {
		return w.Ledger.Update(ctx, func(tx procedures.Tx) error {
			if err := w.held(ctx, tx, e); err != nil {
				return err
			}
			if result.Resumable { // the execution that resumes it leaves something
				e.Resumable, e.Made = true, result.Made
				if err := w.Executions.Update(ctx, tx, e); err != nil {
					return err
				}
				if err := w.Executions.KeepAnswers(ctx, tx, e, result.Answers, time.Time{}); err != nil {
					return err
				}
			} else if err := w.keepSnapshot(ctx, tx, e, result, snapshot); err != nil {
				return err
			}
			if err := w.Store.ApplyExecution(ctx, tx, e.ID); err != nil {
				return err
			}
			if e.Resumes != "" { // it is not resumed once more
				if err := w.Executions.DropAnswers(ctx, tx, e.Resumes); err != nil {
					return err
				}
			}
			refer(events, e)
			return w.Ledger.Append(ctx, tx, e.Run, events...)
		})
	})
	if errors.Is(err, errTaken) {
		w.Check(ctx, e.ID)
	}
	if err != nil {
		return err
	}
	e.Applied = true
	w.mu.Lock()
	if j := w.running[e.ID]; j != nil {
		j.changes = false
	}
	w.mu.Unlock()
	w.Ledger.Notify(e.Run)
	return nil
}

// keepChange keeps what one call has changed: in the journal as it may be shown, and with the execution as its rollback needs it.
// The execution's row comes first: an event of a change whose rollback is not kept would promise too much.
func (w *Worker) keepChange(ctx context.Context, x engine.Execution, e *procedures.Execution, change procedures.Change) error {
	shown := engine.ShownChange(change, x.Out.Mask())
	change.Before = nil // nothing is compared with it any more
	planned := change.PlanNumber <= len(e.Changes) && len(e.Changes[change.PlanNumber-1].Rollback) > 0
	if planned || len(change.Rollback) > 0 {
		for len(e.Changes) < len(e.Confirmed) {
			e.Changes = append(e.Changes, procedures.Change{})
		}
		e.Changes[change.PlanNumber-1] = change // by one goroutine: engine.Settle keeps one change at a time
		err := w.persist(ctx, func() error {
			return w.Ledger.Update(ctx, func(tx procedures.Tx) error {
				if err := w.held(ctx, tx, e); err != nil {
					return err
				}
				return w.Executions.Update(ctx, tx, e)
			})
		})
		if errors.Is(err, errTaken) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	x.Out.Emit(procedures.Event{Kind: procedures.EventChanged, Change: &shown})
	return nil
}

// story is how far an execution has come whose calls were made, as its journal says.
// It is all that a process needs to resume the wait of another one.
type story struct {
	calls   engine.Applied
	started time.Time
	result  engine.Result
	settled []int // of calls
}

// storyOf reads it.
// Every event of the run is read once, from the first.
func (w *Worker) storyOf(ctx context.Context, e *procedures.Execution) (*story, error) {
	return reading(ctx, w, func() (*story, error) {
		out := &story{started: e.AskedAt}
		return out, w.Ledger.Each(ctx, e.Run, 0, func(event procedures.Event) error {
			if event.Execution == e.ID {
				out.add(event)
			}
			return nil
		})
	})
}

// add takes an event of the execution in.
func (s *story) add(e procedures.Event) {
	switch e.Kind {
	case procedures.EventStepStarted:
		s.started = e.At
	case procedures.EventCall:
		s.calls.Add(e)
	case procedures.EventApplied:
		s.result.Status, s.result.Resumable = e.Status, e.Resumable
		if e.Judgement != nil {
			s.result.Judgement = *e.Judgement
		}
	case procedures.EventChanged:
		if e.Change != nil {
			s.settled = append(s.settled, e.Change.PlanNumber)
		}
	}
}

// open are the calls that are still to be waited for.
func (s *story) open() []int {
	return slices.DeleteFunc(slices.Clone(s.calls), func(n int) bool { return slices.Contains(s.settled, n) })
}
