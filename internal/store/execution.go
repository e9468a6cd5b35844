package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// detail is what of an execution is never asked for in a query.
type detail struct {
	By         string                   `json:"by"`
	After      []string                 `json:"after,omitempty"`
	Parameters map[string]string        `json:"parameters,omitempty"`
	Corrected  bool                     `json:"corrected,omitempty"`
	Agreed     []procedures.PlannedCall `json:"agreed,omitempty"`
	Asked      bool                     `json:"asked,omitempty"` // Agreed is not nil
	Type       string                   `json:"type,omitempty"`
}

// InsertExecution keeps an execution. Conflicts tells whether its error is that the step
// runs already, or that its press was seen before.
func (db *DB) InsertExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	data, err := json.Marshal(detail{By: e.By, After: e.After, Parameters: e.Parameters, Corrected: e.Corrected, Agreed: e.Agreed, Asked: e.Agreed != nil, Type: e.Type})
	if err != nil {
		return err
	}
	if err := in(tx).InsertExecution(ctx, database.InsertExecutionParams{
		ID: e.ID, RunID: e.Run, Step: e.Step, State: string(e.State), Effect: string(e.Effect), PressKey: text(e.Key), AskedAt: millis(e.AskedAt), Detail: string(data),
	}); err != nil {
		return explain("keep the execution", err)
	}
	return nil
}

func executionOf(row database.Execution) (*procedures.Execution, error) {
	var d detail
	if err := json.Unmarshal([]byte(row.Detail), &d); err != nil {
		return nil, fmt.Errorf("read the execution %s: %w", row.ID, err)
	}
	e := &procedures.Execution{
		ID: row.ID, Run: row.RunID, Step: row.Step, State: procedures.ExecutionState(row.State), Effect: procedures.Effect(row.Effect), Key: row.PressKey,
		AskedAt: instant(row.AskedAt), FinishedAt: instant(row.FinishedAt), Verdict: procedures.Verdict(row.Verdict), By: d.By, After: d.After, Parameters: d.Parameters, Corrected: d.Corrected, Agreed: d.Agreed, Type: d.Type,
	}
	if d.Asked && e.Agreed == nil {
		e.Agreed = []procedures.PlannedCall{}
	}
	return e, nil
}

// Execution returns an execution. tx may be nil.
func (db *DB) Execution(ctx context.Context, tx procedures.Tx, id string) (*procedures.Execution, error) {
	row, err := db.queries(tx).Execution(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no execution %s", id)
	}
	if err != nil {
		return nil, explain("read the execution", err)
	}
	return executionOf(row)
}

// ExecutionOfKey returns the execution that a press began, or nil. tx may be nil.
func (db *DB) ExecutionOfKey(ctx context.Context, tx procedures.Tx, key string) (*procedures.Execution, error) {
	row, err := db.queries(tx).ExecutionOfKey(ctx, text(key))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, explain("look for the press", err)
	}
	return executionOf(row)
}

// Executions returns the executions of a run in the order in which they were asked for. tx may be nil.
func (db *DB) Executions(ctx context.Context, tx procedures.Tx, run string) ([]*procedures.Execution, error) {
	rows, err := db.queries(tx).ExecutionsOfRun(ctx, run)
	return executionsOf(rows, err)
}

// ExecutionsIn returns all executions in a state. tx may be nil.
func (db *DB) ExecutionsIn(ctx context.Context, tx procedures.Tx, state procedures.ExecutionState) ([]*procedures.Execution, error) {
	rows, err := db.queries(tx).ExecutionsInState(ctx, string(state))
	return executionsOf(rows, err)
}

func executionsOf(rows []database.Execution, err error) ([]*procedures.Execution, error) {
	if err != nil {
		return nil, explain("read executions", err)
	}
	out := make([]*procedures.Execution, 0, len(rows))
	for _, row := range rows {
		e, err := executionOf(row)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// MoveExecution takes an execution from one state to the next, and reports whether it was in the first.
func (db *DB) MoveExecution(ctx context.Context, tx procedures.Tx, id string, from, to procedures.ExecutionState) (bool, error) {
	return db.move(ctx, tx, database.MoveExecutionParams{ID: id, Previous: string(from), Next: string(to)})
}

// FinishExecution ends an execution with what it came to, and reports whether it was in that state.
func (db *DB) FinishExecution(ctx context.Context, tx procedures.Tx, id string, from procedures.ExecutionState, v procedures.Verdict, at time.Time) (bool, error) {
	return db.move(ctx, tx, database.MoveExecutionParams{ID: id, Previous: string(from), Next: string(procedures.ExecutionFinished), Verdict: string(v), FinishedAt: millis(at)})
}

func (db *DB) move(ctx context.Context, tx procedures.Tx, move database.MoveExecutionParams) (bool, error) {
	n, err := in(tx).MoveExecution(ctx, move)
	if err != nil {
		return false, explain("move the execution", err)
	}
	return n == 1, nil
}

// AgreeExecution lets an execution that was planned wait for its turn, as the newest of its run. It reports whether it was planned.
func (db *DB) AgreeExecution(ctx context.Context, tx procedures.Tx, id string) (bool, error) {
	n, err := in(tx).AgreeExecution(ctx, id)
	if err != nil {
		return false, explain("agree to the execution", err)
	}
	return n == 1, nil
}

// DropPlans forgets what of a step was shown and not agreed to.
func (db *DB) DropPlans(ctx context.Context, tx procedures.Tx, run, step string) error {
	return explain("drop a plan", in(tx).DropPlans(ctx, database.DropPlansParams{RunID: run, Step: step}))
}

func (db *DB) queries(tx procedures.Tx) *database.Queries {
	if tx == nil {
		return db.reading()
	}
	return in(tx)
}
