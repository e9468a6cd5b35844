package journal

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestReady has a change that needs a check to have passed and an announcement to be made.
func TestReady(t *testing.T) {
	t.Parallel()
	change := &procedures.Step{ID: "change", Title: "Change it", Kind: procedures.KindScript, After: []string{"announce"}}
	change.Annotations.Needs, change.Analysis.Effect = []string{"check"}, procedures.EffectChange
	p := &procedures.Procedure{Steps: []*procedures.Step{
		{ID: "check", Title: "Check it", Kind: procedures.KindScript},
		{ID: "announce", Title: "Announce it", Kind: procedures.KindManual}, change,
	}}
	judged := func(v procedures.Verdict) []procedures.Event {
		return []procedures.Event{
			{Kind: procedures.EventStepRequested, Step: "check", Execution: "x"},
			{Kind: procedures.EventStepFinished, Step: "check", Execution: "x", Judgement: &procedures.Judgement{Verdict: v}},
		}
	}
	done := procedures.Event{Kind: procedures.EventMarkedDone, Step: "announce"}
	skipped := procedures.Event{Kind: procedures.EventMarkedSkipped, Step: "announce", Text: "at night"}
	for _, test := range []struct {
		name   string
		events []procedures.Event
		want   string // of the error; empty for none
		failed int    // steps before it that failed
	}{
		{"nothing was done", nil, "first mark as done: Announce it. Nothing was changed", 0},
		{"announced", []procedures.Event{done}, "waiting for “Check it” to pass", 0},
		{"the check failed", append(judged(procedures.Failed), done), "waiting for “Check it” to pass", 1},
		{"the check passed", append(judged(procedures.Passed), done), "", 0},
		{"skipped for a reason", append(judged(procedures.Warned), skipped), "", 0},
		{
			"the mark was taken back", append(judged(procedures.Passed), done,
				procedures.Event{Kind: procedures.EventMarkedUndone, Step: "announce"}), "first mark", 0,
		},
	} {
		view := NewView()
		for i, e := range test.events {
			e.Number = int64(i + 1)
			view.Apply(e)
		}
		err := Ready(view, p, change)
		if test.want == "" != (err == nil) || err != nil &&
			(!strings.HasPrefix(err.Error(), test.want) || procedures.CodeOf(err) != procedures.CodeRefused) {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := FailedBefore(view, p, change); len(got) != test.failed {
			t.Errorf("%s: %d steps failed before it", test.name, len(got))
		}
		if open := OpenConditions(view, p, p.Steps[0]); len(open) != 0 {
			t.Errorf("%s: what only reads waits for %d conditions", test.name, len(open))
		}
	}
}

// TestReadyAfterRunTask has a change that waits for a task which commands do: they have to end well, or somebody skips it.
func TestReadyAfterRunTask(t *testing.T) {
	t.Parallel()
	change := &procedures.Step{ID: "change", Title: "Change it", Kind: procedures.KindScript, After: []string{"backup"}}
	change.Analysis.Effect = procedures.EffectChange
	p := &procedures.Procedure{Steps: []*procedures.Step{{ID: "backup", Title: "Back it up", Kind: procedures.KindScript}, change}}
	for verdict, ready := range map[procedures.Verdict]bool{
		"": false, procedures.Passed: true, procedures.Info: true, procedures.Warned: true, procedures.NoData: true,
		procedures.Failed: false, procedures.Errored: false, procedures.Unavailable: false,
	} {
		view := NewView()
		if verdict != "" {
			view.Apply(procedures.Event{Number: 1, Kind: procedures.EventStepRequested, Step: "backup", Execution: "x"})
			view.Apply(procedures.Event{Number: 2, Kind: procedures.EventStepFinished, Step: "backup", Execution: "x",
				Judgement: &procedures.Judgement{Verdict: verdict}})
		}
		err := Ready(view, p, change)
		if (err == nil) != ready || err != nil && !strings.HasPrefix(err.Error(), "first run: Back it up. Nothing was changed") {
			t.Errorf("after %q: %v", verdict, err)
		}
		view.Apply(procedures.Event{Number: 3, Kind: procedures.EventMarkedSkipped, Step: "backup", Text: "it is a drill"})
		if err := Ready(view, p, change); err != nil {
			t.Errorf("skipped for a reason, after %q: %v", verdict, err)
		}
	}
}

// TestNeededByReading has a check that needs another to have passed: it waits for that as a change does, and for nothing else.
func TestNeededByReading(t *testing.T) {
	t.Parallel()
	reads := &procedures.Step{ID: "reads", Title: "Read it", Kind: procedures.KindScript, After: []string{"announce"}}
	reads.Annotations.Needs, reads.Analysis.Effect = []string{"check"}, procedures.EffectRead
	check := &procedures.Step{ID: "check", Title: "Check it", Kind: procedures.KindScript}
	p := &procedures.Procedure{Steps: []*procedures.Step{check, {ID: "announce", Kind: procedures.KindManual}, reads}}
	for verdict, ready := range map[procedures.Verdict]bool{
		"": false, procedures.Passed: true, procedures.Warned: true, procedures.Failed: false, procedures.Errored: false,
		procedures.Skipped: false, procedures.Unavailable: false,
	} {
		view := NewView()
		if verdict != "" {
			view.Apply(procedures.Event{Number: 1, Kind: procedures.EventStepRequested, Step: "check", Execution: "x"})
			view.Apply(procedures.Event{Number: 2, Kind: procedures.EventStepFinished, Step: "check", Execution: "x",
				Judgement: &procedures.Judgement{Verdict: verdict}})
		}
		if err := Ready(view, p, reads); (err == nil) != ready {
			t.Errorf("after %q: %v", verdict, err)
		}
		if err := Needed(view, p, reads, check); err != nil {
			t.Errorf("requested with what it needs: %v", err)
		}
	}
}
