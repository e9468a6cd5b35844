// Package storetest opens databases for tests, so that one suite runs on all of them.
package storetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/testenv"
)

// Each runs a test on every database, as subtests "sqlite" and "postgres". open opens the
// test's own one, which is empty the first time; it may be called again, on PostgreSQL also
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
		address := Postgres(t)
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
	server := testenv.Postgres(t)
	name := "opsbook_" + strings.ToLower(rand.Text()[:16])
	do := func(ctx context.Context, statement string) {
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx) //nolint:errcheck // of a test
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	do(t.Context(), "CREATE DATABASE "+name)
	// The test's own context has ended by then.
	t.Cleanup(func() { do(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
