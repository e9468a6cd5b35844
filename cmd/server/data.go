package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// dataFolder is where opsbook keeps its data: what was said, else the user's state folder (XDG Base Directory
// Specification, $XDG_STATE_HOME). A relative XDG_STATE_HOME is ignored, as the specification demands. The folder is
// not made here.
func (o *options) dataFolder(t terminal) (string, error) {
	if o.Data != "" {
		return filepath.Abs(o.Data)
	}
	if dir := t.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "opsbook"), nil
	}
	home := t.getenv("HOME")
	if home == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "there is no home folder to keep data in: name a folder with --data")
	}
	return filepath.Join(home, ".local", "state", "opsbook"), nil
}

// openDatabase opens the PostgreSQL database that was named, else the SQLite file in the data folder. The data
// folder is made for PostgreSQL as well: it holds the server’s key. The caller closes the database.
func (o *options) openDatabase(ctx context.Context, folder string) (*store.DB, error) {
	if o.Database == "" {
		return store.Open(ctx, folder)
	}
	if !store.IsAddress(o.Database) {
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"--database is %q; want postgres://USER:PASSWORD@HOST:PORT/NAME. Where the SQLite file is kept is said with --data", o.Database)
	}
	// Nobody else on the machine may list it.
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	return store.Connect(ctx, o.Database)
}

// sessionTidying is how often old sessions are deleted.
const sessionTidying = 5 * time.Minute

// sessionStore keeps the browsers' sessions in the database, and deletes old ones until stop is called. The stores
// would do that themselves, but what stops them races with what began them. stop waits for the goroutine. The
// database must stay open until then.
func sessionStore(db *store.DB, logger *slog.Logger) (sessions scs.Store, stop func()) {
	sessions = sqlite3store.NewWithCleanupInterval(db.SQL(), 0)
	if db.Postgres() != nil {
		sessions = postgresstore.NewWithCleanupInterval(db.SQL(), 0)
	}
	ctx, cancel := context.WithCancel(context.Background())
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
	return sessions, func() { cancel(); tidying.Wait() }
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

// sessionsUnavailable answers a request whose session cannot be read or kept. It is 503, and Retry-After names
// seconds (RFC 9110, 10.2.3).
func sessionsUnavailable(logger *slog.Logger) func(http.ResponseWriter, *http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		logger.WarnContext(r.Context(), "a session could not be read or kept", "error", err)
		w.Header().Set("Retry-After", "2")
		http.Error(w, "The database does not answer; nothing was done. Press again in a moment.", http.StatusServiceUnavailable)
	}
}

// secret is the server's key: OPSBOOK_SECRET, else the file secret in the data folder, which is made at the first
// start. Replicas of one database need the same: what one has sealed the others open. A file of the key can be read
// by its owner alone. The key is the SHA-256 of the text.
func secret(t terminal, folder string) ([32]byte, error) {
	if text := t.getenv("OPSBOOK_SECRET"); text != "" {
		if len(text) < 16 {
			return [32]byte{}, procedures.Errorf(procedures.CodeInvalid,
				"OPSBOOK_SECRET has %d characters; it needs at least 16", len(text))
		}
		return sha256.Sum256([]byte(text)), nil
	}
	name := filepath.Join(folder, "secret")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(rand.Text() + rand.Text())
		// rand.Text has at least 128 bits of randomness: two of them have as many as the key.
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return [32]byte{}, fmt.Errorf("make the server's key: %w", err)
		}
	} else if err != nil {
		return [32]byte{}, fmt.Errorf("read the server's key: %w", err)
	}
	return sha256.Sum256([]byte(strings.TrimSpace(string(text)))), nil
}
