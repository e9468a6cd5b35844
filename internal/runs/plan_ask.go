package runs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Plan is what a changing step would do, shown before it is agreed to. What is secret in it is masked.
type Plan struct {
	Execution   string
	Step        *procedures.Step
	Environment procedures.Environment
	Account     string
	Identity    string // ARN of the caller, as whom the calls are made; empty where it is not known
	Calls       []procedures.PlannedCall
	Changes     []procedures.Change // what was found out about each of Calls
	Effect      procedures.Effect
	Type        string // what must be typed; empty for nothing
	// FailedBefore are earlier steps that failed or could not be carried out: going on needs a reason.
	FailedBefore []*procedures.Step
	// Concurrent are executions that change one of the same resources now: this one waits for them.
	Concurrent []ConcurrentChange
	// RollbackOf is the execution that this is the way back of; empty for none.
	RollbackOf string
	// Resumes is the execution with which this goes on; empty for none.
	Resumes string
	// Rollback is what the runbook says undoes the step: another step's title, or a script line; empty for nothing.
	Rollback string
	// Approvals is how many other people have to agree first.
	Approvals int
	At        time.Time
}

// rollback is what the runbook says undoes a step.
func rollback(p *procedures.Procedure, step *procedures.Step, e *procedures.Execution) string {
	named := step.Annotations.Rollback
	if other := p.Step(named); other != nil && e.RollbackOf == "" {
		return other.Title
	}
	return named
}

// ConcurrentChange is an execution that changes something now.
type ConcurrentChange struct {
	Run   string
	Title string // of its procedure
	Step  string // title
	By    string
}

// planTime bounds finding out what a step would do.
const planTime = 2 * time.Minute

// plan finds out what a changing step would do, and keeps it to be agreed to. What e has of a way back goes with it.
func (s *Service) plan(ctx context.Context, w *wish, run string, step *procedures.Step, e *procedures.Execution) (*Plan, error) {
	head, err := s.Store.Head(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	given := (&joining{run: head}).given(w.Parameters)
	for name, value := range e.Parameters { // a way back, and the rest of a script, have the values of what was before them
		if w.procedure.Parameter(name) != nil {
			given[name] = value
		}
	}
	values, err := engine.Parameters(w.procedure, []*procedures.Step{step}, given, w.engine.Environment.Variables)
	if err != nil {
		return nil, err
	}
	kept, err := s.openSnapshot(ctx, run)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	now := s.Now().UTC().Truncate(time.Millisecond)
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	x := engine.Execution{
		Step: step, Scripts: w.library.Script, State: kept.State, Parameters: values, Files: kept.Files(s.Runbooks), Corrected: w.Corrected || e.Corrected, Made: e.Made,
		Now: func() time.Time { return cmp.Or(e.Clock, now) },
	}
	calls, err := w.engine.Plan(ctx, x)
	if err != nil {
		return nil, err
	}
	e = &procedures.Execution{
		ID: NewID(), Run: run, Step: step.ID, State: procedures.ExecutionPlanned, Effect: step.Effect(), By: w.By.Name, Planner: w.By.Key(), Approvals: procedures.Approvals(w.engine.Environment, w.procedure, step), AskedAt: now, Parameters: values,
		Corrected: x.Corrected, Confirmed: calls, Changes: w.engine.Inspect(ctx, x, calls), Type: engine.Typed(step, calls), RollbackOf: e.RollbackOf, Script: e.Script,
		Resumes: e.Resumes, Made: e.Made, Clock: e.Clock,
	}
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		if err := s.Store.LockRun(ctx, tx, run); err != nil {
			return err
		}
		if e.RollbackOf == "" && e.Resumes == "" {
			if err := s.Store.SetParameters(ctx, tx, run, keepable(w.procedure, given)); err != nil {
				return err
			}
		}
		return s.Store.InsertExecution(ctx, tx, e)
	})
	if err != nil {
		return nil, err
	}
	return s.show(ctx, w, step, e, append(engine.Secrets(w.procedure, values), kept.State.Secrets...))
}

// show is what was planned as it may be shown.
func (s *Service) show(ctx context.Context, w *wish, step *procedures.Step, e *procedures.Execution, secrets []string) (*Plan, error) {
	view, err := s.View(ctx, e.Run)
	if err != nil {
		return nil, err
	}
	others, err := s.others(ctx, w.Environment, e)
	if err != nil {
		return nil, err
	}
	against := journal.FailedBefore(view, w.procedure, step)
	if e.RollbackOf != "" {
		against = nil // it is rolled back because something did not go well
	}
	return &Plan{
		Identity: identity(ctx, w.engine), Execution: e.ID, RollbackOf: e.RollbackOf, Resumes: e.Resumes, Rollback: rollback(w.procedure, step, e), Step: step, Environment: w.engine.Environment, Account: w.account, Calls: engine.MaskCalls(e.Confirmed, secrets), Changes: engine.MaskChanges(e.Changes, secrets),
		Effect: step.Effect(), Type: e.Type, FailedBefore: against, Concurrent: others, Approvals: needed(w, step, e), At: e.AskedAt,
	}, nil
}

// identity is the ARN as whom calls are made, empty where that is not known: a plan is shown all the same.
func identity(ctx context.Context, g *engine.Engine) string {
	if g.Identity == nil {
		return ""
	}
	arn, err := g.Identity(ctx)
	if err != nil {
		return ""
	}
	return arn
}

// others are the executions that change one of an execution's resources now.
func (s *Service) others(ctx context.Context, environment string, e *procedures.Execution) ([]ConcurrentChange, error) {
	mine := resourcesOf(e)
	running, err := s.Store.ExecutionsIn(ctx, nil, procedures.ExecutionRunning)
	if err != nil {
		return nil, err
	}
	var out []ConcurrentChange
	for _, other := range running {
		if other.ID == e.ID || !slices.ContainsFunc(resourcesOf(other), func(r string) bool { return slices.Contains(mine, r) }) {
			continue
		}
		run, err := s.Store.Head(ctx, nil, other.Run)
		if err != nil {
			return nil, err
		}
		if run.Environment == environment {
			out = append(out, ConcurrentChange{Run: run.ID, Title: run.Title, Step: s.titleOf(run, other.Step), By: other.By})
		}
	}
	return out, nil
}
