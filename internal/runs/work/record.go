package work

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Bounds of the journal.
const (
	maxDocument   = 1 << 20 // bytes of JSON of one document
	writeTogether = 256     // events
)

// recorder writes the events of one execution: those that come while it is writing are written together.
type recorder struct {
	worker    *Worker
	execution *procedures.Execution
	events    chan procedures.Event
	done      sync.WaitGroup
	err       error // of the writer, to be read after done
}

// record begins to write events of an execution. close must be called, and waits until all are written; events are
// written even when ctx ends.
func (w *Worker) record(ctx context.Context, e *procedures.Execution) *recorder {
	r := &recorder{worker: w, execution: e, events: make(chan procedures.Event, 512)}
	r.done.Go(func() { r.write(context.WithoutCancel(ctx)) })
	return r
}

// add takes an event; it waits where the database is slower than the script.
// It is safe for concurrent use, but not after close. A document that is too large is dropped from its event, and the
// call says so.
func (r *recorder) add(e procedures.Event) {
	e.Step, e.Execution, e.At = r.execution.Step, r.execution.ID, r.worker.Ledger.Now()
	if e.Call != nil && e.Call.Document != nil {
		if data, err := document.AppendJSON(nil, e.Call.Document, "", true); err != nil || len(data) > maxDocument {
			call := *e.Call
			call.Document, call.Truncated = nil, true
			e.Call = &call
		}
	}
	r.events <- e
}

// close writes what is left, and returns the first error of writing.
func (r *recorder) close() error {
	close(r.events)
	r.done.Wait()
	return r.err
}

// write is the one goroutine that writes, in the order of add.
func (r *recorder) write(ctx context.Context) {
	w := r.worker
	for e := range r.events {
		batch := []procedures.Event{e}
	gather:
		for len(batch) < writeTogether {
			select {
			case next, open := <-r.events:
				if !open {
					break gather
				}
				batch = append(batch, next)
			default:
				break gather
			}
		}
		if r.err != nil {
			continue // it is said at the end; the script is not held up
		}
		r.err = w.persist(ctx, patience, func() error {
			return w.Ledger.Update(ctx, func(tx procedures.Tx) error {
				if err := w.held(ctx, tx, r.execution); err != nil {
					return err
				}
				return w.Ledger.Append(ctx, tx, r.execution.Run, batch...)
			})
		})
		if errors.Is(r.err, errTaken) {
			w.Check(ctx, r.execution.ID) // another process executes it: it is stopped here
		}
		if r.err == nil {
			w.Ledger.Recorded(batch...)
		}
		w.Ledger.Notify(r.execution.Run)
	}
}

// held locks the run of an execution in a transaction, and reports as errTaken where it is not this process's any more.
func (w *Worker) held(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if err := w.Ledger.Store.LockRun(ctx, tx, e.Run); err != nil {
		return err
	}
	if holds, err := w.Store.Holds(ctx, tx, e.ID); err != nil || !holds {
		return errors.Join(err, errTaken)
	}
	return nil
}

// How long something that must not be lost is tried to be written while the database does not answer.
const (
	patience = 2 * time.Minute
	forever  = time.Duration(1<<63 - 1)
)

// persist tries again to write what must not be lost, when the database does not answer: for a while, and not when the server
// ends.
// Only errors with the code unavailable are tried again, after 50 ms and then twice as long each time, up to a second.
func (w *Worker) persist(ctx context.Context, patience time.Duration, write func() error) error {
	began := time.Now()
	wait := 50 * time.Millisecond
	for logged := false; ; {
		err := write()
		if err == nil || procedures.CodeOf(err) != procedures.CodeUnavailable || ctx.Err() != nil || time.Since(began) > patience {
			return err
		}
		if !logged {
			w.Ledger.Logger.WarnContext(ctx, "the database cannot be written to; events are held and written again", "error", err)
			logged = true
		}
		select {
		case <-time.After(wait):
		case <-w.over:
			return err
		}
		wait = min(2*wait, time.Second)
	}
}
