package goldens

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mvdan.cc/sh/v3/shell"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/document"
)

// Born is the moment at which every scene begins.
var Born = time.Date(2026, 9, 21, 12, 34, 56, 0, time.UTC)

// Scene is what the lines of one transcript run in: a fresh sandbox under a clock
// that only directives move, and a folder of files. Directives and lines follow each
// other; the sandbox asks for the clock from other goroutines, which mu guards.
type Scene struct {
	Sandbox *sandbox.Sandbox
	Dir     string
	Env     map[string]string

	mu       sync.Mutex
	now      time.Time
	filled   bool
	exchange exchange
}

// NewScene begins a scene with its files in dir, which exists and belongs to the caller.
func NewScene(dir string) *Scene {
	s := &Scene{Dir: dir, now: Born, Env: map[string]string{}}
	for name, value := range environment {
		s.Env[name] = value
	}
	s.Sandbox = sandbox.New(sandbox.Options{Now: s.Now, Answer: s.fill})
	return s
}

// environment is what every line is given: nothing that depends on the machine, its time
// zone or its language. The keys are those of AWS's documentation.
var environment = map[string]string{
	"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	"AWS_DEFAULT_REGION":               "us-east-1",
	"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required", "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
	"AWS_PAGER": "", "AWS_CLI_AUTO_PROMPT": "off", "AWS_EC2_METADATA_DISABLED": "true",
	"COLUMNS": "120", "TZ": "UTC", "LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8",
	"AWS_CONFIG_FILE": "config-of-nobody", "AWS_SHARED_CREDENTIALS_FILE": "credentials-of-nobody",
}

// Environment are the variables of every line: nothing that depends on the machine.
func Environment() map[string]string { return maps.Clone(environment) }

// Now is the scene's clock. It begins with Born and is safe for concurrent use.
func (s *Scene) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Do executes a directive:
//
//	@clock +10m          the clock goes on
//	@fault alarm         a fault is switched on
//	@unset NAME          a variable is taken away; @set NAME VALUE gives one
//	@file NAME TEXT…     a file is made, with a line break behind its text
//	@bytes NAME N        a file of N bytes is made
//	@answer 200 {}       every request is answered so, see setAnswer; the line "requests" shows those that came
//	@fill                operations that the sandbox does not have answer with every member of their shape
func (s *Scene) Do(directive []string) error {
	arg := func(i int) string {
		if i < len(directive) {
			return directive[i]
		}
		return ""
	}
	switch directive[0] {
	case "clock":
		d, err := time.ParseDuration(strings.TrimPrefix(arg(1), "+"))
		s.mu.Lock()
		s.now = s.now.Add(d)
		s.mu.Unlock()
		return err
	case "fault":
		return s.Sandbox.SetFault(context.Background(), arg(1), arg(2) != "off")
	case "unset":
		delete(s.Env, arg(1))
	case "set":
		s.Env[arg(1)] = strings.Join(directive[2:], " ")
	case "file":
		return s.write(arg(1), []byte(strings.ReplaceAll(strings.Join(directive[2:], " "), `\n`, "\n")+"\n"))
	case "answer":
		return s.setAnswer(directive[1:])
	case "bytes":
		n, err := strconv.Atoi(arg(2))
		if err != nil {
			return fmt.Errorf("size of %s: %w", arg(1), err)
		}
		return s.write(arg(1), bytes.Repeat([]byte("0123456789abcde\n"), n/16+1)[:n])
	case "fill":
		s.mu.Lock()
		s.filled = true
		s.mu.Unlock()
	default:
		return fmt.Errorf("no directive @%s", directive[0])
	}
	return nil
}

// write makes a file of the scene, of the time Born, since the AWS CLI compares times (s3
// sync) and prints them.
func (s *Scene) write(name string, data []byte) error {
	path := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	return os.Chtimes(path, Born, Born)
}

// Tells answers the lines of a transcript that are about the scene: "files" lists its folder, "requests" what was asked.
func (s *Scene) Tells(line string) (text string, ok bool, err error) {
	switch line {
	case "files":
		text, err = s.Files()
		return text, true, err
	case "requests":
		return s.Requests(), true, nil
	}
	return "", false, nil
}

// Files lists what is in the scene's folder, a line for each file: its name, its size in
// bytes and its SHA-256.
func (s *Scene) Files() (string, error) {
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	var out strings.Builder
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := root.ReadFile(name)
		fmt.Fprintf(&out, "%s %d %x\n", name, len(data), sha256.Sum256(data))
		return err
	})
	return out.String(), err
}

// Split cuts a line into its variables and its words, as a shell does. Variables that are
// used are empty. `A=1 aws s3 ls 'a b'` gives [A=1] and [aws s3 ls "a b"].
func Split(line string) (variables, words []string, err error) {
	file, err := syntax.NewParser().Parse(strings.NewReader(line), "")
	if err != nil || len(file.Stmts) != 1 {
		return nil, nil, fmt.Errorf("line %q is no single command: %w", line, err)
	}
	call, ok := file.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok {
		return nil, nil, fmt.Errorf("line %q is no simple command", line)
	}
	end := 0
	for _, a := range call.Assigns {
		end = int(a.End().Offset())
	}
	nothing := func(string) string { return "" }
	if variables, err = shell.Fields(line[:end], nothing); err != nil {
		return nil, nil, err
	}
	words, err = shell.Fields(line[end:], nothing)
	return variables, words, err
}

// Arranged returns the answer of a step whose lines may come in any order with its lines
// sorted.
func (s *Step) Arranged() string {
	if !s.Sorted {
		return s.Answer()
	}
	sorted := *s
	for _, text := range []*string{&sorted.Stdout, &sorted.Stderr} {
		lines := strings.SplitAfter(*text, "\n")
		slices.Sort(lines)
		*text = strings.Join(lines, "")
	}
	return sorted.Answer()
}

// fill answers an operation that the sandbox does not have, where the scene wants that.
func (s *Scene) fill(op *models.Operation, _ *document.Object) *document.Object {
	s.mu.Lock()
	on := s.filled
	s.mu.Unlock()
	if !on {
		return nil
	}
	return Example(op)
}
