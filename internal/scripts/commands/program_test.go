//go:build unix

package commands

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// bench is a workspace and a PATH with programs that are small scripts.
type bench struct {
	*Programs
	t         *testing.T
	bin       string
	variables map[string]string // of the server
}

func newBench(t *testing.T, programs map[string]string, allowed ...procedures.Program) *bench {
	t.Helper()
	b := &bench{t: t, bin: t.TempDir()}
	b.variables = map[string]string{
		"PATH": "relative:" + b.bin + ":/usr/bin:/bin", "HOME": "/home/ops", "OPSBOOK_SECRET": "the server's key",
		"OPSBOOK_DATABASE": "postgres://x", "GH_TOKEN": "token-of-the-server", "UNRELATED": "x",
	}
	b.Programs = &Programs{
		Allowed: allowed, Workspace: t.TempDir(), Getenv: func(name string) string { return b.variables[name] },
		AWS: func(context.Context) (map[string]string, error) {
			return map[string]string{"AWS_REGION": "eu-central-1", "AWS_SECRET_ACCESS_KEY": "secret-of-the-role"}, nil
		},
	}
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(b.bin, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// lineResult is how a line ended.
type lineResult struct {
	status         int
	stdout, stderr string
	call           procedures.Call
	secrets        []string
}

func (b *bench) run(ctx context.Context, change func(*procedures.Invocation), args ...string) lineResult {
	b.t.Helper()
	var out, errs bytes.Buffer
	var c lineResult
	inv := &procedures.Invocation{
		Args: args, Stdout: &out, Stderr: &errs, Folder: b.Workspace, Report: func(call procedures.Call) {
			c.call = call
		}, Secret: func(v string, _ ...procedures.SecretKind) { c.secrets = append(c.secrets, v) },
	}
	if change != nil {
		change(inv)
	}
	command, ok := b.Command(args)
	if !ok {
		b.t.Fatalf("%v is not allowed", args)
	}
	c.status = command.Run(ctx, inv)
	c.stdout, c.stderr = out.String(), errs.String()
	return c
}

func TestProgramGetsExactlyItsWords(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"tool": `for a in "$@"; do echo "[$a]"; done; cat; pwd; echo note >&2`},
		procedures.Program{Name: "tool"})
	words := []string{"a b", "$(id)", "`id`", "'", `"`, "*", "-x=\n", ";", "", "\\"}
	c := b.run(t.Context(), func(inv *procedures.Invocation) {
		inv.Stdin = strings.NewReader("given\n")
	}, append([]string{"tool"}, words...)...)
	want := ""
	for _, w := range words {
		want += "[" + w + "]\n"
	}
	want += "given\n" + b.Workspace + "\n"
	if c.status != 0 || c.stdout != want || c.stderr != "note\n" {
		t.Errorf("it ended with %d and printed\n%s\nwant\n%s\nand noted %q", c.status, c.stdout, want, c.stderr)
	}
	if c.call.RuleVerdict == nil || c.call.RuleVerdict.Verdict != procedures.Passed || !slices.Equal(c.call.Args, words) {
		t.Errorf("the call is %+v", c.call)
	}
}

func TestProgramGetsFewVariables(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"tool": "env"}, procedures.Program{Name: "tool", Variables: []string{"GH_TOKEN"}})
	exported := map[string]string{
		"ENVIRONMENT": "staging", "AWS_REGION": "us-west-2", "PATH": "/evil", "HOME": "/", "OPSBOOK_PLACEHOLDER_0": "x",
		"GIT_AUTHOR_NAME": "ops",
	}
	c := b.run(t.Context(), func(inv *procedures.Invocation) {
		inv.Exported = func(yield func(string, string) bool) {
			for name, v := range exported {
				if !yield(name, v) {
					return
				}
			}
		}
	}, "tool")
	got := strings.Split(strings.TrimSpace(c.stdout), "\n")
	slices.Sort(got)
	got = slices.DeleteFunc(got, func(v string) bool {
		return strings.HasPrefix(v, "_=") || strings.HasPrefix(v, "SHLVL=") || strings.HasPrefix(v, "OLDPWD=")
	})
	want := []string{
		"AWS_REGION=us-west-2", "AWS_SECRET_ACCESS_KEY=secret-of-the-role", "ENVIRONMENT=staging",
		"GH_TOKEN=token-of-the-server", "GIT_AUTHOR_NAME=ops", "HOME=/home/ops", "NO_COLOR=1",
		"PATH=" + b.bin + ":/usr/bin:/bin", "PWD=" + b.Workspace, "TERM=dumb",
	}
	if !slices.Equal(got, want) {
		t.Errorf("it has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	slices.Sort(c.secrets)
	if !slices.Equal(c.secrets, []string{"secret-of-the-role", "token-of-the-server"}) {
		t.Errorf("these are to be masked: %q", c.secrets)
	}
}

func TestProgramIsNotRunWithVariablesThatLeadIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"git": "echo ran"}, procedures.Program{Name: "git"})
	for _, name := range []string{
		"LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_DIR",
		"TF_CLI_ARGS", "TF_CLI_ARGS_plan", "BASH_ENV", "PAGER", "PYTHONPATH", "PYTEST_ADDOPTS", "NODE_OPTIONS",
		"TRIVY_OUTPUT", "KUBECTL_EXTERNAL_DIFF", "BASH_FUNC_x%%", "AWS_PAGER", "PERL5OPT", "LESSOPEN", "AWS_CONFIG_FILE",
	} {
		c := b.run(t.Context(), func(inv *procedures.Invocation) {
			inv.Exported = func(yield func(string, string) bool) { yield(name, "x") }
		}, "git", "log")
		if c.stdout != "" || c.status == 0 || c.call.RuleVerdict.Verdict != procedures.Errored || !strings.Contains(c.call.Error, name) {
			t.Errorf("with %s it ended with %d: %+v", name, c.status, c.call)
		}
	}
}

func TestProgramExitStatusIsAVerdict(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{
		"box":       "printf '\\033[31m╷\\033[0m\\n│ Error: Invalid reference\\n│\\n│   on main.tf line 3:\\n╵\\n' >&2; exit 1",
		"quiet":     "exit 3",
		"says":      "echo 'Running 3 tests'; echo '2 passed, 1 failed'; echo '======'; exit 1",
		"killed":    "kill -9 $$",
		"terraform": "exit 2",
	}, procedures.Program{Name: "box"}, procedures.Program{Name: "quiet"}, procedures.Program{Name: "says"},
		procedures.Program{Name: "killed"}, procedures.Program{Name: "terraform"})
	for _, c := range []struct {
		args    []string
		status  int
		verdict procedures.Verdict
		reason  string
	}{
		{[]string{"box"}, 1, procedures.Failed, "box exited with 1: Error: Invalid reference."},
		{[]string{"quiet"}, 3, procedures.Failed, "quiet exited with 3."},
		{[]string{"says"}, 1, procedures.Failed, "says exited with 1: 2 passed, 1 failed."},
		{[]string{"killed"}, 137, procedures.Failed, "killed was ended by the signal 9."},
		{[]string{"terraform", "plan"}, 2, procedures.Failed, "terraform exited with 2."},
		{
			[]string{"terraform", "plan", "-detailed-exitcode"}, 2, procedures.Passed,
			"terraform exited with 2: there is something to apply.",
		},
	} {
		got := b.run(t.Context(), nil, c.args...)
		if got.status != c.status || got.call.RuleVerdict.Verdict != c.verdict || got.call.RuleVerdict.Reason != c.reason {
			t.Errorf("%v: %d, %+v", c.args, got.status, got.call.RuleVerdict)
		}
	}
}

// TestProgramIsNotBegunPastAFence has a fence that is closed, of a change that others may have taken over.
func TestProgramIsNotBegunPastAFence(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"touch-it": "touch begun"}, procedures.Program{Name: "touch-it"})
	got := b.run(procedures.WithFence(t.Context(), func() error { return errors.New("it is closed") }), nil, "touch-it")
	if _, err := os.Stat(filepath.Join(b.Workspace, "begun")); !errors.Is(err, os.ErrNotExist) || got.status == 0 {
		t.Errorf("status %d, and its file: %v", got.status, err)
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, procedures.Program{Name: "terraform-of-nobody"})
	if err := os.WriteFile(filepath.Join(b.Workspace, "terraform-of-nobody"), []byte("#!/bin/sh\necho evil\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.variables["PATH"] = ".:" + b.bin
	for _, planning := range []bool{true, false} {
		c := b.run(t.Context(), func(inv *procedures.Invocation) { inv.Planning = planning }, "terraform-of-nobody", "apply")
		if c.status != 127 || c.call.RuleVerdict.Verdict != procedures.Errored || c.call.Planned != nil ||
			c.call.Error != "terraform-of-nobody is not installed: it is in no folder of the server's PATH ("+b.bin+")" {
			t.Errorf("planning %v: %d, %+v", planning, c.status, c.call)
		}
	}
}

func TestProgramRunsInTheWorkspaceOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"terraform": "pwd"}, procedures.Program{Name: "terraform"})
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(b.Workspace, "link")); err != nil {
		t.Fatal(err)
	}
	for folder, says := range map[string]string{
		outside: "is not in the workspace", "/": "is not in the workspace",
		filepath.Join(b.Workspace, "link"): "is not in the workspace", b.Workspace + "2": "there is no folder",
		filepath.Join(b.Workspace, "made-by-the-run"): "there is no folder",
	} {
		c := b.run(t.Context(), func(inv *procedures.Invocation) { inv.Folder = folder }, "terraform", "plan")
		if c.status != 127 || c.stdout != "" || !strings.Contains(c.call.Error, says) {
			t.Errorf("in %s: %d, %q, %s", folder, c.status, c.stdout, c.call.Error)
		}
	}
}

func TestProgramIsPlanned(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"terraform": "echo ran"}, procedures.Program{Name: "terraform"})
	c := b.run(t.Context(), func(inv *procedures.Invocation) { inv.Planning = true }, "terraform", "destroy", "-auto-approve")
	p := c.call.Planned
	if c.stdout != "" || p == nil || p.Effect != procedures.EffectDestroy || p.Resource != b.Workspace ||
		!strings.Contains(p.Does, b.Workspace) {
		t.Errorf("it printed %q and plans %+v", c.stdout, p)
	}
}

func TestProgramPrintsWhileItRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"slow": "echo begun; read go; printf '\\033[1mgone on\\033[0m\\n'"},
		procedures.Program{Name: "slow"})
	stdin, goOn, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	reader, writer := io.Pipe()
	done := make(chan int, 1)
	go func() {
		c := b.run(t.Context(), func(inv *procedures.Invocation) { inv.Stdin, inv.Stdout, inv.Terminal = stdin, writer, true }, "slow")
		_ = writer.Close()
		done <- c.status
	}()
	lines := bufio.NewScanner(reader)
	if !lines.Scan() || lines.Text() != "begun" {
		t.Fatalf("it printed %q", lines.Text())
	}
	if _, err := goOn.WriteString("go\n"); err != nil { // it waits for this, and its output came before
		t.Fatal(err)
	}
	if !lines.Scan() || lines.Text() != "gone on" {
		t.Errorf("it printed %q", lines.Text())
	}
	if status := <-done; status != 0 {
		t.Errorf("it ended with %d", status)
	}
}

// TestProgramThatWaitsHoldsNoWorker has one worker, whose step runs a program that waits for its input.
func TestProgramThatWaitsHoldsNoWorker(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"waits": "read go; echo $go"}, procedures.Program{Name: "waits"})
	stdin, goOn, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	turns := limits.NewTurns(1, 0)
	turn, err := turns.Take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan lineResult, 1)
	go func() {
		done <- b.run(limits.WithTurn(t.Context(), turn), func(inv *procedures.Invocation) { inv.Stdin = stdin }, "waits")
	}()
	other, err := turns.Take(t.Context(), "b") // not before it rests
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	if _, err := goOn.WriteString("went on\n"); err != nil {
		t.Fatal(err)
	}
	if c := <-done; c.status != 0 || c.stdout != "went on\n" || turns.Working() != 1 {
		t.Errorf("it ended with %+v, and %d work", c, turns.Working())
	}
	turn.Close()
}

// TestProgramIsEndedWithAllThatItStarted cancels a program which ignores that it is told to end, and whose children do. Each
// of them has a pipe open: its end is seen when none is left.
func TestProgramIsEndedWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	const stubborn = `trap '' TERM
exec 3>"$FIFO"
(trap '' TERM; echo child >&3; while :; do sleep 1000; done) &
sh -c 'trap "" TERM; echo grandchild >&3; while :; do sleep 1000; done' &
echo parent >&3
wait
while :; do sleep 1000; done`
	for name, text := range map[string]string{
		"stubborn": stubborn,
		"children that are left": strings.Replace(strings.Replace(stubborn, "trap '' TERM\n", "", 1),
			"wait\nwhile :; do sleep 1000; done", "wait", 1),
		"nothing is to be cancelled": strings.Replace(stubborn, "wait\nwhile :; do sleep 1000; done", "read all; exit 0", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, map[string]string{"stubborn": text}, procedures.Program{Name: "stubborn"})
			fifo := filepath.Join(t.TempDir(), "fifo")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stdin, goOn, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			done := make(chan lineResult, 1)
			go func() {
				done <- b.run(ctx, func(inv *procedures.Invocation) {
					inv.Stdin = stdin
					inv.Exported = func(yield func(string, string) bool) { yield("FIFO", fifo) }
				}, "stubborn")
			}()
			open, err := os.Open(fifo) // waits for a writer
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			lines := bufio.NewScanner(open)
			for range 3 {
				if !lines.Scan() {
					t.Fatalf("not all of them began: %v", lines.Err())
				}
			}
			began := time.Now()
			if strings.HasPrefix(name, "nothing") {
				_ = goOn.Close() // the program ends by itself, and leaves its children
			} else {
				cancel()
			}
			c := <-done
			t.Logf("ended after %s", time.Since(began))
			if lines.Scan() {
				t.Errorf("something of it goes on: %s", lines.Text())
			}
			if !strings.HasPrefix(name, "nothing") &&
				(c.status != interrupted || !strings.Contains(c.call.RuleVerdict.Reason, "was ended")) {
				t.Errorf("it ended with %d, %+v", c.status, c.call.RuleVerdict)
			}
		})
	}
}

func TestOnlyAllowedLinesAreCommands(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, procedures.Program{Name: "kubectl get"}, procedures.Program{Name: "gh"})
	for line, want := range map[string]bool{
		"kubectl get pods": true, "kubectl -n prod get pods": true, "kubectl delete pod x": false, "kubectl": false,
		"kubectl --odd get pods": false, "gh workflow run x": true, "terraform plan": false, "./gh x": false,
		"/usr/bin/gh x": false, "../gh": false, "gh/": false, "": false,
	} {
		if _, ok := b.Command(strings.Fields(line)); ok != want {
			t.Errorf("%q: %v", line, ok)
		}
	}
}
