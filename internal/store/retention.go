package store

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// KeepRun keeps a run when old ones are deleted, or lets it go with them.
func (db *DB) KeepRun(ctx context.Context, tx procedures.Tx, id string, kept bool) error {
	rows, err := in(tx).KeepRun(ctx, database.KeepRunParams{ID: id, Kept: kept})
	if err == nil && rows == 0 {
		return procedures.Errorf(procedures.CodeNotFound, "there is no run %s", id)
	}
	return explain("keep the run", err)
}

// OldRuns returns finished runs that nobody keeps and that ended before a moment, the oldest first; at most limit.
func (db *DB) OldRuns(ctx context.Context, before time.Time, limit int) ([]string, error) {
	ids, err := db.reading().OldRuns(ctx, database.OldRunsParams{FinishedAt: millis(before), Limit: int32(limit)})
	return ids, explain("look for old runs", err)
}

// ExcessRuns returns finished runs that nobody keeps and of which their procedure has more than most newer ones in the
// environment; at most limit.
func (db *DB) ExcessRuns(ctx context.Context, most, limit int) ([]string, error) {
	having, err := db.reading().ProceduresWithRuns(ctx)
	if err != nil {
		return nil, explain("look for old runs", err)
	}
	var ids []string
	for _, p := range having {
		more, err := db.reading().RunsBeyond(ctx, database.RunsBeyondParams{
			Environment: p.Environment, ProcedureID: p.ProcedureID, Limit: int32(limit - len(ids)), Offset: int32(most),
		})
		if err != nil {
			return nil, explain("look for old runs", err)
		}
		if ids = append(ids, more...); len(ids) == limit {
			break
		}
	}
	return ids, nil
}

// CountFinished is how many finished runs are kept.
func (db *DB) CountFinished(ctx context.Context) (int, error) {
	n, err := db.reading().CountFinished(ctx)
	return int(n), explain("count the runs", err)
}

// DeleteRun deletes a finished run that nobody keeps, with its journal and with its text where no other run shares it, and
// reports whether it did.
func (db *DB) DeleteRun(ctx context.Context, id string) (deleted bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		texts, err := in(tx).DeleteRun(ctx, id)
		if err != nil {
			return explain("delete the run", err)
		}
		deleted = len(texts) == 1
		for _, digest := range texts {
			if err := in(tx).DropText(ctx, digest); err != nil {
				return explain("delete the run's text", err)
			}
		}
		return nil
	})
	return deleted && err == nil, err
}

// DropPlanned forgets what became of times planned before a moment.
func (db *DB) DropPlanned(ctx context.Context, before time.Time) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("forget what was planned", in(tx).DropPlanned(ctx, millis(before)))
	})
}
