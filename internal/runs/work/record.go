package work

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// Bounds of the journal.
const (
	maxDocument   = 1 << 20 // bytes of JSON of one document
	writeTogether = 256     // events
)

// recorder writes the events of one execution: those that come while it is writing are written together. See outage.go for where the
// database does not take them.
type recorder struct {
	worker    *Worker
	execution *procedures.Execution
	events    chan *recorded // of pointers: most steps are quiet, and many sleep
	done      sync.WaitGroup
	err       error // of the writer, to be read after done
	waiting   outage

	mu      sync.Mutex // of what follows
	last    time.Time  // of the newest event
	sent    int        // changing calls that were begun
	refused error      // why one was not
}

// recorded is an event that is to be written.
type recorded struct {
	procedures.Event
	begins *callBegins // of a call that is about to begin; nil for all others
}

// callBegins is somebody who waits until the journal has that a call begins.
type callBegins struct {
	done chan error  // told when it was written, or why not
	gone atomic.Bool // nobody waits any more, and the call is not sent
}

// record begins to write events of an execution. close must be called, and waits until all are written; events are
// written even when ctx ends.
func (w *Worker) record(ctx context.Context, e *procedures.Execution) *recorder {
	r := &recorder{worker: w, execution: e, events: make(chan *recorded, 512)}
	r.done.Go(func() { r.write(context.WithoutCancel(ctx)) })
	return r
}

// add takes an event; it waits where neither the database nor the disk is as fast as the script.
// It is safe for concurrent use, but not after close. A document that is too large is dropped from its event, and the
// call says so.
func (r *recorder) add(e mask.Event) { r.events <- &recorded{Event: r.complete(e.Open())} }

// complete is an event with what the journal needs of it. No two events of an execution are of the same time, by which they are known
// again.
func (r *recorder) complete(e procedures.Event) procedures.Event {
	r.mu.Lock()
	if e.At = r.worker.Ledger.Now(); !e.At.After(r.last) {
		e.At = r.last.Add(1)
	}
	r.last = e.At
	r.mu.Unlock()
	e.Step, e.Execution = r.execution.Step, r.execution.ID
	if e.Call != nil && e.Call.Document != nil {
		if data, err := document.AppendJSON(nil, e.Call.Document, "", true); err != nil || len(data) > maxDocument {
			call := *e.Call
			call.Document, call.Truncated = nil, true
			e.Call = &call
		}
	}
	return journal.Referring(e, r.execution.Parameters)
}

// close writes what is left, and returns the first error of writing.
func (r *recorder) close() error {
	close(r.events)
	r.done.Wait()
	return r.err
}

// write is the one goroutine that writes, in the order of add.
func (r *recorder) write(ctx context.Context) {
	for {
		batch, counted := r.next()
		if len(batch) == 0 {
			return
		}
		if !r.deliver(ctx, batch, counted) {
			r.leave() // to the next start: the server ends
			return
		}
	}
}

// next is what is written next: what was kept in an outage, else what comes; nothing at the end. counted reports that it is part of the
// backlog.
func (r *recorder) next() (batch []*recorded, counted bool) {
	if batch := r.kept(); len(batch) > 0 {
		return batch, true
	}
	e, open := <-r.events
	if !open {
		return nil, false
	}
	return r.gather(e), false
}

// gather is an event with those that are there already.
func (r *recorder) gather(e *recorded) []*recorded {
	batch := []*recorded{e}
	for len(batch) < writeTogether {
		select {
		case next, open := <-r.events:
			if !open {
				return batch
			}
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// append writes a batch into the journal as soon as the database takes it. taken reports that others have taken the execution over:
// then what it did is added late, where that does not contradict what they did.
func (r *recorder) append(ctx context.Context, batch []*recorded) (taken bool, err error) {
	w := r.worker
	var events, late []procedures.Event // kept from one attempt to the next: they get their numbers
	for _, e := range batch {
		events = append(events, e.Event)
		if e.begins == nil {
			late = append(late, e.Event)
		}
	}
	late = append([]procedures.Event{r.lateNotice()}, late...)
	err = w.persist(ctx, func() error {
		err := w.Ledger.Update(ctx, func(tx procedures.Tx) error {
			err := w.held(ctx, tx, r.execution)
			if taken = errors.Is(err, errTaken); taken {
				return w.appendLate(ctx, tx, r.execution.ID, w.Store.Replica(), late)
			}
			if err != nil {
				return err
			}
			return w.Ledger.Append(ctx, tx, r.execution.Run, events...)
		})
		if err != nil {
			w.Ledger.NotRecorded()
		}
		return err
	})
	return taken, err
}

// held locks the run of an execution in a transaction, and reports as errTaken where it is not this process's any more.
func (w *Worker) held(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if err := w.Ledger.Store.LockRun(ctx, tx, e.Run); err != nil {
		return err
	}
	holds, err := w.Store.Holds(ctx, tx, e.ID)
	if err == nil && !holds {
		return errTaken
	}
	return err
}

// persist does with the database what must not be left undone: while it does not answer, that is tried again, until ctx or the
// server ends. So an outage is no verdict about a step, however long it lasts.
// Only errors with the code unavailable are tried again, after 50 ms and then twice as long each time, up to a second. A key
// that does not fit stays wrong.
func (w *Worker) persist(ctx context.Context, do func() error) error {
	wait := 50 * time.Millisecond
	for logged := false; ; {
		err := do()
		if err == nil || procedures.CodeOf(err) != procedures.CodeUnavailable || errors.Is(err, sealed.ErrKey) || ctx.Err() != nil {
			return err
		}
		if !logged {
			w.Ledger.Logger.WarnContext(ctx, "the database does not answer; what has to be kept is held, and tried again", "error", err)
			logged = true
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		case <-w.over:
			return err
		}
		wait = min(2*wait, time.Second)
	}
}

// reading reads what an execution needs, as persist does.
func reading[T any](ctx context.Context, w *Worker, read func() (T, error)) (out T, err error) {
	err = w.persist(ctx, func() (err error) { out, err = read(); return err })
	return out, err
}
