package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// place is where a test's database is, of either kind, and what opens it.
func place(t *testing.T, kind string) (name string, open func(context.Context) (*store.DB, error)) {
	t.Helper()
	if kind == "postgres" {
		name = storetest.Postgres(t)
		return name, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, name) }
	}
	name = t.TempDir()
	return name, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, name) }
}

// TestDatabasesOfOlderProgramsAreBroughtUpToDate makes a database as each older version wrote it: all rows are there after the
// upgrade, journals are read, and backups that were made before it are restored into both kinds.
func TestDatabasesOfOlderProgramsAreBroughtUpToDate(t *testing.T) {
	t.Parallel()
	now := time.Now().UnixMilli()
	for version := int64(1); version <= store.Newest(t); version++ {
		for _, kind := range []string{"sqlite", "postgres"} {
			t.Run(fmt.Sprintf("%s of version %d", kind, version), func(t *testing.T) {
				t.Parallel()
				name, open := place(t, kind)
				had := storetest.Old(t, os.DirFS("migrations"), version, name, now)
				backup := filepath.Join(t.TempDir(), "old.db")
				if err := store.Backup(t.Context(), name, backup); err != nil {
					t.Fatal(err)
				}
				if problems, err := store.Check(t.Context(), name); err != nil || len(problems) > 0 {
					t.Fatalf("before: %q, %v", problems, err)
				}
				whole(t, storetest.Opened(t, open), had)
				if problems, err := store.Check(t.Context(), name); err != nil || len(problems) > 0 {
					t.Errorf("after: %q, %v", problems, err)
				}
				_, fresh := place(t, []string{"sqlite", "postgres"}[version%2])
				db := storetest.Opened(t, fresh)
				if err := db.Restore(t.Context(), backup); err != nil {
					t.Fatal(err)
				}
				whole(t, db, had)
			})
		}
	}
}

// whole reads what an old database had from one of today.
func whole(t *testing.T, db *store.DB, had map[string]int) {
	t.Helper()
	has := storetest.Counts(t, db.SQL())
	for table, n := range had {
		if has[table] != n {
			t.Errorf("%s has %d rows, and had %d", table, has[table], n)
		}
	}
	for id, said := range storetest.OldEvents {
		run, file, err := db.Run(t.Context(), id)
		if err != nil || file != "book.md" || run.Markdown != storetest.OldRunbook {
			t.Fatalf("%s: %v", id, err)
		}
		events, err := db.Events(t.Context(), id, 0, 100)
		if err != nil || len(events) != len(said) {
			t.Fatalf("%s: %d events, %v", id, len(events), err)
		}
		for i, e := range events {
			switch e.Kind {
			case "step-asked", "note", "remark", "ticked", "look", "approval-asked":
				t.Errorf("%s: an event is still called %s", id, e.Kind)
			}
			if e.Number != int64(i+1) {
				t.Errorf("%s: event %d has the number %d", id, i+1, e.Number)
			}
		}
	}
	executions, err := db.Executions(t.Context(), nil, "oldopen")
	if err != nil || len(executions) != 3 || executions[0].ID != "e2" || executions[0].State != procedures.ExecutionRunning ||
		executions[1].ID != "e3" || executions[2].State != procedures.ExecutionPlanned || executions[2].By != "ada" {
		t.Errorf("executions %+v, %v", executions, err)
	}
	if had["approvals"] > 0 {
		if list, err := db.Approvals(t.Context(), nil, "e4"); err != nil || len(list) != 1 || list[0].Name != "bob" {
			t.Errorf("approvals %+v, %v", list, err)
		}
	}
	if had["schedules"] > 0 {
		claims, err := db.Claims(t.Context(), "sandbox", []string{"book/mine"})
		if same := claims["book/mine"].Spec == "CRON_TZ=UTC 0 * * * *"; err != nil || !same {
			t.Errorf("the schedule: %t, %v", same, err)
		}
	}
	// What was written is no other than what is written: a run goes on.
	if err := db.Update(t.Context(), func(tx procedures.Tx) error {
		return errors.Join(db.Append(t.Context(), tx, "oldopen", time.Now(), []procedures.Event{{Kind: procedures.EventNote}}),
			db.InsertExecution(t.Context(), tx, &procedures.Execution{ID: "new", Run: "oldopen", Step: "read-it", State: "waiting"}))
	}); err != nil {
		t.Error(err)
	}
	if _, err := db.SQL().ExecContext(t.Context(), "DELETE FROM executions WHERE id = 'new'"); err != nil {
		t.Error(err)
	}
	if _, err := db.SQL().ExecContext(t.Context(), "DELETE FROM events WHERE run_id = 'oldopen' AND number = 9"); err != nil {
		t.Error(err)
	}
	if _, err := db.SQL().ExecContext(t.Context(), "UPDATE runs SET last = 8 WHERE id = 'oldopen'"); err != nil {
		t.Error(err)
	}
}

// TestAnOlderProgramLeavesNewerDataAlone starts, backs up and restores with programs that know fewer migrations.
func TestAnOlderProgramLeavesNewerDataAlone(t *testing.T) {
	newest := store.Newest(t)
	for _, kind := range []string{"sqlite", "postgres"} {
		name, open := place(t, kind)
		had := storetest.Old(t, os.DirFS("migrations"), newest, name, time.Now().UnixMilli())
		backup := filepath.Join(t.TempDir(), "new.db")
		if err := store.Backup(t.Context(), name, backup); err != nil {
			t.Fatal(err)
		}
		for _, version := range []int64{1, newest / 2, newest - 1} {
			t.Run(fmt.Sprintf("%s, version %d", kind, version), func(t *testing.T) {
				store.KnowOnly(t, version)
				refused := func(what string, err error) {
					t.Helper()
					says := fmt.Sprintf("its tables are of version %d, this program knows %d. Start the newer one", newest, version)
					if procedures.CodeOf(err) != procedures.CodeInvalid || !strings.Contains(err.Error(), says) {
						t.Errorf("%s: %v", what, err)
					}
				}
				_, err := open(t.Context())
				refused("open", err)
				file := filepath.Join(t.TempDir(), "older.db")
				refused("backup", store.Backup(t.Context(), name, file))
				if _, err := os.Stat(file); err == nil {
					t.Error("there is a backup")
				}
				_, fresh := place(t, kind)
				db := storetest.Opened(t, fresh)
				refused("restore", db.Restore(t.Context(), backup))
				if n := storetest.Counts(t, db.SQL()); n["runs"]+n["texts"] != 0 {
					t.Errorf("it was restored in part: %v", n)
				}
			})
		}
		db := storetest.Opened(t, open)
		if has := storetest.Counts(t, db.SQL()); !maps.Equal(had, has) {
			t.Errorf("%s: had %v, has %v", kind, had, has)
		}
	}
}

// TestWhatIsNoBackupIsRefused tries files that are none.
func TestWhatIsNoBackupIsRefused(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, filepath.Join(folder, "other")) })
	for _, table := range []string{"goose_db_version", "plan_answers"} {
		if _, err := other.SQL().ExecContext(t.Context(), "DROP TABLE "+table); err != nil {
			t.Fatal(err)
		}
	}
	for file, says := range map[string]string{
		filepath.Join(folder, "nowhere.db"): "no such file",
		folder:                              "is no file",
		write("dump.sql", "-- PostgreSQL database dump\n"): "is damaged: ",
		write("empty", ""):                           "is no backup of opsbook",
		filepath.Join(folder, "other", "opsbook.db"): "is no backup of opsbook",
	} {
		_, open := place(t, "sqlite")
		db := storetest.Opened(t, open)
		err := db.Restore(t.Context(), file)
		if procedures.CodeOf(err) != procedures.CodeInvalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", filepath.Base(file), err, says)
		}
	}
}
