package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Times of readiness.
const (
	readyTime = 2 * time.Second  // within which a database that is ready has taken a write
	readyAge  = time.Second      // how long an answer holds: anybody may ask
	fullAge   = 10 * time.Second // how long a write counts that found no room
)

// readiness is the newest answer of Ready.
type readiness struct {
	mu    sync.Mutex
	asked time.Time
	err   error
}

// roomFile is what Ready writes beside an SQLite database, and removes.
const roomFile = "room"

// room is how many bytes have to fit beside the database. A commit that fits into what the log has already would not
// show that the disk is full.
const room = 256 << 10

// Ready reports whether the database takes writes: it answers, no other process keeps its tables locked, and there is room.
// Nothing is changed. An answer holds for readyAge.
func (db *DB) Ready(ctx context.Context) error {
	r := &db.readiness
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < readyAge {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTime) // the answer is for others, too
	defer cancel()
	r.err = db.takesWrites(ctx)
	if r.err != nil && ctx.Err() != nil { // whatever waited
		r.err = procedures.Undisclosed(procedures.CodeUnavailable, "the database took no write within "+readyTime.String()+
			": it does not answer, or another process has locked it", "see whether it is ready", r.err)
	}
	r.asked = time.Now()
	return r.err
}

func (db *DB) takesWrites(ctx context.Context) error {
	if at := db.fullAt.Load(); at != 0 && time.Since(time.Unix(0, at)) < fullAge {
		return procedures.Errorf(procedures.CodeUnavailable, "the disk of the database was full a moment ago")
	}
	if db.writers != nil {
		return db.takesWritesPostgres(ctx)
	}
	done := make(chan error, 1)
	go func() { // SQLite waits for a lock whether or not a context ends
		tx, err := db.write.BeginTx(ctx, nil) // takes the writer's lock
		if err == nil {
			err = tx.Rollback()
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return explain("lock the database", err)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return db.hasRoom()
}

// hasRoom reports as an error that nothing more can be written beside the database.
func (db *DB) hasRoom() error {
	if db.lock == nil { // in memory
		return nil
	}
	name := filepath.Join(filepath.Dir(db.Path), roomFile)
	err := os.WriteFile(name, make([]byte, room), 0o600)
	if err := errors.Join(err, os.Remove(name)); err != nil {
		return procedures.Undisclosed(procedures.CodeUnavailable, "the disk is full, or may not be written",
			"write beside the database", err)
	}
	return nil
}

// takesWritesPostgres takes the locks that writers take, and writes to the server's log of changes: pg_logical_emit_message
// leaves nothing behind (https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION).
func (db *DB) takesWritesPostgres(ctx context.Context) error {
	tx, err := db.writers.Begin(ctx)
	if err != nil {
		return explain("begin a transaction", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after a commit there is nothing
	for _, statement := range []string{
		"LOCK TABLE runs, events, executions, sessions IN ROW EXCLUSIVE MODE",
		"SELECT pg_logical_emit_message(true, 'opsbook', 'ready')",
	} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return explain("lock the tables", err)
		}
	}
	return explain("commit", tx.Commit(ctx))
}

// noteRoom remembers that a write found no room, until another one does.
func (db *DB) noteRoom(err error) {
	switch {
	case err == nil:
		db.fullAt.Store(0)
	case isFull(err):
		db.fullAt.Store(time.Now().UnixNano())
	}
}
