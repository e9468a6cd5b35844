package sealed

import (
	"context"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// SnapshotStore keeps what a run's next step needs, by name. A transaction may be nil for reading.
type SnapshotStore interface {
	Snapshot(ctx context.Context, tx procedures.Tx, run string) (map[string][]byte, error)
	// KeepSnapshot keeps data under names of a run; nil data is removed.
	KeepSnapshot(ctx context.Context, tx procedures.Tx, run string, data map[string][]byte) error
}

// Snapshots are the snapshots of a store, decrypted.
type Snapshots struct {
	Store SnapshotStore
	Key   Keys
}

// Read returns what a run keeps between its steps, by name. tx may be nil.
func (s Snapshots) Read(ctx context.Context, tx procedures.Tx, run string) (map[string][]byte, error) {
	kept, err := s.Store.Snapshot(ctx, tx, run)
	if err != nil {
		return nil, err
	}
	for name, data := range kept {
		if kept[name], err = s.Key.Open(run, name, data); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// Open lays out what a run keeps between its steps. The caller closes it.
func (s Snapshots) Open(ctx context.Context, run string) (*engine.Snapshot, error) {
	kept, err := s.Read(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	return engine.OpenSnapshot(kept)
}

// Keep keeps what a step has changed, by name; nil data is removed.
func (s Snapshots) Keep(ctx context.Context, tx procedures.Tx, run string, changed map[string][]byte) error {
	out := make(map[string][]byte, len(changed))
	for name, data := range changed {
		if data == nil {
			out[name] = nil
			continue
		}
		var err error
		if out[name], err = s.Key.Seal(run, name, data); err != nil {
			return err
		}
	}
	return s.Store.KeepSnapshot(ctx, tx, run, out)
}
