package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// each runs a test on every database that the store has.
func each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func() *store.DB) { test(t, open()) })
	t.Run("memory", func(t *testing.T) { test(t, storetest.Opened(t, store.Memory)) })
}

func update(t *testing.T, db *store.DB, fn func(tx procedures.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func insert(t *testing.T, db *store.DB, id, procedure string, at time.Time) {
	t.Helper()
	update(t, db, func(tx procedures.Tx) error {
		return db.InsertRun(t.Context(), tx, &procedures.Run{
			ID: id, Procedure: procedure, Title: "Check", Digest: "d", Environment: "test", Account: "1",
			State: procedures.RunOpen, StartedBy: "oncall", StartedAt: at, UpdatedAt: at,
			Parameters: map[string]string{"name": "x"}, Markdown: "# Check\n",
		}, "book.md")
	})
}

func TestRunIsReadAsItWasKept(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		insert(t, db, "r1", "check", noon)
		r, file, err := db.Run(t.Context(), "r1")
		if err != nil || file != "book.md" || r.Markdown != "# Check\n" || r.Parameters["name"] != "x" ||
			!r.StartedAt.Equal(noon) || !r.FinishedAt.IsZero() {
			t.Errorf("got %+v, %q, %v", r, file, err)
		}
		for _, names := range [][]string{{"now", "check"}, {"check", "other"}, {"a", "b", "ünusual", "check"}} {
			if id, err := db.OpenRun(t.Context(), nil, "test", names...); err != nil || id != "r1" {
				t.Errorf("the open run of %q is %q, %v", names, id, err)
			}
		}
		if id, err := db.OpenRun(t.Context(), nil, "test", "check"); err != nil || id != "r1" {
			t.Errorf("open: %q, %v", id, err)
		}
		update(t, db, func(tx procedures.Tx) error { return db.FinishRun(t.Context(), tx, "r1", noon.Add(time.Hour)) })
		if id, err := db.OpenRun(t.Context(), nil, "test", "check"); err != nil || id != "" {
			t.Errorf("open after its end: %q, %v", id, err)
		}
		if _, _, err := db.Run(t.Context(), "r2"); procedures.CodeOf(err) != procedures.CodeNotFound {
			t.Errorf("a run that is not there: %v", err)
		}
	})
}

func TestOneOpenRunOfAProcedure(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		insert(t, db, "r1", "check", noon)
		err := db.Update(t.Context(), func(tx procedures.Tx) error {
			return db.InsertRun(t.Context(), tx,
				&procedures.Run{ID: "r2", Procedure: "check", Environment: "test", State: procedures.RunOpen}, "book.md")
		})
		if err == nil || !db.Conflicts(err) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLatestAndHistory(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for i := range 5 {
			id := fmt.Sprintf("r%d", i)
			insert(t, db, id, "check", noon.Add(time.Duration(i)*time.Minute))
			update(t, db, func(tx procedures.Tx) error { return db.FinishRun(t.Context(), tx, id, noon) })
		}
		insert(t, db, "other", "review", noon)
		latest, err := db.LatestRuns(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range latest {
			ids = append(ids, r.ID)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, []string{"other", "r4"}) {
			t.Errorf("latest %q", ids)
		}
		history, err := db.Runs(t.Context(), "test", 3, "check")
		if err != nil || len(history) != 3 || history[0].ID != "r4" || history[2].ID != "r2" {
			t.Errorf("history %v, %v", history, err)
		}
		idle, err := db.IdleRuns(t.Context(), noon.Add(time.Hour))
		if err != nil || !slices.Equal(idle, []string{"other"}) {
			t.Errorf("idle %q, %v", idle, err)
		}
	})
}

func TestJournalNumbersWithoutGaps(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		insert(t, db, "r1", "check", noon)
		doc := document.NewObject(document.Member{Name: "Zebra", Value: int64(1)}, document.Member{Name: "Apple", Value: 2.5})
		for i := range 4 {
			events := make([]procedures.Event, i+1)
			for k := range events {
				events[k] = procedures.Event{Kind: procedures.EventOutput, Text: fmt.Sprintf("%d.%d", i, k), At: noon}
			}
			events[0].Call = &procedures.Call{Command: "lambda get-function", Document: doc}
			update(t, db, func(tx procedures.Tx) error { return db.Append(t.Context(), tx, "r1", noon, events) })
			if events[i].Number == 0 || events[i].Run != "r1" {
				t.Errorf("the number was not filled in: %+v", events[i])
			}
		}
		err := db.Update(t.Context(), func(tx procedures.Tx) error {
			if err := db.Append(t.Context(), tx, "r1", noon, []procedures.Event{{Kind: procedures.EventNotice}}); err != nil {
				return err
			}
			return errors.New("undone")
		})
		if err == nil {
			t.Fatal("the update did not fail")
		}
		all, err := db.Events(t.Context(), "r1", 0, 100)
		if err != nil || len(all) != 10 {
			t.Fatalf("%d events, %v", len(all), err)
		}
		for i, e := range all {
			if e.Number != int64(i+1) {
				t.Errorf("event %d has number %d", i, e.Number)
			}
		}
		read, ok := all[0].Call.Document.(*document.Object)
		if !ok || strings.Join(read.Keys(), " ") != "Zebra Apple" {
			t.Errorf("the document came back as %#v", all[0].Call.Document)
		}
		if some, err := db.Events(t.Context(), "r1", 7, 2); err != nil || len(some) != 2 || some[0].Number != 8 {
			t.Errorf("after 7: %+v, %v", some, err)
		}
		if err := db.Update(t.Context(), func(tx procedures.Tx) error {
			return db.Append(t.Context(), tx, "nobody", noon, []procedures.Event{{}})
		}); procedures.CodeOf(err) != procedures.CodeNotFound {
			t.Errorf("events of a run that is not there: %v", err)
		}
	})
}

func TestOneExecutionOfAStepAtATime(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		insert(t, db, "r1", "check", noon)
		add := func(id, step, key string, state procedures.ExecutionState) error {
			return db.Update(t.Context(), func(tx procedures.Tx) error {
				return db.InsertExecution(t.Context(), tx,
					&procedures.Execution{ID: id, Run: "r1", Step: step, State: state, Key: key, AskedAt: noon, Sealed: []byte("sealed")})
			})
		}
		for _, c := range []struct {
			id, step, key string
			state         procedures.ExecutionState
			conflict      bool
		}{
			{"e1", "one", "k1", procedures.ExecutionWaiting, false},
			{"e2", "one", "", procedures.ExecutionWaiting, true},  // it waits already
			{"e3", "one", "", procedures.ExecutionPlanned, false}, // a plan is nothing yet
			{"e4", "two", "k1", procedures.ExecutionWaiting, true},
			{"e5", "two", "", procedures.ExecutionRunning, false},
		} {
			if err := add(c.id, c.step, c.key, c.state); db.Conflicts(err) != c.conflict || err != nil && !c.conflict {
				t.Errorf("%s: %v", c.id, err)
			}
		}
		take := func() (ok bool, err error) {
			err = db.Update(t.Context(), func(tx procedures.Tx) error {
				ok, err = db.TakeExecution(t.Context(), tx, "e1")
				return err
			})
			return ok, err
		}
		if ok, err := take(); !ok || err != nil {
			t.Errorf("first taker: %v, %v", ok, err)
		}
		if ok, err := take(); ok || err != nil {
			t.Errorf("second taker: %v, %v", ok, err)
		}
		update(t, db, func(tx procedures.Tx) error {
			for _, e := range []procedures.Execution{
				{ID: "e1", State: procedures.ExecutionWaiting},
				{ID: "e1", State: procedures.ExecutionRunning, Replica: "another"},
				{ID: "e1", State: procedures.ExecutionRunning, Replica: db.Replica()},
			} {
				ok, err := db.FinishExecution(t.Context(), tx, &e, procedures.Failed, noon)
				if err != nil || ok != (e.Replica == db.Replica()) {
					t.Errorf("finish %+v: %v, %v", e, ok, err)
				}
			}
			return nil
		})
		if err := add("e6", "one", "", procedures.ExecutionWaiting); err != nil {
			t.Errorf("again after its end: %v", err)
		}
		e, err := db.ExecutionOfKey(t.Context(), nil, "k1")
		if err != nil || e.ID != "e1" || e.Verdict != procedures.Failed || !e.FinishedAt.Equal(noon) || string(e.Sealed) != "sealed" {
			t.Errorf("by its key: %+v, %v", e, err)
		}
	})
}

func TestExecutionsOfOneMomentHaveAnOrder(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		insert(t, db, "r1", "check", noon)
		insert(t, db, "r2", "review", noon)
		var want []string
		for i := range 20 { // their ids fall while they come
			id := fmt.Sprintf("e%02d", 20-i)
			want = append(want, id)
			update(t, db, func(tx procedures.Tx) error {
				return db.InsertExecution(t.Context(), tx,
					&procedures.Execution{ID: id, Run: "r1", Step: id, State: procedures.ExecutionPlanned, AskedAt: noon})
			})
		}
		order := func() (ids []string) {
			executions, err := db.Executions(t.Context(), nil, "r1")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range executions {
				ids = append(ids, e.ID)
			}
			return ids
		}
		if got := order(); !slices.Equal(got, want) {
			t.Errorf("the order is %q, want %q", got, want)
		}
		confirm := func() (ok bool) {
			update(t, db, func(tx procedures.Tx) (err error) {
				ok, err = db.ConfirmExecution(t.Context(), tx, want[3])
				return err
			})
			return ok
		}
		if !confirm() || confirm() {
			t.Error("a plan is confirmed once")
		}
		want = append(slices.Delete(slices.Clone(want), 3, 4), want[3])
		if got := order(); !slices.Equal(got, want) {
			t.Errorf("after a confirmation the order is %q, want %q", got, want)
		}
	})
}

func TestSnapshot(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		insert(t, db, "r1", "check", noon)
		keep := func(data map[string][]byte) {
			update(t, db, func(tx procedures.Tx) error { return db.KeepSnapshot(t.Context(), tx, "r1", data) })
		}
		keep(map[string][]byte{"state": {0, 1, 255}, "file/a": []byte("a")})
		keep(map[string][]byte{"state": {2}, "file/a": nil})
		kept, err := db.Snapshot(t.Context(), nil, "r1")
		if err != nil || len(kept) != 1 || string(kept["state"]) != "\x02" {
			t.Errorf("kept %q, %v", kept, err)
		}
	})
}

func TestFolderIsHeldByOneServer(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	db.Describe("http://127.0.0.1:8080")
	_, err = store.Open(t.Context(), dir)
	if procedures.CodeOf(err) != procedures.CodeConflict || !strings.Contains(err.Error(), "http://127.0.0.1:8080") {
		t.Errorf("a second server: %v", err)
	}
	insert(t, db, "r1", "check", noon)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, _, err := again.Run(t.Context(), "r1"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

func TestDatabaseOfANewerProgramIsLeftAlone(t *testing.T) {
	refused := func(t *testing.T, open func(context.Context) (*store.DB, error)) {
		t.Helper()
		db, err := open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.SQL().ExecContext(t.Context(),
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = open(t.Context())
		if procedures.CodeOf(err) != procedures.CodeInvalid ||
			!strings.Contains(err.Error(), "a newer opsbook has used this database: its tables are of version 9999") {
			t.Errorf("it was opened: %v", err)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		folder := t.TempDir()
		refused(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, folder) })
	})
	t.Run("postgres", func(t *testing.T) {
		address := storetest.Postgres(t)
		refused(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
	})
}

func TestFullDiskSaysSo(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	insert(t, db, "r1", "check", noon)
	if _, err := db.SQL().ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // it stays at the present size
		t.Fatal(err)
	}
	big := []procedures.Event{{Kind: procedures.EventOutput, Text: strings.Repeat("x", 1<<20)}}
	err = db.Update(t.Context(), func(tx procedures.Tx) error { return db.Append(t.Context(), tx, "r1", noon, big) })
	if procedures.CodeOf(err) != procedures.CodeUnavailable || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("got %v", err)
	}
	if _, err := db.SQL().ExecContext(t.Context(), "PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), func(tx procedures.Tx) error { return db.Append(t.Context(), tx, "r1", noon, big) }); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if all, err := db.Events(t.Context(), "r1", 0, 10); err != nil || len(all) != 1 || all[0].Number != 1 {
		t.Errorf("events %d, %v", len(all), err)
	}
}

// TestChangesOfRunsAreCounted counts the executions that have applied changes, of many runs at once.
func TestChangesOfRunsAreCounted(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var ids []string
		want := map[string]int{}
		for i := range 250 {
			id := fmt.Sprintf("run-%03d", i)
			ids = append(ids, id)
			insert(t, db, id, fmt.Sprintf("check-%d", i), noon)
			update(t, db, func(tx procedures.Tx) error {
				for n := range i % 3 {
					e := &procedures.Execution{ID: fmt.Sprintf("%s-%d", id, n), Run: id, Step: fmt.Sprint(n), AskedAt: noon}
					e.State = procedures.ExecutionFinished
					if err := db.InsertExecution(t.Context(), tx, e); err != nil {
						return err
					}
					if n == 0 && i%2 == 0 {
						continue // it has changed nothing
					}
					want[id]++
					if err := db.ApplyExecution(t.Context(), tx, e.ID); err != nil {
						return err
					}
				}
				return nil
			})
		}
		got, err := db.ChangesOfRuns(t.Context(), append(ids, "nobody"))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%v, want %v (%v)", got, want, err)
		}
	})
}
