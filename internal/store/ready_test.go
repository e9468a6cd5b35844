package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
	"github.com/opsbook/opsbook/internal/testenv"
)

// becomes asks until a database is ready, or is not.
func becomes(t *testing.T, db *store.DB, ready bool) (err error) {
	t.Helper()
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if err = db.Ready(t.Context()); (err == nil) == ready {
			return err
		}
	}
	t.Fatalf("never came to be ready=%v: %v", ready, err)
	return nil
}

// TestALockedDatabaseIsNotReady: another process has the database, on both kinds.
func TestALockedDatabaseIsNotReady(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, data) })
		other, err := sql.Open("sqlite", "file:"+filepath.Join(data, store.FileName))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { other.Close() })
		conn, err := other.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		locks(t, db, func(statement string) error { _, err := conn.ExecContext(t.Context(), statement); return err }, "BEGIN EXCLUSIVE")
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		address := storetest.Migrated(t)
		db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
		locks(t, db, func(statement string) error { _, err := conn.Exec(t.Context(), statement); return err },
			"BEGIN; LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
	})
}

func locks(t *testing.T, db *store.DB, do func(string) error, lock string) {
	t.Helper()
	becomes(t, db, true)
	if err := do(lock); err != nil {
		t.Fatal(err)
	}
	err := becomes(t, db, false)
	if procedures.CodeOf(err) != procedures.CodeUnavailable || !strings.Contains(procedures.Said(err), "locked") {
		t.Errorf("it says %v", err)
	}
	if err := do("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	becomes(t, db, true)
}

// TestAFullDiskIsNotReady fills the disk of a database, whose log has room for what a probe would write.
func TestAFullDiskIsNotReady(t *testing.T) {
	data := testenv.Tmpfs(t, 4<<20)
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, data) })
	becomes(t, db, true)
	filler := filepath.Join(data, "filler")
	file, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	file.Close()
	if err := becomes(t, db, false); !strings.Contains(procedures.Said(err), "disk is full") {
		t.Errorf("it says %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	becomes(t, db, true)
}
