package interpret

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// count counts the files and pipes that the interpreter opens, and the functions that it calls.
func (r *running) count(_ context.Context, pos syntax.Pos, descriptors, depth int) (release func(), err error) {
	return r.take(shell.LineOf(r.script, pos), descriptors, depth)
}

// take counts descriptors and calls of functions, and stops the step where they are too many.
// release gives them back, however often it is called. line is for the message, 0 where it is not
// known.
func (r *running) take(line, descriptors, depth int) (release func(), err error) {
	if err := r.used.take(descriptors, depth, r.limits); err != nil {
		if errors.Is(err, errDepth) {
			r.over(line, limits.StepDepth, int64(r.limits.Depth))
		} else {
			r.over(line, limits.StepDescriptors, int64(r.limits.Descriptors))
		}
		return nil, err
	}
	return sync.OnceFunc(func() { r.used.give(descriptors, depth) }), nil
}

// countedFiles are the files of a command: those that it has open count.
type countedFiles struct {
	procedures.Files
	take func() (release func(), err error)
}

// Open implements procedures.Files.
func (c countedFiles) Open(name string) (fs.File, error) {
	release, err := c.take()
	if err != nil {
		return nil, err
	}
	file, err := c.Files.Open(name)
	if err != nil {
		release()
		return nil, err
	}
	return &countedFile{file, release}, nil
}

// Create implements procedures.Files.
func (c countedFiles) Create(name string, appending bool) (io.WriteCloser, error) {
	release, err := c.take()
	if err != nil {
		return nil, err
	}
	file, err := c.Files.Create(name, appending)
	if err != nil {
		release()
		return nil, err
	}
	return &countedWriter{file, release}, nil
}

// countedFile and countedWriter give their descriptor back when they are closed.
type countedFile struct {
	fs.File
	release func()
}

// ReadDir implements fs.ReadDirFile where the file does.
func (f *countedFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if dir, ok := f.File.(fs.ReadDirFile); ok {
		return dir.ReadDir(n)
	}
	return nil, fs.ErrInvalid
}

// Close implements fs.File.
func (f *countedFile) Close() error {
	defer f.release()
	return f.File.Close()
}

type countedWriter struct {
	io.WriteCloser
	release func()
}

// Stat is that of the file on disk.
func (w *countedWriter) Stat() (fs.FileInfo, error) { return statOf(w.WriteCloser) }

// Close implements io.Closer.
func (w *countedWriter) Close() error {
	defer w.release()
	return w.WriteCloser.Close()
}

// input is a file that a statement reads, as one of the system: what is none comes through a pipe, whose other end is closed with
// the file. The interpreter would make such a pipe by itself, and not close it.
func input(file fs.File) (*os.File, error) {
	if file, ok := file.(*os.File); ok {
		return file, nil
	}
	return piped(file, file.Close)
}

// piped is what a reader reads, as a file. Closing it ends the reading; done is called then, or at the reader's end.
// The goroutine ends with the reader, or with its first write after the file was closed. The
// caller closes the file.
func piped(from io.Reader, done func() error) (*os.File, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = io.Copy(writer, from)
		_ = writer.Close()
		_ = done()
	}()
	return reader, nil
}

// maxSources bounds the sources of functions that are kept, in bytes: those of functions in functions repeat one another.
const maxSources = 4 << 20

// functionSources are the sources of the functions that a script declares, by their bodies.
// They are what ScriptState keeps of a function.
func functionSources(files ...*syntax.File) map[*syntax.Stmt]string {
	out := map[*syntax.Stmt]string{}
	printer, size := syntax.NewPrinter(), 0
	for _, file := range files {
		syntax.Walk(file, func(n syntax.Node) bool {
			if f, ok := n.(*syntax.FuncDecl); ok && size < maxSources {
				var b strings.Builder
				if printer.Print(&b, f.Body) == nil {
					out[f.Body] = b.String()
					size += b.Len()
				}
			}
			return true
		})
	}
	return out
}
