package runs_test

import (
	"context"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

func TestWaitsAreEndedByTheClockOrWithAReason(t *testing.T) {
	onEach(t, testWaitsAreEndedByTheClockOrWithAReason)
}

func testWaitsAreEndedByTheClockOrWithAReason(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Deploy\naws ecs update-service --name web\n\n# Wait 30 minutes, monitor error rates"))
	const step = "wait-30-minutes-monitor-error-rates"
	say := func(text string) runs.Mark {
		return runs.Mark{Procedure: p.request("").Procedure, Environment: "test", Step: step, Text: text, By: oncall}
	}
	if _, err := p.MarkDone(t.Context(), say("")); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("done before anybody waited: %v", err)
	}
	run, err := p.StartCountdown(t.Context(), say(""))
	if err != nil {
		t.Fatal(err)
	}
	until := func() time.Time {
		t.Helper()
		v, err := p.View(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		return v.Step(step).Until()
	}
	if got, want := until(), p.now.Add(30*time.Minute); !got.Equal(want) {
		t.Errorf("waits until %s, want %s", got, want)
	}
	p.now = p.now.Add(29 * time.Minute)
	if _, err := p.MarkDone(t.Context(), say("")); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("done a minute early without a reason: %v", err)
	}
	if _, err := p.MarkDone(t.Context(), say("error rate is flat")); err != nil || !until().IsZero() {
		t.Errorf("done early with a reason: %v, still waits until %s", err, until())
	}
	if _, err := p.StartCountdown(t.Context(), say("")); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(30 * time.Minute)
	if _, err := p.MarkDone(t.Context(), say("")); err != nil {
		t.Errorf("done when the time is over: %v", err)
	}
	deploy := say("")
	deploy.Step = "deploy"
	if _, err := p.StartCountdown(t.Context(), deploy); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("waited at a step that names no time: %v", err)
	}
}

func TestNotesAndMarks(t *testing.T) { onEach(t, testNotesAndMarks) }

func testNotesAndMarks(t *testing.T) {
	p := newPortal(t, enginetest.Fence("- [ ] Tell everybody", two))
	say := func(step, text string) runs.Mark {
		return runs.Mark{Procedure: p.request("").Procedure, Environment: "test", Step: step, Text: text, By: oncall}
	}
	run, err := p.MarkDone(t.Context(), say("tell-everybody", "told"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.View(t.Context(), run)
	if err != nil || v.Step("tell-everybody").Verdict() != procedures.Passed || v.Step("tell-everybody").Mark.Text != "told" {
		t.Errorf("marked: %+v, %v", v.Step("tell-everybody"), err)
	}
	if _, err := p.MarkUndone(t.Context(), say("tell-everybody", "")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.MarkSkipped(t.Context(), say("one", "")); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("skipped without a reason: %v", err)
	}
	if _, err := p.MarkSkipped(t.Context(), say("one", "not today")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddNote(t.Context(), say("", "looks calm")); err != nil {
		t.Fatal(err)
	}
	if v, err = p.View(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if v.Step("tell-everybody").Verdict() != "" || v.Step("one").Verdict() != procedures.Skipped ||
		v.Timeline[len(v.Timeline)-1].Text != "looks calm" {
		t.Errorf("the view is %+v", v.Timeline)
	}
	if _, err := p.MarkDone(t.Context(), say("no-such-step", "")); procedures.CodeOf(err) != procedures.CodeNotFound {
		t.Errorf("a step that is not there: %v", err)
	}
}

// TestAMarkThatIsSentAgainIsOne: a page whose answer was lost sends it again. What people mean to write twice is there twice.
func TestAMarkThatIsSentAgainIsOne(t *testing.T) { onEach(t, testAMarkThatIsSentAgainIsOne) }

func testAMarkThatIsSentAgainIsOne(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Look\naws sts get-caller-identity\n\n# Ask the team"))
	other := oncall
	other.Name, other.Subject = "bert", "bert's"
	want := 0
	for i, c := range []struct {
		kind, step, text string
		by               access.Person
		later            time.Duration
		new              bool
	}{
		{"note", "", "calm", oncall, 0, true}, {"note", "", "calm", oncall, 4 * time.Second, false}, {"note", "", "calm", other, 0, true},
		{"note", "", "calm.", oncall, 0, true}, {"note", "look", "calm", oncall, 0, true}, {"note", "look", "calm", oncall, 0, false},
		{"note", "look", "calm", oncall, 3 * time.Minute, true}, {"done", "ask-the-team", "", oncall, 0, true},
		{"done", "ask-the-team", "", oncall, 0, false}, {"undone", "ask-the-team", "", oncall, 0, true},
		{"done", "ask-the-team", "", oncall, 0, true}, {"note", "ask-the-team", "password=hunter2secret", oncall, 0, true},
		{"note", "ask-the-team", "password=hunter2secret", oncall, 0, false},
	} {
		p.now = p.now.Add(c.later)
		do := map[string]func(context.Context, runs.Mark) (string, error){
			"note": p.AddNote, "done": p.MarkDone, "undone": p.MarkUndone,
		}[c.kind]
		run, err := do(t.Context(), runs.Mark{
			Procedure: p.request("").Procedure, Environment: "test", Step: c.step, Text: c.text, By: c.by,
		})
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if c.new {
			want++
		}
		events, err := p.Since(t.Context(), run, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(events) - 1; got != want { // the run has begun
			t.Fatalf("%d, %s %q by %s: there are %d marks, want %d", i, c.kind, c.text, c.by.Name, got, want)
		}
	}
}
