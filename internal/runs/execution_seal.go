package runs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// sealing is a store that never sees with which values a step was asked for, and which calls were agreed to with them: secrets
// may be among them, and the database and its backups hold them encrypted.
type sealing struct {
	Store
	service *Service
}

// sealed is what of an execution is encrypted.
type sealed struct {
	Parameters map[string]string        `json:"parameters,omitempty"`
	Agreed     []procedures.PlannedCall `json:"agreed"`
	Given      []given                  `json:"given,omitempty"` // to each of Agreed
	Changes    []procedures.Change      `json:"changes,omitempty"`
	Script     string                   `json:"script,omitempty"`
	Rest       bool                     `json:"rest,omitempty"`
	Continues  string                   `json:"continues,omitempty"`
	Made       []procedures.MadeCall    `json:"made,omitempty"`
	Clock      time.Time                `json:"clock,omitzero"`
	Planner    string                   `json:"planner,omitempty"`
	Approvals  int                      `json:"approvals,omitempty"`
}

// given is what a planned call is given besides its words.
type given struct {
	Folder    string            `json:"folder,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`
}

// InsertExecution keeps an execution.
func (s sealing) InsertExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if err := s.close(e); err != nil {
		return err
	}
	return s.Store.InsertExecution(ctx, tx, e)
}

// ResealExecution keeps what of an execution is encrypted as it is now.
func (s sealing) ResealExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if err := s.close(e); err != nil {
		return err
	}
	return s.Store.ResealExecution(ctx, tx, e)
}

func (s sealing) close(e *procedures.Execution) error {
	inner := sealed{Parameters: e.Parameters, Agreed: e.Confirmed, Changes: e.Changes, Script: e.Script, Rest: e.Resumable, Continues: e.Resumes, Made: e.Made, Clock: e.Clock, Planner: e.Planner, Approvals: e.Approvals}
	for _, c := range e.Confirmed {
		inner.Given = append(inner.Given, given{c.Folder, c.Variables})
	}
	data, err := json.Marshal(inner)
	if err != nil {
		return err
	}
	e.Sealed, err = s.service.seal(e.Run, "execution/"+e.ID, data)
	return err
}

func (s sealing) open(e *procedures.Execution) error {
	if e == nil || len(e.Sealed) == 0 {
		return nil
	}
	data, err := s.service.unseal(e.Run, "execution/"+e.ID, e.Sealed)
	if err != nil {
		return err
	}
	var inner sealed
	if err := json.Unmarshal(data, &inner); err != nil {
		return err
	}
	for i, g := range inner.Given {
		inner.Agreed[i].Folder, inner.Agreed[i].Variables = g.Folder, g.Variables
	}
	e.Parameters, e.Confirmed, e.Changes, e.Script, e.Sealed = inner.Parameters, inner.Agreed, inner.Changes, inner.Script, nil
	e.Resumable, e.Resumes, e.Made, e.Clock = inner.Rest, inner.Continues, inner.Made, inner.Clock
	e.Planner, e.Approvals = inner.Planner, inner.Approvals
	return nil
}

// Execution, and the lists, leave sealed what cannot be decrypted: a run whose server has another key now can still be
// looked at, finished and cancelled. Who needs what is in it asks readable.
func (s sealing) Execution(ctx context.Context, tx procedures.Tx, id string) (*procedures.Execution, error) {
	e, err := s.Store.Execution(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	_ = s.open(e)
	return e, nil
}

// Executions lists those of a run.
func (s sealing) Executions(ctx context.Context, tx procedures.Tx, run string) ([]*procedures.Execution, error) {
	return s.opened(s.Store.Executions(ctx, tx, run))
}

// ExecutionsIn lists executions in a state.
func (s sealing) ExecutionsIn(ctx context.Context, tx procedures.Tx, state procedures.ExecutionState) ([]*procedures.Execution, error) {
	return s.opened(s.Store.ExecutionsIn(ctx, tx, state))
}

// Orphans lists executions of processes that are gone.
func (s sealing) Orphans(ctx context.Context) ([]*procedures.Execution, error) {
	return s.opened(s.Store.Orphans(ctx))
}

// readable reports as an error that an execution cannot be decrypted.
func (s *Service) readable(e *procedures.Execution) error {
	return sealing{service: s}.open(e)
}

func (s sealing) opened(list []*procedures.Execution, err error) ([]*procedures.Execution, error) {
	for _, e := range list {
		_ = s.open(e)
	}
	return list, err
}
