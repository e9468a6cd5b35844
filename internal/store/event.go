package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// Append numbers events and adds them to a run's journal, without gaps. It fills their Number and Run in.
// Events that have a number are of an attempt whose end is not known (the connection broke at its commit):
// what is kept of them is not added again. The run's row has the last number and is locked until the
// transaction ends, so that numbers become visible in their order: who has read up to a number misses none
// below it.
func (db *DB) Append(ctx context.Context, tx procedures.Tx, run string, at time.Time, events []procedures.Event) error {
	if len(events) == 0 {
		return nil
	}
	if events[0].Number != 0 {
		kept, err := keptEvent(ctx, tx, events[0])
		if err != nil || kept {
			return err
		}
	}
	// The run's row numbers them: two transactions of one run cannot give the same number.
	last, err := in(tx).NumberEvents(ctx, database.NumberEventsParams{ID: run, UpdatedAt: millis(at), Count: int64(len(events))})
	if errors.Is(err, sql.ErrNoRows) {
		return procedures.Errorf(procedures.CodeNotFound, "there is no run %s", run)
	}
	if err != nil {
		return explain("add to the journal", err)
	}
	all := events
	for len(events) > 0 {
		some := events[:min(len(events), insertRows)]
		if err := insertEvents(ctx, tx, run, last-int64(len(events))+1, some); err != nil {
			return err
		}
		events = events[len(some):]
	}
	return db.auditEvents(ctx, tx, run, all)
}

// keptEvent reports whether the journal has this event at its number.
func keptEvent(ctx context.Context, tx procedures.Tx, e procedures.Event) (bool, error) {
	data, err := json.Marshal(&e)
	if err != nil {
		return false, fmt.Errorf("write the event %s: %w", e.Kind, err)
	}
	kept, err := in(tx).EventAt(ctx, database.EventAtParams{RunID: e.Run, Number: e.Number})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return kept == string(data), explain("read the journal", err)
}

// First returns the event that a run began with; the zero event where the run has none yet.
func (db *DB) First(ctx context.Context, tx procedures.Tx, run string) (first procedures.Event, err error) {
	row, err := in(tx).EventAt(ctx, database.EventAtParams{RunID: run, Number: 1})
	if errors.Is(err, sql.ErrNoRows) {
		return first, nil
	}
	if err != nil {
		return first, explain("read the journal", err)
	}
	if err := json.Unmarshal([]byte(row), &first); err != nil {
		return first, fmt.Errorf("the first event of run %s is damaged in the database: %w", run, err)
	}
	return first, nil
}

// insertRows is how many rows one statement adds: few statements for many lines of output, and far from
// the databases' bounds on parameters (https://www.sqlite.org/limits.html).
const insertRows = 64

// insertEvents adds events with the numbers from first on.
func insertEvents(ctx context.Context, tx procedures.Tx, run string, first int64, events []procedures.Event) error {
	var statement strings.Builder
	statement.WriteString("INSERT INTO events (run_id, number, event) VALUES ")
	values := make([]any, 0, 1+2*len(events))
	values = append(values, run)
	for i := range events {
		e := &events[i]
		e.Run, e.Number = run, first+int64(i)
		data, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write the event %s: %w", e.Kind, err)
		}
		if i > 0 {
			statement.WriteByte(',')
		}
		fmt.Fprintf(&statement, "($1,$%d,$%d)", 2*i+2, 2*i+3)
		values = append(values, e.Number, string(data))
	}
	if _, err := on(tx).ExecContext(ctx, statement.String(), values...); err != nil {
		return explain("add to the journal", err)
	}
	return nil
}

// Events returns the events of a run after a number, at most limit of them, in their order. After 0 is
// from the beginning.
func (db *DB) Events(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error) {
	rows, err := db.reading().EventsAfter(ctx, database.EventsAfterParams{RunID: run, Number: after, Limit: int32(min(limit, 1<<20))})
	if err != nil {
		return nil, explain("read the journal", err)
	}
	out := make([]procedures.Event, len(rows))
	last := after
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row), &out[i]); err != nil {
			return nil, fmt.Errorf("the event after %d of run %s is damaged in the database: %w", last, run, err)
		}
		if out[i].Number <= last { // whoever reads on from it would never end
			return nil, fmt.Errorf("the event after %d of run %s is damaged in the database: its number is %d", last, run, out[i].Number)
		}
		last = out[i].Number
	}
	return out, nil
}
