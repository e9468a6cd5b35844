package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// Claims returns what was claimed last of the schedules of procedures, by their names. There is none of those that never were.
func (db *DB) Claims(ctx context.Context, environment string, names []string) (map[string]procedures.Claim, error) {
	out := map[string]procedures.Claim{}
	err := parted(names, func(g given) error {
		rows, err := db.reading().Schedules(ctx, database.SchedulesParams{
			Environment: environment, Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			out[row.ProcedureID] = procedures.Claim{Spec: row.Spec, Until: instant(row.CheckedAt)}
		}
		return explain("read the schedule", err)
	})
	return out, err
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

// RunOfPlanned returns the run that a planned time has, or "".
func (db *DB) RunOfPlanned(ctx context.Context, tx procedures.Tx, procedure, environment string, at time.Time) (string, error) {
	id, err := in(tx).RunOfPlanned(ctx, database.RunOfPlannedParams{
		ProcedureID: procedure, Environment: environment, PlannedAt: millis(at),
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, explain("read what was planned", err)
}

// RecordPlanned keeps what became of a planned time: a run, or the reason why there is none. What is kept
// first stays, but for a reason in whose place there is a run now.
func (db *DB) RecordPlanned(ctx context.Context, tx procedures.Tx, p procedures.Scheduled) error {
	return explain("keep what was planned",
		in(tx).InsertPlanned(ctx, database.InsertPlannedParams{
			ProcedureID: p.Procedure, Environment: p.Environment, PlannedAt: millis(p.At), RunID: p.Run, Reason: text(p.Reason),
		}))
}

// ClockSkew is how far this process's clock is ahead of the database's, which all replicas share. SQLite has no clock of
// its own.
func (db *DB) ClockSkew(ctx context.Context) (time.Duration, error) {
	if db.writers == nil {
		return 0, nil
	}
	var theirs time.Time
	asked := time.Now()
	if err := db.read.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&theirs); err != nil {
		return 0, explain("ask the database for the time", err)
	}
	// It answered somewhere between the question and now.
	answered := time.Now()
	if skew := answered.Sub(theirs); skew < 0 {
		return skew, nil
	}
	if skew := asked.Sub(theirs); skew > 0 {
		return skew, nil
	}
	return 0, nil
}

// LastBegun returns the run of a schedule's newest planned time that has one, or "".
func (db *DB) LastBegun(ctx context.Context, procedure, environment string) (string, error) {
	id, err := db.reading().LastBegun(ctx, database.LastBegunParams{ProcedureID: procedure, Environment: environment})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, explain("read what was planned", err)
}
