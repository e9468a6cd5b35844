package runs

import (
	"context"
	"fmt"
	"slices"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// RunAll carries out what only reads, up to the first step that changes something. After
// that step was carried out, it goes on with the steps behind it.
func (s *Service) RunAll(ctx context.Context, r Request) (*Pressed, error) {
	r.Step = ""
	w, err := s.wish(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, w.Request, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	out := &Pressed{}
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		*out = Pressed{}
		if err := s.alone(ctx, tx, w); err != nil {
			return err
		}
		if w.Key != "" {
			if e, err := s.Store.ExecutionOfKey(ctx, tx, w.Key); err != nil || e != nil {
				if e != nil {
					out.Run, out.Joined = e.Run, true
				}
				return err
			}
		}
		run, executions, err := s.join(ctx, tx, w)
		if err != nil {
			return err
		}
		out.Run = run.id
		if slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.State == procedures.ExecutionWaiting || e.State == procedures.ExecutionRunning
		}) {
			out.Joined = true
			return nil
		}
		steps, before := engine.Together(w.procedure, carriedOut(executions))
		if len(steps) == 0 {
			return procedures.Errorf(procedures.CodeInvalid, "Run all has nothing to do: %s", nothingTogether(before))
		}
		values, err := engine.Parameters(w.procedure, steps, run.given(w.Parameters), w.engine.Environment.Variables)
		if err != nil {
			return err
		}
		_, err = run.ask(ctx, steps, values, w)
		return err
	})
	if s.Store.Conflicts(err) {
		id, err := s.Store.OpenRun(ctx, nil, w.procedure.ID, w.Environment)
		return &Pressed{Run: id, Joined: true}, err
	}
	if err != nil {
		return nil, err
	}
	s.recorded(w.began...)
	s.tell(out.Run, Topic(w.Environment, w.procedure.ID), Topic(w.Environment, ""))
	return out, nil
}

// Choices are the values that the parameter's `choose:` line prints in an environment: see [engine.Engine.Choices].
func (s *Service) Choices(ctx context.Context, r Request, parameter string) ([]string, error) {
	w, err := s.wish(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, w.Request, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	return w.engine.Choices(ctx, w.procedure, parameter, w.library.Script, s.Runbooks)
}

// StopsBefore returns the step before which Run all of a procedure stops, as it makes changes; nil for none.
func StopsBefore(p *procedures.Procedure) *procedures.Step {
	_, before := engine.Together(p, carriedOut(nil))
	return before
}

// nothingTogether says why Run all executes nothing.
func nothingTogether(before *procedures.Step) string {
	if before == nil {
		return "no step of this procedure only reads"
	}
	return fmt.Sprintf("“%s” makes changes; review it separately", before.Title)
}
