package store_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/store"
)

func TestWorldIsKeptByRevision(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		read := func(have int64, want string, revision int64) {
			t.Helper()
			data, got, err := db.World(ctx, have)
			if err != nil || string(data) != want || got != revision {
				t.Errorf("world after %d: %q, %d, %v; want %q, %d", have, data, got, err, want, revision)
			}
		}
		write := func(revision int64, data string, want bool) {
			t.Helper()
			if kept, err := db.KeepWorld(ctx, revision, []byte(data)); err != nil || kept != want {
				t.Errorf("keep %s after %d: %t, %v", data, revision, kept, err)
			}
		}
		read(0, "", 0)
		write(3, `{"n":0}`, false) // there is none to come after
		write(0, `{"n":1}`, true)
		write(0, `{"n":2}`, false) // another was first
		read(0, `{"n":1}`, 1)
		read(1, "", 1)
		write(1, `{"n":2}`, true)
		write(1, `{"n":3}`, false)
		read(1, `{"n":2}`, 2)
	})
}
