package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver
)

// Open opens the SQLite database in a folder, which is made where it is not there, and brings its tables
// up to date. A folder that another server holds is an error that names its process.
func Open(ctx context.Context, folder string) (*DB, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "opsbook.db")
	db := &DB{Path: path, lock: lock, replica: newReplica()}
	if err := db.openSQLite(ctx, "file:"+(&url.URL{Path: path}).EscapedPath()); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), db.Close())
	}
	return db, nil
}

// pragmas are those of each connection (https://www.sqlite.org/pragma.html). In WAL mode readers and the
// writer do not wait for each other; with synchronous NORMAL a loss of power may cost the last commits,
// but no consistency. The time-out is in milliseconds. A transaction takes the writer's lock when it
// begins, since one that has read cannot wait for it.
const pragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)" +
	"&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_txlock=immediate"

// openSQLite opens a file, or a database in memory where file is "".
func (db *DB) openSQLite(ctx context.Context, file string) error {
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
	return db.migrate(ctx, goose.DialectSQLite3)
}
