// This file is Opsbook's: the ends of pipes that are written to.

package interp

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// sigPipe is the status of what has written where nobody reads any more.
const sigPipe = 128 + 13

// A pipe holds some bytes that nobody has read yet, and who writes begins before who reads: what is written at once is written before a
// reader could have ended. Here both begin at the same time, so that a short writer would end now with 0 and now with 141.
const (
	pipeHolds = 64 << 10 // bytes
	headStart = 40 * time.Millisecond
)

// Held is what several shells may write to: it ends when each of them has closed it.
type Held interface {
	io.WriteCloser
	Hold() // by one more shell
}

// pipeEnd is the end of a pipe that is written to. It is closed when nobody holds it any more.
type pipeEnd struct {
	to      io.WriteCloser
	holders atomic.Int32
	written atomic.Int64
	begun   time.Time
}

// newPipeEnd is a pipe whose writing end has one holder.
func newPipeEnd() (stdinFile, *pipeEnd, error) {
	pr, pw, err := newPipe()
	if err != nil {
		return nil, nil, err
	}
	p := &pipeEnd{to: pw, begun: time.Now()}
	p.Hold()
	return pr, p, nil
}

// Hold implements Held.
func (p *pipeEnd) Hold() { p.holders.Add(1) }

// Close implements Held.
func (p *pipeEnd) Close() error {
	if p.holders.Add(-1) == 0 {
		return p.to.Close()
	}
	return nil
}

// Write implements io.Writer.
func (p *pipeEnd) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	if written := p.written.Add(int64(len(b))); err != nil && isSigPipe(err) && written <= pipeHolds && time.Since(p.begun) < headStart {
		return len(b), nil
	}
	return n, err
}

// isSigPipe reports that nobody reads what was to be written.
func isSigPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// collecting is what a $(…) collects: it ends when nobody holds it any more, jobs included.
type collecting struct {
	io.Writer
	mu  sync.Mutex // jobs write beside their shell
	all sync.WaitGroup
}

// Hold implements Held.
func (c *collecting) Hold() { c.all.Add(1) }

// Close implements Held.
func (c *collecting) Close() error {
	c.all.Done()
	return nil
}

// Write implements io.Writer.
func (c *collecting) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Writer.Write(b)
}

// holdOutputs lets a shell that runs beside this one hold what it may write to, until the function is called that is returned.
func (r *Runner) holdOutputs() (release func()) {
	var held []Held
	add := func(w io.Writer) {
		if h, ok := w.(Held); ok {
			h.Hold()
			held = append(held, h)
		}
	}
	add(r.stdout)
	add(r.stderr)
	for _, d := range r.fds {
		add(d.out)
	}
	return sync.OnceFunc(func() {
		for _, h := range held {
			h.Close()
		}
	})
}

// exec runs what is neither a builtin nor a function. What writes to a pipe that nobody reads ends as by SIGPIPE.
func (r *Runner) exec(ctx context.Context, pos syntax.Pos, args []string) {
	stdout, stderr := r.stdout, r.stderr
	_, one := stdout.(*pipeEnd)
	_, two := stderr.(*pipeEnd)
	if ignored, set := r.traps["PIPE"]; !one && !two || set && ignored.text == "" {
		r.exit.fromHandlerError(r.execHandler(r.handlerCtx(ctx, handlerKindExec, pos), args))
		return
	}
	broken := new(atomic.Bool)
	r.stdout, r.stderr = endsBroken{stdout, broken, one}, endsBroken{stderr, broken, two}
	r.exit.fromHandlerError(r.execHandler(r.handlerCtx(ctx, handlerKindExec, pos), args))
	r.stdout, r.stderr = stdout, stderr
	if broken.Load() && !r.exit.fatalExit {
		if r.exit = (exitStatus{code: sigPipe}); IsBuiltin(args[0]) {
			r.wrote(syscall.EPIPE)
		}
	}
}

// endsBroken is what a process writes to: from the first write that nobody reads on it does not write any more.
type endsBroken struct {
	io.Writer
	broken *atomic.Bool
	pipe   bool
}

// Write implements io.Writer.
func (e endsBroken) Write(b []byte) (int, error) {
	if e.broken.Load() {
		return 0, os.NewSyscallError("write", syscall.EPIPE)
	}
	n, err := e.Writer.Write(b)
	if err != nil && e.pipe && isSigPipe(err) {
		e.broken.Store(true)
	}
	return n, err
}
