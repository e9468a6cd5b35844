package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// cancelled is why an execution was stopped by somebody.
type cancelled struct{ by string }

func (c cancelled) Error() string {
	if c.by == "" {
		return "cancelled"
	}
	return "cancelled by " + c.by
}

// errShutdown is why an execution was stopped by the server's end.
var errShutdown = errors.New("the server is being stopped")

// Work carries out one execution that was asked for. It does nothing when another worker has it
// or had it, so that a job may be delivered more than once. ctx is the server's, not a request's.
func (s *Service) Work(ctx context.Context, id string) error {
	e, err := s.Store.Execution(ctx, nil, id)
	if err != nil {
		return err
	}
	run, err := s.Store.Head(ctx, nil, e.Run)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	_, busy := s.running[id]
	if !busy {
		s.running[id] = cancel
	}
	s.mu.Unlock()
	if busy {
		return nil
	}
	defer func() {
		s.mu.Lock()
		delete(s.running, id)
		s.mu.Unlock()
	}()
	started := s.Now()
	mine := false
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		mine = false
		if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
			return err
		}
		var err error
		mine, err = s.Store.MoveExecution(ctx, tx, id, procedures.ExecutionWaiting, procedures.ExecutionRunning)
		if err != nil || !mine {
			return err
		}
		return s.Store.Append(ctx, tx, e.Run, started, []procedures.Event{{Kind: procedures.EventStepStarted, At: started, Step: e.Step, Execution: id}})
	})
	if err != nil || !mine {
		return err
	}
	s.tell(e.Run)
	result, kept := s.carry(ctx, run, e)
	if kept != nil {
		defer kept.close()
	}
	if cause := context.Cause(ctx); cause != nil {
		result.Judgement = interrupted(e, cause)
		if errors.Is(cause, errShutdown) && !e.Effect.Changes() {
			return s.putBack(context.WithoutCancel(ctx), e)
		}
	}
	return s.finishExecution(context.WithoutCancel(ctx), run, e, result, kept, started)
}

// interrupted judges an execution that did not come to its end.
func interrupted(e *procedures.Execution, cause error) procedures.Judgement {
	reason := cause.Error()
	if !errors.As(cause, new(cancelled)) {
		reason = errShutdown.Error()
	}
	if e.Effect.Changes() {
		return procedures.Judgement{Verdict: procedures.Unknown, Reason: "Stopped while it was changing something: " + reason + ".", Advice: "See what was changed before you run it again."}
	}
	return procedures.Judgement{Verdict: procedures.Skipped, Reason: "Stopped: " + reason + "."}
}

// carry carries an execution out and keeps its journal.
func (s *Service) carry(ctx context.Context, run *procedures.Run, e *procedures.Execution) (Result, *belongings) {
	fail := func(err error) (Result, *belongings) {
		return Result{Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: err.Error()}}, nil
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
	engine, err := s.Engine(run.Environment)
	if err != nil {
		return fail(err)
	}
	kept, err := s.unpack(ctx, run.ID)
	if err != nil {
		return fail(err)
	}
	now := time.Now
	if e.Agreed != nil { // what was computed for the question is what is carried out
		now = func() time.Time { return e.AskedAt }
	}
	journal := s.record(ctx, run.ID, e)
	result := engine.Do(ctx, Carry{
		Step: step, Scripts: lib.Script, State: kept.state, Parameters: e.Parameters, Secrets: Secrets(p, e.Parameters), Files: kept.files(s.Runbooks), Corrected: e.Corrected, Agreed: e.Agreed, Now: now, Emit: journal.add,
	})
	if err := journal.close(); err != nil {
		result.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "What it printed could not be kept: " + err.Error()}
	}
	return result, kept
}

// finishExecution keeps what a step came to and what it left, and queues what waited for it, in one transaction.
func (s *Service) finishExecution(ctx context.Context, run *procedures.Run, e *procedures.Execution, result Result, kept *belongings, started time.Time) error {
	now := s.Now()
	events := []procedures.Event{{Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &result.Judgement, Status: result.Status, Duration: now.Sub(started)}}
	err := s.persist(ctx, func() error {
		return s.Store.Update(ctx, func(tx procedures.Tx) error {
			head, err := s.lock(ctx, tx, run.ID)
			if err != nil {
				return err
			}
			ok, err := s.Store.FinishExecution(ctx, tx, e.ID, procedures.ExecutionRunning, result.Judgement.Verdict, now)
			if err != nil || !ok {
				return err
			}
			if kept != nil && head.State == procedures.RunOpen {
				data, err := kept.pack(ctx, s, tx, result.State)
				if err != nil {
					events[0].Judgement = &procedures.Judgement{Verdict: procedures.Errored, Reason: "What the step left could not be kept: " + err.Error() + "."}
				} else if err := s.Store.Keep(ctx, tx, run.ID, data); err != nil {
					return err
				}
			}
			if err := s.Store.Append(ctx, tx, run.ID, now, events); err != nil {
				return err
			}
			return s.settle(ctx, tx, run.ID)
		})
	})
	s.tell(run.ID, Topic(run.Environment, run.Procedure), Topic(run.Environment, ""))
	return err
}

// settle brings a run's verdict up to date and queues the executions whose turn has come.
func (s *Service) settle(ctx context.Context, tx procedures.Tx, run string) error {
	executions, err := s.Store.Executions(ctx, tx, run)
	if err != nil {
		return err
	}
	finished := map[string]bool{}
	latest := map[string]procedures.Verdict{}
	for _, e := range executions {
		if e.State == procedures.ExecutionFinished {
			finished[e.ID] = true
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
		if e.State == procedures.ExecutionWaiting && len(e.After) > 0 && !slices.ContainsFunc(e.After, func(id string) bool { return !finished[id] }) {
			if err := s.Queue(ctx, tx, e.ID); err != nil { // a second job of it finds that it runs
				return fmt.Errorf("queue the next step: %w", err)
			}
		}
	}
	return nil
}

// putBack lets another server carry out a reading step that this one could not end.
func (s *Service) putBack(ctx context.Context, e *procedures.Execution) error {
	return s.Store.Update(ctx, func(tx procedures.Tx) error {
		if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
			return err
		}
		if ok, err := s.Store.MoveExecution(ctx, tx, e.ID, procedures.ExecutionRunning, procedures.ExecutionWaiting); err != nil || !ok {
			return err
		}
		note := procedures.Event{Kind: procedures.EventNote, At: s.Now(), Step: e.Step, Execution: e.ID, Text: "The server was stopped; this is read again when it is back."}
		if err := s.Store.Append(ctx, tx, e.Run, s.Now(), []procedures.Event{note}); err != nil {
			return err
		}
		return s.Queue(ctx, tx, e.ID)
	})
}

// Recover takes up what a server before this one left in the middle: it reads again what only reads,
// and marks as unknown what was changing something. To be called before the queue is started, by
// the one server of a database.
func (s *Service) Recover(ctx context.Context) error {
	left, err := s.Store.ExecutionsIn(ctx, nil, procedures.ExecutionRunning)
	if err != nil {
		return err
	}
	for _, e := range left {
		if !e.Effect.Changes() {
			if err := s.putBack(ctx, e); err != nil {
				return err
			}
			continue
		}
		run, err := s.Store.Head(ctx, nil, e.Run)
		if err != nil {
			return err
		}
		judgement := interrupted(e, errShutdown)
		if err := s.finishExecution(ctx, run, e, Result{Judgement: judgement}, nil, e.AskedAt); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends what is running, for a server that ends: what only reads is put back.
func (s *Service) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cancel := range s.running {
		cancel(errShutdown)
	}
}
