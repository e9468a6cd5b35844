package interpret

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// runScript runs a script with the small commands, in a folder of its own.
func runScript(t *testing.T, text string, change func(*Execution)) (stdout, stderr string, outcome Outcome, err error) {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	table := commands.Table(commands.Options{})
	var out, errs bytes.Buffer
	e := &Execution{
		Script: procedures.Script{Text: text, Line: 1}, Files: &Folder{Own: root}, Stdout: &out, Stderr: &errs,
		Now: time.Now, Args: []string{"one", "two"},
		Commands: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok },
	}
	if change != nil {
		change(e)
	}
	outcome, err = Run(t.Context(), e)
	return out.String(), errs.String(), outcome, err
}

// TestScriptsRunAsInBash compares with what bash prints, and where bash is there that the table is right.
func TestScriptsRunAsInBash(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("testdata/bash.txt")
	if err != nil {
		t.Fatal(err)
	}
	bash, missing := exec.LookPath("bash")
	for _, section := range strings.Split(string(table), "\n----\n")[1:] {
		if section == "" {
			continue
		}
		at := strings.LastIndex("\n"+section, "\n= ")
		status, want, _ := strings.Cut(section[at+2:], "\n")
		script := strings.TrimSuffix(section[:at], "\n")
		number, err := strconv.Atoi(status)
		if err != nil {
			t.Fatalf("the section %q has no status", section)
		}
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, outcome, err := runScript(t, script+"\n", nil)
			if err != nil || outcome.Refused != "" {
				t.Fatalf("%v %s", err, outcome.Refused)
			}
			if strings.TrimSuffix(stdout, "\n") != want || outcome.Status != number {
				t.Errorf("status %d, printed %q, want %d, %q (%s)", outcome.Status, stdout, number, want, stderr)
			}
			if missing != nil {
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c := exec.CommandContext(ctx, bash, "-c", script, "bash", "one", "two")
			c.Dir, c.Env = t.TempDir(), []string{"PATH=/usr/bin:/bin", "HOME=/", "LANG=C.UTF-8"}
			out, err := c.Output()
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if strings.TrimSuffix(string(out), "\n") != want || c.ProcessState.ExitCode() != number {
				t.Errorf("the table is wrong: bash ends with %d and prints %q", c.ProcessState.ExitCode(), out)
			}
		})
	}
}

// TestRefusedScripts are those that would get past the handlers, or run differently from bash.
func TestRefusedScripts(t *testing.T) {
	tests := []struct{ script, why string }{
		{"eval echo hi", "eval"},
		{"x='echo hi'; eval \"$x\"", "eval"},
		{"exec echo hi", "exec"},
		{"builtin aws s3 ls", "builtin"},
		{"enable -f x y", "enable"},
		{"x='aws s3 ls'; trap \"$(echo $x)\" EXIT", "trap"},
		{"trap \"$x\" EXIT", "trap"},
		{"trap 'eval x' EXIT", "eval"},
		{"trap 'echo x' DEBUG", "DEBUG"},
		{"source /etc/profile", "outside"},
		{". ../x.sh", "outside"},
		{"source \"$X\"", "outside"},
		{"coproc cat", "coproc"},
		{"f() { eval x; }; f", "eval"},
		{"echo $(eval x)", "eval"},
		{"if true; then exec ls; fi", "exec"},
		{"cat <(eval x)", "eval"},
		{"eval x &", "eval"},
		{"read -i x y", "read -i"},
		{"mapfile -C f l", "mapfile -C"},
		{"shopt -s extdebug", "extdebug"},
		{"cat <> f", "<>"},
		{"jobs", "jobs"},
		{"declare -f f", "declare -f"},
		{"declare 'l=(1 2)'", "in quotes"},
		{"declare -n r=x", "declare -n"},
		{"x=-A; declare $x m=(1)", "written out"},
		{"local \"$x\"", "written out"},
		{"echo 'not closed", "without closing quote"},
	}
	for _, test := range tests {
		t.Run(test.script, func(t *testing.T) {
			stdout, _, outcome, err := runScript(t, "echo before\n"+test.script+"\n", nil)
			why, want := outcome.Unavailable, "before\n" // a statement is left to a person, and takes no other with it
			if outcome.Refused != "" {
				why, want = outcome.Refused, ""
			}
			if err != nil || !strings.Contains(why, test.why) || !strings.Contains(why, "ine 2") {
				t.Errorf("refused %q, %v; want it to name %q and its line", why, err, test.why)
			}
			if stdout != want {
				t.Errorf("it printed %q, want %q", stdout, want)
			}
		})
	}
}

// TestScriptsAreBounded lets scripts run wild: each ends by itself, with the reason.
func TestScriptsAreBounded(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, script, why string }{
		{"a loop without an end", "while :; do :; done", "more than 20,000 commands"},
		{"a variable that doubles", "x=aaaaaaaa; while :; do x=$x$x; done", "a value is larger than 1 MB"},
		{
			"output without an end",
			"while :; do echo " +
				"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
			"more than 1 MB",
		},
		{"a function that calls itself", "f() { f; }; f", ""},
		{"pipes that call themselves", ":() { : | :; }; :", ""},
		{"what a substitution prints", "x=$(while :; do echo aaaaaaaaaaaaaaaa; done)", "more than 20,000 commands"},
		{"sleeping too long", "sleep 1000", "longer than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, _, err := runScript(t, test.script+"\n", func(e *Execution) {
				e.Limits = Limits{Time: 20 * time.Second, Output: 1 << 20, Commands: 20_000, Value: 1 << 20}
				if strings.HasPrefix(test.script, "sleep") {
					e.Limits.Time = 10 * time.Millisecond
				}
			})
			if err == nil || !strings.Contains(err.Error(), test.why) || strings.Contains(err.Error(), "context") {
				t.Errorf("ended with %v, want a reason that says %q", err, test.why)
			}
		})
	}
}

// TestCancelEndsAnyScript cancels scripts while they sleep, loop, read and compute.
func TestCancelEndsAnyScript(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"sleep 1000", "while :; do sleep 0.01; done", "while :; do :; done", "sleep 1000 | cat", "x=$(sleep 1000)",
		"cat", "f() { while :; do echo x; done; }; f >/dev/null",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			reader, writer, err := os.Pipe() // a standard input that does not end
			if err != nil {
				t.Fatal(err)
			}
			defer writer.Close()
			defer reader.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			table := commands.Table(commands.Options{})
			_, err = Run(ctx, &Execution{
				Script: procedures.Script{Text: "echo go\n" + script + "\n", Line: 1}, Files: noFiles{}, Now: time.Now,
				Stdin: reader, Limits: Limits{Commands: 1 << 40},
				Commands: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok },
				Stdout:   whenWritten(cancel),
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// whenWritten calls a function at each write.
type whenWritten func()

func (w whenWritten) Write(p []byte) (int, error) {
	w()
	return len(p), nil
}

// FuzzValuesArriveAsTheyAre gives a parameter hostile values: each arrives as one argument and is never parsed.
func FuzzValuesArriveAsTheyAre(f *testing.F) {
	for _, value := range []string{
		"plain", "a b", "$(touch x)", "`id`", "'; rm -rf /; '", "\"", "\\", "\n\n", "*", "~", "{a,b}", "$HOME", "-n",
		"--", "a\tb", "é\u202e", "\x00x", strings.Repeat("x", 1<<16), "opsbook-size-of", "!", "#", "${x}", "<(ls)", "|", "&",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsRune(value, 0) {
			t.Skip() // refused before: no command line can hold it
		}
		args := &argument{}
		outcome, err := Run(t.Context(), &Execution{
			Script: procedures.Script{
				Text: "aws x y SENTINEL \"$V\" pre-SENTINEL 'SENTINEL'\n", Line: 1, Placeholders: map[string]string{"SENTINEL": "p"},
			}, Files: noFiles{},
			Parameters: map[string]string{"p": value, "V": value}, Commands: func(name string) (procedures.Command, bool) {
				return args, name == "aws"
			},
		})
		if strings.HasPrefix(value, "-") { // no option either
			if err == nil || !strings.Contains(err.Error(), "the field p begins with \"-\"") || args.got != nil {
				t.Fatalf("%+v, %v, arrived %q", outcome, err, args.got)
			}
			return
		}
		if err != nil || outcome.Status != 0 {
			t.Fatalf("%+v, %v", outcome, err)
		}
		want := []string{"aws", "x", "y", value, value, "pre-" + value, value}
		if !slices.Equal(args.got, want) {
			t.Errorf("arrived %q, want %q", args.got, want)
		}
	})
}

// argument is a command that remembers its words.
type argument struct{ got []string }

func (*argument) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead}
}

func (a *argument) Run(_ context.Context, inv *procedures.Invocation) int {
	a.got = slices.Clone(inv.Args)
	return 0
}

// FuzzAnalyse reads anything: it ends, and does not panic; what it does not refuse can be begun, and does not break the interpreter.
func FuzzAnalyse(f *testing.F) {
	for _, text := range []string{
		"aws s3 ls", "for x in a b; do echo $x; done", "x=$(aws a b | while read y; do echo $y; done)",
		"cat <<EOF\n$x\nEOF", "case a in a) ;; esac", "f() { local -A m=([a-b]=1); echo ${#m[@]}; }",
		"read -r -d '' X <<< a", "printf -v x %s a", "${", "[[ -v x ]]", "((a[0]++))", "unset ''", "${x/#a/b}",
		"shift -1", "declare -A m=(a)", "declare $x m=(a)", "bake 30 --evry '1m' --alarm \"$A\" -- 'aws a b'",
		"watch -n 5 \"aws a b | head\"",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4<<10 {
			t.Skip()
		}
		command := &argument{}
		lookup := func(name string) (procedures.Command, bool) { return command, name == "aws" }
		analysis := (&analyse.Analyser{Command: lookup}).Analyse(procedures.Script{Text: text, Line: 1})
		if analysis.Refused != "" {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := Run(ctx, &Execution{
			Script: procedures.Script{Text: text, Line: 1}, Files: &Folder{}, Commands: lookup, Now: time.Now,
			Limits: Limits{Commands: 500, Output: 1 << 16, Value: 1 << 16},
		})
		if err != nil && strings.Contains(err.Error(), "the interpreter cannot run this script") {
			t.Errorf("what breaks the interpreter is refused or rewritten; in a pipe it would end the process: %v", err)
		}
	})
}
