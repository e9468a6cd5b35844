// Package storetest opens databases for tests, so that one suite runs on all of them.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/testenv"
)

// Each runs a test on every database, as subtests "sqlite" and "postgres". open opens the
// test's own one, which has no rows the first time; it may be called again, on PostgreSQL also
// while it is open. What it opened is closed at the end.
func Each(t *testing.T, test func(t *testing.T, open func() *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		folder := t.TempDir()
		test(t, func() *store.DB {
			return Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, folder) })
		})
	})
	t.Run("postgres", func(t *testing.T) {
		address := Migrated(t)
		test(t, func() *store.DB {
			return Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
		})
	})
}

// Opened opens a database that is closed at the test's end.
func Opened(t *testing.T, open func(context.Context) (*store.DB, error)) *store.DB {
	t.Helper()
	db, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Postgres makes an empty database on the server that OPSBOOK_TEST_POSTGRES names, and
// returns its address. It is dropped at the test's end, connections that are still open
// included. Without a server the test is skipped; see testenv.Missing.
func Postgres(t testing.TB) string {
	t.Helper()
	return create(t, testenv.Postgres(t), "")
}

// Migrated is Postgres with the tables of this program and no rows: bringing an empty database up to date takes longer than most
// tests. It copies a database that the server keeps for each version of the tables, named opsbook_template_ and a digest of the
// migrations.
func Migrated(t testing.TB) string {
	t.Helper()
	server := testenv.Postgres(t)
	if err := template(server); err != nil {
		t.Fatal(err)
	}
	return create(t, server, " TEMPLATE "+templateName())
}

// create makes a database of the test's own; options are those of CREATE DATABASE.
func create(t testing.TB, server, options string) string {
	t.Helper()
	name := "opsbook_" + strings.ToLower(rand.Text()[:16])
	do := func(ctx context.Context, statement string) {
		if err := onServer(ctx, server, func(conn *pgx.Conn) error { return execute(ctx, conn, statement) }); err != nil {
			t.Fatal(err)
		}
	}
	do(t.Context(), "CREATE DATABASE "+name+options)
	// The test's own context has ended by then.
	t.Cleanup(func() { do(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)") })
	return database(server, name)
}

var templateName = sync.OnceValue(func() string { return "opsbook_template_" + store.TablesDigest()[:16] })

var (
	makingTemplate sync.Mutex
	haveTemplate   bool
)

// template makes the database that Migrated copies where the server has none yet. Several processes may ask at the same time.
func template(server string) error {
	makingTemplate.Lock()
	defer makingTemplate.Unlock()
	if haveTemplate {
		return nil
	}
	ctx, name := context.Background(), templateName() // another test may be the next that needs it
	err := onServer(ctx, server, func(conn *pgx.Conn) error {
		const key = 0x74706c // "tpl"; it ends with the connection
		if err := execute(ctx, conn, fmt.Sprintf("SELECT pg_advisory_lock(%d)", key)); err != nil {
			return err
		}
		var there, whole bool
		err := conn.QueryRow(ctx, "SELECT count(*) > 0, coalesce(bool_or(datistemplate), false) FROM pg_database WHERE datname = $1", name).
			Scan(&there, &whole)
		if err != nil || whole {
			return err
		}
		if there { // whoever made it was ended before it was whole
			if err := execute(ctx, conn, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
				return err
			}
		}
		if err := execute(ctx, conn, "CREATE DATABASE "+name); err != nil {
			return err
		}
		db, err := store.Connect(ctx, database(server, name))
		if err != nil {
			return err
		}
		if err := db.Close(); err != nil {
			return err
		}
		// Nobody may be connected to what is copied, autovacuum included.
		return execute(ctx, conn, "ALTER DATABASE "+name+" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")
	})
	haveTemplate = err == nil
	return err
}

// onServer gives fn a connection to the server.
func onServer(ctx context.Context, server string, fn func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	return errors.Join(fn(conn), conn.Close(ctx))
}

func execute(ctx context.Context, conn *pgx.Conn, statement string) error {
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// database is the address of another database of a server.
func database(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // pgx has connected to it
	}
	u.Path = "/" + name
	return u.String()
}
