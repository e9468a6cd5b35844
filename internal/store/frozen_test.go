package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestStandstillInATransactionLocksNobodyOut plays a process that is frozen while it holds a run: the other one
// changes the run all the same, and the frozen one's change is either made anew from its beginning or not at all.
func TestStandstillInATransactionLocksNobodyOut(t *testing.T) {
	t.Parallel()
	address := storetest.Migrated(t)
	open := func() *store.DB {
		return storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
	}
	frozen, other := open(), open()
	insert(t, other, "r1", "check", noon)
	holds, woken := make(chan struct{}), make(chan struct{})
	tries, ended := 0, make(chan error, 1)
	go func() {
		ended <- frozen.Update(t.Context(), func(tx procedures.Tx) error {
			if err := frozen.LockRun(t.Context(), tx, "r1"); err != nil {
				return err
			}
			if tries++; tries == 1 {
				close(holds)
				<-woken
			}
			return frozen.SetVerdict(t.Context(), tx, "r1", procedures.Failed)
		})
	}()
	<-holds
	// The context is the patience of those who press.
	patience, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := other.Update(patience, func(tx procedures.Tx) error {
		if err := other.LockRun(patience, tx, "r1"); err != nil {
			return err
		}
		return other.SetVerdict(patience, tx, "r1", procedures.Passed)
	})
	if err != nil {
		t.Errorf("the other process waits for the frozen one: %v", err)
	}
	close(woken)
	if err := <-ended; err != nil || tries != 2 {
		t.Errorf("the frozen process came back after %d tries with %v, want its change made anew", tries, err)
	}
}

// TestConnectionsHaveTimeouts reads the settings of a connection, as the database has them.
func TestConnectionsHaveTimeouts(t *testing.T) {
	t.Parallel()
	address := storetest.Migrated(t)
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) {
		return store.Connect(ctx, address+"&lock_timeout=3s")
	})
	for name, want := range map[string]string{
		"idle_in_transaction_session_timeout": "6s", "lock_timeout": "3s", "tcp_keepalives_idle": "5", "tcp_user_timeout": "10000",
	} {
		var got string
		if err := db.Postgres().QueryRow(t.Context(), "SHOW "+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", name, got, want, err)
		}
	}
}
