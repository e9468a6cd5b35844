package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// Claimed returns until when the planned times of a schedule were claimed. ok is false where they never
// were, and where the schedule was another one.
func (db *DB) Claimed(ctx context.Context, procedure, environment, spec string) (until time.Time, ok bool, err error) {
	row, err := db.reading().Schedule(ctx, database.ScheduleParams{ProcedureID: procedure, Environment: environment})
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return instant(row.CheckedAt), row.Spec == spec, explain("read the schedule", err)
}

// Claim claims the planned times of a schedule until now, for the process that knew until when they were
// claimed before (the zero time for never). mine is false where another process was first: the row is
// changed only where it is still as that process read it, so that of all replicas one has the turn.
func (db *DB) Claim(ctx context.Context, tx procedures.Tx, procedure, environment, spec string, before,
	now time.Time) (mine bool, err error) {
	var rows int64
	if before.IsZero() {
		rows, err = in(tx).InsertSchedule(ctx,
			database.InsertScheduleParams{ProcedureID: procedure, Environment: environment, Spec: spec, CheckedAt: millis(now)})
	} else {
		rows, err = in(tx).ClaimSchedule(ctx,
			database.ClaimScheduleParams{
				ProcedureID: procedure, Environment: environment, Spec: spec, CheckedAt: millis(now), Before: millis(before),
			})
	}
	return rows == 1, explain("keep the schedule", err)
}

// RecordPlanned keeps what became of a planned time: a run, or the reason why there is none. What is kept
// first stays.
func (db *DB) RecordPlanned(ctx context.Context, tx procedures.Tx, p procedures.Scheduled) error {
	return explain("keep what was planned",
		in(tx).InsertPlanned(ctx, database.InsertPlannedParams{
			ProcedureID: p.Procedure, Environment: p.Environment, PlannedAt: millis(p.At), RunID: p.Run, Reason: text(p.Reason),
		}))
}

// LastPlanned returns what became of the newest planned time of each procedure.
func (db *DB) LastPlanned(ctx context.Context, environment string) ([]procedures.Scheduled, error) {
	rows, err := db.reading().LastPlanned(ctx, environment)
	if err != nil {
		return nil, explain("read what was planned", err)
	}
	out := make([]procedures.Scheduled, len(rows))
	for i, row := range rows {
		out[i] = procedures.Scheduled{
			Procedure: row.ProcedureID, Environment: row.Environment, At: instant(row.PlannedAt), Run: row.RunID, Reason: row.Reason,
		}
	}
	return out, nil
}

// LastFinished returns when a run of each procedure was finished last, by the procedure's id.
func (db *DB) LastFinished(ctx context.Context, environment string) (map[string]time.Time, error) {
	rows, err := db.reading().LastFinished(ctx, environment)
	if err != nil {
		return nil, explain("read what was finished", err)
	}
	out := make(map[string]time.Time, len(rows))
	for _, row := range rows {
		out[row.ProcedureID] = instant(row.FinishedAt)
	}
	return out, nil
}
