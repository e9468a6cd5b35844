package bind

import (
	"io/fs"
	"syscall"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Writable reports why a file could not be written, before what is to be written is asked for: nothing of a file that is
// there is changed, and one that is not there is made and taken away again.
func Writable(files procedures.Files, name string) error {
	info, err := files.Stat(name)
	if err == nil && info.IsDir() {
		return &fs.PathError{Op: "create", Path: name, Err: syscall.EISDIR}
	}
	f, failed := files.Create(name, true)
	if failed != nil {
		return failed
	}
	if failed = f.Close(); failed != nil || err == nil {
		return failed
	}
	return files.Remove(name)
}
