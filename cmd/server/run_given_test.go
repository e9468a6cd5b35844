package main

import (
	"bufio"
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
)

const secretBook = "---\nparams:\n  DB_PASSWORD: {secret: true, pattern: '[a-z0-9-]+'}\n" +
	"  KIND: {secret: true, choices: [first-kind, second-kind]}\n  NAME: {example: db}\n---\n# Book\n\n" +
	"## Length\n\n```bash\necho \"$NAME has ${#DB_PASSWORD}: $DB_PASSWORD\" | cat\n```\n\n" +
	"## Wait\n\n```bash\necho \"begun: ${#DB_PASSWORD}\"; sleep 600\n```\n\n" +
	"## Kind\n\n```bash\necho \"$KIND $DB_PASSWORD\" | cat\n```\n"

// given runs a procedure of secretBook with values of some kind, and returns what the terminal showed.
func given(t *testing.T, stdin string, variables map[string]string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"run", "--runbooks", runbookFolder(t, secretBook)}, args...)
	t.Chdir(t.TempDir())
	status = run(t.Context(), args,
		terminal{strings.NewReader(stdin), &out, &errs, func(name string) string { return variables[name] }})
	return status, out.String(), errs.String()
}

// TestValuesByFilesInputAndVariables gives a secret in each way, and in each way that is wrong.
func TestValuesByFilesInputAndVariables(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const value = "hunter2-hunter2"
	most := limits.FieldBytes.Size()
	good, lines, other := file("good", value+"\n"), file("lines", value+"\n\n\n"), file("other", "db\n")
	full, large := file("full", strings.Repeat("a", most)+"\n"), file("large", strings.Repeat("a", most+1))
	breaks := file("breaks", strings.Repeat("\n", 3*most))
	shown := "db has 15: " + mask.Hidden + "\n"
	variable := map[string]string{parameterVariable + "DB_PASSWORD": value}
	for _, c := range []struct {
		name      string
		args      []string
		stdin     string
		variables map[string]string
		stdout    string // empty where it is refused
		stderr    string // a part of it
		procedure string // if it is not length
	}{
		{"a file", []string{"--set-file", "DB_PASSWORD=" + good}, "", nil, shown, "", ""},
		{"a file with empty lines at its end", []string{"--set-file", "DB_PASSWORD=" + lines}, "", nil, shown, "", ""},
		{"the largest value", []string{"--set-file", "DB_PASSWORD=" + full}, "", nil, "db has 65536: " + mask.Hidden + "\n", "", ""},
		{"two files", []string{"--set-file", "DB_PASSWORD=" + good, "--set-file", "NAME=" + other}, "", nil, shown, "", ""},
		{"a pipe", []string{"--set-file", "DB_PASSWORD=/dev/stdin"}, "", nil, "", "has no value", ""}, // the system's, which is empty here
		{"standard input", []string{"--set-file", "DB_PASSWORD=-"}, value, nil, shown, "", ""},
		{"a variable", nil, "", variable, shown, "", ""},
		{"a file goes before a variable", []string{"--set-file", "DB_PASSWORD=" + good},
			"", map[string]string{parameterVariable + "DB_PASSWORD": "x"}, shown, "", ""},
		{"--set goes before a variable", []string{"--set", "DB_PASSWORD=" + value},
			"", map[string]string{parameterVariable + "DB_PASSWORD": "x"}, shown, "", ""},
		{"a variable of another runbook", nil, "", map[string]string{
			parameterVariable + "DB_PASSWORD": value, parameterVariable + "OTHER": "x"}, shown, "", ""},

		{"a name that is not there", []string{"--set-file", "PASSWORD=" + good},
			"", nil, "", `no parameter "PASSWORD"; it has NAME, DB_PASSWORD`, ""},
		{"by two flags", []string{"--set-file", "DB_PASSWORD=" + good, "--set", "DB_PASSWORD=x"}, "", nil, "",
			"DB_PASSWORD is given by --set and by --set-file; keep one of them", ""},
		{"a file that is not there", []string{"--set-file", "DB_PASSWORD=" + good + "x"},
			"", nil, "", "--set-file DB_PASSWORD: open " + good + "x: no such", ""},
		{"a folder", []string{"--set-file", "DB_PASSWORD=" + folder},
			"", nil, "", "--set-file DB_PASSWORD: read " + folder + ": is a directory", ""},
		{"a large file", []string{"--set-file", "DB_PASSWORD=" + large},
			"", nil, "", "the parameter DB_PASSWORD: the value is larger", ""},
		{"a file of line breaks", []string{"--set-file", "DB_PASSWORD=" + breaks},
			"", nil, "", "the parameter DB_PASSWORD: the value is larger", ""},
		{"large standard input", []string{"--set-file", "DB_PASSWORD=-"}, strings.Repeat("a", most+1), nil, "", "the value is larger", ""},
		{"a large variable", nil, "", map[string]string{parameterVariable + "DB_PASSWORD": strings.Repeat("a", most+1)},
			"", "the value is larger", ""},
		{"standard input twice", []string{"--set-file", "DB_PASSWORD=-", "--set-file", "NAME=-"}, value, nil, "",
			"standard input gives one value, and --set-file wants it for DB_PASSWORD and for NAME", ""},
		{"no file", []string{"--set-file", "DB_PASSWORD"}, "", nil, "", "--set-file: expected NAME=FILE but got", ""},
		{"an empty name of a file", []string{"--set-file", "DB_PASSWORD="}, "", nil, "", "--set-file DB_PASSWORD: open : no such", ""},
		{"an empty file", []string{"--set-file", "DB_PASSWORD=/dev/null"}, "", nil, "", "the parameter DB_PASSWORD has no value", ""},
		{"without end", []string{"--set-file", "DB_PASSWORD=/dev/zero"}, "", nil, "", "the value is larger", ""},
		{"NUL", []string{"--set-file", "DB_PASSWORD=-"}, "a\x00b", nil, "", "has a NUL byte", ""},
		{"not the pattern", []string{"--set-file", "DB_PASSWORD=-"}, "Hunter3/Hunter3", nil, "",
			"DB_PASSWORD must be of digits, small letters and -", ""},
		{"not a choice", []string{"--set-file", "KIND=-", "--set", "DB_PASSWORD=x"},
			"third-kind", nil, "", "KIND must be one of first-kind", "kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args
			if !strings.Contains(strings.Join(args, " "), "NAME=") {
				args = append(slices.Clone(args), "--set", "NAME=db")
			}
			status, stdout, stderr := given(t, c.stdin, c.variables, append(args, cmp.Or(c.procedure, "length"))...)
			if refused := c.stdout == ""; refused != (status == exitUsage) || stdout != c.stdout || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d\nstdout %q, want %q\nstderr %q, want %q in it", status, stdout, c.stdout, stderr, c.stderr)
			}
			for _, secret := range []string{value, "Hunter3", "third-kind", "aaaa"} {
				if strings.Contains(stdout+stderr, secret) {
					t.Errorf("%s is shown: %s%s", secret, stdout, stderr)
				}
			}
		})
	}
}

// TestProcessListsShowNoGivenSecrets looks for a secret among the words of all processes while a run has it: a value of --set
// is found there, the others are not.
func TestProcessListsShowNoGivenSecrets(t *testing.T) {
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("the system has no /proc")
	}
	folder, file := runbookFolder(t, secretBook), filepath.Join(t.TempDir(), "password")
	const value = "seen-by-nobody-4711"
	if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args      []string
		stdin     string
		variables []string
		seen      bool
	}{
		"--set":           {[]string{"--set", "DB_PASSWORD=" + value}, "", nil, true},
		"--set-file":      {[]string{"--set-file", "DB_PASSWORD=" + file}, "", nil, false},
		"standard input":  {[]string{"--set-file", "DB_PASSWORD=-"}, value, nil, false},
		"OPSBOOK_PARAM_…": {nil, "", []string{parameterVariable + "DB_PASSWORD=" + value}, false},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-test.run=^TestMainOfAChild$", "--", "run", "--runbooks", folder}, c.args...)
			child := exec.CommandContext(t.Context(), os.Args[0], append(args, "wait")...)
			child.Env = append(os.Environ(), append(c.variables, childVariable+"=1")...)
			var said bytes.Buffer
			child.Stderr = &said
			child.Stdin, child.Dir = strings.NewReader(c.stdin), t.TempDir()
			out, err := child.StdoutPipe()
			if err == nil {
				err = child.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = child.Process.Kill()
				_ = child.Wait()
			}()
			lines := bufio.NewScanner(out)
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "begun: ") {
			}
			if lines.Text() != "begun: 19" {
				t.Fatalf("the step printed %q; %s", lines.Text(), said.String())
			}
			if seen := inProcessList(t, value); seen != c.seen {
				t.Errorf("among the words of processes: %v, want %v", seen, c.seen)
			}
		})
	}
}

// inProcessList reports whether ps would show a text.
func inProcessList(t *testing.T, text string) bool {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d processes: %v", len(files), err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		words, err := os.ReadFile(file)
		return err == nil && bytes.Contains(words, []byte(text)) // a process may have ended
	})
}

// childVariable makes the test's program opsbook itself.
const childVariable = "OPSBOOK_TEST_CHILD"

// TestMainOfAChild is opsbook, with the words behind --, where a test starts its own program so.
func TestMainOfAChild(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		os.Exit(run(t.Context(), os.Args[slices.Index(os.Args, "--")+1:], terminal{os.Stdin, os.Stdout, os.Stderr, os.Getenv}))
	}
}
