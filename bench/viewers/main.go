// Command viewers measures how soon everybody who has one run open sees an event, and what a viewer costs: the program as it is
// shipped against a Go server that does nothing but send what it is told, in one run.
//
//	go run ./bench/viewers [-viewers 1000,10000] [-events N]
//
// An event is somebody's note on the run: from the press, through the database, until each stream has brought it.
// Each server is a process of its own, and memory is what it holds more with the viewers than before.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/bench/report"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "viewers:", err)
		os.Exit(1)
	}
}

const (
	runbook   = "# Bench\n\n## Watch\n\n- [ ] Look\n"
	procedure = "bench/watch"
)

func run(ctx context.Context) error {
	counts := flag.String("viewers", "1000,10000", "how many streams")
	events := flag.Int("events", 20, "events that are measured")
	bare := flag.Bool("bare", false, "be the server that is compared with")
	flag.Parse()
	if *bare {
		return serveBare(ctx)
	}
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rows := [][]string{{"one event, everybody", "viewers", "median", "p99", "lost", "memory a viewer"}}
	said := ""
	for text := range strings.SplitSeq(*counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("-viewers: %w", err)
		}
		var results [2]measured
		for i, start := range []func(context.Context, string) (*server, error){startBare, startPortal} {
			if results[i], err = measure(ctx, filepath.Join(dir, fmt.Sprintf("%d-%d", n, i)), start, n, *events); err != nil {
				return err
			}
			name := []string{"a bare server", "Opsbook"}[i]
			r := results[i]
			rows = append(rows, []string{name, strconv.Itoa(n), report.Time(report.Median(r.times)), report.Time(report.Percentile(r.times, 0.99)), strconv.Itoa(r.lost), fmt.Sprintf("%.1f kB", float64(r.memory)/1000/float64(n))})
		}
		said += fmt.Sprintf("At %d viewers the p99 is %s that of the bare server.\n", n, report.Times(report.Percentile(results[1].times, 0.99), report.Percentile(results[0].times, 0.99)))
	}
	fmt.Printf("%d events, one after another; %s\n\n", *events, report.Machine())
	if err := report.Table(os.Stdout, rows); err != nil {
		return err
	}
	fmt.Printf("\n%s", said)
	return nil
}

// measured is what one server did.
type measured struct {
	times  []time.Duration
	lost   int
	memory int64 // bytes more than without viewers
}

func measure(ctx context.Context, dir string, start func(context.Context, string) (*server, error), viewers, events int) (m measured, err error) {
	s, err := start(ctx, dir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.say(ctx, "warm"); err != nil { // the run is there before the first viewer
		return m, err
	}
	before, err := s.memory()
	if err != nil {
		return m, err
	}
	crowd, err := watch(ctx, s.stream, viewers)
	if err != nil {
		return m, err
	}
	defer crowd.close()
	if err := s.say(ctx, "mark-warm-"); err != nil {
		return m, err
	}
	crowd.wait("mark-warm-", time.Now())
	for i := range events {
		mark := fmt.Sprintf("mark-%d-", i)
		began := time.Now()
		if err := s.say(ctx, mark); err != nil {
			return m, err
		}
		times := crowd.wait(mark, began)
		m.times = append(m.times, times...)
		m.lost += viewers - len(times)
	}
	after, err := s.memory()
	m.memory = after - before
	return m, err
}

// server is a process that serves.
type server struct {
	stream  string // address of the stream
	command *exec.Cmd
	post    func(ctx context.Context, mark string) error
}

func (s *server) say(ctx context.Context, mark string) error { return s.post(ctx, mark) }

// memory is what the process holds, in bytes (proc(5), VmRSS).
func (s *server) memory() (int64, error) {
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

func (s *server) stop() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := s.command.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() < 0 { // by the signal
		return nil
	}
	return err
}

// startPortal builds the program and starts it on a folder of its own.
func startPortal(ctx context.Context, dir string) (*server, error) {
	books := filepath.Join(dir, "runbooks")
	if err := os.MkdirAll(books, 0o700); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "opsbook")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/server").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w: %s", err, out)
	}
	for name, text := range map[string]string{filepath.Join(books, "bench.md"): runbook, filepath.Join(dir, "opsbook.yaml"): ""} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	s, address, err := start(exec.CommandContext(ctx, program, "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--runbooks", books, "--config", filepath.Join(dir, "opsbook.yaml")))
	if err != nil {
		return nil, err
	}
	s.stream = address + "/stream?environment=sandbox&procedure=" + url.QueryEscape(procedure)
	s.post = func(ctx context.Context, mark string) error {
		return post(ctx, address+"/say", url.Values{"procedure": {procedure}, "environment": {"sandbox"}, "kind": {"remark"}, "text": {mark}, "as": {"bench"}})
	}
	return s, nil
}

// startBare starts this program as the server that is compared with.
func startBare(ctx context.Context, _ string) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s, address, err := start(exec.CommandContext(ctx, program, "-bare"))
	if err != nil {
		return nil, err
	}
	s.stream = address + "/stream"
	s.post = func(ctx context.Context, mark string) error {
		return post(ctx, address+"/say", url.Values{"text": {mark}})
	}
	return s, nil
}

// start starts a process and waits until it says where it is.
func start(command *exec.Cmd) (*server, string, error) {
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := command.Start(); err != nil {
		return nil, "", err
	}
	s := &server{command: command}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "http://"); ok {
			go func() {
				for lines.Scan() { // nothing waits for its further lines
				}
			}()
			return s, "http://" + address, nil
		}
	}
	return nil, "", errors.Join(errors.New("the server did not start"), s.stop())
}

func post(ctx context.Context, address string, form url.Values) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("HX-Request", "true")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the press was answered with %s", response.Status)
	}
	return nil
}
