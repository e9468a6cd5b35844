package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
)

// Memory opens a database that ends with the process. It has one connection, for reading too.
func Memory(ctx context.Context) (*DB, error) {
	db := &DB{replica: newReplica()}
	if err := db.openSQLite(ctx, ""); err != nil {
		return nil, errors.Join(fmt.Errorf("open a database in memory: %w", err), db.Close())
	}
	return db, nil
}

// ExplainSQLite is how SQLite carries a query out, one line each part.
func (db *DB) ExplainSQLite(t *testing.T, text string) []string {
	t.Helper()
	arguments := make([]any, 20)
	for i := range arguments {
		arguments[i] = "1"
	}
	arguments = arguments[:parametersOf(text)]
	rows, err := db.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, arguments...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// parametersOf is the greatest number of a query's parameters.
func parametersOf(text string) int {
	for n := 19; n > 0; n-- {
		if strings.Contains(text, "$"+strconv.Itoa(n)) {
			return n
		}
	}
	return 0
}

// Texts counts the texts of runbooks that are kept.
func (db *DB) Texts(t *testing.T) (n int) {
	t.Helper()
	if err := db.read.QueryRowContext(t.Context(), "SELECT count(*) FROM texts").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Pragmas reads a pragma of every connection that may be open at the same time.
func (db *DB) Pragmas(t *testing.T, name string) (values []string) {
	t.Helper()
	for _, pool := range []*sql.DB{db.write, db.read} {
		for range pool.Stats().MaxOpenConnections {
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() // not before all are open: else it would be the next one
			values = append(values, "")
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&values[len(values)-1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	return values
}

// Tables are the tables that the migrations made, and those of a backup and those that are left out.
func (db *DB) Tables(t *testing.T) (made, kept, left []string) {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'searched_words_%'"
	if db.writers != nil {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	rows, err := db.read.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	err = each(rows, func() error {
		made = append(made, "")
		return rows.Scan(&made[len(made)-1])
	})
	if err != nil {
		t.Fatal(err)
	}
	return made, backedUp, notBackedUp
}

// Rows are the rows of the tables of a backup, as text, in order.
func (db *DB) Rows(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, table := range backedUp {
		rows, err := db.read.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		err = each(rows, func() error {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			line := table
			for i, v := range values {
				if truth, ok := v.(bool); ok {
					v = map[bool]int{true: 1}[truth]
				}
				line += fmt.Sprintf(" %s=%v", columns[i], v)
			}
			out = append(out, line)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}

// KnowOnly makes this program an older one until the test's end: it knows the first migrations. No other test runs beside.
func KnowOnly(t *testing.T, version int64) {
	t.Helper()
	older := fstest.MapFS{}
	files, err := fs.Glob(embedded, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		n, err := goose.NumericComponent(file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := fs.ReadFile(embedded, file)
		if err != nil {
			t.Fatal(err)
		}
		if n <= version {
			older[file] = &fstest.MapFile{Data: data}
		}
	}
	migrations = older
	t.Cleanup(func() { migrations = embedded })
}

// Newest is the version of the tables of today.
func Newest(t *testing.T) int64 {
	t.Helper()
	files, err := fs.Glob(embedded, "migrations/*.sql")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	return int64(len(files))
}
