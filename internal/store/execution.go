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

// detail is the part of an execution that no query selects by. Its JSON names are stored, and so is what
// they mean: a member that is renamed in Go keeps its tag.
type detail struct {
	By        string   `json:"by"`
	After     []string `json:"after,omitempty"`
	Corrected bool     `json:"corrected,omitempty"`
	Sealed    []byte   `json:"sealed,omitempty"` // what is encrypted
	Type      string   `json:"type,omitempty"`
}

// InsertExecution keeps an execution. Conflicts tells whether its error is that the step runs already, or
// that its press was seen before.
func (db *DB) InsertExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	data, err := json.Marshal(detailOf(e))
	if err != nil {
		return err
	}
	if err := in(tx).InsertExecution(ctx, database.InsertExecutionParams{
		ID: e.ID, RunID: e.Run, Step: e.Step, State: string(e.State), Effect: string(e.Effect), PressKey: text(e.Key),
		AskedAt: millis(e.AskedAt), Detail: string(data), RollbackOf: e.RollbackOf,
	}); err != nil {
		return explain("keep the execution", err)
	}
	return nil
}

// detailOf returns what of an execution is stored as JSON.
func detailOf(e *procedures.Execution) detail {
	return detail{By: e.By, After: e.After, Corrected: e.Corrected, Sealed: e.Sealed, Type: e.Type}
}

// executionOf reads a row. Confirmed and what else is secret stays in Sealed; package sealed opens it.
func executionOf(row database.Execution) (*procedures.Execution, error) {
	var d detail
	if err := json.Unmarshal([]byte(row.Detail), &d); err != nil {
		return nil, fmt.Errorf("read the execution %s: %w", row.ID, err)
	}
	e := &procedures.Execution{
		ID: row.ID, Run: row.RunID, Step: row.Step, State: procedures.ExecutionState(row.State),
		Effect: procedures.Effect(row.Effect), Key: row.PressKey,
		AskedAt: instant(row.AskedAt), FinishedAt: instant(row.FinishedAt), Verdict: procedures.Verdict(row.Verdict),
		By: d.By, After: d.After, Corrected: d.Corrected, Sealed: d.Sealed, Type: d.Type,
		Replica: row.Replica, Cancelled: row.Cancelled, CancelledBy: row.CancelledBy, WaitsFor: row.WaitsFor,
		Applied: row.Applied, RollbackOf: row.RollbackOf,
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

// executionsOf reads the rows of a query that may have failed.
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

// TakeExecution makes a waiting execution this process's, and reports whether it was waiting: of several
// processes that have the same job, one gets true.
func (db *DB) TakeExecution(ctx context.Context, tx procedures.Tx, id string) (bool, error) {
	n, err := in(tx).TakeExecution(ctx, database.TakeExecutionParams{ID: id, Replica: db.replica})
	return n == 1, explain("begin the execution", err)
}

// ReleaseExecution lets an execution that its process does not execute any more wait for another process,
// and reports whether it was running there.
func (db *DB) ReleaseExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) (bool, error) {
	n, err := in(tx).ReleaseExecution(ctx, database.ReleaseExecutionParams{ID: e.ID, Replica: e.Replica})
	return n == 1, explain("release the execution", err)
}

// FinishExecution ends an execution with its verdict, and reports whether it was still in its state, in
// its process. Where it was not, nothing is changed: somebody else has ended it or taken it over.
func (db *DB) FinishExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution, v procedures.Verdict,
	at time.Time) (bool, error) {
	n, err := in(tx).FinishExecution(ctx,
		database.FinishExecutionParams{ID: e.ID, Previous: string(e.State), Replica: e.Replica, Verdict: string(v), FinishedAt: millis(at)})
	return n == 1, explain("end the execution", err)
}

// Holds reports whether an execution is this process's. Others may have taken it over where they took this
// process for gone.
func (db *DB) Holds(ctx context.Context, tx procedures.Tx, id string) (bool, error) {
	n, err := db.queries(tx).HoldsExecution(ctx, database.HoldsExecutionParams{ID: id, Replica: db.replica})
	return n == 1, explain("read the execution", err)
}

// ApplyExecution keeps that all calls of a changing execution were made (the column carried). What follows
// only reads, and may be repeated by another process.
func (db *DB) ApplyExecution(ctx context.Context, tx procedures.Tx, id string) error {
	return explain("keep that the changes were made", in(tx).ApplyExecution(ctx, id))
}

// ResealExecution keeps the encrypted part of an execution as it is now.
func (db *DB) ResealExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	data, err := json.Marshal(detailOf(e))
	if err != nil {
		return err
	}
	return explain("keep what was changed", in(tx).UpdateDetail(ctx, database.UpdateDetailParams{ID: e.ID, Detail: string(data)}))
}

// CancelExecution keeps that somebody asked to stop an execution, for the process that executes it.
func (db *DB) CancelExecution(ctx context.Context, tx procedures.Tx, id, by string) error {
	return explain("cancel the execution", in(tx).CancelExecution(ctx, database.CancelExecutionParams{ID: id, CancelledBy: by}))
}

// Reserve lets an execution change resources of an environment until Unreserve. Where another one has one
// of them, nothing is reserved and its id is returned. What it has already stays its own. The transaction
// has to have locked their names.
func (db *DB) Reserve(ctx context.Context, tx procedures.Tx, environment string, resources []string,
	execution string) (holder string, err error) {
	var free []string
	for _, name := range resources {
		holder, err := in(tx).Reserved(ctx, database.ReservedParams{Environment: environment, Resource: name})
		switch {
		case err == nil && holder != execution:
			return holder, nil
		case errors.Is(err, sql.ErrNoRows):
			free = append(free, name)
		case err != nil:
			return "", explain("see who changes "+name, err)
		}
	}
	for _, name := range free {
		if err := in(tx).Reserve(ctx, database.ReserveParams{
			Environment: environment, Resource: name, ExecutionID: execution,
		}); err != nil {
			return "", explain("reserve "+name, err)
		}
	}
	return "", nil
}

// Unreserve gives back what an execution had reserved, and returns the executions that waited for it.
func (db *DB) Unreserve(ctx context.Context, tx procedures.Tx, execution string) (waited []string, err error) {
	if err := in(tx).Unreserve(ctx, execution); err != nil {
		return nil, explain("give the resources back", err)
	}
	waited, err = in(tx).WaitingFor(ctx, execution)
	return waited, explain("see who waits for the resources", err)
}

// WaitFor keeps which execution another one waits for.
func (db *DB) WaitFor(ctx context.Context, tx procedures.Tx, id, holder string) error {
	return explain("wait for another step", in(tx).WaitFor(ctx, database.WaitForParams{ID: id, WaitsFor: holder}))
}

// ConfirmExecution lets a planned execution wait for its turn, as the newest of its run. It reports
// whether it was planned.
func (db *DB) ConfirmExecution(ctx context.Context, tx procedures.Tx, id string) (bool, error) {
	n, err := in(tx).ConfirmExecution(ctx, id)
	if err != nil {
		return false, explain("confirm the execution", err)
	}
	return n == 1, nil
}

// queries are those of a transaction, or of the reading side where tx is nil.
func (db *DB) queries(tx procedures.Tx) *database.Queries {
	if tx == nil {
		return db.reading()
	}
	return in(tx)
}
