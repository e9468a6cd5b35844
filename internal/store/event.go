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

// Append numbers events and adds them to a run's journal. It fills their Number and Run in.
func (db *DB) Append(ctx context.Context, tx procedures.Tx, run string, at time.Time, events []procedures.Event) error {
	if len(events) == 0 {
		return nil
	}
	last, err := in(tx).NumberEvents(ctx, database.NumberEventsParams{ID: run, UpdatedAt: millis(at), Count: int64(len(events))})
	if errors.Is(err, sql.ErrNoRows) {
		return procedures.Errorf(procedures.CodeNotFound, "there is no run %s", run)
	}
	if err != nil {
		return explain("add to the journal", err)
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO events (run_id, number, event) VALUES ($1, $2, $3)")
	if err != nil {
		return explain("add to the journal", err)
	}
	defer insert.Close() //nolint:errcheck // of a statement
	for i := range events {
		e := &events[i]
		e.Run, e.Number = run, last-int64(len(events)-1-i)
		data, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write the event %s: %w", e.Kind, err)
		}
		if _, err := insert.ExecContext(ctx, run, e.Number, string(data)); err != nil {
			return explain("add to the journal", err)
		}
	}
	return nil
}

// Events returns the events of a run after a number, at most limit of them, in their order.
func (db *DB) Events(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error) {
	rows, err := db.reading().EventsAfter(ctx, database.EventsAfterParams{RunID: run, Number: after, Limit: int32(min(limit, 1<<20))})
	if err != nil {
		return nil, explain("read the journal", err)
	}
	out := make([]procedures.Event, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row), &out[i]); err != nil {
			return nil, fmt.Errorf("read event %d of run %s: %w", after+int64(i)+1, run, err)
		}
	}
	return out, nil
}
