package interpret

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/bench/fidelity/snippets"
	"github.com/opsbook/opsbook/internal/procedures"
)

// notOverSteps is what a step does not leave to the next one, or does at its own end: docs/scripts.md says so. Snippets with it are not
// comparable.
var notOverSteps = regexp.MustCompile(`\b(trap|exec|exit|return|wait|jobs|readonly|alias|pushd|popd|dirs|getopts|OPTIND|shift|LINENO|` +
	`SECONDS|RANDOM|BASHPID|BASH_\w+|coproc|kill|disown|times|hash|PIPESTATUS)\b|` +
	`&\s*$|[^&>]&\s|declare -\w*[rntx]|set --|\$[!_]|local|{\w+}[<>]|` +
	`set -n|` +
	`set -\w*u|\${\w+:?\?|(?s:set -e.*(1/0|declare -i|:0:-1))`) // which end the shell, where the next step is pressed nevertheless

// TestStepsAreAsOneShell runs each statement of the recorded snippets as a step of its own: what is printed, and the last status, are those
// of bash, which has all of it as one script.
func TestStepsAreAsOneShell(t *testing.T) {
	t.Parallel()
	list, compared := recordedAnswers(t), 0
	var mu sync.Mutex
	each(list, func(a answered) {
		if notOverSteps.MatchString(a.Text) || leftOut(a.Text) != "" || strings.Contains(a.Stdout, "bash: line") {
			return
		}
		steps := statementsOf(a.Text)
		if len(steps) < 2 {
			return
		}
		stdout, status, refused := asSteps(t, steps)
		if refused {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if compared++; stdout != a.Stdout || status != a.Status {
			t.Errorf("as steps, %q\nprint %q and end with %d, bash prints %q and ends with %d", steps, stdout, status, a.Stdout, a.Status)
		}
	})
	if compared < len(list)/4 {
		t.Errorf("only %d of %d were compared", compared, len(list))
	}
}

// statementsOf are the texts of a script's statements, those that stand on one line together; nil where it cannot be read.
func statementsOf(text string) (out []string) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	from, ends := uint(0), uint(0)
	for _, s := range file.Stmts {
		if s.Pos().Line() > ends && ends > 0 {
			out = append(out, text[from:s.Pos().Offset()])
			from = s.Pos().Offset()
		}
		ends = s.End().Line()
	}
	return append(out, text[from:])
}

// asSteps runs scripts one after another, each with the state that the one before it has left, until one ends the shell.
func asSteps(t *testing.T, steps []string) (stdout string, status int, refused bool) {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Error(err)
		return "", 0, true
	}
	defer root.Close()
	if err := snippets.Lay(root.Name()); err != nil {
		t.Error(err)
	}
	var state *procedures.ScriptState
	for _, step := range steps {
		printed, _, outcome, err := runScript(t, step+"\n", func(e *Execution) {
			e.Args, e.State, e.Files = snippets.Args, state, &Folder{Own: root}
		})
		if err != nil || outcome.Refused != "" || outcome.Unavailable != "" {
			return "", 0, true
		}
		stdout += printed
		state, status = outcome.State, outcome.Status
		if status != 0 && state.Has(errexit) {
			break
		}
	}
	return stdout, status, false
}
