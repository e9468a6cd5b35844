// Package recovery continues what a process left in the middle: a server that was stopped, or a replica that is gone.
package recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/sealed"
	"github.com/opsbook/opsbook/internal/runs/work"
)

// Store knows which processes use the database.
type Store interface {
	// Attend makes this process known to the others, until ctx ends. received is called with what they notify, missed after a time
	// in which notifications may have been missed, and lost each time that this process may be taken for gone.
	Attend(ctx context.Context, logger *slog.Logger, received func(procedures.Notification), missed, lost func())
	// Departed reports whether a process is gone. It does not come back until the transaction ends.
	Departed(ctx context.Context, tx procedures.Tx, replica string) (bool, error)
}

// Worker ends and releases executions, in a transaction: see [work.Worker].
type Worker interface {
	FinishIn(ctx context.Context, tx procedures.Tx, e *procedures.Execution, j procedures.Judgement, events ...procedures.Event) error
	ReleaseIn(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error
	Received(ctx context.Context, n procedures.Notification)
	CheckAll(ctx context.Context)
	// Replay writes what processes left on disk that are gone.
	Replay(ctx context.Context) error
}

// Recovery continues what other processes left. All fields but OnNotification are required.
type Recovery struct {
	Ledger     *ledger.Ledger
	Executions sealed.Executions
	Store      Store
	Worker     Worker
	// Queued returns the executions for which the queue has a job, one that a process is working on included.
	Queued func(ctx context.Context) (map[string]bool, error)
	// OnNotification is called with what other replicas notify; nil for nobody. It returns at once.
	OnNotification func(procedures.Notification)
}

// Recover takes over what processes left that are gone: what only reads is read again, what was changing something is marked as
// unknown, what had made its calls is waited for, and what waits without a job is queued. With a database that has one process
// it is called before the queue is started; Watch does the same for replicas.
func (r *Recovery) Recover(ctx context.Context) error {
	if err := r.Worker.Replay(ctx); err != nil {
		return err
	}
	left, err := r.Executions.Orphans(ctx)
	if err != nil {
		return err
	}
	for _, e := range left {
		if err := r.takeOver(ctx, e); err != nil {
			return err
		}
	}
	return r.requeue(ctx)
}

// takeOver ends or releases one execution whose process is gone.
func (r *Recovery) takeOver(ctx context.Context, e *procedures.Execution) error {
	inFlight := ""
	if e.Effect.Changes() && !e.Applied {
		var err error
		if inFlight, err = work.InFlight(ctx, r.Ledger, e); err != nil {
			return fmt.Errorf("see how far the step %s of run %s has come: %w", e.Step, e.Run, err)
		}
	}
	judgement := work.Interrupted(e, work.ErrCutOff, inFlight)
	if e.Cancelled {
		judgement = work.Interrupted(e, engine.CancelledError{By: e.CancelledBy}, inFlight)
	}
	ended := procedures.Event{
		Kind: procedures.EventStepFinished, At: r.Ledger.Now(), Step: e.Step, Execution: e.ID, Judgement: &judgement,
	}
	err := r.Ledger.Update(ctx, func(tx procedures.Tx) error {
		if departed, err := r.Store.Departed(ctx, tx, e.Replica); err != nil || !departed {
			return err
		}
		if !e.Effect.Changes() && !e.Cancelled || e.Applied {
			return r.Worker.ReleaseIn(ctx, tx, e)
		}
		return r.Worker.FinishIn(ctx, tx, e, judgement, ended)
	})
	if err != nil {
		return fmt.Errorf("take over the step %s of run %s: %w", e.Step, e.Run, err)
	}
	run, err := r.Ledger.Head(ctx, e.Run)
	if err != nil {
		return err
	}
	r.Ledger.NotifyRun(run)
	return nil
}

// requeue queues executions whose turn has come and for which the queue has no job: a server was stopped between taking a job
// and beginning it.
func (r *Recovery) requeue(ctx context.Context) error {
	waiting, err := r.Executions.In(ctx, nil, procedures.ExecutionWaiting)
	if err != nil || len(waiting) == 0 {
		return err
	}
	queued, err := r.Queued(ctx)
	if err != nil {
		return fmt.Errorf("read what is queued: %w", err)
	}
	var failed []error
	for _, e := range waiting {
		if queued[e.ID] {
			continue
		}
		_, err := within(ctx, func(ctx context.Context) (any, error) { return nil, r.queueWhereDue(ctx, e) })
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// queueWhereDue queues an execution where it is still waiting and its turn has come.
func (r *Recovery) queueWhereDue(ctx context.Context, e *procedures.Execution) error {
	return r.Ledger.Update(ctx, func(tx procedures.Tx) error {
		if _, err := r.Ledger.Lock(ctx, tx, e.Run); err != nil {
			return err
		}
		executions, err := r.Ledger.Store.Executions(ctx, tx, e.Run)
		if err != nil {
			return err
		}
		for _, now := range executions {
			if now.ID == e.ID && ledger.Due(now, executions) {
				return r.Ledger.Queue(ctx, tx, e.ID)
			}
		}
		return nil
	})
}

// Times of watching over other replicas.
const (
	checkEvery = 500 * time.Millisecond
	// misses is how often in a row a replica has to be missed before its work is taken over: it may be about to come back with
	// another connection. For changes in the middle see procedures.AttendanceMissed.
	misses = 3
	// counted is how much of the time between two checks counts. Where there was more between them, as where this process stood still
	// itself, it does not know who was there meanwhile.
	counted = procedures.AttendanceMissed - procedures.AttendanceHolds
	// patience bounds each thing that is taken over: one that hangs, on a lock or on a connection, keeps nothing else waiting.
	patience = 10 * time.Second
)

// Watch attends among the replicas, and takes over what departed ones left, until ctx ends.
func (r *Recovery) Watch(ctx context.Context) {
	var attending sync.WaitGroup
	defer attending.Wait()
	attending.Go(func() {
		received := func(n procedures.Notification) {
			if r.OnNotification != nil {
				r.OnNotification(n)
			}
			r.Worker.Received(ctx, n)
			r.Ledger.NotifyHere(n.Topics...)
		}
		r.Store.Attend(ctx, r.Ledger.Logger, received, func() {
			r.Worker.CheckAll(ctx)
			r.Ledger.NotifyAll()
		}, r.Ledger.AttendanceLost)
	})
	missed := missing{}
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := r.check(ctx, missed); err != nil && ctx.Err() == nil {
			if procedures.CodeOf(err) != procedures.CodeUnavailable { // Attend logs that the database does not answer
				r.Ledger.Logger.WarnContext(ctx, "take over what other replicas left", "error", err)
			}
		}
	}
}

// check takes over what replicas left that were missed several times. What fails is tried again with the next check, and keeps
// nothing else from being taken over.
func (r *Recovery) check(ctx context.Context, missed missing) error {
	left, err := within(ctx, r.Executions.Orphans)
	if err != nil {
		clear(missed) // after an outage everybody has time to come back
		return err
	}
	missed.note(left, time.Now())
	var failed []error
	for _, e := range left {
		if !missed.gone(e) {
			continue
		}
		r.Ledger.Logger.WarnContext(ctx, "a replica is gone; what it executed is taken over",
			"replica", e.Replica, "run", e.Run, "step", e.Step, "execution", e.ID)
		_, err := within(ctx, func(ctx context.Context) (any, error) { return nil, r.takeOver(ctx, e) })
		failed = append(failed, err)
	}
	_, err = within(ctx, func(ctx context.Context) (any, error) { return nil, r.requeue(ctx) })
	return errors.Join(append(failed, err)...)
}

// missing are the replicas that are missed.
type missing map[string]absence

// absence is how long a replica was missed in a row of checks.
type absence struct {
	checks int
	time   time.Duration // as far as it counts
	last   time.Time
}

// note takes in whose executions a check has found, and forgets the other replicas.
func (m missing) note(left []*procedures.Execution, now time.Time) {
	seen := map[string]bool{}
	for _, e := range left {
		if seen[e.Replica] {
			continue
		}
		seen[e.Replica] = true
		a, ok := m[e.Replica]
		if ok {
			a.time += min(now.Sub(a.last), counted)
		}
		a.checks, a.last = a.checks+1, now
		m[e.Replica] = a
	}
	for replica := range m {
		if !seen[replica] {
			delete(m, replica)
		}
	}
}

// gone reports whether a replica was missed for long enough that others continue an execution of it. What only reads may be read
// twice for a moment. What changes something waits until the replica certainly sends nothing more.
func (m missing) gone(e *procedures.Execution) bool {
	a := m[e.Replica]
	return a.checks >= misses && (!e.Effect.Changes() || e.Applied || a.time >= procedures.AttendanceMissed)
}

// within calls fn with a context that ends after patience.
func within[T any](ctx context.Context, fn func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return fn(ctx)
}
