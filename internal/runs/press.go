package runs

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// Request is a press of a button.
type Request struct {
	Procedure, Environment string
	Step                   string // empty for Run all
	Run                    string // the run that the page shows; empty for the open one, or a new one
	Parameters             map[string]string
	By                     access.Person
	// Key identifies the press: one that is sent again is not a second press.
	Key string
	// Seen is the newest execution of the step that the page showed. Where there is a newer one, the press joins it.
	Seen        string
	Corrected   bool
	WithEarlier bool // carry the earlier steps out, too, that set what this one uses
	// Confirmed is the execution that was planned, shown and agreed to; Typed is what was typed for it.
	Confirmed, Typed string
	// Rollback is an execution of the step that is to be rolled back.
	Rollback string
	// Resume is an execution of the step that ended before its last changes, which is to be gone on with.
	Resume string
	// Reason says why somebody goes on though something before the step failed.
	Reason string
}

// Pressed is what a press led to.
type Pressed struct {
	Run       string
	Execution string // of the step; empty when nothing was begun
	// Joined reports that the step was running already.
	Joined bool
	// Needs are earlier steps that set what this one uses and were not carried out: asked about with With.
	Needs []*procedures.Step
	// Plan is set when the step changes something and has to be agreed to first.
	Plan *Plan
}

// planAge is how long a plan may be agreed to.
const planAge = time.Hour

// Press carries a step out, or says what is missing.
func (s *Service) Press(ctx context.Context, r Request) (*Pressed, error) {
	w, err := s.wish(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.ownText(ctx, w); err != nil {
		return nil, err
	}
	step := w.procedure.Step(r.Step)
	if step == nil {
		return nil, procedures.Errorf(procedures.CodeNotFound, "%s has no step %q", w.procedure.Title, r.Step)
	}
	if err := s.may(ctx, w.Request, access.Press, step.Effect()); err != nil {
		return nil, err
	}
	if err := w.engine.Environment.Refusal(step.Title, step.Effect()); err != nil && step.Kind == procedures.KindScript && !step.Annotations.Manual {
		return nil, err
	}
	switch {
	case step.Kind == procedures.KindManual && step.Bake != nil: // the alarms are watched while somebody waits
		if err := s.unticked(ctx, w, step); err != nil {
			return nil, err
		}
	case step.Kind != procedures.KindScript || step.Annotations.Manual:
		return nil, procedures.Errorf(procedures.CodeInvalid, "%s is done by hand: mark it as done", step.Title)
	case step.Analysis.Refused != "":
		return nil, procedures.Errorf(procedures.CodeRefused, "%s is not run: %s", step.Title, step.Analysis.Refused)
	case r.Confirmed != "":
		return s.agree(ctx, w, step)
	case r.Rollback != "":
		return s.undo(ctx, w, step)
	case r.Resume != "":
		return s.continueWith(ctx, w, step)
	}
	return s.begin(ctx, w, step)
}

// ownText lets a press that rolls back or goes on with something, or agrees to that, go by the text that its run began with.
func (s *Service) ownText(ctx context.Context, w *wish) error {
	id := cmp.Or(w.Rollback, w.Resume, w.Confirmed)
	if id == "" {
		return nil
	}
	e, err := s.Store.Execution(ctx, nil, id)
	if err != nil || id == w.Confirmed && e.RollbackOf == "" && e.Resumes == "" {
		return err
	}
	run, err := s.Run(ctx, e.Run)
	if err != nil {
		return err
	}
	if run.Procedure != w.procedure.ID || run.Environment != w.Environment {
		return procedures.Errorf(procedures.CodeInvalid, "this is of another page; nothing was changed")
	}
	if w.library, err = s.library(ctx, run); err != nil {
		return err
	}
	w.procedure, err = s.Procedure(ctx, run)
	return err
}

// wish is a request with what it is about.
type wish struct {
	Request
	engine    *engine.Engine
	procedure *procedures.Procedure
	library   *runbook.Library
	account   string
	began     []procedures.Event // that a run was begun with for it
}

func (s *Service) wish(ctx context.Context, r Request) (*wish, error) {
	g, err := s.Engine(r.Environment)
	if err != nil {
		return nil, err
	}
	w := &wish{Request: r, engine: g, library: s.Library()}
	if r.Run != "" {
		run, err := s.Run(ctx, r.Run)
		if err != nil {
			return nil, err
		}
		if run.State == procedures.RunScheduled {
			return nil, procedures.Errorf(procedures.CodeConflict, "this run is the schedule's and ends by itself; press on the procedure's page")
		}
		if run.State != procedures.RunOpen {
			return nil, procedures.Errorf(procedures.CodeConflict, "this run is finished; open the procedure's page to begin another")
		}
		if run.Environment != r.Environment {
			return nil, procedures.Errorf(procedures.CodeInvalid, "this run is in the environment %s, and the press was for %s", run.Environment, r.Environment)
		}
		w.Procedure = run.Procedure
	}
	if w.procedure, _, err = w.library.Find(w.Procedure); err != nil {
		return nil, err
	}
	w.Procedure = w.procedure.ID // the policy decides about this one, whatever end of its identifier the press named
	if err := w.procedure.Refusal(g.Environment); err != nil {
		return nil, err
	}
	w.account = g.Environment.Account
	if g.Account != nil {
		if w.account, err = g.Account(ctx); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (s *Service) may(ctx context.Context, r Request, action access.Action, effect procedures.Effect) error {
	return s.Policy.May(ctx, access.Request{Person: r.By, Action: action, Environment: r.Environment, Procedure: r.Procedure, Effect: effect})
}

// begin asks for a step, after what it needs; or plans it, where it changes something.
func (s *Service) begin(ctx context.Context, w *wish, step *procedures.Step) (*Pressed, error) {
	out := &Pressed{}
	var began []string
	err := s.Store.Update(ctx, func(tx procedures.Tx) error {
		*out, began = Pressed{}, nil
		if err := s.alone(ctx, tx, w); err != nil {
			return err
		}
		if w.Key != "" {
			if e, err := s.Store.ExecutionOfKey(ctx, tx, w.Key); err != nil || e != nil {
				if e != nil {
					out.Run, out.Execution, out.Joined = e.Run, e.ID, true
				}
				return err
			}
		}
		run, executions, err := s.join(ctx, tx, w)
		if err != nil {
			return err
		}
		out.Run = run.id
		if e := active(executions, step.ID); e != nil {
			out.Execution, out.Joined = e.ID, true
			return nil
		}
		if newest := newest(executions, step.ID); newest != nil && w.Seen != "" && newest.ID != w.Seen {
			out.Execution, out.Joined = newest.ID, true
			return nil
		}
		chain := append(engine.Earlier(w.procedure, step, carriedOut(run.since(executions))), step)
		if len(chain) > 1 && !w.WithEarlier {
			out.Needs = chain[:len(chain)-1]
			return run.write(ctx, nil)
		}
		if len(chain) > 1 && slices.ContainsFunc(chain[:len(chain)-1], func(e *procedures.Step) bool { return e.Effect().Changes() }) {
			return procedures.Errorf(procedures.CodeRefused, "%s needs %s, which changes something: carry that out first", step.Title, chain[0].Title)
		}
		values, err := engine.Parameters(w.procedure, chain, run.given(w.Parameters), w.engine.Environment.Variables)
		if err != nil {
			return err
		}
		if step.Effect().Changes() {
			chain = chain[:len(chain)-1] // planned below, after what it needs
			if err := s.ready(ctx, run.id, w.procedure, step); err != nil {
				return err
			}
		}
		ids, err := run.ask(ctx, chain, values, w)
		if err != nil {
			return err
		}
		began = ids
		if len(ids) > 0 && !step.Effect().Changes() {
			out.Execution = ids[len(ids)-1]
		}
		return nil
	})
	if s.Store.Conflicts(err) { // somebody pressed at the same moment
		return s.joined(ctx, w, step)
	}
	if err != nil {
		return nil, err
	}
	s.recorded(w.began...)
	s.tell(out.Run, Topic(w.Environment, w.procedure.ID), Topic(w.Environment, ""))
	if out.Joined || out.Needs != nil || !step.Effect().Changes() {
		return out, nil
	}
	if err := s.await(ctx, out.Run, began); err != nil {
		return nil, err
	}
	out.Plan, err = s.plan(ctx, w, out.Run, step, &procedures.Execution{})
	return out, err
}

// alone keeps other presses for the procedure in this environment out until the transaction ends: there is one open run.
func (s *Service) alone(ctx context.Context, tx procedures.Tx, w *wish) error {
	return s.Store.Lock(ctx, tx, Topic(w.Environment, w.procedure.ID))
}

// joined is what a press finds that came second.
func (s *Service) joined(ctx context.Context, w *wish, step *procedures.Step) (*Pressed, error) {
	id, err := s.Store.OpenRun(ctx, nil, w.procedure.ID, w.Environment)
	if err != nil {
		return nil, err
	}
	executions, err := s.Store.Executions(ctx, nil, id)
	if err != nil {
		return nil, err
	}
	out := &Pressed{Run: id, Joined: true}
	if e := newest(executions, step.ID); e != nil {
		out.Execution = e.ID
	}
	return out, nil
}

func active(executions []*procedures.Execution, step string) *procedures.Execution {
	for _, e := range executions {
		if e.Step == step && (e.State == procedures.ExecutionWaiting || e.State == procedures.ExecutionRunning) {
			return e
		}
	}
	return nil
}

// newest is the execution of a step that was asked for last. What was only planned was not asked for.
func newest(executions []*procedures.Execution, step string) *procedures.Execution {
	for _, e := range slices.Backward(executions) {
		if e.Step == step && e.State != procedures.ExecutionPlanned {
			return e
		}
	}
	return nil
}

// since are the executions that left something for the steps after them: when a run is finished, what its steps set is deleted,
// so that after it was opened again the earlier ones do not count.
func (j *joining) since(executions []*procedures.Execution) []*procedures.Execution {
	if j.run.ReopenedAt.IsZero() {
		return executions
	}
	return slices.DeleteFunc(slices.Clone(executions), func(e *procedures.Execution) bool {
		return e.State == procedures.ExecutionFinished && !e.FinishedAt.After(j.run.ReopenedAt)
	})
}

// carriedOut reports of a step whether it was carried out in the run, or is about to be.
func carriedOut(executions []*procedures.Execution) func(*procedures.Step) bool {
	return func(step *procedures.Step) bool {
		return slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.Step == step.ID && e.State == procedures.ExecutionFinished && !e.Resumable && e.Verdict != procedures.Skipped && e.Verdict != procedures.Errored && e.Verdict != procedures.Unavailable
		})
	}
}

// joining is a run within a transaction that a press joins.
type joining struct {
	s      *Service
	tx     procedures.Tx
	id     string
	run    *procedures.Run
	began  []procedures.Event // events of a run that is new
	active []*procedures.Execution
}

// join finds the open run or begins one, for a transaction that is alone. A run of an edited text is finished first.
func (s *Service) join(ctx context.Context, tx procedures.Tx, w *wish) (*joining, []*procedures.Execution, error) {
	now := s.Now()
	w.began = nil
	id, err := s.Store.OpenRun(ctx, tx, w.procedure.ID, w.Environment)
	if err != nil {
		return nil, nil, err
	}
	var run *procedures.Run
	if id != "" {
		if run, err = s.lock(ctx, tx, id); err != nil {
			return nil, nil, err
		}
	}
	if run != nil && run.State == procedures.RunOpen { // it may have been finished meanwhile
		executions, err := s.Store.Executions(ctx, tx, id)
		if err != nil {
			return nil, nil, err
		}
		if run.Digest == w.procedure.Digest {
			return &joining{s: s, tx: tx, id: id, run: run, active: executions}, executions, nil
		}
		if slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.State == procedures.ExecutionRunning || e.State == procedures.ExecutionWaiting && e.Applied
		}) {
			return nil, nil, procedures.Errorf(procedures.CodeConflict, "the runbook was edited while a step is running: wait for the step to end, or cancel it, and press again")
		}
		if err := s.end(ctx, tx, id, procedures.Event{Kind: procedures.EventRunFinished, Text: "the runbook was edited", At: now}); err != nil {
			return nil, nil, err
		}
	}
	j, err := s.insertRun(ctx, tx, w, procedures.RunOpen)
	return j, nil, err
}

// insertRun begins a run in the transaction.
func (s *Service) insertRun(ctx context.Context, tx procedures.Tx, w *wish, state procedures.RunState) (*joining, error) {
	now := s.Now()
	markdown, _ := w.library.Markdown(w.procedure.File)
	run := &procedures.Run{
		ID: NewID(), Procedure: w.procedure.ID, Title: w.procedure.Title, Digest: w.procedure.Digest, Environment: w.Environment, Account: w.account,
		State: state, StartedBy: w.By.Name, StartedAt: now, UpdatedAt: now, Markdown: markdown,
	}
	if err := s.Store.InsertRun(ctx, tx, run, w.procedure.File); err != nil {
		return nil, err
	}
	w.began = []procedures.Event{w.By.Sign(procedures.Event{Kind: procedures.EventRunStarted, At: now, Text: w.procedure.Title})}
	return &joining{s: s, tx: tx, id: run.ID, run: run, began: w.began}, nil
}

// lock returns the head of a run that nobody else changes until the transaction ends.
func (s *Service) lock(ctx context.Context, tx procedures.Tx, id string) (*procedures.Run, error) {
	if err := s.Store.LockRun(ctx, tx, id); err != nil {
		return nil, err
	}
	return s.Store.Head(ctx, tx, id)
}

// NewID makes an identifier of a run or an execution: short enough to be read aloud, and long enough, at 80
// random bits, not to be guessed.
func NewID() string { return strings.ToLower(rand.Text()[:16]) }

// given are the values of this press over those that the run was given before.
func (j *joining) given(values map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, j.run.Parameters)
	maps.Copy(out, values)
	return out
}

// write adds events to the journal, after those of a run that is new.
func (j *joining) write(ctx context.Context, events []procedures.Event) error {
	all := slices.Concat(j.began, events)
	j.began = nil
	return j.s.Store.Append(ctx, j.tx, j.id, j.s.Now(), all)
}

// ask asks for steps, in their order: each waits for those before it that it depends on.
func (j *joining) ask(ctx context.Context, steps []*procedures.Step, values map[string]string, w *wish) ([]string, error) {
	now := j.s.Now()
	given := j.given(w.Parameters)
	var events []procedures.Event
	var executions []*procedures.Execution
	for i, step := range steps {
		e := &procedures.Execution{
			ID: NewID(), Run: j.id, Step: step.ID, State: procedures.ExecutionWaiting, Effect: step.Effect(), By: w.By.Name, AskedAt: now, Parameters: values, Corrected: w.Corrected,
		}
		if i == len(steps)-1 {
			e.Key = w.Key
		}
		for k, before := range executions {
			if !engine.Independent(steps[k], step) {
				e.After = append(e.After, before.ID)
			}
		}
		executions = append(executions, e)
		if err := j.s.Store.InsertExecution(ctx, j.tx, e); err != nil {
			return nil, err
		}
		events = append(events, w.By.Sign(procedures.Event{
			Kind: procedures.EventStepRequested, At: now, Step: step.ID, Execution: e.ID, Parameters: shown(w.procedure, given), Corrected: w.Corrected,
		}))
	}
	if err := j.s.Store.SetParameters(ctx, j.tx, j.id, keepable(w.procedure, given)); err != nil {
		return nil, err
	}
	if err := j.write(ctx, events); err != nil {
		return nil, err
	}
	ids := make([]string, len(executions))
	for i, e := range executions {
		ids[i] = e.ID
		if len(e.After) == 0 {
			if err := j.s.Queue(ctx, j.tx, e.ID); err != nil {
				return nil, fmt.Errorf("queue the step: %w", err)
			}
		}
	}
	return ids, nil
}

// shown are values as the journal may show them.
func shown(p *procedures.Procedure, values map[string]string) map[string]string {
	out := maps.Clone(values)
	for name := range out {
		if q := p.Parameter(name); q != nil && q.Secret {
			out[name] = "••••••"
		}
	}
	return out
}

// keepable are the values that the page fills in again: no secrets.
func keepable(p *procedures.Procedure, values map[string]string) map[string]string {
	out := maps.Clone(values)
	for name := range out {
		if q := p.Parameter(name); q == nil || q.Secret {
			delete(out, name)
		}
	}
	return out
}

// await waits until executions are finished, and fails when one was not carried out.
func (s *Service) await(ctx context.Context, run string, ids []string) error {
	changed, stop := s.Subscribe(run)
	defer stop()
	for _, id := range ids {
		for {
			e, err := s.Store.Execution(ctx, nil, id)
			if err != nil {
				return err
			}
			if e.State == procedures.ExecutionFinished {
				if e.Verdict.Exit() == 2 {
					return procedures.Errorf(procedures.CodeConflict, "a step that this one needs could not be carried out; nothing was changed")
				}
				break
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return errors.Join(procedures.Errorf(procedures.CodeUnavailable, "a step that this one needs is still running; nothing was changed"), ctx.Err())
			}
		}
	}
	return nil
}
