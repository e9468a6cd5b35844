package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/opsbook/opsbook/internal/procedures"
)

// lockFolder keeps other servers out of a data folder for as long as the file is open. The lock is
// flock(2)'s, which the system gives back when the process ends, after a crash too; the file's text only
// says who has it.
func lockFolder(folder string) (*os.File, error) {
	name := filepath.Join(folder, "lock")
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	// The lock ends with the process, however it ends: the file stays and says nothing.
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(file, 100))
		_ = file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, procedures.Errorf(procedures.CodeConflict,
				"the data folder %s is in use by the server with %s; end it, or name another folder with --data",
				folder, strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("lock the data folder %s: %w", folder, err)
	}
	if err := file.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(file, "process id %d\n", os.Getpid())
	}
	return file, nil
}

// Describe adds what others should know of this holder, such as its address, to the lock.
func (db *DB) Describe(what string) {
	if db.lock != nil {
		if err := db.lock.Truncate(0); err == nil {
			_, _ = db.lock.WriteAt(fmt.Appendf(nil, "process id %d at %s\n", os.Getpid(), what), 0)
		}
	}
}
