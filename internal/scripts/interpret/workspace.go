package interpret

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Workspace is the checkout in which programs run. A nil one is none.
type Workspace struct {
	Path  string // whole
	Files fs.FS  // what is in it, and nothing outside of it
}

// path is where scripts begin.
func (w *Workspace) path() string {
	if w == nil {
		return "/"
	}
	return w.Path
}

// inside is a folder or file of the workspace as one below it, beginning with a slash; what is not in it stays as it is.
func (w *Workspace) inside(name string) string {
	below, ok := w.below(name)
	if !ok {
		return name
	}
	return below
}

// workspaceTmp is where the run keeps what it writes into a folder tmp of the workspace: /tmp is the run's own, and
// another folder.
const workspaceTmp = "tmp of the workspace"

// kept is where the run keeps a file, as inside has it.
func (w *Workspace) kept(name string) string {
	below, ok := w.below(name)
	if rest, is := strings.CutPrefix(below+"/", "/"+tmp+"/"); ok && is {
		return strings.TrimSuffix("/"+workspaceTmp+"/"+rest, "/")
	}
	return w.inside(name)
}

// below is a name as one below the workspace, and whether it is in it.
func (w *Workspace) below(name string) (string, bool) {
	if w == nil {
		return name, false
	}
	if name = path.Clean(name); name == w.Path {
		return "/", true
	}
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(w.Path, "/")+"/")
	return "/" + rest, ok
}

// Over is what a script sees that runs in the workspace: the files of its run over those of the checkout, which are only read.
// Without a workspace the files are returned as they are.
func (w *Workspace) Over(files procedures.Files) procedures.Files {
	if w == nil {
		return files
	}
	return overlay{w, files}
}

// overlay is the run's files over the checkout's, with names as they are in the file system of the
// server.
type overlay struct {
	*Workspace
	run procedures.Files
}

// checkedOut opens a file of the checkout where the run has none.
func (o overlay) checkedOut(name string, err error) (fs.File, error) {
	below, ok := o.below(name)
	if !ok || !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if below = strings.TrimPrefix(below, "/"); below == "" {
		below = "."
	}
	return o.Files.Open(below)
}

// Made reports whether a file is the run's own.
func (o overlay) Made(name string) bool {
	run, ok := o.run.(interface{ Made(name string) bool })
	return ok && run.Made(o.inside(name))
}

// Open opens the run's file, else the checkout's.
func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.run.Open(o.kept(name))
	if err != nil {
		return o.checkedOut(name, err)
	}
	return f, nil
}

// Stat describes the run's file, else the checkout's.
func (o overlay) Stat(name string) (fs.FileInfo, error) {
	info, err := o.run.Stat(o.kept(name))
	if err == nil {
		return info, nil
	}
	f, err := o.checkedOut(name, err)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// ReadDir lists the run's files and the checkout's together.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	out, err := o.run.ReadDir(o.kept(name))
	below, ok := o.below(name)
	if !ok {
		return out, err
	}
	if below = strings.TrimPrefix(below, "/"); below == "" {
		below = "."
	}
	more, problem := fs.ReadDir(o.Files, below)
	if problem != nil {
		return out, err
	}
	seen := map[string]bool{workspaceTmp: true}
	for i, e := range out {
		if e.Name() == workspaceTmp && below == "." {
			out[i] = renamed{e, tmp}
		}
		seen[out[i].Name()] = true
	}
	for _, e := range more {
		if !seen[e.Name()] {
			out = append(out, e)
		}
	}
	return out, nil
}

// Create makes a file of the run, in a folder that the run has or the checkout.
func (o overlay) Create(name string, appending bool) (io.WriteCloser, error) {
	o.folders(name)
	return o.run.Create(o.kept(name), appending)
}

// folders makes the folders on the way to a file that the checkout has, for the run. What cannot be made is
// said by who needs it.
func (o overlay) folders(name string) {
	below, ok := o.below(path.Dir(name))
	if !ok {
		return
	}
	way := ""
	for part := range strings.SplitSeq(strings.Trim(below, "/"), "/") {
		if way = path.Join(way, part); way == "" {
			return
		}
		if info, err := fs.Stat(o.Files, way); err != nil || !info.IsDir() {
			return
		}
		if own := o.kept(path.Join(o.Path, way)); !isFolder(o.run, own) {
			_ = o.run.Mkdir(own)
		}
	}
}

// Remove removes a file of the run.
func (o overlay) Remove(name string) error { return o.run.Remove(o.kept(name)) }

// Mkdir makes a folder of the run.
func (o overlay) Mkdir(name string) error {
	o.folders(name)
	return o.run.Mkdir(o.kept(name))
}

// Chtimes sets when a file of the run was changed last.
func (o overlay) Chtimes(name string, at time.Time) error { return o.run.Chtimes(o.kept(name), at) }

// Chmod sets who may read, write and execute a file of the run.
func (o overlay) Chmod(name string, mode fs.FileMode) error {
	if f, ok := o.run.(interface {
		Chmod(name string, mode fs.FileMode) error
	}); ok {
		return f.Chmod(o.kept(name), mode)
	}
	return fs.ErrPermission
}

// Temporary is the run's /tmp on the server, empty where it has none.
func (o overlay) Temporary() (string, error) {
	if f, ok := o.run.(interface{ Temporary() (string, error) }); ok {
		return f.Temporary()
	}
	return "", nil
}

// isFolder reports whether a folder is there.
func isFolder(files procedures.Files, name string) bool {
	info, err := files.Stat(name)
	return err == nil && info.IsDir()
}

// renamed is an entry of a folder under another name.
type renamed struct {
	fs.DirEntry
	name string
}

// Name implements fs.DirEntry.
func (r renamed) Name() string { return r.name }
