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

// OldRuns returns finished runs that nobody keeps and that ended before a moment, or of which their
// procedure has more than most newer ones in the environment; at most limit, the oldest first. A zero
// moment or count means none.
func (db *DB) OldRuns(ctx context.Context, before time.Time, most, limit int) ([]string, error) {
	if !before.IsZero() {
		ids, err := db.reading().OldRuns(ctx, database.OldRunsParams{FinishedAt: millis(before), Limit: int32(limit)})
		if err != nil || len(ids) > 0 {
			return ids, explain("look for old runs", err)
		}
	}
	if most <= 0 {
		return nil, nil
	}
	ids, err := db.reading().ManyRuns(ctx, database.ManyRunsParams{Limit: int32(limit), Most: int64(most)})
	return ids, explain("look for old runs", err)
}

// DeleteRun deletes a finished run that nobody keeps, with its journal, and reports whether it did.
func (db *DB) DeleteRun(ctx context.Context, id string) (bool, error) {
	var rows int64
	err := db.Update(ctx, func(tx procedures.Tx) error {
		var err error
		rows, err = in(tx).DeleteRun(ctx, id)
		return explain("delete the run", err)
	})
	return rows == 1, err
}

// DropUnused deletes texts of runbooks that no run has any more, and what became of times planned before a
// moment. It is called after runs were deleted, which leave their texts behind: others may share them.
func (db *DB) DropUnused(ctx context.Context, before time.Time) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		if err := in(tx).DropPlanned(ctx, millis(before)); err != nil {
			return explain("forget what was planned", err)
		}
		return explain("delete unused texts", in(tx).DropTexts(ctx))
	})
}
