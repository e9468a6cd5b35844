package runs

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Plan is what a changing step would do, shown before it is confirmed. What is secret in it is masked.
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
	// FailedBefore are earlier steps that failed or could not run: to proceed needs a reason.
	FailedBefore []*procedures.Step
	// Concurrent are executions that change one of the same resources now: this one waits for them.
	Concurrent []ConcurrentChange
	// RollbackOf is the execution that this rolls back; empty for none.
	RollbackOf string
	// Resumes is the execution that this resumes; empty for none.
	Resumes string
	// Rollback is what the runbook names as the step's rollback: another step's title, or a script line; empty for nothing.
	Rollback string
	// Approvals is how many other people have to approve first.
	Approvals int
	At        time.Time
}

// ConcurrentChange is an execution that changes something now.
type ConcurrentChange struct {
	Run   string
	Title string // of its procedure
	Step  string // title
	By    string
}

// planAge is how long a plan may be confirmed.
const planAge = time.Hour

// plan finds out what a changing step would do, and keeps it to be confirmed. draft has what a rollback, or resuming, adds. ctx
// bounds how long that takes.
func (p *Presser) plan(ctx context.Context, w *press, run string, step *procedures.Step, draft *procedures.Execution) (*Plan, error) {
	head, err := p.ledger.Head(ctx, run)
	if err != nil {
		return nil, err
	}
	ctx = procedures.WithActing(ctx, procedures.Acting{Who: w.By.Name, Run: run, Procedure: head.Procedure})
	given := (&openRun{head: head}).given(w.Parameters)
	for name, value := range draft.Parameters { // a rollback, or what resumes, has the values of what was before it
		if w.procedure.Parameter(name) != nil {
			given[name] = value
		}
	}
	values, err := engine.Parameters(w.procedure, []*procedures.Step{step}, given, w.engine.Environment.Variables)
	if err != nil {
		return nil, err
	}
	snapshot, err := p.snapshots.Open(ctx, run)
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	now := p.ledger.Now().UTC().Truncate(time.Millisecond)
	salt := rand.Text()
	var former []procedures.KeptAnswer
	if draft.Resumes != "" { // what the calls that were made were made with
		if former, err = p.executions.Answers(ctx, nil, &procedures.Execution{ID: draft.Resumes, Run: run}); err != nil {
			return nil, err
		}
		salt = cmp.Or(draft.Salt, salt)
	}
	m := mask.FromContext(ctx).Knowing(snapshot.State, engine.Secrets(w.procedure, values)...)
	x := engine.Execution{
		Out: mask.NewEmitter(m, nil), Step: step, Scripts: w.library.Script, State: snapshot.State, Parameters: values,
		Files:     snapshot.Files(p.runbooks),
		Corrected: w.Corrected || draft.Corrected, Made: draft.Made, Now: func() time.Time { return cmp.Or(draft.Clock, now) },
		Answers: former, Resuming: draft.Resumes != "", Salt: salt,
	}
	planned, err := w.engine.Plan(ctx, x)
	if err != nil {
		return nil, err
	}
	calls := planned.Calls
	e := &procedures.Execution{
		ID: NewID(), Run: run, Step: step.ID, State: procedures.ExecutionPlanned, Effect: step.Effect(),
		By: w.By.Name, Planner: w.By.Key(), PlannerEmail: w.By.Email,
		Approvals: procedures.Approvals(w.engine.Environment, w.procedure, step), AskedAt: now, Parameters: values, Corrected: x.Corrected,
		Confirmed: calls, Changes: w.engine.Inspect(ctx, x, calls), Type: engine.Typed(step, calls),
		RollbackOf: draft.RollbackOf, Script: draft.Script, Resumes: draft.Resumes, Made: draft.Made, Clock: draft.Clock, Salt: salt,
	}
	digest, err := digestOf(head, e)
	if err != nil {
		return nil, err
	}
	e.Learned = &procedures.ScriptState{}
	m.Leave(e.Learned)
	err = p.ledger.Update(ctx, func(tx procedures.Tx) error {
		if _, err := p.ledger.Lock(ctx, tx, run); err != nil {
			return err
		}
		if e.RollbackOf == "" && e.Resumes == "" {
			if err := p.store.SetParameters(ctx, tx, run, keepable(w.procedure, given)); err != nil {
				return err
			}
		}
		if err := p.executions.Insert(ctx, tx, e); err != nil {
			return err
		}
		if err := p.executions.KeepAnswers(ctx, tx, e, planned.Answers, now.Add(planAge)); err != nil {
			return err
		}
		return p.ledger.Append(ctx, tx, run, w.By.Sign(procedures.Event{
			Kind: procedures.EventPlanned, At: now, Step: step.ID, Execution: e.ID, Approvals: e.Approvals, Digest: digest,
			RollbackOf: e.RollbackOf, Resumes: e.Resumes,
		}))
	})
	if err != nil {
		return nil, err
	}
	p.ledger.Notify(run)
	return p.show(ctx, w, step, e, m)
}

// show is a planned execution as it may be shown.
func (p *Presser) show(ctx context.Context, w *press, step *procedures.Step, e *procedures.Execution, m *mask.Mask) (*Plan, error) {
	view, err := p.ledger.View(ctx, e.Run)
	if err != nil {
		return nil, err
	}
	concurrent, err := p.concurrent(ctx, w.Environment, e)
	if err != nil {
		return nil, err
	}
	out := &Plan{
		Execution: e.ID, RollbackOf: e.RollbackOf, Resumes: e.Resumes, Rollback: step.Annotations.Rollback, Step: step,
		Environment: w.engine.Environment, Account: w.account, Calls: engine.MaskCalls(e.Confirmed, m),
		Changes: engine.MaskChanges(e.Changes, m), Effect: step.Effect(), Type: e.Type, Concurrent: concurrent,
		Approvals: approvalsNeeded(w, step, e), At: e.AskedAt,
	}
	if e.RollbackOf == "" { // it is rolled back because something failed
		out.FailedBefore = journal.FailedBefore(view, w.procedure, step)
		if other := w.procedure.Step(step.Annotations.Rollback); other != nil {
			out.Rollback = other.Title
		}
	}
	if w.engine.Identity != nil {
		if arn, err := w.engine.Identity(ctx); err == nil { // a plan is shown all the same
			out.Identity = arn
		}
	}
	return out, nil
}

// concurrent are the executions that change one of an execution's resources now.
func (p *Presser) concurrent(ctx context.Context, environment string, e *procedures.Execution) ([]ConcurrentChange, error) {
	mine := engine.Resources(e.Confirmed)
	running, err := p.executions.In(ctx, nil, procedures.ExecutionRunning)
	if err != nil {
		return nil, err
	}
	var out []ConcurrentChange
	for _, other := range running {
		shared := func(r string) bool { return slices.Contains(mine, r) }
		if other.ID == e.ID || !slices.ContainsFunc(engine.Resources(other.Confirmed), shared) {
			continue
		}
		run, err := p.ledger.Head(ctx, other.Run)
		if err != nil {
			return nil, err
		}
		if run.Environment == environment {
			out = append(out, ConcurrentChange{Run: run.ID, Title: run.Title, Step: p.ledger.StepTitle(run, other.Step), By: other.By})
		}
	}
	return out, nil
}

// ExpireAnswers drops what plans were answered that nobody can confirm any more.
func (p *Presser) ExpireAnswers(ctx context.Context) error {
	return p.ledger.Update(ctx, func(tx procedures.Tx) error { return p.store.ExpireAnswers(ctx, tx, p.ledger.Now()) })
}
