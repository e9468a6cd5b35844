package runs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// applied keeps that all calls of a changing step were made, and what its script came to and left. From then on a stop in the
// middle does not make it unknown: nothing of what follows changes anything.
func (s *Service) applied(ctx context.Context, e *procedures.Execution, result *engine.Result, kept *engine.Snapshot) error {
	ctx = context.WithoutCancel(ctx)
	var event []procedures.Event
	err := s.persist(ctx, patience, func() error {
		return s.Store.Update(ctx, func(tx procedures.Tx) error {
			if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
				return err
			}
			if holds, err := s.Store.Holds(ctx, tx, e.ID); err != nil || !holds {
				return errors.Join(err, errTaken)
			}
			if result.Resumable { // the execution that resumes it leaves something
				e.Resumable, e.Made = true, result.Made
				if err := s.Store.ResealExecution(ctx, tx, e); err != nil {
					return err
				}
			} else if err := s.keep(ctx, tx, e, result, kept); err != nil {
				return err
			}
			if err := s.Store.ApplyExecution(ctx, tx, e.ID); err != nil {
				return err
			}
			event = []procedures.Event{{
				Kind: procedures.EventApplied, At: s.Now(), Step: e.Step, Execution: e.ID,
				Judgement: &result.Judgement, Status: result.Status, Resumable: result.Resumable,
			}}
			return s.Store.Append(ctx, tx, e.Run, event[0].At, event)
		})
	})
	if errors.Is(err, errTaken) {
		s.look(ctx, e.ID)
	}
	if err != nil {
		return err
	}
	e.Applied = true
	s.recorded(event...)
	s.mu.Lock()
	if w := s.running[e.ID]; w != nil {
		w.changes = false
	}
	s.mu.Unlock()
	s.tell(e.Run)
	return nil
}

// cancelHere stops an execution that this process executes.
func (s *Service) cancelHere(id string, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.running[id]; w != nil {
		w.cancel(cause)
	}
}

// keep keeps what a script left for the next step. What cannot be kept is the step's error.
func (s *Service) keep(ctx context.Context, tx procedures.Tx, e *procedures.Execution, result *engine.Result, kept *engine.Snapshot) error {
	now, err := s.snapshot(ctx, tx, e.Run)
	if err != nil {
		return err
	}
	data, err := kept.Changed(now, result)
	if err == nil {
		return s.keepSnapshot(ctx, tx, e.Run, data)
	}
	result.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "What the step left could not be kept: " + err.Error() + "."}
	return nil
}

// left reports whether another process resumes an execution.
func left(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errShutdown) || errors.Is(cause, errTaken)
}

// keepChange keeps what one call has changed: in the journal as it may be shown, and with the execution as its rollback needs it.
func (s *Service) keepChange(ctx context.Context, x engine.Execution, e *procedures.Execution, change procedures.Change) error {
	shown := engine.ShownChange(change, x.Secrets)
	change.Before = nil // nothing is compared with it any more
	hasRollback := len(change.Rollback) > 0 || change.PlanNumber <= len(e.Changes) && len(e.Changes[change.PlanNumber-1].Rollback) > 0
	if hasRollback {
		for len(e.Changes) < len(e.Confirmed) {
			e.Changes = append(e.Changes, procedures.Change{})
		}
		e.Changes[change.PlanNumber-1] = change
		err := s.persist(ctx, patience, func() error {
			return s.Store.Update(ctx, func(tx procedures.Tx) error {
				if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
					return err
				}
				if holds, err := s.Store.Holds(ctx, tx, e.ID); err != nil || !holds {
					return errors.Join(err, errTaken)
				}
				return s.Store.ResealExecution(ctx, tx, e)
			})
		})
		if errors.Is(err, errTaken) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	x.Emit(procedures.Event{Kind: procedures.EventChanged, Change: &shown})
	return nil
}

// story is how far an execution has come whose calls were made, as its journal says.
type story struct {
	calls   engine.Applied
	started time.Time
	result  engine.Result
	settled []int // of calls
}

// storyOf reads it.
func (s *Service) storyOf(ctx context.Context, e *procedures.Execution) (*story, error) {
	out := &story{started: e.AskedAt}
	err := s.each(ctx, e.Run, 0, func(event procedures.Event) error {
		if event.Execution == e.ID {
			out.take(event)
		}
		return nil
	})
	return out, err
}

func (h *story) take(e procedures.Event) {
	switch e.Kind {
	case procedures.EventStepStarted:
		h.started = e.At
	case procedures.EventCall:
		h.calls.Add(e)
	case procedures.EventApplied:
		h.result.Status, h.result.Resumable = e.Status, e.Resumable
		if e.Judgement != nil {
			h.result.Judgement = *e.Judgement
		}
	case procedures.EventChanged:
		if e.Change != nil {
			h.settled = append(h.settled, e.Change.PlanNumber)
		}
	}
}

// open are the calls that are still to be waited for.
func (h *story) open() []int {
	return slices.DeleteFunc(slices.Clone(h.calls), func(n int) bool { return slices.Contains(h.settled, n) })
}
