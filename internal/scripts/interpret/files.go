package interpret

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Folder is the files that a run sees: its own folder over the runbooks' folder, which is only read.
// It implements procedures.Files, with names as in a script whose folder is /.
// A script sees one tree: what it writes goes to Own and hides the runbooks' file of the same
// name, which stays as it is. Names that lead out of it, by .. or by a link that a program made, are refused with
// fs.ErrPermission, and so is what is no file. /tmp is there from the beginning and is the run's own; a listing of /
// does not show it, so that a transfer of the whole folder leaves it behind.
// What its own files hold is bounded while they are written: see limits.RunBytes and limits.RunFiles.
type Folder struct {
	Own  *os.Root // the run's own files; nil allows none to be made
	Over fs.FS    // the runbooks'; nil for none

	quota quota
}

// inside turns a script's name into one below the folder. os.Root and fs.FS refuse what leads outside.
// A zero byte is refused, as no file system takes one.
func inside(name string) (string, error) {
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	if strings.HasPrefix(path.Clean(name), "..") || strings.ContainsRune(name, 0) {
		return "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	if len(clean) >= mostPath {
		return "", &fs.PathError{Op: "open", Path: name, Err: syscall.ENAMETOOLONG}
	}
	if clean == "" {
		clean = "."
	}
	return clean, nil
}

// mostPath bounds a path as Linux does (PATH_MAX). os.Root opens folder by folder and would go as deep as it is told.
const mostPath = 4096

// tmp is the run's own /tmp, below Own.
const tmp = "tmp"

// FileMode and FolderMode are those of what a script makes.
const (
	FileMode   fs.FileMode = 0o644
	FolderMode fs.FileMode = 0o755
)

// own opens or describes something of the run's own files, and of the runbooks' where the run has nothing of the name.
func own[T any](f *Folder, op, name string, mine func(clean string) (T, error), theirs func(clean string) (T, error)) (T, error) {
	var none T
	clean, err := inside(name)
	if err != nil {
		return none, err
	}
	err = &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	if f.Own != nil {
		var found T
		if found, err = mine(clean); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return found, err
		}
	}
	if f.Over == nil {
		return none, err
	}
	return theirs(clean)
}

// Made reports whether a file is the run's own, which may hold what a person typed.
func (f *Folder) Made(name string) bool {
	clean, err := inside(name)
	if err != nil || f.Own == nil {
		return false
	}
	_, err = f.Own.Lstat(clean)
	return err == nil
}

// Open opens a file for reading: the run's own if there is one.
func (f *Folder) Open(name string) (fs.File, error) {
	return own(f, "open", name, func(clean string) (fs.File, error) {
		file, err := confined.Open(f.Own, clean, false)
		if err != nil {
			return nil, err // and no *os.File that is nil
		}
		return file, nil
	}, func(clean string) (fs.File, error) { return f.Over.Open(clean) })
}

// Create opens a file of the run for writing. Folders on its way that the runbooks' folder has are made.
// What is made has the mode that a script under umask 022 sees, FileMode; that nobody else reads it is seen to by the folder of the run,
// which nobody else enters.
func (f *Folder) Create(name string, appending bool) (io.WriteCloser, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	if f.Own == nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrPermission}
	}
	if err := f.folderOf(clean); err != nil {
		return nil, err
	}
	before, err := f.Own.Stat(clean)
	if err != nil {
		if err := f.room(1); err != nil {
			return nil, err
		}
	}
	file, err := confined.Create(f.Own, clean, appending)
	if err != nil {
		return nil, err
	}
	if before == nil {
		if err := file.Chmod(FileMode); err != nil { // whatever the umask of the server
			return nil, errors.Join(err, file.Close())
		}
	} else if !appending {
		f.quota.freed(before.Size())
	}
	return &boundedFile{file, f}, nil
}

// folderOf makes the folder that something is in where it is there without the run's having made it: /tmp, and those of
// the runbooks.
func (f *Folder) folderOf(clean string) error {
	dir := path.Dir(clean)
	made := dir == tmp
	if f.Over != nil && dir != "." && !made {
		info, err := fs.Stat(f.Over, dir)
		made = err == nil && info.IsDir()
	}
	if !made {
		return nil
	}
	if _, err := f.Own.Stat(dir); err == nil {
		return nil
	}
	if err := f.room(strings.Count(dir, "/") + 1); err != nil {
		return err
	}
	return f.Own.MkdirAll(dir, 0o700)
}

// Stat describes a file.
// Without any files the folder itself is there, and empty.
func (f *Folder) Stat(name string) (fs.FileInfo, error) {
	info, err := own(f, "stat", name, func(clean string) (fs.FileInfo, error) { return confined.Stat(f.Own, clean) },
		func(clean string) (fs.FileInfo, error) { return fs.Stat(f.Over, clean) })
	if errors.Is(err, fs.ErrNotExist) && f.always(name) {
		return dirInfo{}, nil
	}
	return info, err
}

// always reports that a folder is there whatever the run has made: its own, and /tmp.
func (f *Folder) always(name string) bool {
	clean, err := inside(name)
	return err == nil && (clean == "." || clean == tmp)
}

// ReadDir lists a folder: the run's own files and those beside the runbooks together.
// A name in both is listed once, as the run's. The runbooks themselves are left out, as they are nothing that a script works with: "*" and
// find would take them for its files. By their names they can be opened.
func (f *Folder) ReadDir(name string) ([]fs.DirEntry, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	var out []fs.DirEntry
	seen, there := map[string]bool{}, f.always(name)
	err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	if f.Own != nil {
		var list []fs.DirEntry
		if list, err = confined.ReadDir(f.Own, clean); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		there = there || err == nil
		for _, e := range list {
			if clean == "." && e.Name() == tmp {
				continue
			}
			seen[e.Name()] = true
			out = append(out, e)
		}
	}
	if f.Over != nil {
		var list []fs.DirEntry
		if list, err = fs.ReadDir(f.Over, clean); err == nil {
			there = true
		}
		for _, e := range list {
			if !seen[e.Name()] && (e.IsDir() || !procedures.IsRunbook(e.Name())) {
				out = append(out, e)
			}
		}
	}
	if !there {
		return nil, err
	}
	return out, nil
}

// Temporary is the folder on the server that is the run's /tmp, made where it is not there; empty where the run has none.
// It is what a program is given as TMPDIR.
func (f *Folder) Temporary() (string, error) {
	if f.Own == nil {
		return "", nil
	}
	if err := f.Own.MkdirAll(tmp, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(f.Own.Name(), tmp), nil
}

// Remove removes a file of the run.
// A file of the runbooks' folder cannot be removed.
func (f *Folder) Remove(name string) error {
	clean, err := inside(name)
	if err != nil || f.Own == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrPermission}
	}
	info, statErr := f.Own.Stat(clean)
	err = f.Own.Remove(clean)
	if err == nil && statErr == nil {
		f.quota.removed(info)
	}
	return err
}

// Mkdir makes a folder of the run.
func (f *Folder) Mkdir(name string) error {
	clean, err := inside(name)
	if err != nil || f.Own == nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrPermission}
	}
	if err := f.folderOf(clean); err != nil {
		return err
	}
	if _, err := f.Own.Stat(clean); err != nil {
		if err := f.room(1); err != nil {
			return err
		}
	}
	if err := f.Own.Mkdir(clean, FolderMode); err != nil {
		return err
	}
	return f.Own.Chmod(clean, FolderMode)
}

// Chtimes sets when a file of the run was changed last.
// at is both times of the file.
func (f *Folder) Chtimes(name string, at time.Time) error {
	clean, err := inside(name)
	if err != nil || f.Own == nil {
		return &fs.PathError{Op: "chtimes", Path: name, Err: fs.ErrPermission}
	}
	return f.Own.Chtimes(clean, at, at)
}

// Chmod sets who may read, write and execute a file of the run.
func (f *Folder) Chmod(name string, mode fs.FileMode) error {
	clean, err := inside(name)
	if err != nil || f.Own == nil {
		return &fs.PathError{Op: "chmod", Path: name, Err: fs.ErrPermission}
	}
	if _, err := confined.Stat(f.Own, clean); err != nil {
		return err
	}
	return f.Own.Chmod(clean, mode.Perm())
}

// dirInfo is the empty folder of a run without any.
type dirInfo struct{ fs.FileInfo }

func (dirInfo) Name() string       { return "." }
func (dirInfo) IsDir() bool        { return true }
func (dirInfo) Mode() fs.FileMode  { return fs.ModeDir | FolderMode }
func (dirInfo) Size() int64        { return 0 }
func (dirInfo) ModTime() time.Time { return time.Time{} }
func (dirInfo) Sys() any           { return nil }
