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
// behind it.
func (p *Presser) RunAll(ctx context.Context, r Request) (*Pressed, error) {
	r.Step = ""
	w, err := p.resolve(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := p.may(ctx, w, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	out := &Pressed{}
	err = p.ledger.Update(ctx, func(tx procedures.Tx) error {
		*out = Pressed{}
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
		steps, before := engine.Together(w.procedure, engine.Executed(executions))
		if len(steps) == 0 {
			return procedures.Errorf(procedures.CodeInvalid, "Run all has nothing to do: %s", nothingTogether(before))
		}
		values, err := engine.Parameters(w.procedure, steps, run.given(w.Parameters), w.engine.Environment.Variables)
		if err != nil {
			return err
		}
		_, err = run.request(ctx, steps, values, w)
		return err
	})
	if p.store.Conflicts(err) {
		id, err := p.store.OpenRun(ctx, nil, w.procedure.ID, w.Environment)
		return &Pressed{Run: id, Joined: true}, err
	}
	if err != nil {
		return nil, err
	}
	p.began(w, out.Run)
	return out, nil
}

// StopsBefore returns the step before which Run all of a procedure stops, as it makes changes; nil for none.
func StopsBefore(p *procedures.Procedure) *procedures.Step {
	_, before := engine.Together(p, engine.Executed(nil))
	return before
}

// nothingTogether says why Run all executes nothing.
func nothingTogether(before *procedures.Step) string {
	if before == nil {
		return "no step of this procedure only reads"
	}
	return fmt.Sprintf("“%s” makes changes; review it separately", before.Title)
}

// bySchedule is who begins what was planned.
var bySchedule = access.Person{Name: "the schedule"}

// PrepareScheduled asks, before the transaction of a planned time, whether a run of a procedure may begin: that may have to ask
// for the account. begin then begins a run of what the procedure reads, in the transaction. It returns the reason where there
// is nothing to begin, and what is to be told to the observer when the transaction has ended.
func (p *Presser) PrepareScheduled(ctx context.Context, procedure, environment string) (
	begin func(ctx context.Context, tx procedures.Tx) (run, reason string, began []procedures.Event, err error), err error,
) {
	w, err := p.resolve(ctx, Request{Procedure: procedure, Environment: environment, By: bySchedule})
	if err != nil {
		return nil, err
	}
	if err := p.may(ctx, w, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx procedures.Tx) (string, string, []procedures.Event, error) {
		steps, before := engine.Together(w.procedure, engine.Executed(nil))
		if len(steps) == 0 {
			return "", nothingTogether(before), nil, nil
		}
		values, err := engine.Parameters(w.procedure, steps, nil, w.engine.Environment.Variables)
		if err != nil {
			return "", err.Error(), nil, nil //nolint:nilerr // it is why there is no run, and is kept as that
		}
		run, err := p.insertRun(ctx, tx, w, procedures.RunScheduled)
		if err != nil {
			return "", "", nil, err
		}
		if _, err := run.request(ctx, steps, values, w); err != nil {
			return "", "", nil, err
		}
		return run.head.ID, "", w.began, nil
	}, nil
}

// Choices are the values that the parameter's `choose:` line prints in an environment: see [engine.Engine.Choices].
func (p *Presser) Choices(ctx context.Context, r Request, parameter string) ([]string, error) {
	w, err := p.resolve(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := p.may(ctx, w, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	return w.engine.Choices(ctx, w.procedure, parameter, w.library.Script, p.runbooks)
}
