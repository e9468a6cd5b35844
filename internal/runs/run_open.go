package runs

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/tracing"
)

// openRun is a run within a transaction that a press has joined.
type openRun struct {
	presser *Presser
	tx      procedures.Tx
	head    *procedures.Run
	began   []procedures.Event // with which a new run begins, not yet written
	// requested are the executions that the run has.
	requested []*procedures.Execution
}

// join finds the open run of a press or begins one, and keeps other presses for the procedure out until the transaction ends. A
// press that was sent before joins what it led to: out.Joined.
func (p *Presser) join(ctx context.Context, tx procedures.Tx, w *press, out *Pressed) (*openRun, []*procedures.Execution, error) {
	if err := p.store.Lock(ctx, tx, ledger.Topic(w.Environment, w.procedure.ID)); err != nil {
		return nil, nil, err
	}
	if w.Key != "" {
		if e, err := p.store.ExecutionOfKey(ctx, tx, w.Key); err != nil {
			return nil, nil, err
		} else if e != nil {
			out.Run, out.Execution, out.Joined = e.Run, e.ID, true
			return nil, nil, nil
		}
	}
	id, err := p.store.OpenRun(ctx, tx, w.Environment, w.procedure.Names()...)
	if err != nil {
		return nil, nil, err
	}
	var head *procedures.Run
	if id != "" {
		if head, err = p.ledger.Lock(ctx, tx, id); err != nil {
			return nil, nil, err
		}
	}
	if head != nil && head.State == procedures.RunOpen { // it may have been finished meanwhile
		executions, err := p.executions.OfRun(ctx, tx, id)
		if err != nil {
			return nil, nil, err
		}
		if head.Digest == w.procedure.Digest {
			out.Run = id
			return &openRun{presser: p, tx: tx, head: head, requested: executions}, executions, nil
		}
		return nil, nil, procedures.Errorf(procedures.CodeConflict,
			"a run of another text of this runbook was begun meanwhile: load the page, and press again")
	}
	run, err := p.insertRun(ctx, tx, w, procedures.RunOpen)
	if err != nil {
		return nil, nil, err
	}
	out.Run = run.head.ID
	return run, nil, nil
}

// insertRun begins a run in the transaction.
func (p *Presser) insertRun(ctx context.Context, tx procedures.Tx, w *press, state procedures.RunState) (*openRun, error) {
	now := p.ledger.Now()
	markdown, _ := w.library.Markdown(w.procedure.File)
	head := &procedures.Run{
		ID: NewID(), Procedure: w.procedure.ID, Title: w.procedure.Title, Digest: w.procedure.Digest, Environment: w.Environment,
		Account: w.account, State: state, StartedBy: w.By.Name, StartedAt: now, UpdatedAt: now, Markdown: markdown,
	}
	if err := p.store.InsertRun(ctx, tx, head, w.procedure.File); err != nil {
		return nil, err
	}
	began := w.By.Sign(procedures.Event{Kind: procedures.EventRunStarted, At: now, Text: w.procedure.Title})
	return &openRun{presser: p, tx: tx, head: head, began: []procedures.Event{began}}, nil
}

// NewID makes an identifier of a run or an execution: short enough to be read aloud, and long enough, at 80 random bits, not to
// be guessed.
func NewID() string { return strings.ToLower(rand.Text()[:16]) }

// given are the values of this press over those that the run was given before.
func (r *openRun) given(values map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, r.head.Parameters)
	maps.Copy(out, values)
	return out
}

// append adds events to the journal, after those of a run that is new.
func (r *openRun) append(ctx context.Context, events ...procedures.Event) error {
	all := slices.Concat(r.began, events)
	r.began = nil
	return r.presser.ledger.Append(ctx, r.tx, r.head.ID, all...)
}

// request requests steps, in their order: each waits for those before it that it depends on. It returns their executions.
func (r *openRun) request(ctx context.Context, steps []*procedures.Step, values map[string]string, w *press) ([]string, error) {
	p, now := r.presser, r.presser.ledger.Now()
	given := r.given(w.Parameters)
	var events []procedures.Event
	var executions []*procedures.Execution
	for i, step := range steps {
		e := &procedures.Execution{
			ID: NewID(), Run: r.head.ID, Step: step.ID, State: procedures.ExecutionWaiting, Effect: step.Effect(),
			By: w.By.Name, AskedAt: now,
			Parameters: values, Corrected: w.Corrected, Trace: tracing.Parent(ctx),
		}
		if i == len(steps)-1 {
			e.Key = w.Key
		}
		for k, before := range executions {
			if !engine.Independent(steps[k], step) {
				e.After = append(e.After, before.ID)
			}
		}
		whole, kept := journal.Once(shown(w.procedure, given), journaled(r.requested))
		r.requested = append(r.requested, e)
		executions = append(executions, e)
		if err := p.executions.Insert(ctx, r.tx, e); err != nil {
			return nil, err
		}
		events = append(events, w.By.Sign(procedures.Event{
			Kind: procedures.EventStepRequested, At: now, Step: step.ID, Execution: e.ID,
			Parameters: whole, Kept: kept, Corrected: w.Corrected,
		}))
	}
	if err := p.store.SetParameters(ctx, r.tx, r.head.ID, keepable(w.procedure, given)); err != nil {
		return nil, err
	}
	if err := r.append(ctx, events...); err != nil {
		return nil, err
	}
	ids := make([]string, len(executions))
	for i, e := range executions {
		ids[i] = e.ID
		if len(e.After) == 0 {
			if err := p.ledger.Queue(ctx, r.tx, e.ID); err != nil {
				return nil, fmt.Errorf("queue the step: %w", err)
			}
		}
	}
	return ids, nil
}

// journaled reports whether a value is in the journal that the events of these executions are in.
func journaled(executions []*procedures.Execution) func(name, value string) bool {
	return func(name, value string) bool {
		return slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.State != procedures.ExecutionPlanned && e.Parameters[name] == value
		})
	}
}

// sinceReopened are the executions that left something for the steps after them: when a run is finished, its snapshot is
// deleted, so that after it was reopened the earlier ones do not count.
func (r *openRun) sinceReopened(executions []*procedures.Execution) []*procedures.Execution {
	if r.head.ReopenedAt.IsZero() {
		return executions
	}
	return slices.DeleteFunc(slices.Clone(executions), func(e *procedures.Execution) bool {
		return e.State == procedures.ExecutionFinished && !e.FinishedAt.After(r.head.ReopenedAt)
	})
}

// active is the execution of a step that waits or runs, nil for none.
func active(executions []*procedures.Execution, step string) *procedures.Execution {
	for _, e := range executions {
		if e.Step == step && (e.State == procedures.ExecutionWaiting || e.State == procedures.ExecutionRunning) {
			return e
		}
	}
	return nil
}

// newest is the execution of a step that was requested last, nil for none. What was only planned was not requested.
func newest(executions []*procedures.Execution, step string) *procedures.Execution {
	for _, e := range slices.Backward(executions) {
		if e.Step == step && e.State != procedures.ExecutionPlanned {
			return e
		}
	}
	return nil
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
