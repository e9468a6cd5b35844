//go:build unix

package commands

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

const (
	// grace is how long a program that is told to end, with SIGTERM, may take before its group is killed.
	grace = 700 * time.Millisecond
	// lateOutput is how long what a program left outside its group may hold its output open.
	lateOutput = 300 * time.Millisecond
	// maxTail bounds what is kept of the end of each output for the verdict, in bytes.
	maxTail = 8 << 10
)

// start runs a program to its end and returns its exit status, 128 and the signal's number where one ended it, with the end
// of what it said, what it wrote to standard error last. When ctx ends the whole process group is ended. The
// group is ended with the program, too: what it starts does not outlive it.
func start(ctx context.Context, p process) (status int, said string, err error) {
	if ctx.Err() != nil {
		return interrupted, "", nil // it was not begun, as if it had been ended
	}
	ended, err := limits.TurnOf(ctx).Program()
	if err != nil {
		return interrupted, "", nil
	}
	defer ended()
	if ctx.Err() != nil || procedures.MaySend(ctx) != nil { // it may have waited for its place
		return interrupted, "", nil
	}
	cmd := &exec.Cmd{Path: p.path, Args: p.args, Dir: p.folder, Env: p.variables, SysProcAttr: attributes()}
	// A file is handed over as it is. With any other reader exec.Cmd would wait for it after the
	// program has ended.
	if file, ok := p.stdin.(*os.File); ok && file != nil {
		cmd.Stdin = file
	} else if p.stdin != nil {
		reader, writer, err := os.Pipe()
		if err != nil {
			return 0, "", err
		}
		defer reader.Close() //nolint:errcheck // it was only read
		cmd.Stdin = reader
		go func() { // ends with what it reads, or with the program
			_, _ = io.Copy(writer, p.stdin)
			_ = writer.Close()
		}()
	}
	var copies copying
	if cmd.Stdout, err = copies.to(p.stdout, p.plain); err != nil {
		return 0, "", err
	}
	// 2>&1 keeps the order of what is printed only through one pipe
	cmd.Stderr = cmd.Stdout
	if p.stderr != p.stdout {
		if cmd.Stderr, err = copies.to(p.stderr, p.plain); err != nil {
			copies.close()
			return 0, "", err
		}
	}
	exited, err := begin(cmd)
	// the server's copies of the writing ends: while one is open, the reading end never ends
	copies.begun()
	if err != nil {
		copies.close()
		return 0, "", cause(err)
	}
	group := -cmd.Process.Pid
	select {
	case err = <-exited:
	case <-ctx.Done():
		_ = syscall.Kill(group, syscall.SIGTERM)
		timer := time.NewTimer(grace)
		select {
		case err = <-exited:
		case <-timer.C:
			_ = syscall.Kill(group, syscall.SIGKILL)
			err = <-exited
		}
		timer.Stop()
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // what it left behind; mostly there is nothing
	copies.end()
	return statusOf(err), copies.tail(), nil
}

// begin starts a program on a thread that lives as long as it does: where the system ends children with their parent, the
// parent is a thread.
func begin(cmd *exec.Cmd) (exited <-chan error, err error) {
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}

func statusOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return 1
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// copying passes a program's outputs on while they are written.
type copying struct {
	readers, writers []*os.File
	ends             []*tailed
	ended            atomic.Bool
	all              sync.WaitGroup
	mu               sync.Mutex
}

// to returns the file that the program writes to.
func (c *copying) to(w io.Writer, plain bool) (*os.File, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	end := &tailed{to: w}
	if plain {
		end.to = &uncoloured{to: w}
	}
	c.readers, c.writers, c.ends = append(c.readers, reader), append(c.writers, writer), append(c.ends, end)
	c.all.Go(func() {
		c.pass(end, reader)
		_ = reader.Close() // the program learns by a broken pipe that its output is read no more
	})
	return writer, nil
}

// pass passes one output on. After the program's end it waits no longer for more than lateOutput.
func (c *copying) pass(to io.Writer, from *os.File) {
	buffer := make([]byte, 32<<10)
	for {
		if c.ended.Load() {
			_ = from.SetReadDeadline(time.Now().Add(lateOutput))
		}
		n, err := from.Read(buffer)
		if n > 0 {
			c.mu.Lock() // both may go to the same place
			_, err := to.Write(buffer[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// begun closes what the program alone holds now.
func (c *copying) begun() {
	for _, w := range c.writers {
		_ = w.Close()
	}
}

// end waits until everything is passed on.
func (c *copying) end() {
	c.ended.Store(true)
	for _, r := range c.readers {
		_ = r.SetReadDeadline(time.Now().Add(lateOutput))
	}
	c.all.Wait()
}

func (c *copying) close() {
	c.begun()
	for _, r := range c.readers {
		_ = r.Close()
	}
	c.all.Wait()
}

// tail is the end of the outputs, that of standard error last.
func (c *copying) tail() string {
	out := ""
	for _, e := range c.ends {
		out += string(e.end) + "\n"
	}
	return out
}

// tailed keeps the end of what is written through it.
type tailed struct {
	to  io.Writer
	end []byte
}

func (t *tailed) Write(p []byte) (int, error) {
	t.end = append(t.end, p...)
	if len(t.end) > 2*maxTail {
		t.end = append(t.end[:0], t.end[len(t.end)-maxTail:]...)
	}
	return t.to.Write(p)
}
