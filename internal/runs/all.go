package runs

import (
	"context"
	"fmt"
	"slices"

	"github.com/opsbook/opsbook/internal/access"
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
		steps, stopped := Together(w.procedure, executions)
		out.Stopped = stopped
		if len(steps) == 0 {
			if stopped == "" {
				stopped = "there is nothing on this page that only reads"
			}
			return procedures.Errorf(procedures.CodeInvalid, "Run all has nothing to do: %s", stopped)
		}
		values, err := Parameters(w.procedure, steps, run.given(w.Parameters), w.engine.Environment.Variables)
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

// Together returns the steps that Run all carries out next, and why it ends before the last one.
func Together(p *procedures.Procedure, executions []*procedures.Execution) (steps []*procedures.Step, stopped string) {
	done := carriedOut(executions)
	first := 0
	for i, step := range p.Steps {
		if step.Effect().Changes() && done(step) && slices.ContainsFunc(p.Steps[i+1:], func(s *procedures.Step) bool { return runnable(s) && !done(s) }) {
			first = i + 1
		}
	}
	for i := first; i < len(p.Steps); i++ {
		step := p.Steps[i]
		if !runnable(step) || Alternative(p, i) {
			continue
		}
		if step.Effect().Changes() {
			return steps, fmt.Sprintf("%s changes something and is asked about by itself", step.Title)
		}
		steps = append(steps, step)
	}
	return steps, ""
}

// runnable reports whether a step may be carried out together with others: one that somebody has to end is begun by itself.
func runnable(s *procedures.Step) bool {
	return s.Kind == procedures.KindScript && !s.Annotations.Manual && s.Analysis.Refused == "" && !(s.Bake != nil && s.Bake.Endless())
}

// Alternative reports whether the step at i is one of several of which one is chosen.
func Alternative(p *procedures.Procedure, i int) bool {
	return p.Steps[i].Alternative || i+1 < len(p.Steps) && p.Steps[i+1].Alternative
}
