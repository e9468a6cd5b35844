package sandbox

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"mvdan.cc/sh/v3/shell"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// estateTest is a sandbox under a clock of the test, with the command aws on it. What its handlers answer is kept.
type estateTest struct {
	t       *testing.T
	sandbox *Sandbox
	command *aws.Command
	files   procedures.Files

	mu       sync.Mutex
	now      time.Time
	answered []answered
}

type answered struct {
	request *request
	output  *document.Object
}

func newEstate(t *testing.T) *estateTest {
	t.Helper()
	e := &estateTest{t: t, now: noon}
	e.sandbox = New(Options{Now: func() time.Time {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.now
	}})
	e.command = aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: e})
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	e.files = inRoot{root}
	return e
}

// RoundTrip does what the sandbox's transport does, and keeps the answer.
func (e *estateTest) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if req, _, err := route(r, body); err == nil {
		req.inside = true
		w := httptest.NewRecorder()
		output, err := e.sandbox.answer(r.Context(), req)
		d := &dialect{protocol: protocolOf(r, body), service: req.service, head: r.Method == http.MethodHead}
		if refused, ok := err.(*serviceError); ok { //nolint:errorlint // it is not wrapped
			d.fail(w, req, refused)
		} else {
			e.mu.Lock()
			e.answered = append(e.answered, answered{req, output})
			e.mu.Unlock()
			d.answer(w, req, output)
		}
		response := w.Result()
		response.Request = r
		return response, nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return e.sandbox.Transport().RoundTrip(r)
}

func protocolOf(r *http.Request, body []byte) string {
	_, d, err := route(r, body)
	if err != nil {
		return ""
	}
	return d.protocol
}

func (e *estateTest) write(name, content string) {
	e.t.Helper()
	f, err := e.files.Create(name, false)
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := io.WriteString(f, content); err != nil {
		e.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		e.t.Fatal(err)
	}
}

func (e *estateTest) later(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

// called is what a line did.
type called struct {
	status         int
	stdout, stderr string
	reading        *procedures.Judgement
	notes          []string
}

// calls runs a line, and returns what was reported: one call.
func (e *estateTest) calls(line string) []called {
	e.t.Helper()
	words, err := shell.Fields(line, func(string) string { return "" })
	if err != nil {
		e.t.Fatalf("%s: %v", line, err)
	}
	var out, problem bytes.Buffer
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	var all []called
	var notes []string
	status := e.command.Run(ctx, &procedures.Invocation{
		Args: append([]string{"aws"}, words...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problem, Files: e.files,
		Env:    func(name string) (string, bool) { return "1", name == "AWS_MAX_ATTEMPTS" },
		Now:    func() time.Time { e.mu.Lock(); defer e.mu.Unlock(); return e.now },
		Note:   func(text string) { notes = append(notes, text) },
		Report: func(c procedures.Call) { all = append(all, called{reading: c.RuleVerdict}) },
	})
	for i := range all {
		all[i].status, all[i].stdout, all[i].stderr, all[i].notes = status, strings.TrimSpace(out.String()),
			strings.TrimSpace(problem.String()), notes
	}
	return all
}

func (e *estateTest) run(line string) (status int, stdout, stderr string) {
	e.t.Helper()
	all := e.calls(line)
	if len(all) != 1 {
		e.t.Fatalf("aws %s: %d calls are reported", line, len(all))
	}
	return all[0].status, all[0].stdout, all[0].stderr
}

// says runs a line that has to work, and returns what it printed.
func (e *estateTest) says(line string) string {
	e.t.Helper()
	status, out, problem := e.run(line)
	if status != 0 {
		e.t.Errorf("aws %s: status %d: %s", line, status, problem)
	}
	return out
}

// refuses runs a line that has to be refused with a code, and a message that has all of the words.
func (e *estateTest) refuses(code string, line string, words ...string) {
	e.t.Helper()
	status, out, problem := e.run(line)
	if status != 254 || !strings.Contains(problem, "("+code+")") || out != "" {
		e.t.Errorf("aws %s: status %d, %q, %s; want %s", line, status, out, problem, code)
	}
	for _, w := range words {
		if !strings.Contains(problem, w) {
			e.t.Errorf("aws %s: %s; want %q in it", line, problem, w)
		}
	}
}

// inRoot are files under a folder.
type inRoot struct{ root *os.Root }

func (f inRoot) Open(name string) (fs.File, error) { return f.root.Open(name) }
func (f inRoot) Create(name string, appending bool) (io.WriteCloser, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if appending {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	return f.root.OpenFile(name, flags, 0o644)
}
func (f inRoot) Stat(name string) (fs.FileInfo, error)      { return f.root.Stat(name) }
func (f inRoot) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.root.FS(), name) }
func (f inRoot) Remove(name string) error                   { return f.root.Remove(name) }
func (f inRoot) Mkdir(name string) error                    { return f.root.MkdirAll(name, 0o755) }
func (f inRoot) Chtimes(name string, at time.Time) error    { return f.root.Chtimes(name, at, at) }

// quoted is a word of a line as it is.
func quoted(text string) string { return "'" + text + "'" }

const (
	tableName  = "network-visualizer-topology"
	exampleARN = "arn:aws:dynamodb:us-east-1:123456789012:table/network-visualizer-topology/backup/01234567890123-abc123"
)

// expect compares what a line prints.
func (e *estateTest) expect(line, want string) {
	e.t.Helper()
	if got := e.says(line); got != want {
		e.t.Errorf("aws %s:\n got %q\nwant %q", line, got, want)
	}
}
