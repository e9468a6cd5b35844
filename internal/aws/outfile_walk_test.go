package aws_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// counting answers nothing and counts what is sent.
type counting struct{ requests atomic.Int64 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return nil, fmt.Errorf("%s is not answered", r.URL.Host)
}

// streamed is the member of a structure that is sent or received as a stream; nil for none.
func streamed(s *models.Shape) *models.Member {
	if s == nil {
		return nil
	}
	for _, m := range s.Members {
		if (m.Streaming || m.Shape.Streaming) && !m.Shape.EventStream {
			return m
		}
	}
	return nil
}

// wordsOf is a line of an operation with all that it requires; body is the file of a stream.
func wordsOf(s *models.Service, op *models.Operation, body string) []string {
	words := []string{"aws", bind.CommandOf(s.Name), bind.Dashed(op.Name)}
	input, _ := sample(op.Input, "", nil).(*document.Object)
	stream := streamed(op.Input)
	for _, o := range bind.Options(op) {
		if o.Member == nil || !op.Input.IsRequired(o.Member.Name) && o.Member != stream {
			continue
		}
		v, _ := input.Get(o.Member.Name)
		text, err := document.Marshal(shown(v))
		if err != nil {
			continue
		}
		switch plain, isText := shown(v).(string); {
		case o.Member == stream:
			text = []byte(body)
		case isText:
			text = []byte(plain)
		case v == true:
			words = append(words, "--"+o.Name)
			continue
		}
		words = append(words, "--"+o.Name, string(text))
	}
	return words
}

// TestFilesAreKnownBeforeTheCall walks every operation that writes a stream into a file, or sends one: a path that cannot
// be written, or read, is refused with the AWS CLI's words before anything is sent, and one below /tmp is the run's own.
func TestFilesAreKnownBeforeTheCall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, folder := range []string{"own/folder", "outside"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../outside", filepath.Join(dir, "own", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "own", "in.bin"), []byte("in"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(dir, "own"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	wire := &counting{}
	command := aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: wire})
	// run returns how a line ended, what it said, the verdict's reason, and how many requests it sent.
	run := func(planning bool, words ...string) (status int, said, reason string, sent int64) {
		var errs bytes.Buffer
		before := wire.requests.Load()
		ctx := t.Context()
		status = command.Run(ctx, &procedures.Invocation{
			Args: words, Files: &interpret.Folder{Own: root}, Stdout: &errs, Stderr: &errs, Now: time.Now, Planning: planning,
			Env: func(name string) (string, bool) { return "1", name == "AWS_MAX_ATTEMPTS" },
			Report: func(c procedures.Call) {
				if c.RuleVerdict != nil {
					reason = c.RuleVerdict.Reason
				}
			},
		})
		return status, errs.String(), reason, wire.requests.Load() - before
	}
	outputs, inputs := 0, 0
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	var lines []func()
	for _, name := range models.Services() {
		group.Go(func() error { _, err := models.Load(name); return err })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, name := range models.Services() {
		s, _ := models.Load(name)
		for op := range s.Operations() {
			if bind.FindOperation(s, bind.Dashed(op.Name)) != op || bind.Folder(bind.CommandOf(name)) != name {
				continue
			}
			if streamed(op.Output) == nil && streamed(op.Input) == nil {
				continue
			}
			_, said, _, _ := run(false, "aws", bind.CommandOf(name), bind.Dashed(op.Name))
			if strings.Contains(said, "is not supported here") {
				continue // by hand, as the AWS CLI has a command of its own in its place
			}
			if streamed(op.Output) != nil {
				outputs++
				lines = append(lines, func() { checkOutfile(t, run, wordsOf(s, op, "in.bin")) })
			}
			if streamed(op.Input) != nil {
				inputs++
				lines = append(lines, func() { checkInfile(t, run, s, op) })
			}
		}
	}
	for _, check := range lines {
		check()
	}
	if outputs < 25 || inputs < 10 {
		t.Errorf("%d operations write a file, %d read one", outputs, inputs)
	}
	if list, err := os.ReadDir(filepath.Join(dir, "outside")); len(list) != 0 {
		t.Errorf("outside is %v, %v", list, err)
	}
}

type runLine func(planning bool, words ...string) (status int, said, reason string, sent int64)

func checkOutfile(t *testing.T, run runLine, words []string) {
	t.Helper()
	for target, want := range map[string]string{
		"/no/such/folder/out": "[Errno 2] No such file or directory", "none/out": "[Errno 2]", "folder": "[Errno 21] Is a directory",
		"/tmp": "[Errno 21]", ".": "[Errno 21]", "link/out": "[Errno 13] Permission denied", "../out": "[Errno 13]",
		strings.Repeat("n", 300): "[Errno 36] File name too long", "in.bin/out": "[Errno 20] Not a directory",
	} {
		for _, planning := range []bool{false, true} {
			status, said, reason, sent := run(planning, slices.Insert(slices.Clone(words), 3, target)...)
			if sent != 0 || status != bind.ExitGeneral || !strings.Contains(said, want) || !strings.Contains(reason, "nothing was sent") {
				t.Errorf("%q %s (planning: %v): status %d, %d requests, %q, %q", words, target, planning, status, sent, said, reason)
			}
		}
	}
	for _, target := range []string{"/tmp/out.json", "out.json", "folder/out", "/dev/null", "-"} {
		if status, said, _, sent := run(false, slices.Insert(slices.Clone(words), 3, target)...); sent == 0 {
			t.Errorf("%q %s: status %d, nothing was sent: %q", words, target, status, said)
		}
	}
}

func checkInfile(t *testing.T, run runLine, s *models.Service, op *models.Operation) {
	t.Helper()
	out := []string{}
	if streamed(op.Output) != nil {
		out = append(out, "/dev/null")
	}
	for _, body := range []string{"none.bin", "/tmp/none", "folder", "link/x", "../x", "file://in.bin", "in.bin/x"} {
		for _, planning := range []bool{false, true} {
			status, said, _, sent := run(planning, slices.Insert(wordsOf(s, op, body), 3, out...)...)
			if sent != 0 || status != bind.ExitUsage || !strings.Contains(said, "Blob values must be a path to a file.") {
				t.Errorf("%s %s of %s (planning: %v): status %d, %d requests, %q", s.Name, op.Name, body, planning, status, sent, said)
			}
		}
	}
	words := slices.Insert(wordsOf(s, op, "in.bin"), 3, out...)
	if s.Name == "cloudsearchdomain" { // which has no address of its own
		words = append(words, "--endpoint-url", "http://127.0.0.1:1")
	}
	if status, said, _, sent := run(false, words...); sent == 0 {
		t.Errorf("%s %s: status %d, nothing was sent: %q", s.Name, op.Name, status, said)
	}
}
