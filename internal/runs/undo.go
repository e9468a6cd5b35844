package runs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// undo plans the way back of an execution that changed something. It is a change like any other: shown, agreed to, made once and
// read again, as an execution of the same step. The run's own text counts: an edited runbook undoes nothing else.
func (s *Service) undo(ctx context.Context, w *wish, step *procedures.Step) (*Pressed, error) {
	out, undone, err := s.newestChange(ctx, w, step, w.Rollback)
	if err != nil || out.Joined {
		return out, err
	}
	script, err := s.back(ctx, w.procedure, step, undone)
	if err != nil {
		return nil, err
	}
	way, err := w.engine.RollbackStep(w.procedure, step, undone.RollbackOf != "", script)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, w.Request, access.Press, way.Effect()); err != nil {
		return nil, err
	}
	out.Plan, err = s.plan(ctx, w, out.Run, way, &procedures.Execution{RollbackOf: undone.ID, Script: script, Parameters: undone.Parameters})
	return out, err
}

// continueWith plans the rest of a script that ended before its last changes: what it has made is not made again.
func (s *Service) continueWith(ctx context.Context, w *wish, step *procedures.Step) (*Pressed, error) {
	out, before, err := s.newestChange(ctx, w, step, w.Resume)
	if err != nil || out.Joined {
		return out, err
	}
	if !before.Resumable {
		return nil, procedures.Errorf(procedures.CodeInvalid, "it was carried out to its end; nothing was changed")
	}
	if before.RollbackOf != "" {
		if step, err = w.engine.RollbackStep(w.procedure, step, before.Script != "", before.Script); err != nil {
			return nil, err
		}
	}
	out.Plan, err = s.plan(ctx, w, out.Run, step, &procedures.Execution{
		Resumes: before.ID, Made: before.Made, Clock: cmp.Or(before.Clock, before.AskedAt), Parameters: before.Parameters, Corrected: before.Corrected, RollbackOf: before.RollbackOf, Script: before.Script,
	})
	return out, err
}

// newestChange is an execution of a step that has changed something, as long as that is the newest change of the step. Where the
// step is being carried out the press joins that.
func (s *Service) newestChange(ctx context.Context, w *wish, step *procedures.Step, id string) (*Pressed, *procedures.Execution, error) {
	out := &Pressed{}
	var found *procedures.Execution
	err := s.Store.Update(ctx, func(tx procedures.Tx) error {
		*out = Pressed{}
		e, err := s.Store.Execution(ctx, tx, id)
		if err != nil {
			return err
		}
		run, err := s.lock(ctx, tx, e.Run)
		if err != nil {
			return err
		}
		if e.Step != step.ID || run.Procedure != w.procedure.ID || run.Environment != w.Environment {
			return procedures.Errorf(procedures.CodeInvalid, "this is another step's; nothing was changed")
		}
		executions, err := s.Store.Executions(ctx, tx, run.ID)
		if err != nil {
			return err
		}
		out.Run = run.ID
		if a := active(executions, step.ID); a != nil {
			out.Execution, out.Joined = a.ID, true
			return nil
		}
		found = e
		return undoable(run, executions, e)
	})
	if err != nil || out.Joined {
		return out, nil, err
	}
	return out, found, s.readable(found)
}

// undoable reports as an error why an execution is not rolled back: it is not the newest change of its step.
func undoable(run *procedures.Run, executions []*procedures.Execution, e *procedures.Execution) error {
	if run.State != procedures.RunOpen {
		return procedures.Errorf(procedures.CodeConflict, "the run is finished; nothing was changed. Open it again, and roll back then")
	}
	if !e.Applied {
		return procedures.Errorf(procedures.CodeInvalid, "it changed nothing that could be rolled back")
	}
	for _, later := range slices.Backward(executions) {
		if later.Step != e.Step || later.State != procedures.ExecutionFinished || !later.Applied && later.Verdict != procedures.Unknown {
			continue
		}
		switch {
		case later.ID == e.ID:
			return nil
		case later.RollbackOf == e.ID:
			return procedures.Errorf(procedures.CodeConflict, "it was rolled back already, %s; nothing was changed", by(later.By))
		}
		return procedures.Errorf(procedures.CodeConflict, "the step was carried out again after it, %s; nothing was changed. Look at what it changed last", by(later.By))
	}
	return nil
}

// stillNewest reports as an error that an execution is not its step's newest change any more.
func (s *Service) stillNewest(ctx context.Context, tx procedures.Tx, run *procedures.Run, id string) error {
	executions, err := s.Store.Executions(ctx, tx, run.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(executions, func(e *procedures.Execution) bool { return e.ID == id })
	if i < 0 {
		return procedures.Errorf(procedures.CodeNotFound, "what was to be gone on with, or rolled back, is not there any more; nothing was changed")
	}
	return undoable(run, executions, executions[i])
}

// back is the script that undoes what an execution, and those with which it went on, changed: the changes' ways back, the last one
// first. It is empty where the step names another step as its rollback.
func (s *Service) back(ctx context.Context, p *procedures.Procedure, step *procedures.Step, e *procedures.Execution) (string, error) {
	if named := step.Annotations.Rollback; named != "" && e.RollbackOf == "" {
		if p.Step(named) != nil {
			return "", nil
		}
		return named, nil
	}
	var lines, why []string
	changes := e.Changes
	for before := e; before.Resumes != ""; {
		var err error
		if before, err = s.Store.Execution(ctx, nil, before.Resumes); err != nil {
			return "", err
		}
		if err := s.readable(before); err != nil {
			return "", err
		}
		changes = slices.Concat(before.Changes, changes)
	}
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
			why = []string{"nothing is known of what undoes it"}
		}
		return "", procedures.Errorf(procedures.CodeRefused, "there is no way back: %s", strings.Join(why, "; "))
	}
	return strings.Join(lines, "\n"), nil
}
