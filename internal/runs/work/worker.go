// Package work executes what was requested: it takes jobs, writes the journal of each execution, keeps what a step leaves, and
// ends it. It also stops executions: cancelled ones, bakes that are ended early, and all of them when the server ends.
package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/sealed"
	"github.com/opsbook/opsbook/internal/runs/spool"
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
	// Attended is for how long no other process takes this one for gone, whatever happens; 0 where one may do so.
	Attended() time.Duration
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
	// Unwritten keeps on disk what the database does not take at the moment; nil keeps it in memory alone.
	Unwritten *spool.Folder
	// Patience is how long a changing call waits until the journal has that it begins; 0 for two minutes.
	Patience time.Duration
	// Turns are how many steps work at the same time; nil for the usual number.
	Turns *limits.Turns
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
	waits   bool // nothing of it is lost with its process: it is a bake, or has not begun
}

// New makes a worker.
func New(o Options) *Worker {
	o.Patience = cmp.Or(o.Patience, usualPatience)
	if o.Turns == nil {
		o.Turns = limits.NewTurns(0, 0)
	}
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

// Work executes one execution that was requested, when its turn has come. It does nothing when another worker has it or had it, so
// that a job may be delivered more than once.
// It returns when the execution has ended, or rests for the first time: it sleeps, polls, or is a bake. What is left belongs to
// the worker, and ends by itself or with Stop; ctx ends nothing of it.
// An error means that it was not executed and may be delivered again, or that its end could not be kept.
func (w *Worker) Work(ctx context.Context, id string) error {
	ctx = mask.NewContext(ctx, new(mask.Mask))
	var e *procedures.Execution
	var run *procedures.Run
	bakes := false
	err := w.persist(ctx, func() (err error) {
		if e, err = w.Executions.Get(ctx, nil, id); err != nil {
			return err
		}
		if run, err = w.Ledger.Head(ctx, e.Run); err != nil {
			return err
		}
		p, err := w.Ledger.Procedure(ctx, run)
		if err != nil && procedures.CodeOf(err) != procedures.CodeNotFound { // else executing it says so
			return err
		}
		bakes = err == nil && p.Step(e.Step) != nil && p.Step(e.Step).Bake != nil
		return nil
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	if !w.start(e, cancel) {
		cancel(nil)
		return nil
	}
	end := func() {
		w.end(id)
		cancel(nil)
	}
	turn, err := w.Turns.Take(ctx, run.Environment+"\x00"+e.By)
	if err != nil {
		end()
		return nil //nolint:nilerr // the server ends, or somebody has cancelled it
	}
	started := w.Ledger.Now()
	mine := false
	if w.begin(ctx, e, bakes) {
		take := context.WithoutCancel(ctx) // a stop in the middle would leave it to nobody
		err = w.persist(take, func() (err error) {
			mine, err = w.take(take, e, started)
			return err
		})
		w.Ledger.Notify(e.Run)
	}
	if err != nil || !mine {
		turn.Close()
		end()
		return err
	}
	done := make(chan error, 1)
	go func() { // Stop waits for it
		err := w.guarded(limits.WithTurn(ctx, turn), run, e, started)
		turn.Close()
		end()
		done <- err
	}()
	rested := turn.Rested()
	if bakes { // its samples have turns of their own
		turn.Close()
		ended := make(chan struct{})
		close(ended)
		rested = ended
	}
	select {
	case err := <-done:
		return err
	case <-rested:
		go func() {
			if err := <-done; err != nil {
				w.Ledger.Logger.ErrorContext(ctx, "keep the result of a step", "run", run.ID, "step", e.Step,
					"execution", e.ID, "error", err)
			}
		}()
		return nil
	}
}

// guarded completes an execution. One that breaks the server's own code has ended with that: it takes nothing else along.
func (w *Worker) guarded(ctx context.Context, run *procedures.Run, e *procedures.Execution, started time.Time) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		w.Ledger.Logger.ErrorContext(ctx, "a step broke the server's code", "run", run.ID, "step", e.Step, "execution", e.ID,
			"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		result := engine.Result{Judgement: procedures.Judgement{
			Verdict: procedures.Errored, Reason: "The server failed while it executed this.",
		}}
		if e.Effect.Changes() {
			result.Judgement.Verdict, result.Judgement.Advice = procedures.Unknown, engine.CheckFirst(e.Confirmed)
		}
		err = w.finish(context.WithoutCancel(ctx), run, e, result, nil, started)
	}()
	return w.complete(ctx, run, e, started)
}

// start keeps how an execution is stopped, and reports whether it does not run here already.
// Where the server ends, nothing more starts.
func (w *Worker) start(e *procedures.Execution, cancel context.CancelCauseFunc) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[e.ID] != nil || w.ending {
		return false
	}
	w.running[e.ID] = &job{cancel: cancel, waits: true}
	return true
}

// begin reports whether an execution that waited for its turn may begin: not where the server ends, or it was cancelled.
func (w *Worker) begin(ctx context.Context, e *procedures.Execution, bakes bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending || ctx.Err() != nil {
		return false
	}
	j := w.running[e.ID]
	j.waits, j.changes = bakes, e.Effect.Changes() && !e.Applied
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
		inFlight := ""
		if e.Effect.Changes() && !e.Applied && !errors.Is(cause, errTaken) {
			ctx := context.WithoutCancel(ctx)
			var err error
			if inFlight, err = reading(ctx, w, func() (string, error) { return InFlight(ctx, w.Ledger, e) }); err != nil {
				return err
			}
		}
		done.Judgement = Interrupted(e, cause, inFlight)
		switch {
		case errors.Is(cause, errTaken):
			return nil
		case errors.Is(cause, errShutdown) && (!e.Effect.Changes() || e.Applied):
			ctx := context.WithoutCancel(ctx)
			return w.persist(ctx, func() error { return w.release(ctx, e) })
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
