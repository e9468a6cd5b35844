package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/opsbook/opsbook/internal/procedures"
)

// writable reports as an error that a database, or its folder, may not be written. It is asked before SQLite opens the
// file: SQLite would go on reading, and leave -wal and -shm with the same permissions, which stop the next start as well.
// Such files of an earlier start are made writable again where they are ours; they hold what was committed and are
// never deleted.
func writable(path string) error {
	if err := unix.Access(filepath.Dir(path), unix.W_OK|unix.X_OK); err != nil {
		return unwritable(filepath.Dir(path), err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrPermission) && name != path && os.Chmod(name, 0o600) == nil { // the owner may
			file, err = os.OpenFile(name, os.O_RDWR, 0)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return unwritable(name, err)
		default:
			_ = file.Close() // nothing was written
		}
	}
	return nil
}

// unwritable says whose a file is that may not be written, and what to do.
func unwritable(name string, err error) error {
	whose := ""
	var stat unix.Stat_t
	if unix.Stat(name, &stat) == nil {
		whose = fmt.Sprintf(" It belongs to the user %d and has the mode %04o; this process is the user %d.", stat.Uid, stat.Mode&0o7777,
			os.Geteuid())
	}
	return procedures.Errorf(procedures.CodeUnavailable,
		"%s may not be written, and nothing was changed: %w.%s Give the folder and all files in it to the user who starts Opsbook", name,
		err, whose)
}

// readable is how a file is opened that is only read. Where this process may not write, SQLite would leave files beside it
// that stop its own server: a database that nobody has open is read as it is then, and one in use by what its server has
// beside it.
func readable(path string) (parameters string) {
	if unix.Access(path, unix.W_OK) == nil && unix.Access(filepath.Dir(path), unix.W_OK) == nil {
		// Not mode=ro: the log beside the file may have to be read back, which writes its index.
		return ""
	}
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		return "&mode=ro&immutable=1"
	}
	return "&mode=ro"
}

// quickCheckTime bounds the check at the start; a database that is too large for it is checked by opsbook check.
const quickCheckTime = 5 * time.Second

// undamaged reports as an error that the file is damaged, before anything is written to it. See
// https://www.sqlite.org/pragma.html#pragma_quick_check.
func undamaged(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it only read
	ctx, cancel := context.WithTimeout(ctx, quickCheckTime)
	defer cancel()
	var found string
	err = db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return explain("check the database", err)
	case found != "ok":
		return procedures.Errorf(procedures.CodeUnavailable, "%s. The first that is wrong: %s", damaged, found)
	}
	return nil
}
