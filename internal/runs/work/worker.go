// Package work executes what was requested: it takes jobs, writes the journal of each execution, keeps what a step leaves, and
// ends it. It also stops executions: cancelled ones, bakes that are ended early, and all of them when the server ends.
package work

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// Store is what executing needs of the database, beside the ledger.
type Store interface {
	// Replica names this process among those of the database.
	Replica() string
	// Lock keeps others who ask for one of the names out until the transaction ends.
	Lock(ctx context.Context, tx procedures.Tx, names ...string) error
	// TakeExecution makes a waiting execution this process's; Holds reports whether it still is.
	TakeExecution(ctx context.Context, tx procedures.Tx, id string) (bool, error)
	Holds(ctx context.Context, tx procedures.Tx, id string) (bool, error)
	ReleaseExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) (bool, error)
	ApplyExecution(ctx context.Context, tx procedures.Tx, id string) error
	CancelExecution(ctx context.Context, tx procedures.Tx, id, by string) error
	// Reserve lets an execution change resources, or returns which execution has one of them.
	Reserve(ctx context.Context, tx procedures.Tx, environment string, resources []string, execution string) (holder string, err error)
	Unreserve(ctx context.Context, tx procedures.Tx, execution string) (waited []string, err error)
	WaitFor(ctx context.Context, tx procedures.Tx, id, holder string) error
}

// Options are what a Worker needs.
type Options struct {
	Ledger     *ledger.Ledger
	Executions sealed.Executions
	Snapshots  sealed.Snapshots
	Store      Store
	Policy     access.Policy
	Engine     func(environment string) (*engine.Engine, error)
	Runbooks   fs.FS
	// Sleep returns at a time, or with an error when ctx ends before; nil for the usual one. Bakes wait with it.
	Sleep func(ctx context.Context, until time.Time) error
}

// Worker executes and stops. Its methods are safe for concurrent use.
type Worker struct {
	Options

	mu      sync.Mutex // never held while the database or a service is asked
	running map[string]*job
	ending  bool // nothing more is begun

	sampling chan struct{} // has an element for each sample that is taken
	ended    chan struct{} // has a message after an execution ended
	over     chan struct{} // closed when nothing is waited for any more
	overOnce sync.Once
}

// job is an execution that runs in this process.
type job struct {
	cancel  context.CancelCauseFunc
	changes bool // it may be in the middle of a change
	bakes   bool // it mostly waits, and takes no worker of the queue
}

// New makes a worker.
func New(o Options) *Worker {
	return &Worker{
		Options: o, running: map[string]*job{}, sampling: make(chan struct{}, maxSampling),
		ended: make(chan struct{}, 1), over: make(chan struct{}),
	}
}

// Why an execution of this process is stopped, beside engine.CancelledError.
var (
	// errShutdown is the server's end.
	errShutdown = errors.New("the server is being stopped")
	// errTaken says that others have taken the execution over: it is no longer this process's.
	errTaken = errors.New("another replica has taken it over")
)

// ErrCutOff is why an execution ended whose process did.
var ErrCutOff = errors.New("the server that executed it was stopped")

// Work executes one execution that was requested. It does nothing when another worker has it or had it, so that a job may be
// delivered more than once. ctx is the server's, not a request's.
// An error means that it was not executed and may be delivered again, or that its end could not be kept.
func (w *Worker) Work(ctx context.Context, id string) error {
	var e *procedures.Execution
	var run *procedures.Run
	err := w.persist(ctx, patience, func() (err error) {
		if e, err = w.Executions.Get(ctx, nil, id); err == nil {
			run, err = w.Ledger.Head(ctx, e.Run)
		}
		return err
	})
	if err != nil {
		return err
	}
	bakes := false
	if p, err := w.Ledger.Procedure(ctx, run); err == nil { // else executing it says why
		step := p.Step(e.Step)
		bakes = step != nil && step.Bake != nil
	}
	if bakes { // it continues when the queue's job is over
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	if !w.start(e, cancel, bakes) {
		cancel(nil)
		return nil
	}
	end := func() {
		w.end(id)
		cancel(nil)
	}
	started := w.Ledger.Now()
	mine := false
	err = w.persist(ctx, patience, func() (err error) {
		mine, err = w.take(context.WithoutCancel(ctx), e, started) // a stop in the middle would leave it to nobody
		return err
	})
	w.Ledger.Notify(e.Run)
	if err != nil || !mine {
		end()
		return err
	}
	if bakes {
		go func() { // Stop waits for it
			defer end()
			if err := w.complete(ctx, run, e, started); err != nil {
				w.Ledger.Logger.ErrorContext(ctx, "keep the result of a bake", "run", run.ID, "step", e.Step,
					"execution", e.ID, "error", err)
			}
		}()
		return nil
	}
	defer end()
	return w.complete(ctx, run, e, started)
}

// start keeps how an execution is stopped, and reports whether it does not run here already.
// Where the server ends, nothing more starts.
func (w *Worker) start(e *procedures.Execution, cancel context.CancelCauseFunc, bakes bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[e.ID] != nil || w.ending {
		return false
	}
	w.running[e.ID] = &job{cancel: cancel, changes: e.Effect.Changes() && !e.Applied, bakes: bakes}
	return true
}

// end forgets an execution and wakes quiet.
func (w *Worker) end(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, id)
	select {
	case w.ended <- struct{}{}:
	default:
	}
}

// take makes an execution this process's, and reports whether it is. One that changes what another one is changing waits for
// that.
func (w *Worker) take(ctx context.Context, e *procedures.Execution, started time.Time) (mine bool, err error) {
	err = w.Ledger.Update(ctx, func(tx procedures.Tx) error {
		mine = false
		var environment string
		var resources []string
		if e.Effect.Changes() {
			if environment, resources, err = w.lockResources(ctx, tx, e); err != nil {
				return err
			}
		}
		if _, err := w.Ledger.Lock(ctx, tx, e.Run); err != nil {
			return err
		}
		now, err := w.Executions.Get(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		if now.State == procedures.ExecutionRunning { // by an attempt whose answer was lost, or elsewhere
			mine, err = w.Store.Holds(ctx, tx, e.ID)
			e.State, e.Replica = now.State, now.Replica
			return err
		}
		if len(resources) > 0 {
			if waits, err := w.reserve(ctx, tx, now, environment, resources); err != nil || waits {
				return err
			}
		}
		if mine, err = w.Store.TakeExecution(ctx, tx, e.ID); err != nil || !mine {
			return err
		}
		e.State, e.Replica = procedures.ExecutionRunning, w.Store.Replica()
		e.Applied, e.Cancelled, e.CancelledBy = now.Applied, now.Cancelled, now.CancelledBy
		if e.Applied {
			return nil
		}
		return w.Ledger.Append(ctx, tx, e.Run,
			procedures.Event{Kind: procedures.EventStepStarted, At: started, Step: e.Step, Execution: e.ID})
	})
	return mine, err
}

// complete executes an execution that is this process's to its end, or releases it.
// An execution that only reads, or has made all its calls, is released when the server ends; a change in the middle is
// finished as unknown, since nobody can know.
func (w *Worker) complete(ctx context.Context, run *procedures.Run, e *procedures.Execution, started time.Time) error {
	done := w.execute(ctx, run, e)
	if done.snapshot != nil {
		defer done.snapshot.Close()
	}
	if !done.started.IsZero() {
		started = done.started
	}
	if cause := context.Cause(ctx); cause != nil && !done.whole {
		done.Judgement = Interrupted(e, cause)
		switch {
		case errors.Is(cause, errTaken):
			return nil
		case errors.Is(cause, errShutdown) && (!e.Effect.Changes() || e.Applied):
			return w.persist(ctx, patience, func() error { return w.release(context.WithoutCancel(ctx), e) })
		}
	}
	snapshot := done.snapshot
	if e.Applied {
		snapshot = nil // it was kept when the calls were made
	}
	if !done.Began.IsZero() {
		started = done.Began
	}
	return w.finish(context.WithoutCancel(ctx), run, e, done.Result, snapshot, started)
}
