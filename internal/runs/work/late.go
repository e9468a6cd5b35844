package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/spool"
)

// lateText begins what is added to an execution after others have said that it is unknown what became of it.
const lateText = "Recorded late: the server that executed this could not reach the database at the time. What follows was done before " +
	"another one took over; the verdict stays."

// lateNotice is the event that says so.
func (r *recorder) lateNotice() procedures.Event {
	return late(r.execution.Step, r.execution.ID, r.worker.Ledger.Now())
}

func late(step, execution string, at time.Time) procedures.Event {
	return procedures.Event{Kind: procedures.EventNotice, At: at, Step: step, Execution: execution, Text: lateText}
}

// appendLate adds what a replica did to an execution that others have finished since, in a transaction that has locked the run. The
// first of the events is the notice of it, which is added once. Of what others have begun anew, as what only
// reads, nothing is added: it would be there twice.
func (w *Worker) appendLate(ctx context.Context, tx procedures.Tx, execution, replica string, events []procedures.Event) error {
	e, err := w.Executions.Get(ctx, tx, execution)
	if err != nil {
		return err
	}
	if len(events) < 2 || e.State != procedures.ExecutionFinished || e.Replica != replica || !e.Effect.Changes() || e.Applied {
		return nil
	}
	has, said, err := w.inJournal(ctx, e.Run, execution)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(events[1:]), func(event procedures.Event) bool { return has[event.At.UnixNano()] })
	if len(fresh) == 0 {
		return nil
	}
	if !said {
		fresh = slices.Insert(fresh, 0, events[0])
	}
	return w.Ledger.Append(ctx, tx, e.Run, fresh...)
}

// inJournal are the times of the events of an execution that its journal has, by which they are known again; said reports that
// some were recorded late.
func (w *Worker) inJournal(ctx context.Context, run, execution string) (has map[int64]bool, said bool, err error) {
	has = map[int64]bool{}
	err = w.Ledger.Each(ctx, run, 0, func(e procedures.Event) error {
		if e.Execution == execution {
			has[e.At.UnixNano()] = true
			said = said || e.Kind == procedures.EventNotice && e.Text == lateText
		}
		return nil
	})
	return has, said, err
}

// Replay writes the events that processes have left on disk that are gone: see package spool. What the journal has already is not
// written again. It comes before anybody says what became of their executions.
func (w *Worker) Replay(ctx context.Context) error {
	files, err := w.Unwritten.Left()
	if err != nil { // they stay
		w.Ledger.Logger.ErrorContext(ctx, "events that another process left cannot be read", "error", err)
	}
	var failed []error
	for _, f := range files {
		n, err := w.replay(ctx, f)
		if err != nil {
			failed = append(failed, fmt.Errorf("write the events of run %s that were left on disk: %w", f.Owner.Run, err), f.Close())
			continue
		}
		w.Ledger.Logger.WarnContext(ctx, "events were written that another process had left on disk", "run", f.Owner.Run,
			"step", f.Owner.Step, "execution", f.Owner.Execution, "events", n)
		failed = append(failed, f.Remove())
		w.Ledger.Notify(f.Owner.Run)
	}
	return errors.Join(failed...)
}

// replay writes the events of one file, and returns how many the journal had not.
func (w *Worker) replay(ctx context.Context, f *spool.File) (written int, err error) {
	o := f.Owner
	has, _, err := w.inJournal(ctx, o.Run, o.Execution)
	if err != nil {
		return 0, err
	}
	for {
		events, err := f.Next(writeTogether)
		if err != nil || len(events) == 0 {
			return written, err
		}
		fresh := []procedures.Event{late(o.Step, o.Execution, w.Ledger.Now())}
		for _, e := range events {
			if !has[e.At.UnixNano()] {
				fresh = append(fresh, e)
			}
		}
		err = w.Ledger.Update(ctx, func(tx procedures.Tx) error {
			return w.appendLeft(ctx, tx, o, fresh)
		})
		if err != nil {
			return written, err
		}
		written += len(fresh) - 1
	}
}

// appendLeft adds what a process left that is gone: as if it had written it, where nobody has taken the execution over, and else late.
// A run that was deleted since needs nothing.
func (w *Worker) appendLeft(ctx context.Context, tx procedures.Tx, o spool.Owner, events []procedures.Event) error {
	if err := w.Ledger.Store.LockRun(ctx, tx, o.Run); err != nil {
		return err
	}
	e, err := w.Executions.Get(ctx, tx, o.Execution)
	if procedures.CodeOf(err) == procedures.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if e.State == procedures.ExecutionRunning && e.Replica == o.Replica {
		return w.Ledger.Append(ctx, tx, o.Run, events[1:]...)
	}
	return w.appendLate(ctx, tx, o.Execution, o.Replica, events)
}
