// Package store keeps runs, their journals and what their next steps need. Its queries are
// made by sqlc from queries/, its tables by goose from migrations/; both are written for SQLite and
// PostgreSQL alike.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

//go:generate go tool -modfile=../../tools/go.mod sqlc generate

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the database. Its methods are safe for concurrent use.
type DB struct {
	// Path is the database file, for messages; empty for one in memory.
	Path string

	write *sql.DB // one connection: SQLite has one writer
	read  *sql.DB
	lock  *os.File
}

// Open opens the SQLite database in a folder, which is made where it is not there, and brings
// its tables up to date. A folder that another server holds is an error that names its process.
func Open(ctx context.Context, folder string) (*DB, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "opsbook.db")
	db := &DB{Path: path, lock: lock}
	if err := db.open(ctx, "file:"+(&url.URL{Path: path}).EscapedPath()); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), db.Close())
	}
	return db, nil
}

// Memory opens a database that ends with the process.
func Memory(ctx context.Context) (*DB, error) {
	db := &DB{}
	if err := db.open(ctx, ""); err != nil {
		return nil, errors.Join(fmt.Errorf("open a database in memory: %w", err), db.Close())
	}
	return db, nil
}

const pragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_txlock=immediate"

func (db *DB) open(ctx context.Context, file string) error {
	var err error
	if file == "" {
		if db.write, err = sql.Open("sqlite", "file::memory:"+pragmas); err != nil {
			return err
		}
		db.read = db.write // a database in memory belongs to its one connection
	} else {
		if db.write, err = sql.Open("sqlite", file+pragmas); err != nil {
			return err
		}
		if db.read, err = sql.Open("sqlite", file+pragmas+"&_pragma=query_only(1)"); err != nil {
			return err
		}
		db.read.SetMaxOpenConns(8)
	}
	db.write.SetMaxOpenConns(1)
	db.write.SetConnMaxLifetime(0)
	db.write.SetConnMaxIdleTime(0)
	return db.migrate(ctx)
}

func (db *DB) migrate(ctx context.Context) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.write, folder)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	return nil
}

// SQL is the writing side, for the job queue and the sessions, which keep tables of their own beside ours.
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

// Update runs fn in one writing transaction, which is undone when fn returns an error.
func (db *DB) Update(ctx context.Context, fn func(procedures.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return explain("write to the database", err)
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, undone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return explain("write to the database", err)
	}
	return nil
}

func undone(err error) error {
	if err == nil || errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return fmt.Errorf("undo: %w", err)
}

func (db *DB) reading() *database.Queries { return database.New(db.read) }

func in(tx procedures.Tx) *database.Queries { return database.New(tx) }

// explain says what a database's error means and what to do.
func explain(attempt string, err error) error {
	var e *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", attempt, err)
	case errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL:
		return procedures.Errorf(procedures.CodeUnavailable, "%s: the disk is full; nothing was changed. Make room and press again: %w", attempt, err)
	case errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_READONLY:
		return procedures.Errorf(procedures.CodeUnavailable, "%s: the database file may not be written; see the permissions of its folder: %w", attempt, err)
	case errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB):
		return procedures.Errorf(procedures.CodeUnavailable, "%s: the database file is damaged; put a backup in its place: %w", attempt, err)
	}
	return procedures.Errorf(procedures.CodeUnavailable, "%s: %w", attempt, err)
}

// Conflicts reports whether an error is about a row that has to be the only one.
func (db *DB) Conflicts(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
