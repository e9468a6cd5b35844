package interpret

import (
	"context"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// answering is an aws whose every answer is a text of a hundred thousand characters.
type answering struct{ calls int }

func (*answering) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead}
}

func (a *answering) Run(_ context.Context, inv *procedures.Invocation) int {
	a.calls++
	inv.Report(procedures.Call{Document: document.List{strings.Repeat("a", 100_000)}})
	return 0
}

func TestCallsOfAStepAreBounded(t *testing.T) {
	const script = "while :; do\n  aws s3 ls\ndone\n"
	for _, c := range []struct {
		limits Limits
		calls  int
		why    string
	}{
		{Limits{Calls: 7}, 7, "line 2: the step made more than 7 calls and was stopped"},
		{Limits{Answers: 1 << 20}, 11, "line 2: the answers of the step's calls hold more than 1 MB together and the step was stopped"},
	} {
		aws := &answering{}
		_, _, _, err := runScript(t, script, func(e *Execution) {
			e.Limits = c.limits
			e.Commands = func(name string) (procedures.Command, bool) { return aws, name == "aws" }
		})
		if err == nil || !strings.HasPrefix(err.Error(), c.why) || aws.calls != c.calls {
			t.Errorf("after %d calls: %v; want %d and %q", aws.calls, err, c.calls, c.why)
		}
	}
}

func TestCallsOfScriptsCountTogether(t *testing.T) {
	aws := &answering{}
	_, _, _, err := runScript(t, "while :; do\n  ./one.sh\ndone\n", func(e *Execution) {
		e.Limits = Limits{Calls: 7}
		e.Commands = func(name string) (procedures.Command, bool) { return aws, name == "aws" }
		e.Scripts = func(string) (procedures.Script, bool) { return procedures.Script{Text: "aws s3 ls\n", Line: 1}, true }
	})
	if err == nil || !strings.Contains(err.Error(), "more than 7 calls") || aws.calls != 7 {
		t.Errorf("after %d calls: %v", aws.calls, err)
	}
}

// A script file that is a bake is not run within another script.
func TestBakeWithinAnotherScript(t *testing.T) {
	_, _, outcome, err := runScript(t, "bake 30m -- date\n", nil)
	if err != nil || !strings.Contains(outcome.Refused, "a step of its own") {
		t.Errorf("%+v, %v", outcome, err)
	}
}
