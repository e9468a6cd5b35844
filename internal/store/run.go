package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// millis is a time as it is stored, in milliseconds since 1970; 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the time of stored milliseconds, in UTC; the zero time for 0.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// InsertRun keeps a run that begins, with its text. file is where the text stands in the library. Runs of
// the same text share one row of it. Conflicts tells whether the error is that the procedure has an open
// run in the environment already.
func (db *DB) InsertRun(ctx context.Context, tx procedures.Tx, r *procedures.Run, file string) error {
	// Runs of one text share it: most runbooks change less often than they are run.
	sum := sha256.Sum256([]byte(file + "\x00" + r.Markdown))
	digest := hex.EncodeToString(sum[:])
	if err := in(tx).KeepText(ctx, database.KeepTextParams{Digest: digest, File: text(file), Markdown: text(r.Markdown)}); err != nil {
		return explain("keep the run's text", err)
	}
	parameters, err := json.Marshal(r.Parameters)
	if err != nil {
		return err
	}
	err = in(tx).InsertRun(ctx, database.InsertRunParams{
		ID: r.ID, ProcedureID: r.Procedure, Title: text(r.Title), Digest: r.Digest, TextDigest: digest,
		Environment: r.Environment, Account: r.Account,
		State: string(r.State), Verdict: string(r.Verdict), StartedBy: r.StartedBy, StartedAt: millis(r.StartedAt),
		UpdatedAt:  millis(r.UpdatedAt),
		FinishedAt: millis(r.FinishedAt), Last: r.Last, Parameters: string(parameters),
	})
	return explain("keep the run", err)
}

// runOf reads a row; the text is in another table. With an error the run is whole but for its values.
func runOf(row database.Run) (*procedures.Run, error) {
	r := &procedures.Run{
		ID: row.ID, Procedure: row.ProcedureID, Title: row.Title, Digest: row.Digest, Environment: row.Environment, Account: row.Account,
		State: procedures.RunState(row.State), Verdict: procedures.Verdict(row.Verdict), StartedBy: row.StartedBy,
		StartedAt: instant(row.StartedAt),
		UpdatedAt: instant(row.UpdatedAt), FinishedAt: instant(row.FinishedAt), Last: row.Last, Kept: row.Kept,
		ReopenedAt: instant(row.ReopenedAt),
	}
	if err := json.Unmarshal([]byte(row.Parameters), &r.Parameters); err != nil {
		r.Parameters = nil
		return r, fmt.Errorf("the values of run %s are damaged in the database: %w", row.ID, err)
	}
	return r, nil
}

// Run returns a run with its text, and the file that the text stood in.
func (db *DB) Run(ctx context.Context, id string) (r *procedures.Run, file string, err error) {
	row, err := db.reading().Run(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", procedures.Errorf(procedures.CodeNotFound, "there is no run %s", id)
	}
	if err != nil {
		return nil, "", explain("read the run", err)
	}
	r, err = runOf(row.Run)
	if err != nil {
		return nil, "", err
	}
	r.Markdown = row.Markdown
	return r, row.File, nil
}

// OpenRun returns the id of the open run of a procedure in an environment, or "". names are those under which there may be one: that
// of the first goes before the others, of which the newest does. tx may be nil.
func (db *DB) OpenRun(ctx context.Context, tx procedures.Tx, environment string, names ...string) (string, error) {
	if len(names) == 1 {
		id, err := db.queries(tx).OpenRun(ctx, database.OpenRunParams{ProcedureID: names[0], Environment: environment})
		if errors.Is(err, sql.ErrNoRows) {
			return "", nil
		}
		return id, explain("look for the open run", err)
	}
	open, newest := "", int64(-1)
	err := parted(names, func(g given) error {
		rows, err := db.queries(tx).OpenRuns(ctx, database.OpenRunsParams{
			Environment: environment, Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			at := row.StartedAt
			if row.ProcedureID == names[0] {
				at = math.MaxInt64
			}
			if at > newest {
				open, newest = row.ID, at
			}
		}
		return explain("look for the open run", err)
	})
	return open, err
}

// IdleRuns returns the ids of the open runs whose newest event is older than before.
func (db *DB) IdleRuns(ctx context.Context, before time.Time) ([]string, error) {
	ids, err := db.reading().IdleRuns(ctx, millis(before))
	return ids, explain("look for idle runs", err)
}

// LatestRuns returns the newest run of each procedure.
func (db *DB) LatestRuns(ctx context.Context, environment string) ([]*procedures.Run, error) {
	rows, err := db.reading().LatestRuns(ctx, environment)
	return runsOf(rows, err)
}

// Runs returns the newest runs of a procedure by the names under which there may be some, or of all where there are none, newest first.
func (db *DB) Runs(ctx context.Context, environment string, limit int, names ...string) ([]*procedures.Run, error) {
	if len(names) == 0 {
		return db.RunsBefore(ctx, environment, time.Time{}, "", limit)
	}
	return newestOf(names, limit, func(name string) ([]*procedures.Run, error) {
		rows, err := db.reading().RunsOfProcedure(ctx,
			database.RunsOfProcedureParams{Environment: environment, ProcedureID: name, Limit: int32(min(limit, 1000))})
		return runsOf(rows, err)
	})
}

// runsOf reads the rows of a query that may have failed. The values of a run whose row is damaged are left out: a list is shown all
// the same, and who reads that run alone is told.
func runsOf(rows []database.Run, err error) ([]*procedures.Run, error) {
	if err != nil {
		return nil, explain("read runs", err)
	}
	out := make([]*procedures.Run, 0, len(rows))
	for _, row := range rows {
		r, _ := runOf(row) // it is whole but for what could not be read
		out = append(out, r)
	}
	return out, nil
}

// FinishRun ends a run and discards its snapshot: nothing of what its steps kept outlives it.
func (db *DB) FinishRun(ctx context.Context, tx procedures.Tx, id string, at time.Time) error {
	if err := in(tx).SetRunState(ctx, database.SetRunStateParams{
		ID: id, State: string(procedures.RunFinished), FinishedAt: millis(at),
	}); err != nil {
		return explain("finish the run", err)
	}
	if err := in(tx).DropAnswersOfRun(ctx, id); err != nil {
		return explain("drop what the run's plans were answered", err)
	}
	return explain("discard what the run kept", in(tx).DiscardSnapshot(ctx, id))
}

// ReopenRun opens a finished run again. Where another of its procedure is open, the error conflicts.
func (db *DB) ReopenRun(ctx context.Context, tx procedures.Tx, id string, at time.Time) error {
	return explain("reopen the run", in(tx).ReopenRun(ctx, database.ReopenRunParams{ID: id, ReopenedAt: millis(at)}))
}

// SetVerdict keeps what a run came to so far.
func (db *DB) SetVerdict(ctx context.Context, tx procedures.Tx, id string, v procedures.Verdict) error {
	return explain("keep the verdict", in(tx).SetRunVerdict(ctx, database.SetRunVerdictParams{ID: id, Verdict: string(v)}))
}

// SetParameters keeps the values that a run was last given.
func (db *DB) SetParameters(ctx context.Context, tx procedures.Tx, id string, values map[string]string) error {
	data, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return explain("keep the parameters", in(tx).SetRunParameters(ctx, database.SetRunParametersParams{ID: id, Parameters: string(data)}))
}

// Head returns a run without its text. tx may be nil.
func (db *DB) Head(ctx context.Context, tx procedures.Tx, id string) (*procedures.Run, error) {
	row, err := db.queries(tx).Head(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no run %s", id)
	}
	if err != nil {
		return nil, explain("read the run", err)
	}
	r, err := runOf(row)
	if err != nil {
		return nil, err
	}
	return r, nil
}
