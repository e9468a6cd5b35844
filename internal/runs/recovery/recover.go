// Package recovery continues what a process left in the middle: a server that was stopped, or a replica that is gone.
package recovery

import (
	"context"
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
	// Attend makes this process known to the others, until ctx ends. received is called with what they notify, and missed after
	// a time in which notifications may have been missed.
	Attend(ctx context.Context, logger *slog.Logger, received func(procedures.Notification), missed func())
	// Departed reports whether a process is gone. It does not come back until the transaction ends.
	Departed(ctx context.Context, tx procedures.Tx, replica string) (bool, error)
}

// Worker ends and releases executions, in a transaction: see [work.Worker].
type Worker interface {
	FinishIn(ctx context.Context, tx procedures.Tx, e *procedures.Execution, j procedures.Judgement, events ...procedures.Event) error
	ReleaseIn(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error
	Received(ctx context.Context, n procedures.Notification)
	CheckAll(ctx context.Context)
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
	judgement := work.Interrupted(e, work.ErrCutOff)
	if e.Cancelled {
		judgement = work.Interrupted(e, engine.CancelledError{By: e.CancelledBy})
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
	for _, e := range waiting {
		if queued[e.ID] {
			continue
		}
		err := r.Ledger.Update(ctx, func(tx procedures.Tx) error {
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
		if err != nil {
			return err
		}
	}
	return nil
}

// Times of watching over other replicas.
const (
	checkEvery = 500 * time.Millisecond
	// misses is how often in a row a replica has to be missed before its work is taken over: it may be about to come back with
	// another connection.
	misses = 3
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
		})
	})
	missed := map[string]int{} // how often a replica was missed in a row
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := r.check(ctx, missed); err != nil && ctx.Err() == nil {
			clear(missed)
			if procedures.CodeOf(err) != procedures.CodeUnavailable { // Attend logs that the database does not answer
				r.Ledger.Logger.WarnContext(ctx, "take over what other replicas left", "error", err)
			}
		}
	}
}

func (r *Recovery) check(ctx context.Context, missed map[string]int) error {
	left, err := r.Executions.Orphans(ctx)
	if err != nil {
		return err
	}
	now := map[string]int{}
	for _, e := range left {
		now[e.Replica] = missed[e.Replica] + 1
	}
	clear(missed)
	for replica, n := range now {
		missed[replica] = n
	}
	for _, e := range left {
		if missed[e.Replica] < misses {
			continue
		}
		r.Ledger.Logger.WarnContext(ctx, "a replica is gone; what it executed is taken over",
			"replica", e.Replica, "run", e.Run, "step", e.Step, "execution", e.ID)
		if err := r.takeOver(ctx, e); err != nil {
			return err
		}
	}
	return r.requeue(ctx)
}
