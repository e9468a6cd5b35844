// Package process starts the servers that are measured, each a process of its own, and asks
// the system what they use.
package process

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a process that serves.
type Server struct {
	Address string        // http://127.0.0.1:PORT
	Took    time.Duration // from its start until it said its address
	command *exec.Cmd
	problem *bytes.Buffer // what it said of problems; complete once it has ended
}

// Portal is the program as it is shipped, with a folder of its own.
type Portal struct {
	program, dir string
}

// Build builds the program into dir, with a runbook that is called bench and an empty
// configuration. It runs in the repository's root.
func Build(ctx context.Context, dir, runbook string) (Portal, error) {
	p := Portal{filepath.Join(dir, "opsbook"), dir}
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", p.program,
		"./cmd/server").CombinedOutput(); err != nil {
		return p, fmt.Errorf("build: %w: %s", err, out)
	}
	books := filepath.Join(dir, "runbooks")
	if err := os.MkdirAll(books, 0o700); err != nil {
		return p, err
	}
	return p, errors.Join(
		os.WriteFile(filepath.Join(books, "bench.md"), []byte(runbook), 0o600),
		os.WriteFile(filepath.Join(dir, "opsbook.yaml"), nil, 0o600),
	)
}

// Program is the binary, built as it is released.
func (p Portal) Program() string { return p.program }

// Data is the folder of the portal's database.
func (p Portal) Data() string { return filepath.Join(p.dir, "data") }

// Start starts the portal on SQLite, or on the PostgreSQL database that is named.
func (p Portal) Start(ctx context.Context, database string) (*Server, error) {
	args := []string{
		"serve", "--addr", "127.0.0.1:0", "--data", p.Data(), "--runbooks", filepath.Join(p.dir, "runbooks"),
		"--config", filepath.Join(p.dir, "opsbook.yaml"),
	}
	if database != "" {
		args = append(args, "--database", database)
	}
	return Start(exec.CommandContext(ctx, p.program, args...))
}

// Start starts a process and waits until it says where it is: the first line of standard
// output with an http:// address. The caller stops it.
func Start(command *exec.Cmd) (*Server, error) {
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &Server{command: command, problem: &problem}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "http://"); ok {
			address, _, _ = strings.Cut(address, ";")
			s.Took, s.Address = time.Since(began), "http://"+address
			go func() {
				for lines.Scan() { // nothing waits for its further lines
				}
			}()
			return s, nil
		}
	}
	stopped := s.Stop()
	return nil, errors.Join(fmt.Errorf("the server did not start: %s", problem.String()), stopped)
}

// Stop ends the process with SIGTERM and waits for it. An exit status other than 0 is an
// error, with what it printed of problems.
func (s *Server) Stop() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := s.command.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() < 0 { // by the signal
		return nil
	}
	if err != nil {
		return fmt.Errorf("the server ended with %w: %s", err, s.problem)
	}
	return nil
}

// Memory is what the process holds, in bytes (proc(5), VmRSS).
func (s *Server) Memory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes * 1024, err
		}
	}
	return 0, errors.New("the system does not say what the process holds")
}

// Processor is how long the process has kept a processor busy: utime and stime of proc(5),
// in hundredths of a second.
func (s *Server) Processor() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("the system does not say how busy the process was")
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err
}

// Post sends a form as a page does that htmx and a live stream serve. Everything but 200 is
// an error.
func Post(ctx context.Context, client *http.Client, address string, form url.Values) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("HX-Request", "true")
	request.Header.Set("Opsbook-Live", "true")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil { // so that the connection serves again
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered with %s", request.URL.Path, response.Status)
	}
	return nil
}
