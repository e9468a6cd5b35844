package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

func TestOldSessionsAreDeleted(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) func(context.Context) (*store.DB, error){
		"sqlite": func(t *testing.T) func(context.Context) (*store.DB, error) {
			dir := t.TempDir()
			return func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, dir) }
		},
		"postgres": func(t *testing.T) func(context.Context) (*store.DB, error) {
			address := storetest.Postgres(t)
			return func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Opened(t, open(t))
			sessions, stop, err := sessionStore(t.Context(), db, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			for token, lasts := range map[string]time.Duration{"old": -time.Hour, "young": time.Hour} {
				if err := sessions.Commit(token, []byte(token), time.Now().Add(lasts)); err != nil {
					t.Fatal(err)
				}
			}
			if err := deleteOldSessions(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			n := 0
			if err := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM sessions").Scan(&n); err != nil || n != 1 {
				t.Errorf("%d sessions are left, %v", n, err)
			}
			if data, found, err := sessions.Find("young"); err != nil || !found || string(data) != "young" {
				t.Errorf("the young one is %q, %v", data, err)
			}
		})
	}
}
