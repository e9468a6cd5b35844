package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/opsbook/opsbook/internal/store"
)

// OldRunbook is the text that the runs of an old database began with.
const OldRunbook = "# Book\n\n## Mine\n\n```bash\n# Read it\naws sts get-caller-identity\n```\n\n```bash\n# Change it\n" +
	"aws lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 2048\n```\n\n" +
	"```bash\n# Watch it\nbake 600m --every 60m --alarm network-visualizer-high-error-rate\n```\n\n```bash\n# Plan it\n" +
	"aws lambda delete-function --function-name old\n```\n"

// OldEvents are the events of its finished and of its open run, in the words of journals that old programs wrote.
var OldEvents = map[string][]string{
	"olddone": {
		`"kind":"run-started","text":"Mine","by":"ada"`, `"kind":"step-asked","step":"read-it","execution":"e1","by":"ada"`,
		`"kind":"step-started","step":"read-it","execution":"e1"`,
		`"kind":"output","step":"read-it","execution":"e1","stream":"stdout","text":"hello\n"`,
		`"kind":"note","step":"read-it","execution":"e1","text":"a notice of old"`,
		`"kind":"step-finished","step":"read-it","execution":"e1","duration":1000000,` +
			`"judgement":{"verdict":"pass","reason":"It was good then."}`,
		`"kind":"remark","text":"a remark of old","by":"ada"`, `"kind":"run-finished","by":"ada"`,
	},
	"oldopen": {
		`"kind":"run-started","text":"Mine","by":"bob"`, `"kind":"step-asked","step":"change-it","execution":"e2","by":"bob"`,
		`"kind":"step-started","step":"change-it","execution":"e2"`, `"kind":"step-asked","step":"watch-it","execution":"e3","by":"bob"`,
		`"kind":"step-started","step":"watch-it","execution":"e3"`,
		`"kind":"look","step":"watch-it","execution":"e3","look":{"number":1},"duration":1000000,` +
			`"judgement":{"verdict":"pass","reason":"it is OK"}`,
		`"kind":"ticked","step":"read-it","by":"bob","text":"by hand"`,
		`"kind":"approval-asked","step":"plan-it","execution":"e4","by":"bob","approvals":1`,
	},
}

// row is what a table has, by column. Columns and tables that a version does not have yet are left out.
type row struct {
	table  string
	values map[string]any
}

// oldRows are those of a database with a finished run, and an open one in the middle of a change and of a bake, with a plan that
// waits for approval. Times are near now, so that nothing is idle or expired.
func oldRows(now int64) []row {
	rows := []row{{"texts", map[string]any{"digest": "old", "file": "book.md", "markdown": OldRunbook}}}
	for _, id := range slices.Sorted(maps.Keys(OldEvents)) {
		state, finished := "open", int64(0)
		if id == "olddone" {
			state, finished = "finished", now-1000
		}
		rows = append(rows, row{"runs", map[string]any{
			"id": id, "procedure_id": "book/mine", "title": "Mine", "digest": "olddigest", "text_digest": "old", "environment": "sandbox",
			"account": "sandbox", "state": state, "verdict": "", "started_by": "ada", "started_at": now - 60_000, "updated_at": now - 1000,
			"finished_at": finished, "last": len(OldEvents[id]), "parameters": "{}", "kept": id == "olddone", "reopened_at": 0,
		}})
		for i, event := range OldEvents[id] {
			rows = append(rows, row{"events", map[string]any{"run_id": id, "number": i + 1, "event": fmt.Sprintf(
				`{"number":%d,"run":%q,"at":"2026-01-01T00:00:00Z",%s}`, i+1, id, event)}})
		}
	}
	for i, e := range []struct{ id, run, step, state, effect string }{
		{"e1", "olddone", "read-it", "finished", "read"}, {"e2", "oldopen", "change-it", "running", "change"},
		{"e3", "oldopen", "watch-it", "running", "read"}, {"e4", "oldopen", "plan-it", "planned", "destroy"},
	} {
		rows = append(rows, row{"executions", map[string]any{
			"id": e.id, "run_id": e.run, "step": e.step, "state": e.state, "effect": e.effect, "press_key": "", "asked_at": now - 50_000,
			"finished_at": 0, "verdict": map[string]string{"finished": "pass"}[e.state], "detail": `{"by":"ada"}`, "number": i + 1,
			"replica": map[string]string{"running": "gone"}[e.state], "cancelled": false, "cancelled_by": "", "waits_for": "",
			"carried": false, "undoes": "",
		}})
	}
	return append(rows,
		row{"belongings", map[string]any{"run_id": "oldopen", "name": "file/x", "data": "sealed"}},
		row{"worlds", map[string]any{"name": "another", "revision": 1, "updated_at": now, "data": "{}"}},
		row{"resources", map[string]any{"environment": "sandbox", "resource": "function x", "execution_id": "e2"}},
		row{"schedules", map[string]any{
			"procedure_id": "book/mine", "environment": "sandbox", "spec": "CRON_TZ=UTC 0 * * * *", "checked_at": now,
		}},
		row{"planned", map[string]any{
			"procedure_id": "book/mine", "environment": "sandbox", "planned_at": now - 2000, "run_id": "olddone", "reason": "",
		}},
		row{"approvals", map[string]any{
			"execution_id": "e4", "person": "p", "name": "bob", "answer": "asked", "reason": "", "at": now - 40_000, "digest": "d",
			"email": "",
		}},
		row{"plan_answers", map[string]any{"execution_id": "e4", "run_id": "oldopen", "expires_at": 0, "data": "sealed"}},
	)
}

// Old makes a database as a program wrote it whose newest migration was version: in a folder, or at an address of PostgreSQL. It
// returns how many rows each table has. migrations are all there are, and now is in milliseconds.
func Old(t *testing.T, migrations fs.FS, version int64, place string, now int64) map[string]int {
	t.Helper()
	driver, name, dialect := "sqlite", "file:"+filepath.Join(place, store.FileName), goose.DialectSQLite3
	if store.IsAddress(place) {
		driver, name, dialect = "pgx", place, goose.DialectPostgres
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // of a test
	db.SetMaxOpenConns(1)
	provider, err := goose.NewProvider(dialect, db, migrations)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for _, r := range oldRows(now) {
		insertOld(t, db, r)
	}
	return Counts(t, db)
}

// insertOld inserts a row with the columns that its table has.
func insertOld(t *testing.T, db *sql.DB, r row) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+r.table+" WHERE 1 = 0")
	if err != nil {
		return // there is no such table yet
	}
	columns, err := rows.Columns()
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	places, values := make([]string, len(columns)), make([]any, len(columns))
	for i, column := range columns {
		value, ok := r.values[column]
		if !ok {
			t.Fatalf("%s has a column %s of which no old row says anything", r.table, column)
		}
		places[i], values[i] = fmt.Sprintf("$%d", i+1), value
	}
	if _, err := db.ExecContext(t.Context(),
		"INSERT INTO "+r.table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(places, ", ")+")", values...); err != nil {
		t.Fatalf("%s: %v", r.table, err)
	}
}

// Counts are how many rows each of our tables has that there is.
func Counts(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, table := range []string{
		"texts", "runs", "events", "executions", "belongings", "worlds", "resources", "schedules", "planned", "approvals", "plan_answers",
	} {
		n := 0
		if db.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT count(*) FROM "+table).Scan(&n) == nil {
			out[table] = n
		}
	}
	return out
}
