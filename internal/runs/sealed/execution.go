package sealed

import (
	"context"
	"encoding/json"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ExecutionStore keeps executions with Sealed in the place of what is secret in them. Where a method takes a transaction, nil
// reads outside of any.
type ExecutionStore interface {
	InsertExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error
	Execution(ctx context.Context, tx procedures.Tx, id string) (*procedures.Execution, error)
	Executions(ctx context.Context, tx procedures.Tx, run string) ([]*procedures.Execution, error)
	ExecutionsIn(ctx context.Context, tx procedures.Tx, state procedures.ExecutionState) ([]*procedures.Execution, error)
	ResealExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error
	// Orphans are the executions that run in processes that are gone.
	Orphans(ctx context.Context) ([]*procedures.Execution, error)

	// KeepAnswers keeps encrypted answers of a planned execution, in the place of those that it has, until a time; the zero time keeps them
	// until they are dropped or the run ends.
	KeepAnswers(ctx context.Context, tx procedures.Tx, execution, run string, until time.Time, data []byte) error
	// Answers returns them, nil for none.
	Answers(ctx context.Context, tx procedures.Tx, execution string) ([]byte, error)
	// HoldAnswers keeps them whatever time they were to be kept until.
	HoldAnswers(ctx context.Context, tx procedures.Tx, execution string) error
	DropAnswers(ctx context.Context, tx procedures.Tx, execution string) error
	// ExpireAnswers drops all that were kept until a time before this one.
	ExpireAnswers(ctx context.Context, tx procedures.Tx, before time.Time) error
}

// Executions are the executions of a store, decrypted. What cannot be decrypted stays sealed: a run of another key can still be
// viewed, finished and cancelled. Who needs what is in it calls Open.
type Executions struct {
	Store ExecutionStore
	Key   Keys
}

// content is what of an execution is encrypted. Its JSON names are stored.
type content struct {
	Parameters map[string]string        `json:"parameters,omitempty"`
	Confirmed  []procedures.PlannedCall `json:"agreed"`
	Given      []given                  `json:"given,omitempty"` // to each of Confirmed
	Changes    []procedures.Change      `json:"changes,omitempty"`
	Script     string                   `json:"script,omitempty"`
	Resumable  bool                     `json:"rest,omitempty"`
	Resumes    string                   `json:"continues,omitempty"`
	Made       []procedures.MadeCall    `json:"made,omitempty"`
	Clock      time.Time                `json:"clock,omitzero"`
	Learned    *procedures.ScriptState  `json:"learned,omitempty"`
	Planner    string                   `json:"planner,omitempty"`
	Email      string                   `json:"planner_email,omitempty"`
	Approvals  int                      `json:"approvals,omitempty"`
	Salt       string                   `json:"salt,omitempty"`
	Trace      string                   `json:"trace,omitempty"`
}

// given is what a planned call is given besides its words.
type given struct {
	Folder    string            `json:"folder,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`
	// Bound is nil of a call that an earlier version planned.
	Bound []procedures.BoundMember `json:"bound,omitempty"`
}

// Insert keeps a new execution.
func (x Executions) Insert(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if err := x.seal(e); err != nil {
		return err
	}
	return x.Store.InsertExecution(ctx, tx, e)
}

// Update keeps the encrypted part of an execution as it is now.
func (x Executions) Update(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if err := x.seal(e); err != nil {
		return err
	}
	return x.Store.ResealExecution(ctx, tx, e)
}

// Get returns an execution. tx may be nil.
func (x Executions) Get(ctx context.Context, tx procedures.Tx, id string) (*procedures.Execution, error) {
	e, err := x.Store.Execution(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	_ = x.Open(e)
	return e, nil
}

// OfRun lists the executions of a run in the order in which they were requested. tx may be nil.
func (x Executions) OfRun(ctx context.Context, tx procedures.Tx, run string) ([]*procedures.Execution, error) {
	return x.opened(x.Store.Executions(ctx, tx, run))
}

// In lists the executions in a state. tx may be nil.
func (x Executions) In(ctx context.Context, tx procedures.Tx, state procedures.ExecutionState) ([]*procedures.Execution, error) {
	return x.opened(x.Store.ExecutionsIn(ctx, tx, state))
}

// Orphans lists the executions of processes that are gone.
func (x Executions) Orphans(ctx context.Context) ([]*procedures.Execution, error) {
	return x.opened(x.Store.Orphans(ctx))
}

func (x Executions) opened(list []*procedures.Execution, err error) ([]*procedures.Execution, error) {
	for _, e := range list {
		_ = x.Open(e)
	}
	return list, err
}

func (x Executions) seal(e *procedures.Execution) error {
	c := content{
		Parameters: e.Parameters, Confirmed: e.Confirmed, Changes: e.Changes, Script: e.Script, Resumable: e.Resumable, Resumes: e.Resumes,
		Made: e.Made, Clock: e.Clock, Planner: e.Planner, Email: e.PlannerEmail, Approvals: e.Approvals, Salt: e.Salt, Learned: e.Learned,
		Trace: e.Trace,
	}
	for _, call := range e.Confirmed {
		c.Given = append(c.Given, given{call.Folder, call.Variables, call.Bound})
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	e.Sealed, err = x.Key.Seal(e.Run, "execution/"+e.ID, data)
	return err
}

// Open decrypts an execution where that was not done before. It is an error where the server's key does not fit.
func (x Executions) Open(e *procedures.Execution) error {
	if e == nil || len(e.Sealed) == 0 {
		return nil
	}
	data, err := x.Key.Open(e.Run, "execution/"+e.ID, e.Sealed)
	if err != nil {
		return err
	}
	var c content
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	for i, g := range c.Given {
		c.Confirmed[i].Folder, c.Confirmed[i].Variables, c.Confirmed[i].Bound = g.Folder, g.Variables, g.Bound
	}
	e.Parameters, e.Confirmed, e.Changes, e.Script, e.Sealed = c.Parameters, c.Confirmed, c.Changes, c.Script, nil
	e.Resumable, e.Resumes, e.Made, e.Clock, e.Learned = c.Resumable, c.Resumes, c.Made, c.Clock, c.Learned
	e.Planner, e.PlannerEmail, e.Approvals, e.Salt, e.Trace = c.Planner, c.Email, c.Approvals, c.Salt, c.Trace
	return nil
}
