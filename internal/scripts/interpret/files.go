package interpret

import (
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Folder is the files that a run sees: its own folder over the runbooks' folder, which is only read.
// It implements procedures.Files, with names as in a script whose folder is /.
// A script sees one tree: what it writes goes to Own and hides the runbooks' file of the same
// name, which stays as it is. Names that lead out of it by .. are refused with fs.ErrPermission.
type Folder struct {
	Own  *os.Root // the run's own files; nil allows none to be made
	Over fs.FS    // the runbooks'; nil for none
}

// inside turns a script's name into one below the folder. os.Root and fs.FS refuse what leads outside.
// A zero byte is refused, as no file system takes one.
func inside(name string) (string, error) {
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	if strings.HasPrefix(path.Clean(name), "..") || strings.ContainsRune(name, 0) {
		return "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	if clean == "" {
		clean = "."
	}
	return clean, nil
}

// Open opens a file for reading: the run's own if there is one.
func (f *Folder) Open(name string) (fs.File, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	if f.Own != nil {
		if file, err := f.Own.Open(clean); err == nil {
			return file, nil
		}
	}
	if f.Over == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.Over.Open(clean)
}

// Create opens a file of the run for writing. Folders on its way that the runbooks' folder has are made.
// Files are readable by the server's user alone (0600, folders 0700).
func (f *Folder) Create(name string, appending bool) (io.WriteCloser, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	if f.Own == nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrPermission}
	}
	if dir := path.Dir(clean); f.Over != nil && dir != "." {
		if info, err := fs.Stat(f.Over, dir); err == nil && info.IsDir() {
			if err := f.Own.MkdirAll(dir, 0o700); err != nil {
				return nil, err
			}
		}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if appending {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	return f.Own.OpenFile(clean, flags, 0o600)
}

// Stat describes a file.
// Without any files the folder itself is there, and empty.
func (f *Folder) Stat(name string) (fs.FileInfo, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	if f.Own != nil {
		if info, err := f.Own.Stat(clean); err == nil {
			return info, nil
		}
	}
	if f.Over == nil {
		if clean == "." {
			return dirInfo{}, nil
		}
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return fs.Stat(f.Over, clean)
}

// ReadDir lists a folder: the run's own files and the runbooks' together.
// A name in both is listed once, as the run's.
func (f *Folder) ReadDir(name string) ([]fs.DirEntry, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	var out []fs.DirEntry
	seen := map[string]bool{}
	if f.Own != nil {
		if list, err := fs.ReadDir(f.Own.FS(), clean); err == nil {
			for _, e := range list {
				seen[e.Name()] = true
				out = append(out, e)
			}
		}
	}
	if f.Over != nil {
		list, err := fs.ReadDir(f.Over, clean)
		if err != nil && out == nil {
			return nil, err
		}
		for _, e := range list {
			if !seen[e.Name()] {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// Remove removes a file of the run.
// A file of the runbooks' folder cannot be removed.
func (f *Folder) Remove(name string) error {
	clean, err := inside(name)
	if err != nil || f.Own == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrPermission}
	}
	return f.Own.Remove(clean)
}

// Mkdir makes a folder of the run.
func (f *Folder) Mkdir(name string) error {
	clean, err := inside(name)
	if err != nil || f.Own == nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrPermission}
	}
	return f.Own.Mkdir(clean, 0o700)
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

// dirInfo is the empty folder of a run without any.
type dirInfo struct{ fs.FileInfo }

func (dirInfo) Name() string      { return "." }
func (dirInfo) IsDir() bool       { return true }
func (dirInfo) Mode() fs.FileMode { return fs.ModeDir | 0o700 }
func (dirInfo) Size() int64       { return 0 }

// under resolves a command's names against the script's current folder.
type under struct {
	files procedures.Files
	dir   string
}

// A name that leads out of the tree becomes "..", which every folder refuses.
func (u under) at(name string) string {
	if path.IsAbs(name) {
		return name
	}
	joined := path.Join(u.dir, name)
	if strings.HasPrefix(path.Clean(strings.TrimPrefix(u.dir, "/")+"/"+name), "..") {
		return ".." // leads outside
	}
	return joined
}

// Open, Create and the others implement procedures.Files. Writing to /dev/null makes no file.
func (u under) Open(name string) (fs.File, error) { return u.files.Open(u.at(name)) }
func (u under) Create(name string, appending bool) (io.WriteCloser, error) {
	if name == "/dev/null" {
		return nowhere{}, nil
	}
	return u.files.Create(u.at(name), appending)
}
func (u under) Stat(name string) (fs.FileInfo, error)      { return u.files.Stat(u.at(name)) }
func (u under) ReadDir(name string) ([]fs.DirEntry, error) { return u.files.ReadDir(u.at(name)) }
func (u under) Remove(name string) error                   { return u.files.Remove(u.at(name)) }
func (u under) Mkdir(name string) error                    { return u.files.Mkdir(u.at(name)) }
func (u under) Chtimes(name string, at time.Time) error    { return u.files.Chtimes(u.at(name), at) }

// nowhere is /dev/null.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }
func (nowhere) Read([]byte) (int, error)    { return 0, io.EOF }
