package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/store"
)

// newSessions manages the browsers' sessions in the database until stop is called. A session ends after
// limits.SessionTime, and where it is not used for limits.SessionIdleTime.
func newSessions(ctx context.Context, db *store.DB, logger *slog.Logger) (sessions *scs.SessionManager, stop func(), err error) {
	sessions = scs.New()
	if sessions.Store, stop, err = sessionStore(ctx, db, logger); err != nil {
		return nil, nil, err
	}
	sessions.Lifetime = limits.SessionTime.Time()
	sessions.Cookie.Name = "opsbook"
	sessions.Cookie.SameSite = http.SameSiteLaxMode // a link in a channel opens with one's name
	return sessions, stop, nil
}

// hashed begins the token of a session as the database has it. What was stored by earlier versions has no such prefix.
const hashed = "sha256."

// hashedStore keeps sessions under the SHA-256 of their tokens: who reads the database, or a copy of it, cannot send
// one. The tokens have 256 random bits, so that the hash needs no salt. A session that is not used ends before its
// time: package web stores one that is in use again, in times that are short against limits.SessionIdleTime.
type hashedStore struct {
	scs.Store
	db *store.DB // explains errors
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hashed + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Find implements scs.Store.
func (s hashedStore) Find(token string) (data []byte, found bool, err error) {
	data, found, err = s.Store.Find(hashOf(token))
	return data, found, s.db.Explain("read the session", err)
}

// Commit implements scs.Store.
func (s hashedStore) Commit(token string, data []byte, expiry time.Time) error {
	if idle := time.Now().Add(limits.SessionIdleTime.Time()); idle.Before(expiry) {
		expiry = idle
	}
	return s.db.Explain("keep the session", s.Store.Commit(hashOf(token), data, expiry))
}

// Delete implements scs.Store.
func (s hashedStore) Delete(token string) error {
	return s.db.Explain("end the session", s.Store.Delete(hashOf(token)))
}

// hashSessions gives sessions of earlier versions the hash of their token in its place, so that their browsers stay
// known and nothing that can be sent is left in the database. A replica of an earlier version that is still there
// begins other sessions for them.
func hashSessions(ctx context.Context, db *store.DB) error {
	rows, err := db.SQL().QueryContext(ctx, "SELECT token FROM sessions WHERE token NOT LIKE '"+hashed+"%'")
	if err != nil {
		return fmt.Errorf("read the sessions: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	var tokens []string
	for rows.Next() {
		var token string
		if err := rows.Scan(&token); err != nil {
			return err
		}
		tokens = append(tokens, token)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, token := range tokens {
		if _, err := db.SQL().ExecContext(ctx, "UPDATE sessions SET token = $1 WHERE token = $2", hashOf(token), token); err != nil {
			return fmt.Errorf("hash the tokens of sessions: %w", err)
		}
	}
	return nil
}

// sessionTidying is how often old sessions are deleted.
const sessionTidying = 5 * time.Minute

// sessionStore keeps the browsers' sessions in the database, and deletes old ones until stop is called. The stores
// would do that themselves, but what stops them races with what began them. stop waits for the goroutine. The
// database must stay open until then.
func sessionStore(ctx context.Context, db *store.DB, logger *slog.Logger) (sessions scs.Store, stop func(), err error) {
	if err := hashSessions(ctx, db); err != nil {
		return nil, nil, err
	}
	sessions = sqlite3store.NewWithCleanupInterval(db.SQL(), 0)
	if db.Postgres() != nil {
		sessions = postgresstore.NewWithCleanupInterval(db.SQL(), 0)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var tidying sync.WaitGroup
	tidying.Go(func() {
		ticker := time.NewTicker(sessionTidying)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := deleteOldSessions(ctx, db); err != nil && ctx.Err() == nil {
				logger.WarnContext(ctx, "old sessions could not be deleted; it is tried again", "error", err)
			}
		}
	})
	return hashedStore{sessions, db}, func() { cancel(); tidying.Wait() }, nil
}

// deleteOldSessions deletes the sessions whose time is over. expiry is a Julian day in the SQLite store and a
// timestamp in that for PostgreSQL.
func deleteOldSessions(ctx context.Context, db *store.DB) error {
	now := "julianday('now')"
	if db.Postgres() != nil {
		now = "current_timestamp"
	}
	_, err := db.SQL().ExecContext(ctx, "DELETE FROM sessions WHERE expiry < "+now)
	return err
}
