package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// KeepAnswers keeps encrypted answers of a planned execution, in the place of those that it has, until a time; the zero time keeps them
// until they are dropped or the run is finished.
func (db *DB) KeepAnswers(ctx context.Context, tx procedures.Tx, execution, run string, until time.Time, data []byte) error {
	return explain("keep what the plan was answered", in(tx).KeepAnswers(ctx, database.KeepAnswersParams{
		ExecutionID: execution, RunID: run, ExpiresAt: millis(until), Data: base64.StdEncoding.EncodeToString(data),
	}))
}

// Answers returns what is kept for an execution, nil for nothing. tx may be nil.
func (db *DB) Answers(ctx context.Context, tx procedures.Tx, execution string) ([]byte, error) {
	text, err := db.queries(tx).Answers(ctx, execution)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, explain("read what the plan was answered", err)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("read what the plan of %s was answered: %w", execution, err)
	}
	return data, nil
}

// HoldAnswers keeps the answers of an execution, which was confirmed, whatever time it waits for its turn.
func (db *DB) HoldAnswers(ctx context.Context, tx procedures.Tx, execution string) error {
	return explain("keep what the plan was answered", in(tx).HoldAnswers(ctx, execution))
}

// DropAnswers removes the answers of an execution.
func (db *DB) DropAnswers(ctx context.Context, tx procedures.Tx, execution string) error {
	return explain("drop what the plan was answered", in(tx).DropAnswers(ctx, execution))
}

// ExpireAnswers drops all answers that were kept until a time before this one.
func (db *DB) ExpireAnswers(ctx context.Context, tx procedures.Tx, before time.Time) error {
	return explain("drop what plans were answered", in(tx).ExpireAnswers(ctx, millis(before)))
}
