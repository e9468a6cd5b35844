package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestCommittedIsOnTheDisk loses the power after each of many transactions: what was committed before is there.
func TestCommittedIsOnTheDisk(t *testing.T) {
	folder := t.TempDir()
	disk := storetest.NewDisk(t, folder)
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, folder) })
	run := &procedures.Run{ID: "r1", Procedure: "p", Environment: "e", State: procedures.RunOpen}
	if err := db.Update(t.Context(), func(tx procedures.Tx) error { return db.InsertRun(t.Context(), tx, run, "f.md") }); err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		before := disk.Syncs()
		err := db.Update(t.Context(), func(tx procedures.Tx) error {
			return db.Append(t.Context(), tx, "r1", run.StartedAt, []procedures.Event{{Kind: procedures.EventNote, Text: fmt.Sprint(n)}})
		})
		if err != nil {
			t.Fatal(err)
		}
		if disk.Syncs() == before {
			t.Fatalf("event %d was committed without waiting for the disk", n)
		}
		if n%10 > 0 {
			continue
		}
		left := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, disk.AfterPowerLoss(t)) })
		events, err := left.Events(t.Context(), "r1", 0, 100)
		if err != nil || len(events) != n+1 || events[n].Text != fmt.Sprint(n) {
			t.Fatalf("after event %d %d are left, %v", n, len(events), err)
		}
	}
}

// TestConnectionsWaitForTheDisk reads the settings that decide what a loss of power costs, of each connection
// (https://www.sqlite.org/pragma.html#pragma_synchronous): 2 is FULL.
func TestConnectionsWaitForTheDisk(t *testing.T) {
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, t.TempDir()) })
	for name, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "10000"} {
		got := db.Pragmas(t, name)
		if len(got) < 9 {
			t.Errorf("%d connections were asked", len(got))
		}
		for i, value := range got {
			if value != want {
				t.Errorf("%s of connection %d is %s, want %s", name, i, value, want)
			}
		}
	}
}
