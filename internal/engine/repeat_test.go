package engine_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
)

// do executes one step, without a run, against a fake that answers by the number of the call.
func do(t *testing.T, script string, answer func(n int) (document.Value, int),
	confirmed ...procedures.PlannedCall) (r engine.Result, took time.Duration, calls []string, notes []string) {
	t.Helper()
	aws := &enginetest.AWS{}
	n := 0
	aws.Answer = func(context.Context, []string) (document.Value, int) {
		n++
		return answer(n)
	}
	command := func(name string) (procedures.Command, bool) { return aws, name == "aws" }
	lib := runbook.OpenText("book.md", enginetest.Fence(script), runbook.Options{Analyser: &analyse.Analyser{Command: command}})
	step := lib.Procedures()[0].Steps[0]
	eng := &engine.Engine{Environment: procedures.Environment{Name: "test", Account: "210987654321"}, Commands: command}
	began := time.Now()
	r = eng.Execute(t.Context(), engine.Execution{Step: step, Confirmed: confirmed, Now: time.Now,
		Out: mask.NewEmitter(nil, func(event mask.Event) {
			if e := event.Open(); e.Kind == procedures.EventNotice {
				notes = append(notes, e.Text)
			}
		})})
	return r, time.Since(began), aws.Calls(), notes
}

func status(s string) document.Value {
	return document.NewObject(document.Member{Name: "Status", Value: s})
}

func TestStepIsReadUntilItIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, took, calls,
			notes := do(t, "#| until: Status == 'ACTIVE'\n#| every: 20s\naws dynamodb describe-table --name t",
			func(n int) (document.Value, int) {
				if n < 4 {
					return status("CREATING"), 0
				}
				return status("ACTIVE"), 0
			})
		if r.Judgement.Verdict != procedures.Passed || len(calls) != 4 || took != time.Minute {
			t.Errorf("%+v after %d calls in %s", r.Judgement, len(calls), took)
		}
		if len(notes) != 3 || notes[0] != "Not yet: Status == 'ACTIVE'; asked once, and again in 20s" {
			t.Errorf("said %q", notes)
		}
	})
}

func TestWaitingForAnAnswerHasAnEnd(t *testing.T) {
	never := func(int) (document.Value, int) { return status("CREATING"), 0 }
	tests := []struct {
		annotations string
		calls       int
		took        time.Duration
	}{
		{"#| until: Status == 'ACTIVE'", 61, 10 * time.Minute},
		{"#| until: Status == 'ACTIVE'\n#| timeout: 1m\n#| every: 20s", 4, time.Minute},
		{"#| until: Status == 'ACTIVE'\n#| retry: 2\n#| every: 1m", 3, 2 * time.Minute},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			r, took, calls, _ := do(t, test.annotations+"\naws dynamodb describe-table --name t", never)
			if r.Judgement.Verdict != procedures.Failed || !strings.HasPrefix(r.Judgement.Reason, "Not yet: Status == 'ACTIVE'; asked ") {
				t.Errorf("%s: judged %+v", test.annotations, r.Judgement)
			}
			if len(calls) != test.calls || took != test.took {
				t.Errorf("%s: %d calls in %s, want %d in %s", test.annotations, len(calls), took, test.calls, test.took)
			}
		})
	}
}

func TestAnEndOfWaitingSaysHowItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _, _ := do(t,
			"#| until: Status == 'ACTIVE'\n#| timeout: 1m\n#| warn:\n#|   - {that: \"Status == 'ACTIVE'\", say: \"It "+
				"is {Status}\"}\naws dynamodb describe-table --name t", func(int) (document.Value, int) {
				return status("CREATING"), 0
			})
		if r.Judgement.Verdict != procedures.Failed ||
			!strings.HasPrefix(r.Judgement.Reason, "It is CREATING; asked ") || r.Judgement.Expected != "Status == 'ACTIVE'" {
			t.Errorf("judged %+v", r.Judgement)
		}
	})
}

func TestFailedReadingIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, took, calls, _ := do(t, "#| retry: 3\n#| every: 5s\naws lambda get-function --name f", func(n int) (document.Value, int) {
			return nil, min(0, n-3) // two failures, then success
		})
		if r.Judgement.Verdict != procedures.Passed || len(calls) != 3 || took != 10*time.Second {
			t.Errorf("%+v after %d calls in %s", r.Judgement, len(calls), took)
		}
	})
}

func TestChangeIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, took, calls, _ := do(t, "#| retry: 3\naws lambda update-function --name f", func(int) (document.Value, int) {
			return nil, 1
		}, procedures.PlannedCall{Program: "aws", Args: []string{"lambda", "update-function", "--name", "f"}})
		if len(calls) != 1 || took != 0 {
			t.Errorf("%d calls in %s", len(calls), took)
		}
	})
}

func TestUnconfirmedChangeIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := func(int) (document.Value, int) { return nil, 0 }
		for name, confirmed := range map[string][]procedures.PlannedCall{
			"the planning came by no change": nil,
			"it came by another":             {{Program: "aws", Args: []string{"lambda", "update-function", "--name", "g"}}},
		} {
			r, _, calls, _ := do(t, "aws lambda update-function --name f", made, confirmed...)
			if len(calls) != 0 || r.Judgement.Verdict != procedures.Errored || !strings.Contains(r.Judgement.Reason, "was not confirmed") {
				t.Errorf("%s: %q was made: %+v", name, calls, r.Judgement)
			}
		}
	})
}

func TestStepIsDoneForEachValue(t *testing.T) {
	r, _, calls,
		_ := do(t, "#| for: {stage: [prod, \"it's\"], func: [api, web]}\naws lambda get-function \\\n  --name "+
		"\"$func-$stage\"", func(int) (document.Value, int) {
		return nil, 0
	})
	want := map[string]bool{
		"lambda get-function --name api-prod": true, "lambda get-function --name web-prod": true,
		"lambda get-function --name api-it's": true, "lambda get-function --name web-it's": true,
	}
	for _, call := range calls {
		if !want[call] {
			t.Errorf("called %q", call)
		}
		delete(want, call)
	}
	if len(want) > 0 || r.Judgement.Verdict != procedures.Passed {
		t.Errorf("not called: %v; judged %+v", want, r.Judgement)
	}
}
