// Package store keeps runs, their journals and what their next steps need. Its queries are made by sqlc
// from queries/, its tables by goose from migrations/; both are written for SQLite and PostgreSQL alike.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

//go:generate go tool -modfile=../../tools/go.mod sqlc generate

// DB is the database. Its methods are safe for concurrent use.
type DB struct {
	// Path is the database file, or the address of the database without its password, for
	// messages; empty for one in memory.
	Path string

	// Grace is how long a process that could not reach the database, or that has only
	// begun, takes no other for departed: after an outage all come back within it. It is
	// set before Attend; Connect sets 3 s.
	Grace time.Duration

	version int64 // of the tables that are made; 0 for the newest

	replica string // this process among those that use the database

	write *sql.DB // on SQLite one connection: it has one writer
	read  *sql.DB

	lock *os.File // of the folder; SQLite only

	// PostgreSQL only. Writers may wait for locks of each other, so that readers have a
	// pool of their own.
	writers, readers *pgxpool.Pool
	attendance       attendance

	handled sync.Map // of the jobs that this process works on, by their numbers

	readiness readiness
	audited   atomic.Bool  // entries of the audit log have no place in its chain yet
	fullAt    atomic.Int64 // when a write found no room, in Unix nanoseconds; 0 after one that did
}

// Replica names this process among those that use the database.
func (db *DB) Replica() string { return db.replica }

// newReplica makes a name that no other process has: 80 random bits.
func newReplica() string { return strings.ToLower(rand.Text()[:16]) }

// SQL is the writing side, for the sessions, which keep tables of their own beside ours.
func (db *DB) SQL() *sql.DB { return db.write }

// Close ends the use of the database and lets others have it.
func (db *DB) Close() error {
	var errs []error
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	if db.writers != nil {
		db.writers.Close()
	}
	if db.readers != nil {
		db.readers.Close()
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return explain("ask the database", err)
	}
	return nil
}

// updateAttempts is how often a transaction is tried that was rolled back because others were in its way.
const updateAttempts = 5

// Update runs fn in one writing transaction, which is rolled back when fn returns an error. Where
// transactions of others are in its way, fn is called again from its beginning: so it has no effects but
// those on the database. An error of fn comes back as it is.
func (db *DB) Update(ctx context.Context, fn func(procedures.Tx) error) error {
	update := db.updateSQLite
	if db.writers != nil {
		update = db.updatePostgres
	}
	for attempt := 1; ; attempt++ {
		err := update(ctx, fn)
		db.noteRoom(err)
		if err != nil && ctx.Err() != nil && procedures.CodeOf(err) == procedures.CodeUnavailable { // it is not the database's doing
			return fmt.Errorf("write to the database: %w", ctx.Err())
		}
		if err == nil || attempt == updateAttempts || !inTheWay(err) {
			return err
		}
	}
}

// updateSQLite waits for the one writing connection, and so for all other writers of the process.
func (db *DB) updateSQLite(ctx context.Context, fn func(procedures.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return explain("write to the database", err)
	}
	if err := fn(SQLiteTx{tx}); err != nil {
		return errors.Join(err, rolledBack(tx.Rollback()))
	}
	return explainCommit("write to the database", tx.Commit())
}

// rolledBack is the error of a rollback; that the transaction has ended already is none.
func rolledBack(err error) error {
	if err == nil || errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return explain("roll back", err)
}

// Lock keeps others who ask for one of the names out until the transaction ends. On SQLite a writing
// transaction is alone. A transaction calls it once, before LockRun: names are locked in one order, so
// that two transactions cannot wait for each other.
func (db *DB) Lock(ctx context.Context, tx procedures.Tx, names ...string) error {
	if db.writers == nil {
		return nil
	}
	names = slices.Compact(slices.Sorted(slices.Values(names))) // everybody in the same order
	for _, name := range names {
		if _, err := on(tx).ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
			strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", "\x01"), "\uFFFD")); err != nil {
			return explain("wait for others", err)
		}
	}
	return nil
}

// LockRun keeps others from changing a run, its journal and its executions until the transaction ends.
// Rows that refer to the run may still be added (NO KEY):
// https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
func (db *DB) LockRun(ctx context.Context, tx procedures.Tx, id string) error {
	if db.writers == nil {
		return nil
	}
	if _, err := on(tx).ExecContext(ctx, "SELECT 1 FROM runs WHERE id = $1 FOR NO KEY UPDATE", id); err != nil {
		return explain("wait for others who change the run", err)
	}
	return nil
}

// reading are the queries outside any transaction. On PostgreSQL they do not wait for writers.
func (db *DB) reading() *database.Queries { return database.New(db.read) }

// in are the queries in a transaction of ours.
func in(tx procedures.Tx) *database.Queries { return database.New(on(tx)) }

// text is a text as both databases can hold it: UTF-8 without NUL.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
