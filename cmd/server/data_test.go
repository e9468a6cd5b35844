package main

import (
	"context"
	"log/slog"
	"strings"
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

// TestTheOtherKey: a key that is too short, or that is the server's own, is said; none is none.
func TestTheOtherKey(t *testing.T) {
	values := map[string]string{"OPSBOOK_SECRET": "the key of the server"}
	term := terminal{getenv: func(name string) string { return values[name] }}
	key, err := secret(term, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if other, err := otherSecret(term, key); other != nil || err != nil {
		t.Errorf("none: %v, %v", other, err)
	}
	for text, want := range map[string]string{
		"short": "OPSBOOK_SECRET_OTHER has 5 characters", "the key of the server": "is the server's key itself", "the key of before it": "",
	} {
		values["OPSBOOK_SECRET_OTHER"] = text
		other, err := otherSecret(term, key)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || err == nil && *other == key {
			t.Errorf("%s: %v", text, err)
		}
	}
}
