package store

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// Snapshot returns what a run's next step needs, by name, encrypted as it was kept. tx may be nil.
func (db *DB) Snapshot(ctx context.Context, tx procedures.Tx, run string) (map[string][]byte, error) {
	rows, err := db.queries(tx).Snapshot(ctx, run)
	if err != nil {
		return nil, explain("read what the run kept", err)
	}
	out := make(map[string][]byte, len(rows))
	for _, row := range rows {
		if out[row.Name], err = base64.StdEncoding.DecodeString(row.Data); err != nil {
			return nil, fmt.Errorf("read what the run kept as %s: %w", row.Name, err)
		}
	}
	return out, nil
}

// KeepSnapshot keeps data under names of a run's snapshot (the table belongings); nil data is removed, and
// other names stay. The column is text, which both databases have: data is stored as base64.
func (db *DB) KeepSnapshot(ctx context.Context, tx procedures.Tx, run string, data map[string][]byte) error {
	for name, d := range data {
		var err error
		if d == nil {
			err = in(tx).DiscardFromSnapshot(ctx, database.DiscardFromSnapshotParams{RunID: run, Name: name})
		} else {
			err = in(tx).KeepInSnapshot(ctx, database.KeepInSnapshotParams{
				RunID: run, Name: name, Data: base64.StdEncoding.EncodeToString(d),
			})
		}
		if err != nil {
			return explain("keep what the step left", err)
		}
	}
	return nil
}
