package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// errShutdown is why an execution was stopped by the server's end.
var errShutdown = errors.New("the server is being stopped")

// errTaken is why an execution was stopped that is no longer this process's: others thought that it had ended.
var errTaken = errors.New("another replica has taken it up")

// Work carries out one execution that was asked for. It does nothing when another worker has it
// or had it, so that a job may be delivered more than once. ctx is the server's, not a request's.
func (s *Service) Work(ctx context.Context, id string) error {
	var e *procedures.Execution
	var run *procedures.Run
	err := s.persist(ctx, patience, func() (err error) {
		if e, err = s.Store.Execution(ctx, nil, id); err == nil {
			run, err = s.Store.Head(ctx, nil, e.Run)
		}
		return err
	})
	if err != nil {
		return err
	}
	bakes := s.bakes(ctx, run, e)
	if bakes { // it goes on when the queue's job is over
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	if !s.begins(e, cancel, bakes) {
		cancel(nil)
		return nil
	}
	end := func() {
		s.ends(id)
		cancel(nil)
	}
	started := s.Now()
	mine := false
	err = s.persist(ctx, patience, func() (err error) {
		mine, err = s.take(context.WithoutCancel(ctx), e, started) // a stop in the middle would leave it to nobody
		return err
	})
	s.tell(e.Run)
	if err != nil || !mine {
		end()
		return err
	}
	if bakes {
		go func() { // Stop waits for it
			defer end()
			if err := s.carryOn(ctx, run, e, started); err != nil {
				s.Logger.ErrorContext(ctx, "keep what a bake came to", "run", run.ID, "step", e.Step, "execution", e.ID, "error", err)
			}
		}()
		return nil
	}
	defer end()
	return s.carryOn(ctx, run, e, started)
}

// carryOn carries an execution that is this process's to its end, or puts it back.
func (s *Service) carryOn(ctx context.Context, run *procedures.Run, e *procedures.Execution, started time.Time) error {
	done := s.executeIn(ctx, run, e)
	if done.kept != nil {
		defer done.kept.Close()
	}
	if !done.started.IsZero() {
		started = done.started
	}
	if cause := context.Cause(ctx); cause != nil && !done.whole {
		done.Judgement = interrupted(e, cause)
		switch {
		case errors.Is(cause, errTaken):
			return nil
		case errors.Is(cause, errShutdown) && (!e.Effect.Changes() || e.Applied):
			return s.persist(ctx, patience, func() error { return s.putBack(context.WithoutCancel(ctx), e) })
		}
	}
	kept := done.kept
	if e.Applied {
		kept = nil // it was kept when the calls were made
	}
	if !done.Began.IsZero() {
		started = done.Began
	}
	return s.finishExecution(context.WithoutCancel(ctx), run, e, done.Result, kept, started)
}

// outcome is what outcome an execution out came to.
type outcome struct {
	engine.Result
	kept    *engine.Snapshot
	started time.Time // of an execution that is taken up again; zero for one that begins
	// whole reports that nothing was cut off: the execution has ended as Result says, whatever asked to stop it meanwhile.
	whole bool
}

// begins keeps how an execution is stopped, and reports whether it is not being carried out here already.
func (s *Service) begins(e *procedures.Execution, cancel context.CancelCauseFunc, bakes bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[e.ID] != nil || s.ending {
		return false
	}
	s.running[e.ID] = &work{cancel: cancel, changes: e.Effect.Changes() && !e.Applied, bakes: bakes}
	return true
}

func (s *Service) ends(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, id)
	select {
	case s.ended <- struct{}{}:
	default:
	}
}

// take makes an execution this process's, and reports whether it is. One that changes what another one is changing
// waits for that.
func (s *Service) take(ctx context.Context, e *procedures.Execution, started time.Time) (mine bool, err error) {
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		mine = false
		environment, resources, err := s.lockResources(ctx, tx, e)
		if err != nil {
			return err
		}
		if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
			return err
		}
		now, err := s.Store.Execution(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		if now.State == procedures.ExecutionRunning { // by an attempt whose answer was lost, or by somebody else
			mine, err = s.Store.Holds(ctx, tx, e.ID)
			e.State, e.Replica = now.State, now.Replica
			return err
		}
		if waits, err := s.reserve(ctx, tx, now, environment, resources); err != nil || waits {
			return err
		}
		if mine, err = s.Store.TakeExecution(ctx, tx, e.ID); err != nil || !mine {
			return err
		}
		e.State, e.Replica, e.Applied, e.Cancelled, e.CancelledBy = procedures.ExecutionRunning, s.Store.Replica(), now.Applied, now.Cancelled, now.CancelledBy
		if e.Applied {
			return nil
		}
		return s.Store.Append(ctx, tx, e.Run, started, []procedures.Event{{Kind: procedures.EventStepStarted, At: started, Step: e.Step, Execution: e.ID}})
	})
	return mine, err
}

// interrupted judges an execution that did not come to its end.
func interrupted(e *procedures.Execution, cause error) procedures.Judgement {
	reason := cause.Error()
	if !errors.As(cause, new(engine.Cancelled)) && !errors.Is(cause, errCutOff) {
		reason = errShutdown.Error()
	}
	if e.Applied {
		return procedures.Judgement{Verdict: procedures.Warned, Reason: "All calls were made, and what they changed was not read again: " + reason + ".", Advice: engine.CheckFirst(e.Confirmed)}
	}
	if e.Effect.Changes() {
		return procedures.Judgement{Verdict: procedures.Unknown, Reason: "Stopped while it was changing something: " + reason + ".", Advice: engine.CheckFirst(e.Confirmed)}
	}
	return procedures.Judgement{Verdict: procedures.Skipped, Reason: "Stopped: " + reason + "."}
}

// carry carries an execution out and keeps its journal.
func (s *Service) executeIn(ctx context.Context, run *procedures.Run, e *procedures.Execution) outcome {
	fail := func(err error) outcome {
		return outcome{Result: engine.Result{Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: err.Error()}}}
	}
	if err := s.readable(e); err != nil {
		return fail(err)
	}
	lib, err := s.library(ctx, run)
	if err != nil {
		return fail(err)
	}
	p, _, err := lib.Find(run.Procedure)
	if err != nil {
		return fail(err)
	}
	step := p.Step(e.Step)
	if step == nil {
		return fail(fmt.Errorf("the runbook has no step %s any more", e.Step))
	}
	g, err := s.Engine(run.Environment)
	if err != nil {
		return fail(err)
	}
	if e.RollbackOf != "" {
		if step, err = g.RollbackStep(p, step, e.Script != "", e.Script); err != nil {
			return fail(err)
		}
	}
	kept, err := s.openSnapshot(context.WithoutCancel(ctx), run.ID)
	if err != nil {
		return fail(err)
	}
	now := time.Now
	if e.Confirmed != nil { // what was computed for the question is what is carried out
		now = func() time.Time { return cmp.Or(e.Clock, e.AskedAt) }
	}
	x := engine.Execution{
		Step: step, Scripts: lib.Script, State: kept.State, Parameters: e.Parameters, Secrets: engine.Secrets(p, e.Parameters), Files: kept.Files(s.Runbooks), Corrected: e.Corrected, Confirmed: e.Confirmed, Made: e.Made, Now: now,
	}
	if step.Bake != nil {
		if x.Bake, err = s.baking(ctx, e); err != nil {
			return fail(err)
		}
	}
	if e.Applied {
		return s.resumeWait(ctx, g, x, e, kept)
	}
	return s.execute(ctx, g, x, e, kept)
}

// finishExecution keeps what a step came to and what it left, and queues what waited for it, in one transaction. It
// does not give up as long as the server lives: nobody else would say how the step ended.
func (s *Service) finishExecution(ctx context.Context, run *procedures.Run, e *procedures.Execution, result engine.Result, kept *engine.Snapshot, started time.Time) error {
	now := s.Now()
	events := []procedures.Event{{Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &result.Judgement, Status: result.Status, Duration: now.Sub(started), Resumable: result.Resumable}}
	err := s.persist(ctx, forever, func() error {
		return s.Store.Update(ctx, func(tx procedures.Tx) error {
			return s.finishIn(ctx, tx, e, result, kept, events)
		})
	})
	if err == nil && events[0].Number > 0 { // somebody else may have finished it
		s.recorded(events...)
		s.Logger.InfoContext(ctx, "a step ended", "run", run.ID, "step", e.Step, "execution", e.ID, "verdict", events[0].Judgement.Verdict, "took", events[0].Duration)
	}
	s.tell(run.ID, Topic(run.Environment, run.Procedure), Topic(run.Environment, ""))
	return err
}

// finishIn is the transaction of finishExecution.
func (s *Service) finishIn(ctx context.Context, tx procedures.Tx, e *procedures.Execution, result engine.Result, kept *engine.Snapshot, events []procedures.Event) error {
	if _, _, err := s.lockResources(ctx, tx, e); err != nil {
		return err
	}
	head, err := s.lock(ctx, tx, e.Run)
	if err != nil {
		return err
	}
	if kept != nil && head.State != procedures.RunFinished {
		if err := s.keep(ctx, tx, e, &result, kept); err != nil {
			return err
		}
		events[0].Judgement = &result.Judgement
	}
	ok, err := s.Store.FinishExecution(ctx, tx, e, result.Judgement.Verdict, events[0].At)
	if err != nil || !ok {
		return err
	}
	if err := s.Store.Append(ctx, tx, e.Run, events[0].At, events); err != nil {
		return err
	}
	if err := s.unreserve(ctx, tx, e); err != nil {
		return err
	}
	if err := s.settle(ctx, tx, e.Run); err != nil || head.State != procedures.RunScheduled {
		return err
	}
	executions, err := s.Store.Executions(ctx, tx, e.Run)
	if err != nil {
		return err
	}
	return s.endScheduled(ctx, tx, head, executions)
}

// settle brings a run's verdict up to date and queues the executions whose turn has come.
func (s *Service) settle(ctx context.Context, tx procedures.Tx, run string) error {
	executions, err := s.Store.Executions(ctx, tx, run)
	if err != nil {
		return err
	}
	finished := finishedOf(executions)
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
	if err := s.Store.SetVerdict(ctx, tx, run, procedures.Worst(verdicts...)); err != nil {
		return err
	}
	for _, e := range executions {
		if len(e.After) > 0 && ready(e, finished) {
			if err := s.Queue(ctx, tx, e.ID); err != nil { // a second job of it finds that it runs
				return fmt.Errorf("queue the next step: %w", err)
			}
		}
	}
	return nil
}

// finishedOf are the executions that are finished, by id.
func finishedOf(executions []*procedures.Execution) map[string]bool {
	out := map[string]bool{}
	for _, e := range executions {
		if e.State == procedures.ExecutionFinished {
			out[e.ID] = true
		}
	}
	return out
}

// ready reports whether the turn of an execution has come.
func ready(e *procedures.Execution, finished map[string]bool) bool {
	return e.State == procedures.ExecutionWaiting && e.WaitsFor == "" && !slices.ContainsFunc(e.After, func(id string) bool { return !finished[id] })
}
