package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver
)

// Open opens the SQLite database in a folder, which is made where it is not there, and brings its tables
// up to date. A folder that another server holds is an error that names its process.
func Open(ctx context.Context, folder string) (*DB, error) {
	if err := private(folder); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, FileName)
	db := &DB{Path: path, lock: lock, replica: newReplica()}
	if err := privateFile(path); err != nil {
		return nil, errors.Join(fmt.Errorf("make the database %s: %w", path, err), db.Close())
	}
	if err := writable(path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	err = undamaged(ctx, path)
	if err == nil {
		err = db.openSQLite(ctx, fileURL(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, explain("open it", err)), db.Close())
	}
	return db, nil
}

// FileName is the name of the database in its folder. SQLite gives its -wal and -shm the same permissions.
const FileName = "opsbook.db"

// private makes a folder where there is none: its owner's alone, whatever the umask.
func private(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.Chmod(folder, 0o700) //nolint:gosec // a folder is entered by its owner
}

// privateFile makes an empty file where there is none: its owner's alone, whatever the umask.
func privateFile(name string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(0o600), file.Close())
}

// pragmas are those of each connection (https://www.sqlite.org/pragma.html). In WAL mode readers and the
// writer do not wait for each other; with synchronous FULL each commit is on the disk before it is answered, so that a
// loss of power costs nothing that was acknowledged. The time-out is in milliseconds. A transaction takes the writer's lock when it
// begins, since one that has read cannot wait for it.
const pragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)" +
	"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"

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
