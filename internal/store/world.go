package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/opsbook/opsbook/internal/store/database"
)

// worldName is the name of the one simulated account that a database keeps.
const worldName = "sandbox"

// World returns the simulated account's world and its revision, which the first one begins with 1. data is
// nil where none is kept, and where the kept one has the revision have.
func (db *DB) World(ctx context.Context, have int64) (data []byte, revision int64, err error) {
	row, err := db.reading().World(ctx, database.WorldParams{Name: worldName, Revision: have})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, have, nil
	}
	if err != nil {
		return nil, 0, explain("read the simulated account", err)
	}
	return []byte(row.Data), row.Revision, nil
}

// KeepWorld keeps data as the world after revision, which is 0 for the first. kept is false, and nothing
// is done, where another world came first: the caller reads that one and makes its change again.
func (db *DB) KeepWorld(ctx context.Context, revision int64, data []byte) (kept bool, err error) {
	q, now := database.New(db.write), millis(time.Now())
	var rows int64
	if revision == 0 {
		rows, err = q.InsertWorld(ctx, database.InsertWorldParams{Name: worldName, UpdatedAt: now, Data: string(data)})
	} else {
		rows, err = q.ReplaceWorld(ctx, database.ReplaceWorldParams{
			Name: worldName, Revision: revision, UpdatedAt: now, Data: string(data),
		})
	}
	if err != nil {
		return false, explain("keep the simulated account", err)
	}
	return rows == 1, nil
}
