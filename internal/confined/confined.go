// Package confined opens files of a folder and of nothing outside of it: links are followed as far as they stay below
// it, and what is no file (a device, a pipe, a socket) is neither opened nor waited for. What is checked is the file
// that was opened, so that nothing can be put in its place between the check and the use.
package confined

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// What a folder refuses; both are fs.ErrPermission.
var (
	// ErrOutside is a name, or a link on its way, that leads out of the folder.
	ErrOutside = fmt.Errorf("%w: it leads outside of its folder", fs.ErrPermission)
	// ErrSpecial is a device, a pipe or a socket.
	ErrSpecial = fmt.Errorf("%w: it is a device, a pipe or a socket", fs.ErrPermission)
	// ErrShared is a file of a run that has another name somewhere, which may be outside of the run's folder.
	ErrShared = fmt.Errorf("%w: it is a hard link, and the file has another name elsewhere", fs.ErrPermission)
)

// escapes is how os.Root words a name that leads outside; its error has no identity of its own.
const escapes = "path escapes from parent"

// refused words an error of os.Root: what leads outside is ErrOutside. The path is the one that the caller knows.
func refused(op, name string, err error) error {
	var p *fs.PathError
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), escapes):
		err = ErrOutside
	case errors.As(err, &p):
		err = p.Err
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// kept keeps a file that is one, or closes it. shared allows files with more than one name.
func kept(file *os.File, op, name string, shared bool) (*os.File, error) {
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.IsDir() && !info.Mode().IsRegular():
		err = ErrSpecial
	case !shared && names(info) > 1:
		err = ErrShared
	default:
		return file, nil
	}
	_ = file.Close()
	return nil, &fs.PathError{Op: op, Path: name, Err: err}
}

// Open opens a file or folder below a root for reading. shared says whether files may have several names (hard links):
// those of a checkout may, those of a run may not.
func Open(root *os.Root, name string, shared bool) (*os.File, error) {
	if info, err := root.Stat(name); err != nil {
		return nil, refused("open", name, err)
	} else if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrSpecial} // opening a device may do something already
	}
	// Without waiting: a pipe may have come in its place.
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, refused("open", name, err)
	}
	return kept(file, "open", name, shared)
}

// Create opens a file below a root for writing: emptied, or at its end when appending. It is made where it is not
// there, for the server's user alone. A folder, and what is no file, is an error, and nothing of it is changed.
func Create(root *os.Root, name string, appending bool) (*os.File, error) {
	switch info, err := root.Stat(name); {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "create", Path: name, Err: syscall.EISDIR}
	case err == nil && !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "create", Path: name, Err: ErrSpecial}
	}
	flags := os.O_WRONLY | os.O_CREATE | syscall.O_NONBLOCK
	if appending {
		flags |= os.O_APPEND
	}
	// It is emptied when it is known what it is.
	file, err := root.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, refused("create", name, err)
	}
	if file, err = kept(file, "create", name, false); err != nil || appending {
		return file, err
	}
	if err := file.Truncate(0); err != nil {
		_ = file.Close()
		return nil, refused("create", name, err)
	}
	return file, nil
}

// Stat describes what is at a name below a root, links followed.
func Stat(root *os.Root, name string) (fs.FileInfo, error) {
	info, err := root.Stat(name)
	return info, refused("stat", name, err)
}

// ReadDir lists a folder below a root in the order of the names.
func ReadDir(root *os.Root, name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(root.FS(), name)
	return list, refused("open", name, err)
}

// Dir is the files of a folder as a file system. The folder is found anew at each call, so one that was replaced, or
// that is a link which was turned to another folder, is the new one. A link inside of it is followed where it is
// relative and stays inside, as those by which Kubernetes swaps the files of a ConfigMap do.
type Dir string

// in does something below the folder as it is now.
func in[T any](d Dir, op, name string, do func(root *os.Root) (T, error)) (T, error) {
	var none T
	if !fs.ValidPath(name) {
		return none, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return none, err
	}
	defer root.Close()
	return do(root)
}

// Open implements fs.FS.
func (d Dir) Open(name string) (fs.File, error) {
	file, err := in(d, "open", name, func(root *os.Root) (*os.File, error) { return Open(root, name, true) })
	if err != nil {
		return nil, err // and no *os.File that is nil
	}
	return file, nil
}

// Stat implements fs.StatFS.
func (d Dir) Stat(name string) (fs.FileInfo, error) {
	return in(d, "stat", name, func(root *os.Root) (fs.FileInfo, error) { return Stat(root, name) })
}

// ReadDir implements fs.ReadDirFS.
func (d Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	return in(d, "open", name, func(root *os.Root) ([]fs.DirEntry, error) { return ReadDir(root, name) })
}

// Lstat implements fs.ReadLinkFS.
func (d Dir) Lstat(name string) (fs.FileInfo, error) {
	return in(d, "lstat", name, func(root *os.Root) (fs.FileInfo, error) {
		info, err := root.Lstat(name)
		return info, refused("lstat", name, err)
	})
}

// ReadLink implements fs.ReadLinkFS.
func (d Dir) ReadLink(name string) (string, error) {
	return in(d, "readlink", name, func(root *os.Root) (string, error) {
		target, err := root.Readlink(name)
		return target, refused("readlink", name, err)
	})
}
