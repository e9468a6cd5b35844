package interpret

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// native runs a script with the commands of the table, and returns what it printed.
func native(t *testing.T, script string) (outcome Outcome, stdout, stderr string) {
	t.Helper()
	own, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if err := own.WriteFile("f", []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	table := commands.Table(commands.Options{})
	var out, errs strings.Builder
	outcome, err = Run(t.Context(), &Execution{
		Script: procedures.Script{Text: script, Line: 1}, Files: &Folder{Own: own}, Now: time.Now, Stdout: &out, Stderr: &errs,
		Commands: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok },
	})
	if err != nil && !strings.Contains(err.Error(), "was not confirmed") { // of a line that sends something
		t.Errorf("%s: %v", script, err)
	}
	return outcome, out.String(), errs.String()
}

// Whatever stands around a line, nothing of the script sees the status of an option that is not carried out here.
func TestWhatIsNotCarriedOutIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"grep $O f", "stat -c $F f", "find . $P", "seq $N", "echo f | xargs grep $O a", "env A=b grep $O a f",
		"timeout 60 grep $O a f", "find . -name f -exec grep $O a {} +", "find . -name f -exec grep $O a {} \\;",
		"f() { grep $O f; }; f"} {
		for _, around := range []string{
			"n=$(%s | wc -l); echo after", "if %s; then echo after; else echo after; fi", "%s || true; echo after", "! %s; echo after",
			"%s 2>/dev/null && echo after; echo after",
			"(%s); echo after", "{ %s; } > g; echo after", "x=`%s`; echo after",
			"while ! %s; do echo after; break; done; echo after",
			"cat <(%s); echo after", "until %s; do echo after; done", "%s | cat; echo after",
			"for i in $(%s); do echo after; done; echo after", "case $(%s) in '') echo after;; esac",
			"trap 'echo after' EXIT; %s; echo after",
		} {
			script := "read -r O F P N <<<'--binary-files=text %G -ls 1e3'\n" + strings.ReplaceAll(around, "%s", line) + "\n"
			outcome, stdout, _ := native(t, script)
			if strings.Contains(stdout, "after") || !strings.Contains(outcome.Unavailable, "not carried out here: ") {
				t.Errorf("%s printed %q: %+v", script, stdout, outcome)
			}
		}
	}
}

// Of each option that the real program has, either it is carried out, or the step is refused, before it begins where the line tells it and
// at the line else. None is taken for one that the program has not.
func TestEveryOptionOfTheRealPrograms(t *testing.T) {
	t.Parallel()
	unknown := regexp.MustCompile(`invalid option|unrecognized option|unknown predicate|Unknown option`)
	table := commands.Table(commands.Options{})
	a := &analyse.Analyser{Command: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }}
	recorded, refused := 0, 0
	for name := range table {
		for option, value := range commands.Recorded(name) {
			line := name + " " + option
			if value {
				line += " p" // a script of sed, too
			}
			if name == "find" {
				line = "find . " + option + " 1"
			}
			study := a.Analyse(procedures.Script{Text: line + "\n", Line: 1})
			later := strings.Replace(line, option, "$O", 1)
			outcome, stdout, stderr := native(t, "read -r O <<<'"+option+"'\nif "+later+" </dev/null; then :; fi\necho after\n")
			static, dynamic := study.Hindrance() != "", outcome.Unavailable != ""
			switch {
			case unknown.MatchString(stderr):
				t.Errorf("%s is taken for no option of the program: %s", line, stderr)
			case name == "curl" && !dynamic && stdout == "":
			case static != dynamic:
				t.Errorf("%s: refused %q before it begins, %q at the line", line, study.Hindrance(), outcome.Unavailable)
			case dynamic == strings.Contains(stdout, "after"):
				t.Errorf("%s: %q, printed %q", line, outcome.Unavailable, stdout)
			}
			recorded++
			if dynamic {
				refused++
			}
		}
	}
	t.Logf("%d options, %d are refused", recorded, refused)
	if recorded < 1000 {
		t.Errorf("%d options are recorded", recorded)
	}
}

// A line that is written for another system is none that is refused before the step begins.
func TestLinesForOtherSystems(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"stat -c %s f 2>/dev/null || stat -f %z f":                              "4\n",
		"if [[ $OSTYPE == darwin* ]]; then stat -f %z f; else stat -c %s f; fi": "4\n",
		"case $(uname) in Darwin) base64 -D f;; *) stat -c %s f;; esac":         "4\n",
		"echo YQ== | base64 -D 2>/dev/null || echo YQ== | base64 -d":            "a",
		"if date --version >/dev/null 2>&1; then echo gnu; else echo bsd; fi":   "gnu\n",
		"if sed --version 2>/dev/null | grep -q GNU; then echo gnu; fi":         "gnu\n",
		"grep --version | head -1":                                              "grep (GNU grep) 3.8\n",
	} {
		if outcome, stdout, stderr := native(t, script+"\n"); stdout != want || outcome.Unavailable != "" || outcome.Refused != "" {
			t.Errorf("%s: %q, want %q: %+v %s", script, stdout, want, outcome, stderr)
		}
	}
	for _, script := range []string{
		"stat -f %z f", "echo a | sort -D", "true || grep --binary-files=text a f", "sort --random-sort f",
	} {
		if outcome, stdout, _ := native(t, script+"\n"); !strings.HasPrefix(outcome.Refused+outcome.Unavailable, "Line 1") ||
			stdout != "" {
			t.Errorf("%s: %q, %+v", script, stdout, outcome)
		}
	}
}

// A program that the configuration allows goes before a command that carries out some of its lines only, and behind one that carries out
// all of them; on the sandbox no program runs.
func TestAConfiguredProgramGoesFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		script   string
		rehearse bool
		want     bool // the program runs
	}{
		{"openssl is the configured one", "openssl x509 -noout -enddate -in nofile", false, true},
		{"which is the one for other lines, too", "openssl speed", false, true},
		{"on the sandbox it is ours", "openssl x509 -noout -enddate -in nofile", true, false},
		{"sort is ours", "sort nofile", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := &argument{}
			_, _, _, err := runScript(t, c.script+"\n", func(e *Execution) {
				e.Rehearse = c.rehearse
				e.Programs = func([]string) (procedures.Command, bool) { return program, true }
			})
			if err != nil || (program.got != nil) != c.want {
				t.Errorf("the program got %q, %v", program.got, err)
			}
		})
	}
}
