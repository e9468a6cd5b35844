package interpret

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/scripts/interp"

	"github.com/opsbook/opsbook/internal/procedures"
)

// open is the interpreter's handler for redirections. A file that is written is reported with its
// size, in bytes, when it is closed.
func (r *running) open(ctx context.Context, name string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	reads := flag&(os.O_WRONLY|os.O_RDWR) == 0
	if name == "/dev/null" && !reads {
		return nowhere{}, nil
	}
	if reads && device(name, r.used.random) != nil {
		return openDevice(name, r.used.random)
	}
	files := r.under(interp.HandlerCtx(ctx).Dir)
	if reads {
		f, err := files.Open(name)
		if err != nil {
			return nil, pathError(name, err)
		}
		return input(f)
	}
	f, err := files.Create(name, flag&os.O_APPEND != 0)
	if err != nil {
		return nil, pathError(name, err)
	}
	h, at := interp.HandlerCtx(ctx), files.at(name)
	written := r.used.writes(at, flag&os.O_APPEND != 0)
	return &reportedFile{WriteCloser: f, holders: 1, done: func(size int64) {
		written(h.Typed())
		r.emit(procedures.Event{Kind: procedures.EventFile, Text: strings.TrimPrefix(r.Workspace.kept(files.at(name)), "/"), Size: size})
	}}, nil
}

// reportedFile tells how much was written when it is closed by all that hold it.
type reportedFile struct {
	io.WriteCloser
	done func(size int64)

	mu      sync.Mutex
	size    int64
	holders int
}

// Read refuses: the file is open for writing only.
func (n *reportedFile) Read([]byte) (int, error) { return 0, fs.ErrPermission }

// Write implements io.Writer.
func (n *reportedFile) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, err := n.WriteCloser.Write(p)
	n.size += int64(k)
	return k, err
}

// Stat is that of the file on disk, by which a command knows that it reads what it writes.
func (n *reportedFile) Stat() (fs.FileInfo, error) { return statOf(n.WriteCloser) }

// statOf is that of a file, behind what counts its bytes.
func statOf(w io.Writer) (fs.FileInfo, error) {
	if f, ok := w.(interface{ Stat() (fs.FileInfo, error) }); ok {
		return f.Stat()
	}
	return nil, fs.ErrInvalid
}

// Hold implements interp.Held.
func (n *reportedFile) Hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.holders++
}

// Close implements io.Closer, and reports the file before it is closed.
func (n *reportedFile) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.holders--; n.holders > 0 {
		return nil
	}
	n.done(n.size)
	return n.WriteCloser.Close()
}

// pathError is an error of the kind that the interpreter prints.
func pathError(name string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return &os.PathError{Op: "open", Path: name, Err: err}
}

// readDir, stat and access are the interpreter's handlers for patterns, tests and cd.
func (r *running) readDir(ctx context.Context, name string) ([]fs.DirEntry, error) {
	return r.under(interp.HandlerCtx(ctx).Dir).ReadDir(name)
}

func (r *running) stat(ctx context.Context, name string, _ bool) (fs.FileInfo, error) {
	info, err := r.under(interp.HandlerCtx(ctx).Dir).Stat(name)
	if err != nil && r.Rehearse && interp.HandlerCtx(ctx).Entering {
		// On the sandbox a folder that is not there is entered all the same. A test of a file is answered as it is.
		if !strings.Contains(path.Base(name), ".") {
			return dirInfo{}, nil
		}
	}
	return info, err
}

func (r *running) access(ctx context.Context, name string, mode interp.AccessMode) error {
	info, err := r.stat(ctx, name, true)
	if err == nil && mode == interp.AccessExec && !info.IsDir() && info.Mode()&0o111 == 0 {
		return fs.ErrPermission
	}
	return err
}
