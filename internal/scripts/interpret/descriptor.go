package interpret

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/scripts/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// The interpreter opens pipes by itself, for | and for here-documents, and has no handler for it. It has one for a
// file that a statement is redirected to: it opens it before anything else of the statement, and closes it when the
// statement has ended, however that was. Every statement that needs descriptors, and the body of every function, is therefore
// redirected to a file that is none: opening it counts, closing it gives back.

// guardFolder begins the names of these files: the descriptors, the calls of functions and the line follow. No text of a script, and no
// value in it, can know the name.
var guardFolder = "/dev/opsbook-guard-" + rand.Text() + "/"

// guard lets the statements of a script be counted. first is the line of the text's first line in the messages, 0 for none.
// Redirecting standard error keeps where it goes: see count. The redirection is put before the
// others of its statement.
func guard(file *syntax.File, first int) {
	bodies := map[*syntax.Stmt]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			bodies[n.Body] = true
		case *syntax.CmdSubst:
			// $(<file)
			if len(n.Stmts) == 1 && n.Stmts[0].Cmd == nil && len(n.Stmts[0].Redirs) == 1 && n.Stmts[0].Redirs[0].Op == syntax.RdrIn {
				n.Stmts[0].Cmd = &syntax.CallExpr{Args: []*syntax.Word{literal(n.Pos(), printInput)}}
			}
		case *syntax.Stmt:
			descriptors, depth := statementDescriptors(n), 0
			if bodies[n] {
				depth = 1
			}
			if descriptors == 0 && depth == 0 {
				break
			}
			line := 0
			if first > 0 {
				line = first + int(n.Pos().Line()) - 1
			}
			name := fmt.Sprintf("%s%d/%d/%d", guardFolder, descriptors, depth, line)
			to := &syntax.Redirect{
				OpPos: n.Position, Op: syntax.RdrOut,
				N: &syntax.Lit{ValuePos: n.Position, ValueEnd: n.Position, Value: "2"}, Word: literal(n.Position, name),
			}
			n.Redirs = append([]*syntax.Redirect{to}, n.Redirs...)
		}
		return true
	})
}

// printInput is the name of the call that prints its standard input.
const printInput = "opsbook-print-input"

// statementDescriptors is how many descriptors the interpreter opens for a statement, at most.
// A duplicated descriptor (2>&1) opens none.
func statementDescriptors(s *syntax.Stmt) int {
	n := 0
	if b, ok := s.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) {
		n += pipeDescriptors
	}
	for _, r := range s.Redirs {
		switch r.Op {
		case syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			n += documentDescriptors
		case syntax.RdrIn, syntax.RdrInOut:
			n += inputDescriptors
		case syntax.DplIn, syntax.DplOut:
		default:
			n += outputDescriptors
		}
	}
	return n
}

// guarded is where a statement that is counted writes its errors to: where it would without.
type guarded struct {
	io.Writer
	release func()
}

// Read refuses: nothing reads from what a statement writes to.
func (*guarded) Read([]byte) (int, error) { return 0, fs.ErrPermission }

// Close implements io.Closer. What is written later, by a part of the statement that has not ended yet, arrives too.
func (g *guarded) Close() error {
	g.release()
	return nil
}

// unguarded is the writer that was there before.
func unguarded(w io.Writer) io.Writer {
	if g, ok := w.(*guarded); ok {
		return g.Writer
	}
	return w
}

// count counts a statement that begins; its counted part ends when the file is closed.
// The name is the one that guard wrote; anything else of that form in a script is a file that is
// not there.
func (r *running) count(ctx context.Context, name string) (io.ReadWriteCloser, error) {
	var descriptors, depth, line int
	if _, err := fmt.Sscanf(name, guardFolder+"%d/%d/%d", &descriptors, &depth, &line); err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	release, err := r.take(line, descriptors, depth)
	if err != nil {
		return nil, err
	}
	return &guarded{unguarded(interp.HandlerCtx(ctx).Stderr), release}, nil
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

// functionSources are the sources of the functions that a script declares, by their bodies, before anything is rewritten.
// They are what ScriptState keeps of a function, so the text has to be the script's own and not
// the rewritten one.
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
