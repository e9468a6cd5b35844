package goldens

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// folder is a directory as a command sees it.
type folder struct{ root *os.Root }

func (f folder) Open(name string) (fs.File, error) { return f.root.Open(filepath.Clean(name)) }
func (f folder) Create(name string, appending bool) (io.WriteCloser, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if appending {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	return f.root.OpenFile(filepath.Clean(name), flags, 0o644)
}
func (f folder) Stat(name string) (fs.FileInfo, error) { return f.root.Stat(filepath.Clean(name)) }
func (f folder) ReadDir(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(f.root.FS(), filepath.Clean(name))
}
func (f folder) Remove(name string) error { return f.root.Remove(filepath.Clean(name)) }
func (f folder) Mkdir(name string) error  { return f.root.MkdirAll(filepath.Clean(name), 0o755) }
func (f folder) Chtimes(name string, at time.Time) error {
	return f.root.Chtimes(filepath.Clean(name), at, at)
}

// asClient sends requests to the sandbox in process, as one of its clients: what a runbook names is not there only because it does.
type asClient struct{ account http.Handler }

func (c asClient) RoundTrip(r *http.Request) (*http.Response, error) {
	w, clone := httptest.NewRecorder(), r.Clone(r.Context())
	if clone.Body == nil {
		clone.Body = http.NoBody
	}
	c.account.ServeHTTP(w, clone)
	response := w.Result()
	response.Request, response.ContentLength = r, int64(w.Body.Len())
	return response, r.Context().Err()
}

// TestTranscripts runs every recorded line in process, once as the sandbox's environment does
// and once against an address, as with a simulator, and compares with what the AWS CLI answered.
func TestTranscripts(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for name, value := range environment {
		t.Setenv(name, value)
	}
	t.Setenv("HOME", t.TempDir())
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(string(text), "\n"); !strings.HasPrefix(first, Recorded+"aws-cli/2.") {
			t.Errorf("%s does not say with what it was recorded: %s", name, first)
		}
		topic := strings.TrimSuffix(filepath.Base(name), ".txt")
		for _, where := range []string{"sandbox", "address"} {
			if (topic == "outside" || strings.Contains(string(text), "\n@answer")) && where == "sandbox" {
				continue // nothing of the sandbox's environment is outside of it
			}
			t.Run(topic+"/"+where, func(t *testing.T) { replay(t, string(text), where == "address") })
		}
	}
}

func replay(t *testing.T, text string, address bool) {
	steps, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := Format(steps); got != text {
		t.Fatalf("the transcript is not as it is written:\n%s", got)
	}
	dir := t.TempDir()
	scene := NewScene(dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	environment, url := procedures.Environment{Name: "test", Account: "sandbox"}, ""
	if address {
		server := httptest.NewServer(scene)
		defer server.Close()
		environment, url = procedures.Environment{Name: "test", Endpoint: server.URL}, server.URL
	}
	options := aws.Options{Environment: environment}
	if !address {
		options.Transport = asClient{scene.Sandbox}
	}
	command := aws.New(options)
	for _, step := range steps {
		if step.Directive != nil {
			if err := scene.Do(step.Directive); err != nil {
				t.Fatal(err)
			}
			if step.Directive[0] == "set" {
				t.Setenv(step.Directive[1], scene.Env[step.Directive[1]])
			}
			if step.Directive[0] == "unset" {
				t.Setenv(step.Directive[1], "")
				os.Unsetenv(step.Directive[1])
			}
		}
		if step.Line == "" {
			continue
		}
		got := execute(t, command, scene, folder{root}, step)
		if url != "" {
			got.Stdout, got.Stderr = strings.ReplaceAll(got.Stdout, url, "http://sandbox"),
				strings.ReplaceAll(got.Stderr, url, "http://sandbox")
		}
		if got.Arranged() != step.Arranged() {
			t.Errorf("%s\n--- the AWS CLI\n%s--- here\n%s", step.Line, step.Arranged(), got.Arranged())
		}
	}
}

func execute(t *testing.T, command *aws.Command, scene *Scene, files procedures.Files, step *Step) *Step {
	got := &Step{Line: step.Line, Sorted: step.Sorted}
	if text, ok, err := scene.Tells(step.Line); ok {
		if err != nil {
			t.Fatal(err)
		}
		got.Stdout = text
		return got
	}
	variables, words, err := Split(step.Line)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, failed bytes.Buffer
	got.Status = command.Run(ctx, &procedures.Invocation{
		Args: words, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &failed, Files: files, Now: scene.Now,
		Env: func(name string) (string, bool) {
			for _, v := range variables {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value, true
				}
			}
			return "", false
		},
	})
	got.Stdout, got.Stderr = out.String(), failed.String()
	return got
}
