package journal

import (
	"maps"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestAJournalHasALargeValueOnce writes requests as presses do, and reads them back: what an attempt was requested with
// is what it would be with every value in every event.
func TestAJournalHasALargeValueOnce(t *testing.T) {
	t.Parallel()
	large, other := strings.Repeat("x", 60<<10), strings.Repeat("y", 60<<10)
	requests := []map[string]string{
		{"A": "1", "B": large}, {"A": "2", "B": large}, {"A": "2", "B": large, "C": large}, {"A": "2", "B": other}, {"B": large},
		{"A": "1"}, nil, {"B": other, "C": large},
	}
	v := newView(every)
	var written []map[string]string
	size := 0
	for i, values := range requests {
		e := procedures.Event{Number: int64(i + 1), Kind: procedures.EventStepRequested, Step: "s", Execution: string(rune('a' + i))}
		e.Parameters, e.Kept = Once(values, func(name, value string) bool {
			for _, w := range written {
				if w[name] == value {
					return true
				}
			}
			return false
		})
		written = append(written, values)
		var b strings.Builder
		if err := WriteEvent(&b, e); err != nil {
			t.Fatal(err)
		}
		size += b.Len()
		v.Apply(e)
		if got := v.Attempts[i].Parameters; !maps.Equal(got, values) {
			t.Errorf("request %d is read with %d values, want %d", i, len(got), len(values))
		}
	}
	if size > 4*len(large) {
		t.Errorf("the journal has %d bytes", size)
	}
	// A journal of an earlier version refers to nothing, and a reference to nothing is left out.
	v.Apply(procedures.Event{
		Number: 100, Kind: procedures.EventStepRequested, Step: "s", Execution: "z", Parameters: map[string]string{"A": "1"},
		Kept: map[string]string{"B": "0000"},
	})
	if got := v.Attempts[len(v.Attempts)-1].Parameters; len(got) != 1 || got["A"] != "1" {
		t.Errorf("%v", got)
	}
}

// TestLinesReferToLargeValues: a command and a call name the parameter, in every way in which its value can stand in them;
// other events, and what is short, stay as they are.
func TestLinesReferToLargeValues(t *testing.T) {
	t.Parallel()
	large := "it's " + strings.Repeat("x", LargeValue)
	quoted := strings.ReplaceAll(large, "'", `'\''`)
	values := map[string]string{"NAME": large, "SHORT": "x"}
	judged := &procedures.Judgement{Verdict: procedures.Errored, Reason: "Value '" + large + "' is too long"}
	call := &procedures.Call{
		Command: "ssm get-parameter", Args: []string{"--name", large, "--x=" + large}, Error: "no " + large, RuleVerdict: judged,
		ResourceVerdicts: []procedures.ResourceVerdict{{Name: large, Reason: "no " + large}},
	}
	e := procedures.Event{Kind: procedures.EventCall, Text: "aws --name '" + quoted + "' x", Call: call}
	got := Referring(e, values)
	if got.Text != "aws --name '[NAME: 517 bytes]' x" || got.Call.Args[1] != "[NAME: 517 bytes]" ||
		got.Call.Args[2] != "--x=[NAME: 517 bytes]" || got.Call.Error != "no [NAME: 517 bytes]" {
		t.Errorf("%+v, %+v", got, got.Call)
	}
	const reason = "Value '[NAME: 517 bytes]' is too long"
	ended := Referring(procedures.Event{Kind: procedures.EventStepFinished, Judgement: judged}, values)
	if r := got.Call.ResourceVerdicts[0]; got.Call.RuleVerdict.Reason != reason || ended.Judgement.Reason != reason ||
		r.Name != "[NAME: 517 bytes]" || r.Reason != "no [NAME: 517 bytes]" {
		t.Errorf("the judgements are %+v, %+v, %+v", got.Call.RuleVerdict, ended.Judgement, r)
	}
	if call.Args[1] != large || e.Text == got.Text || !strings.Contains(judged.Reason, large) || call.ResourceVerdicts[0].Name != large {
		t.Error("the call that is sent was changed")
	}
	for _, kind := range []procedures.EventKind{procedures.EventOutput, procedures.EventNote, procedures.EventStepRequested} {
		if got := Referring(procedures.Event{Kind: kind, Text: large}, values); got.Text != large {
			t.Errorf("%s: %s", kind, got.Text)
		}
	}
}
