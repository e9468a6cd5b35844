package work

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/spool"
)

// While the database does not take events, those of an execution are kept on disk, and written when it is back: the script goes on
// with what reads, and a process that is killed meanwhile loses none. What the disk does not take either waits in memory,
// and the script with it when that is full. A call that is about to begin waits in memory always: it is not sent before the
// journal has it, so that nothing is lost with it.

const (
	// keepAfter is how long the database may take for a batch before events are kept on disk.
	keepAfter = time.Second
	// maxHeld is how many events of an execution wait in memory, where the disk does not take them.
	maxHeld = 512
)

// outage is what waits for the database. It belongs to the goroutine that writes.
type outage struct {
	file *spool.File // nil for nothing
	held []*recorded // behind the file, in memory
	full bool        // the disk took something of this outage not
}

// deliver writes a batch, and keeps meanwhile what comes. It reports false where the server ends before; the batch is
// then kept for the next start. counted reports that the batch is part of the backlog.
func (r *recorder) deliver(ctx context.Context, batch []*recorded, counted bool) (written bool) {
	type outcome struct {
		taken bool
		err   error
	}
	ended, copies := make(chan outcome, 1), lasting(batch) // without the numbers that they are given now
	go func() {
		taken, err := r.append(ctx, batch)
		ended <- outcome{taken, err}
	}()
	onDisk := r.waiting.file != nil // the batch was read from it
	in := (<-chan *recorded)(nil)
	if onDisk {
		in = r.events
	}
	timer := time.NewTimer(keepAfter)
	defer timer.Stop()
	for {
		select {
		case got := <-ended:
			return r.ended(ctx, batch, copies, counted, onDisk, got.taken, got.err)
		case <-timer.C:
			if !counted {
				r.worker.Ledger.Backlog(len(batch))
				counted = true
			}
			if !onDisk && r.spool(copies) {
				r.waiting.file.Skip()
				onDisk = true
			}
			in = r.events
		case e, open := <-in:
			if !open {
				in = nil
				continue
			}
			if r.keep(r.gather(e)); len(r.waiting.held) >= maxHeld {
				in = nil
			}
		}
	}
}

// ended says what became of a batch. Where the server ends, what is not on disk yet is kept there.
func (r *recorder) ended(ctx context.Context, batch, copies []*recorded, counted, onDisk, taken bool, err error) (written bool) {
	w := r.worker
	over := procedures.CodeOf(err) == procedures.CodeUnavailable // it is tried as long as the server lives
	switch {
	case taken:
		r.err = errTaken
		w.Check(ctx, r.execution.ID) // it is stopped here
		err = errTaken
	case over:
		err = errUnwritten
		r.err = err
		if !onDisk {
			r.spool(copies)
		}
	case err != nil:
		w.Ledger.Logger.ErrorContext(ctx, "events could not be written, and are lost", "run", r.execution.Run,
			"execution", r.execution.ID, "events", len(batch), "error", err)
		r.err = err
	}
	if counted {
		w.Ledger.Backlog(-len(batch))
	}
	for _, e := range batch {
		if e.begins != nil {
			e.begins.done <- err
		}
	}
	w.Ledger.Notify(r.execution.Run)
	return !over
}

// lasting are the events that are kept on disk: all but those of calls that are about to begin.
func lasting(batch []*recorded) []*recorded {
	return slices.DeleteFunc(slices.Clone(batch), func(e *recorded) bool { return e.begins != nil })
}

// keep keeps events while the database does not take them.
func (r *recorder) keep(events []*recorded) {
	r.worker.Ledger.Backlog(len(events))
	rest := lasting(events)
	if len(rest) > 0 && r.spool(rest) {
		events = slices.DeleteFunc(events, func(e *recorded) bool { return e.begins == nil })
	}
	r.waiting.held = append(r.waiting.held, events...)
}

// spool adds events to the file, and reports whether they are on the disk.
func (r *recorder) spool(events []*recorded) bool {
	w, o := r.worker, &r.waiting
	if o.full || len(events) == 0 {
		return false
	}
	var err error
	if o.file == nil {
		o.file, err = w.Unwritten.Create(spool.Owner{
			Run: r.execution.Run, Step: r.execution.Step, Execution: r.execution.ID, Replica: w.Store.Replica(),
		})
	}
	if err == nil {
		plain := make([]procedures.Event, len(events))
		for i, e := range events {
			plain[i] = e.Event
		}
		err = o.file.Append(plain...)
	}
	if err != nil {
		o.full = true // what comes later must not come before these
		w.Ledger.NotRecorded()
		w.Ledger.Logger.Error("neither the database nor the disk takes events: they are held in memory, and lost if the server is killed",
			"run", r.execution.Run, "execution", r.execution.ID, "error", err)
	}
	return err == nil
}

// kept is what was kept and comes next: from the file, then from memory. When nothing is left the outage is over.
func (r *recorder) kept() []*recorded {
	w, o := r.worker, &r.waiting
	if o.file != nil {
		events, err := o.file.Next(writeTogether)
		if err != nil {
			w.Ledger.Logger.Error("events that were kept on disk cannot be read; their file stays", "run", r.execution.Run,
				"execution", r.execution.ID, "error", err)
			r.err = errors.Join(errors.New("a part of what was kept on disk cannot be read"), o.file.Close())
			o.file = nil
		}
		if len(events) > 0 {
			batch := make([]*recorded, len(events))
			for i, e := range events {
				batch[i] = &recorded{Event: e}
			}
			return batch
		}
	}
	if o.file != nil {
		if err := o.file.Remove(); err != nil {
			w.Ledger.Logger.Error("remove the file of events that were written", "error", err)
		}
		o.file = nil
	}
	o.full = false
	held := len(o.held)
	o.held = slices.DeleteFunc(o.held, func(e *recorded) bool { return e.begins != nil && e.begins.gone.Load() }) // they are not sent
	w.Ledger.Backlog(len(o.held) - held)
	some := min(len(o.held), writeTogether)
	batch := o.held[:some:some]
	o.held = o.held[some:]
	return batch
}

// leave keeps for the next start what still comes, until close.
func (r *recorder) leave() {
	rest := r.waiting.held
	for {
		for _, e := range rest {
			if e.begins != nil {
				e.begins.done <- errUnwritten
			}
		}
		r.spool(lasting(rest))
		e, open := <-r.events
		if !open {
			break
		}
		rest = r.gather(e)
	}
	if r.waiting.file != nil {
		_ = r.waiting.file.Close()
	}
}
