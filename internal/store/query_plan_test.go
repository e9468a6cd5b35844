package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// readsAll are the queries that read a whole table or index, or sort what they read, and why that is small.
var readsAll = map[string]string{
	"IdleRuns":             "reads the index of open runs: one a procedure and environment",
	"Unindexed":            "reads all runs, in the background: at the start, and every ten minutes",
	"CountFinished":        "counts an index's rows, once an hour",
	"PendingAudit":         "reads the beginning of the index of what waits for its place, which is empty most of the time",
	"Approvals":            "sorts the answers to one plan",
	"Tokens":               "lists what people made, by name",
	"CountTokens":          "counts what people made",
	"EndToken":             "is asked for by a person, among what people made",
	"Accounts":             "lists people, by address",
	"CountAccounts":        "counts people, where one is let in",
	"AccountsVersion":      "reads the end of an index",
	"AccountLinks":         "lists what people made, the newest first",
	"CountAccountLinks":    "counts what people made, where one is made",
	"DropOldAccountLinks":  "reads what people made, every ten minutes",
	"AuditStreams":         "reads the few rows of where the audit log goes to",
	"Raised":               "sorts those who have broken glass and have not ended it",
	"RunsAwaitingApproval": "sorts the runs that wait for an approval, to name each once",
}

// readBefore are common table expressions and what is limited, as SQLite names them: what a query read before, which has no index.
var readBefore = []string{"have", "places", "given", "recent", "CONSTANT ROW"}

// query is a query of ours, as sqlc reads it.
type query struct{ name, text string }

// queries reads those of internal/store/queries.
func queries(t *testing.T) []query {
	t.Helper()
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	var out []query
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(data), "-- name: ")[1:] {
			head, text, _ := strings.Cut(part, "\n")
			name, _, _ := strings.Cut(head, " ")
			out = append(out, query{name, plainSQL(text)})
		}
	}
	return out
}

var (
	sqlcEmbed     = regexp.MustCompile(`sqlc\.embed\((\w+)\)`)
	sqlcArg       = regexp.MustCompile(`sqlc\.arg\(\w+\)`)
	rowComparison = regexp.MustCompile(`\([\w.]+, [\w.]+\) [<>]=? \([\w.$]+, [\w.$]+\)`)
	parameter     = regexp.MustCompile(`\$(\d+)`)
)

// plainSQL is a query without sqlc's functions: its named arguments are numbered after the others.
func plainSQL(text string) string {
	text = sqlcEmbed.ReplaceAllString(text, "$1.*")
	last := 0
	for _, m := range parameter.FindAllStringSubmatch(text, -1) {
		var n int
		_, _ = fmt.Sscan(m[1], &n)
		last = max(last, n)
	}
	return strings.TrimSuffix(strings.TrimSpace(sqlcArg.ReplaceAllStringFunc(text, func(string) string {
		last++
		return fmt.Sprintf("$%d", last)
	})), ";")
}

// TestQueriesReadFromIndexes asks both databases how they would carry out each query: what reads a whole table, or
// sorts, grows with the runs that are kept, and pages wait for it.
func TestQueriesReadFromIndexes(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		db := storetest.Opened(t, store.Memory)
		for _, q := range queries(t) {
			var bad []string
			for _, line := range db.ExplainSQLite(t, q.text) {
				whole := strings.HasPrefix(line, "SCAN ") && !slices.Contains(readBefore, strings.TrimPrefix(line, "SCAN "))
				if whole || strings.Contains(line, "TEMP B-TREE") {
					bad = append(bad, line)
				}
			}
			// The plan shows the seek, and not that it is of the first column alone: all rows that have it are gone through.
			if compared := rowComparison.FindString(q.text); compared != "" {
				bad = append(bad, compared+" is a comparison of rows")
			}
			reportPlan(t, q, bad)
		}
	})
	t.Run("postgres", func(t *testing.T) {
		address := storetest.Migrated(t)
		storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		// The tables are empty: a table is read whole only where no index would do.
		for _, set := range []string{"enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_hashagg"} {
			if _, err := conn.Exec(t.Context(), "SET "+set+" = off"); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range queries(t) {
			var bad []string
			for _, line := range explainPostgres(t, conn, q.text) {
				if strings.Contains(line, "Seq Scan") || strings.Contains(line, "Sort  (") || strings.Contains(line, "Sort (") {
					bad = append(bad, strings.TrimSpace(line))
				}
			}
			reportPlan(t, q, bad)
		}
	})
}

// reportPlan compares what is read whole with the exceptions.
func reportPlan(t *testing.T, q query, bad []string) {
	t.Helper()
	_, excepted := readsAll[q.name]
	if len(bad) > 0 && !excepted {
		t.Errorf("%s reads or sorts all: %s\n%s", q.name, strings.Join(bad, "; "), q.text)
	}
}

// explainPostgres is the plan of a query with some values.
func explainPostgres(t *testing.T, conn *pgx.Conn, text string) []string {
	t.Helper()
	if _, err := conn.Exec(t.Context(), "PREPARE planned AS "+text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer conn.Exec(t.Context(), "DEALLOCATE planned")
	var types []string
	row := conn.QueryRow(t.Context(), "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'planned'")
	if err := row.Scan(&types); err != nil {
		t.Fatal(err)
	}
	values := make([]string, len(types))
	for i, kind := range types {
		values[i] = "1"
		switch kind {
		case "text", "bytea":
			values[i] = "'x'"
		case "boolean":
			values[i] = "true"
		}
	}
	execute := "EXPLAIN EXECUTE planned"
	if len(values) > 0 {
		execute += "(" + strings.Join(values, ", ") + ")"
	}
	rows, err := conn.Query(t.Context(), execute)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clip(lines)
}
