package runs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// rollback plans the rollback of an execution. It is a change like any other: reviewed, confirmed, made once and read again, as an
// execution of the same step. The run's own text counts, whatever the runbook says since.
func (p *Presser) rollback(ctx context.Context, w *press, step *procedures.Step) (*Pressed, error) {
	out, change, err := p.newestChange(ctx, w, step, w.Rollback)
	if err != nil || out.Joined {
		return out, err
	}
	script, err := p.rollbackScript(ctx, w.procedure, step, change)
	if err != nil {
		return nil, err
	}
	back, err := w.engine.RollbackStep(w.procedure, step, change.RollbackOf != "", script)
	if err != nil {
		return nil, err
	}
	if err := p.may(ctx, w, access.Press, back.Effect()); err != nil {
		return nil, err
	}
	out.Plan, err = p.plan(ctx, w, out.Run, back,
		&procedures.Execution{RollbackOf: change.ID, Script: script, Parameters: change.Parameters})
	return out, err
}

// resume plans what is left of a script that ended before its last changes: what it has made is not made again.
func (p *Presser) resume(ctx context.Context, w *press, step *procedures.Step) (*Pressed, error) {
	out, before, err := p.newestChange(ctx, w, step, w.Resume)
	if err != nil || out.Joined {
		return out, err
	}
	if !before.Resumable {
		return nil, procedures.Errorf(procedures.CodeInvalid, "there is nothing left to resume; nothing was changed")
	}
	if before.RollbackOf != "" {
		if step, err = w.engine.RollbackStep(w.procedure, step, before.Script != "", before.Script); err != nil {
			return nil, err
		}
	}
	out.Plan, err = p.plan(ctx, w, out.Run, step, &procedures.Execution{
		// The script begins again at its first line, with the same clock: calls in Made are answered as they were.
		Resumes: before.ID, Made: before.Made, Clock: cmp.Or(before.Clock, before.AskedAt), Parameters: before.Parameters,
		Corrected: before.Corrected, RollbackOf: before.RollbackOf, Script: before.Script, Salt: before.Salt,
	})
	return out, err
}

// newestChange is an execution of a step that has changed something, as long as that is the newest change of the step. Where the
// step is running the press joins that.
func (p *Presser) newestChange(ctx context.Context, w *press, step *procedures.Step, id string) (*Pressed, *procedures.Execution, error) {
	out := &Pressed{}
	var found *procedures.Execution
	err := p.ledger.Update(ctx, func(tx procedures.Tx) error {
		*out = Pressed{}
		e, err := p.executions.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		run, err := p.ledger.Lock(ctx, tx, e.Run)
		if err != nil {
			return err
		}
		if e.Step != step.ID || run.Procedure != w.procedure.ID || run.Environment != w.Environment {
			return procedures.Errorf(procedures.CodeInvalid, "this belongs to another step; nothing was changed")
		}
		executions, err := p.executions.OfRun(ctx, tx, run.ID)
		if err != nil {
			return err
		}
		out.Run = run.ID
		if a := active(executions, step.ID); a != nil {
			out.Execution, out.Joined = a.ID, true
			return nil
		}
		found = e
		return isNewestChange(run, executions, e)
	})
	if err != nil || out.Joined {
		return out, nil, err
	}
	return out, found, p.executions.Open(found)
}

// isNewestChange reports as an error why an execution is not rolled back or resumed: it is not the newest change of its step.
func isNewestChange(run *procedures.Run, executions []*procedures.Execution, e *procedures.Execution) error {
	if run.State != procedures.RunOpen {
		return procedures.Errorf(procedures.CodeConflict, "the run is finished; nothing was changed. Reopen it, then roll back")
	}
	if !e.Applied {
		return procedures.Errorf(procedures.CodeInvalid, "it changed nothing that could be rolled back")
	}
	// An execution that was skipped or failed before its calls changed nothing; one whose outcome is unknown may have.
	for _, later := range slices.Backward(executions) {
		if later.Step != e.Step || later.State != procedures.ExecutionFinished || !later.Applied && later.Verdict != procedures.Unknown {
			continue
		}
		switch {
		case later.ID == e.ID:
			return nil
		case later.RollbackOf == e.ID:
			return procedures.Errorf(procedures.CodeConflict, "it was already rolled back by %s; nothing was changed", someone(later.By))
		}
		return procedures.Errorf(procedures.CodeConflict,
			"%s ran the step again since; nothing was changed. Review its newest change", someone(later.By))
	}
	return nil
}

// stillNewest reports as an error that an execution is not its step's newest change any more.
func (p *Presser) stillNewest(ctx context.Context, tx procedures.Tx, run *procedures.Run, id string) error {
	executions, err := p.executions.OfRun(ctx, tx, run.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(executions, func(e *procedures.Execution) bool { return e.ID == id })
	if i < 0 {
		return procedures.Errorf(procedures.CodeNotFound,
			"the execution to roll back or resume does not exist any more; nothing was changed")
	}
	return isNewestChange(run, executions, executions[i])
}

// rollbackScript rolls back what an execution, and those that it resumed, changed: the last change first. It is empty where the
// step names another step as its rollback.
func (p *Presser) rollbackScript(
	ctx context.Context, procedure *procedures.Procedure, step *procedures.Step, e *procedures.Execution,
) (string, error) {
	// The runbook's own line or step comes first: its author knows what the values before cannot say. It rolls back the step, so
	// that a rollback of a rollback goes by the values.
	if named := step.Annotations.Rollback; named != "" && e.RollbackOf == "" {
		if procedure.Step(named) != nil {
			return "", nil
		}
		return named, nil
	}
	changes := e.Changes
	// What an execution resumed belongs to the same change: all of it is rolled back.
	for before := e; before.Resumes != ""; {
		var err error
		if before, err = p.executions.Get(ctx, nil, before.Resumes); err != nil {
			return "", err
		}
		if err := p.executions.Open(before); err != nil {
			return "", err
		}
		changes = slices.Concat(before.Changes, changes)
	}
	var lines, why []string
	for _, c := range slices.Backward(changes) {
		switch {
		case c.PlanNumber > 0 && len(c.Rollback) > 0: // it was made
			lines = append(lines, c.Rollback...)
		case c.NoRollback != "" && !slices.Contains(why, c.NoRollback):
			why = append(why, c.NoRollback)
		}
	}
	if len(lines) == 0 {
		if len(why) == 0 {
			why = []string{"none is known"}
		}
		return "", procedures.Errorf(procedures.CodeRefused, "there is no rollback: %s", strings.Join(why, "; "))
	}
	return strings.Join(lines, "\n"), nil
}
