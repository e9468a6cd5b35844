package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// places opens databases of each kind, with the name by which the commands know them.
func places() map[string]func(t *testing.T) (*store.DB, string) {
	return map[string]func(t *testing.T) (*store.DB, string){
		"sqlite": func(t *testing.T) (*store.DB, string) {
			folder := t.TempDir()
			return storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, folder) }), folder
		},
		"postgres": func(t *testing.T) (*store.DB, string) {
			address := storetest.Postgres(t)
			return storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }), address
		},
	}
}

// fill keeps something in every table of a backup.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	insert(t, db, "r1", "check", noon)
	insert(t, db, "r2", "other", noon)
	update(t, db, func(tx procedures.Tx) error {
		ctx := t.Context()
		for i, e := range []*procedures.Execution{
			{ID: "e1", Run: "r1", Step: "one", State: procedures.ExecutionRunning, Effect: procedures.EffectChange, AskedAt: noon},
			{ID: "e2", Run: "r1", Step: "two", State: procedures.ExecutionPlanned, Effect: procedures.EffectRead, AskedAt: noon},
		} {
			if err := db.InsertExecution(ctx, tx, e); err != nil {
				return err
			}
			event := procedures.Event{Kind: procedures.EventOutput, At: noon, Text: fmt.Sprintf("“%d” \x1b[1m\n", i)}
			if err := db.Append(ctx, tx, "r1", noon, []procedures.Event{event}); err != nil {
				return err
			}
		}
		if _, err := db.Reserve(ctx, tx, "test", []string{"arn:aws:lambda"}, "e1"); err != nil {
			return err
		}
		if _, err := db.Claim(ctx, tx, "check", "test", "CRON_TZ=UTC 0 * * * *", time.Time{}, noon); err != nil {
			return err
		}
		approval := procedures.Approval{Person: "p", Name: "Ana", Answer: procedures.AnswerRequested, At: noon, Digest: "d",
			Email: "ana@example.com"}
		if err := db.InsertApproval(ctx, tx, "e2", approval); err != nil {
			return err
		}
		if err := db.KeepRun(ctx, tx, "r2", true); err != nil {
			return err
		}
		return db.RecordPlanned(ctx, tx, procedures.Scheduled{Procedure: "check", Environment: "test", At: noon, Reason: "no server"})
	})
}

func TestBackupIsRestoredIntoBothDatabases(t *testing.T) {
	for from, open := range places() {
		t.Run(from, func(t *testing.T) {
			db, name := open(t)
			fill(t, db)
			file := filepath.Join(t.TempDir(), "backup.db")
			if err := store.Backup(t.Context(), name, file); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the backup is %v, %v", info, err)
			}
			if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
				t.Errorf("beside the backup there are %v, %v", left, err)
			}
			if err := store.Backup(t.Context(), name, file); procedures.CodeOf(err) != procedures.CodeConflict {
				t.Errorf("a backup over another: %v", err)
			}
			want := db.Rows(t)
			for to, open := range places() {
				t.Run("into "+to, func(t *testing.T) {
					restored, name := open(t)
					if err := restored.Restore(t.Context(), file); err != nil {
						t.Fatal(err)
					}
					if got := restored.Rows(t); !slices.Equal(got, want) {
						t.Errorf("restored:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
					if problems, err := store.Check(t.Context(), name); err != nil || len(problems) > 0 {
						t.Errorf("the check says %v, %v", problems, err)
					}
					if err := restored.Restore(t.Context(), file); procedures.CodeOf(err) != procedures.CodeConflict {
						t.Errorf("restored into a database that is not empty: %v", err)
					}
				})
			}
		})
	}
}

// TestBackupHasAllTables fails when a migration makes a table that nobody thought of.
func TestBackupHasAllTables(t *testing.T) {
	for name, open := range places() {
		t.Run(name, func(t *testing.T) {
			db, _ := open(t)
			made, kept, left := db.Tables(t)
			for _, table := range made {
				if !slices.Contains(kept, table) && !slices.Contains(left, table) {
					t.Errorf("the table %s is neither backed up nor left out on purpose", table)
				}
			}
			for _, table := range kept {
				if !slices.Contains(made, table) {
					t.Errorf("there is no table %s", table)
				}
			}
		})
	}
}

// TestBackupIsOfOneMoment writes while it is made: each journal is whole in the backup.
func TestBackupIsOfOneMoment(t *testing.T) {
	for name, open := range places() {
		t.Run(name, func(t *testing.T) {
			db, from := open(t)
			for i := range 5 {
				insert(t, db, fmt.Sprintf("r%d", i), fmt.Sprintf("p%d", i), noon)
			}
			ctx, stop := context.WithCancel(t.Context())
			var writing sync.WaitGroup
			for i := range 5 {
				writing.Go(func() {
					for ctx.Err() == nil {
						err := db.Update(t.Context(), func(tx procedures.Tx) error {
							return db.Append(t.Context(), tx, fmt.Sprintf("r%d", i), noon, []procedures.Event{
								{Kind: procedures.EventOutput, At: noon, Text: "x"}, {Kind: procedures.EventOutput, At: noon, Text: "y"},
							})
						})
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			folder := t.TempDir()
			for i := range 3 {
				file := filepath.Join(folder, fmt.Sprint(i))
				if err := store.Backup(t.Context(), from, file); err != nil {
					t.Error(err)
					break
				}
				restored := storetest.Opened(t, store.Memory)
				if err := restored.Restore(t.Context(), file); err != nil { // it checks the backup
					t.Error(err)
				}
			}
			stop()
			writing.Wait()
		})
	}
}

func TestCheckFindsDamage(t *testing.T) {
	folder := t.TempDir()
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, folder) })
	fill(t, db)
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := store.Backup(t.Context(), folder, file); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut off":         func(b []byte) []byte { return b[:len(b)/2] },
		"empty":           func([]byte) []byte { return nil },
		"another file":    func([]byte) []byte { return []byte(strings.Repeat("no database ", 1000)) },
		"a page of zeros": func(b []byte) []byte { clear(b[4096 : 3*4096]); return b },
		"an event less":   func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), `"output"`, `"outp"+"`)) },
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			if err := os.WriteFile(filepath.Join(data, "opsbook.db"), damage(slices.Clone(whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			problems, err := store.Check(t.Context(), data)
			if err == nil && len(problems) == 0 {
				t.Error("nothing was found")
			}
			empty := storetest.Opened(t, store.Memory)
			if err := empty.Restore(t.Context(), filepath.Join(data, "opsbook.db")); err == nil {
				t.Error("it was restored")
			}
			if rows := empty.Rows(t); len(rows) > 0 {
				t.Errorf("%d rows were restored", len(rows))
			}
		})
	}
}
