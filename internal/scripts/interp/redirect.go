// This file is Opsbook's: redirections of any descriptor.

package interp

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"strconv"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/syntax"
)

// descriptor is an open file above those of standard input, output and errors: it is read, or written.
type descriptor struct {
	reads bool // in is what is read, nil where there is nothing
	in    stdinFile
	input input
	out   io.Writer
}

// closedWriter is a descriptor that was closed.
type closedWriter struct{}

func (closedWriter) Write([]byte) (int, error) { return 0, syscall.EBADF }

// setReader sets what a descriptor is read from.
func (r *Runner) setReader(n int, in stdinFile, from input) {
	if n == 0 {
		r.stdin, r.input, r.piped = in, from, nil
		return
	}
	r.setDescriptor(n, &descriptor{reads: true, in: in, input: from})
}

// setWriter sets where a descriptor is written to.
func (r *Runner) setWriter(n int, out io.Writer) {
	switch n {
	case 1:
		r.stdout = out
	case 2:
		r.stderr = out
	default:
		r.setDescriptor(n, &descriptor{out: out})
	}
}

func (r *Runner) setDescriptor(n int, d *descriptor) {
	fds := maps.Clone(r.fds) // the statement around keeps its own
	if fds == nil {
		fds = map[int]*descriptor{}
	}
	if d == nil {
		delete(fds, n)
	} else {
		fds[n] = d
	}
	r.fds = fds
}

// badDescriptor is an error of a descriptor that is not open.
func badDescriptor(n string) error { return fmt.Errorf("%s: Bad file descriptor", n) }

// duplicate lets a descriptor be another one, from then on.
func (r *Runner) duplicate(n int, of string, reads bool) error {
	from, err := strconv.Atoi(of)
	if err != nil {
		return fmt.Errorf("%s: ambiguous redirect", of)
	}
	switch d := r.fds[from]; {
	case d != nil:
		if d.reads {
			r.setReader(n, d.in, d.input)
		} else {
			r.setWriter(n, d.out)
		}
	case from == 0 && r.stdin != nil:
		r.setReader(n, r.stdin, r.input)
	case from == 1 && r.stdout != io.Writer(closedWriter{}):
		r.setWriter(n, r.stdout)
	case from == 2 && r.stderr != io.Writer(closedWriter{}):
		r.setWriter(n, r.stderr)
	case from == 0 && reads:
		r.setReader(n, nil, inputAnything)
	default:
		return badDescriptor(of)
	}
	return nil
}

// closeDescriptor closes one.
func (r *Runner) closeDescriptor(n int) {
	switch n {
	case 0:
		r.stdin, r.input, r.piped = nil, inputAnything, nil
	case 1, 2:
		r.setWriter(n, closedWriter{})
	default:
		r.setDescriptor(n, nil)
	}
}

// redirectedDescriptor is which descriptor a redirection is of.
func (r *Runner) redirectedDescriptor(rd *syntax.Redirect) (int, error) {
	if rd.N == nil {
		switch rd.Op {
		case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			return 0, nil
		}
		return 1, nil
	}
	if name, ok := strings.CutPrefix(rd.N.Value, "{"); ok {
		name = strings.TrimSuffix(name, "}")
		if rd.Word.Lit() == "-" && (rd.Op == syntax.DplIn || rd.Op == syntax.DplOut) {
			n, err := strconv.Atoi(r.envGet(name))
			if err != nil {
				return 0, fmt.Errorf("%s: Bad file descriptor", name)
			}
			r.lasting = append(r.lasting, n)
			return n, nil
		}
		n := 10
		for r.fds[n] != nil {
			n++
		}
		r.setVarString(name, strconv.Itoa(n))
		r.lasting = append(r.lasting, n)
		return n, nil
	}
	return strconv.Atoi(rd.N.Value)
}

// redir carries a redirection out. What it returns is closed when the statement has ended.
func (r *Runner) redir(ctx context.Context, rd *syntax.Redirect) (io.Closer, error) {
	n, err := r.redirectedDescriptor(rd)
	if err != nil {
		return nil, fmt.Errorf("unsupported redirect fd: %v", rd.N.Value)
	}
	open := outputDescriptors
	switch rd.Op {
	case syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		open = documentDescriptors
	case syntax.RdrIn, syntax.RdrInOut:
		open = inputDescriptors
	case syntax.DplIn, syntax.DplOut:
		open = 0
	}
	release, ok := r.taken(ctx, rd.Pos(), open, 0)
	if !ok {
		return nil, r.exit.err
	}
	closer, err := r.redirTo(ctx, n, rd)
	if err != nil {
		release()
		return nil, err
	}
	return closing{closer, release}, nil
}

// closing closes a file, and gives back what was counted for it.
type closing struct {
	file    io.Closer
	release func()
}

// Close implements io.Closer.
func (c closing) Close() error {
	defer c.release()
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

func (r *Runner) redirTo(ctx context.Context, n int, rd *syntax.Redirect) (io.Closer, error) {
	// Note that Hdoc is nil for an empty here-document.
	if rd.Op == syntax.Hdoc || rd.Op == syntax.DashHdoc {
		pr, from, err := r.hdocReader(rd)
		if err != nil {
			return nil, err
		}
		r.setReader(n, pr, from)
		return pr, nil
	}
	before := r.within
	own := &extent{around: before}
	r.within = own
	arg := ""
	if rd.Op == syntax.WordHdoc {
		arg = r.hereString(rd.Word)
	} else if fields := r.fields(rd.Word); len(fields) == 1 {
		arg = fields[0].Str
	} else if r.exit.ok() && !r.exit.exiting {
		r.within = before
		return nil, fmt.Errorf("%s: ambiguous redirect", r.source(rd.Word))
	}
	r.within = before
	if r.exit.exiting {
		return nil, errExpansion
	}
	switch rd.Op {
	case syntax.WordHdoc:
		pr, pw, err := newPipe()
		if err != nil {
			return nil, err
		}
		r.setReader(n, pr, own.input())
		// We write to the pipe in a new goroutine,
		// as pipe writes may block once the buffer gets full.
		go func() { // an end of the statement closes its other end, and so ends it
			io.WriteString(pw, arg)
			io.WriteString(pw, "\n")
			pw.Close()
		}()
		return pr, nil
	case syntax.DplOut, syntax.DplIn:
		switch from, moved := strings.CutSuffix(arg, "-"); {
		case arg == "-":
			r.closeDescriptor(n)
			return nil, nil
		case moved && strings.Trim(from, "0123456789") == "":
			if err := r.duplicate(n, from, rd.Op == syntax.DplIn); err != nil {
				return nil, err
			}
			if was, _ := strconv.Atoi(from); was != n {
				r.closeDescriptor(was)
			}
			return nil, nil
		case strings.Trim(arg, "0123456789") == "" || rd.Op == syntax.DplIn || rd.N != nil:
			return nil, r.duplicate(n, arg, rd.Op == syntax.DplIn)
		}
	}
	mode := os.O_RDONLY
	switch rd.Op {
	case syntax.AppOut, syntax.AppAll:
		mode = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	case syntax.RdrOut, syntax.RdrClob, syntax.RdrAll, syntax.RdrAllClob, syntax.DplOut:
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	case syntax.RdrIn:
	default:
		return nil, fmt.Errorf("unhandled redirect op: %v", rd.Op)
	}
	if arg == "" {
		return nil, fmt.Errorf("%s: No such file or directory", arg)
	}
	if r.opts[optNoClobber] && (rd.Op == syntax.RdrOut || rd.Op == syntax.RdrAll) && arg != os.DevNull {
		if info, err := r.stat(ctx, arg); err == nil && info.Mode()&fs.ModeType == 0 {
			return nil, fmt.Errorf("%s: cannot overwrite existing file", arg)
		}
	}
	if s := r.substitutionAt(arg); s != nil {
		switch {
		case s.file != nil && mode == os.O_RDONLY:
			r.setReader(n, s.file, inputAnything)
		case s.to != nil && mode != os.O_RDONLY:
			r.setWriter(n, s.to)
		default:
			return nil, fmt.Errorf("%s: Permission denied", arg)
		}
		return nil, nil
	}
	if done, err := r.standard(n, arg, mode == os.O_RDONLY); done {
		return nil, err
	}
	if info, err := r.stat(ctx, arg); mode != os.O_RDONLY && err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: Is a directory", arg)
	}
	f, err := r.open(ctx, arg, mode, 0o644, false)
	if err != nil {
		return nil, err
	}
	switch rd.Op {
	case syntax.RdrIn:
		stdin, err := newStdinFile(f)
		if err != nil {
			return nil, err
		}
		r.setReader(n, stdin, inputAnything)
	case syntax.RdrAll, syntax.RdrAllClob, syntax.AppAll, syntax.DplOut:
		r.stdout = f
		r.stderr = f
	default:
		r.setWriter(n, f)
	}
	return f, nil
}

// standard redirects to /dev/stdout and its like, which are descriptors.
func (r *Runner) standard(n int, name string, reads bool) (done bool, err error) {
	of := ""
	switch name {
	case "/dev/stdin":
		of = "0"
	case "/dev/stdout":
		of = "1"
	case "/dev/stderr":
		of = "2"
	case "/dev/tty":
		if reads {
			return false, nil // nobody types
		}
		of = "2"
	default:
		var isDescriptor bool
		if of, isDescriptor = strings.CutPrefix(name, substitutionFolder); !isDescriptor {
			return false, nil
		}
	}
	return true, r.duplicate(n, of, reads)
}
