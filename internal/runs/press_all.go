package runs

import (
	"context"
	"fmt"
	"slices"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// RunAll executes what only reads, up to the first step that makes changes. After that step was executed, it executes the steps
// behind it. With r.Section it does so in that section. Where all of a procedure only reads, Run all of it is a run of its own: it joins
// one that is going on, and else begins one, which ends by itself with its last step.
func (p *Presser) RunAll(ctx context.Context, r Request) (out *Pressed, err error) {
	r.Step = ""
	ctx, span := startRun(ctx)
	defer func() { endRun(span, out, err) }()
	w, err := p.resolve(ctx, r)
	if err != nil {
		return nil, err
	}
	newest := *w
	if err := p.useTextOfRun(ctx, w); err != nil {
		return nil, err
	}
	aboutRun(span, w, nil)
	if err := p.may(ctx, w, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	if r.Section != "" && w.procedure.Section(r.Section) == nil {
		return nil, procedures.Errorf(procedures.CodeNotFound,
			"%s has no section %q. The runbook may have been edited; load the page again", w.procedure.Title, r.Section)
	}
	out = &Pressed{}
	before := ""
	err = p.ledger.Update(ctx, func(tx procedures.Tx) error {
		*out, before = Pressed{}, ""
		w := w
		run, executions, err := p.join(ctx, tx, w, out)
		if err != nil || out.Joined {
			return err
		}
		if slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.State == procedures.ExecutionWaiting || e.State == procedures.ExecutionRunning
		}) {
			out.Joined = true
			return nil
		}
		if r.Run == "" && r.Section == "" && OnlyReads(newest.procedure) {
			w, before = &newest, out.Run
			if run, err = p.apart(ctx, tx, w, run); err != nil {
				return err
			}
			out.Run, executions = run.head.ID, nil
		}
		steps, stop := engine.Together(w.procedure, r.Section, engine.Executed(executions))
		if len(steps) == 0 {
			return procedures.Errorf(procedures.CodeInvalid, "Run all has nothing to do: %s", nothingTogether(stop, r.Section))
		}
		values, err := engine.Parameters(w.procedure, steps, run.given(w.Parameters), w.engine.Environment.Values(w.procedure))
		if err != nil {
			return err
		}
		_, err = run.request(ctx, steps, values, w)
		return err
	})
	if p.store.Conflicts(err) {
		id, err := p.store.OpenRun(ctx, nil, w.Environment, w.procedure.Names()...)
		return &Pressed{Run: id, Joined: true}, err
	}
	if err != nil {
		return nil, err
	}
	p.began(w, out.Run)
	if before != "" && before != out.Run {
		p.ledger.Notify(before)
	}
	return out, nil
}

// apart is the run of its own for Run all: one that this press has just begun, else a new one, before which the open run, in which
// nothing goes on, is finished.
func (p *Presser) apart(ctx context.Context, tx procedures.Tx, w *press, run *openRun) (*openRun, error) {
	if len(run.began) == 0 {
		end := w.By.Sign(procedures.Event{Kind: procedures.EventRunFinished, At: p.ledger.Now(), Text: "Run all began a run of its own"})
		if err := p.ledger.EndRun(ctx, tx, run.head.ID, end); err != nil {
			return nil, err
		}
		var err error
		if run, err = p.insertRun(ctx, tx, w, procedures.RunOpen); err != nil {
			return nil, err
		}
	}
	run.began[0].Together = true
	return run, nil
}

// OnlyReads reports whether nothing of a procedure changes anything or is done by hand.
func OnlyReads(p *procedures.Procedure) bool {
	return !slices.ContainsFunc(p.Steps, func(s *procedures.Step) bool {
		return s.Kind != procedures.KindScript || s.Annotations.Manual || s.Analysis.Refused != "" || s.Effect().Changes()
	})
}

// StopsBefore returns the step before which Run all of a procedure stops, as it makes changes; nil for none.
func StopsBefore(p *procedures.Procedure) *procedures.Step {
	_, before := engine.Together(p, "", engine.Executed(nil))
	return before
}

// Reads reports whether Run all of a procedure, or of one of its sections, has something to execute.
func Reads(p *procedures.Procedure, section string) bool {
	return slices.ContainsFunc(p.Under(section), func(s *procedures.Step) bool {
		return engine.InAll(p, section, s) && !s.Effect().Changes()
	})
}

// nothingTogether says why Run all executes nothing.
func nothingTogether(before *procedures.Step, section string) string {
	switch {
	case before == nil && section != "":
		return "no step of this section only reads"
	case before == nil:
		return "no step of this procedure only reads"
	}
	return fmt.Sprintf("“%s” makes changes; review it separately", before.Title)
}

// bySchedule is who begins what was planned.
var bySchedule = access.Machine("the schedule")

// PrepareScheduled asks, before the transaction of a planned time, whether a run of a procedure may begin: that may have to ask
// for the account. begin then begins a run of what the procedure reads, in the transaction. It returns the reason where there
// is nothing to begin.
func (p *Presser) PrepareScheduled(ctx context.Context, procedure, environment string) (
	begin func(ctx context.Context, tx procedures.Tx) (run, reason string, err error), err error,
) {
	w, err := p.resolve(ctx, Request{Procedure: procedure, Environment: environment, By: bySchedule})
	if err != nil {
		return nil, err
	}
	if err := p.may(ctx, w, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx procedures.Tx) (string, string, error) {
		ctx, span := startRun(ctx)
		aboutRun(span, w, nil)
		defer span.End()
		steps, before := engine.Together(w.procedure, "", engine.Executed(nil))
		if len(steps) == 0 {
			return "", nothingTogether(before, ""), nil
		}
		values, err := engine.Parameters(w.procedure, steps, nil, w.engine.Environment.Values(w.procedure))
		if err != nil {
			return "", procedures.Said(err), nil
		}
		run, err := p.insertRun(ctx, tx, w, procedures.RunScheduled)
		if err != nil {
			return "", "", err
		}
		if _, err := run.request(ctx, steps, values, w); err != nil {
			return "", "", err
		}
		endRun(span, &Pressed{Run: run.head.ID}, nil)
		return run.head.ID, "", nil
	}, nil
}

// Choices are the values that the parameter's `choose:` line prints in an environment: see [engine.Engine.Choices].
func (p *Presser) Choices(ctx context.Context, r Request, parameter string) ([]string, error) {
	w, err := p.resolve(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := p.useTextOfRun(ctx, w); err != nil {
		return nil, err
	}
	if err := p.may(ctx, w, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	return w.engine.Choices(ctx, w.procedure, parameter, w.library.Script, p.runbooks)
}
