package runs_test

import (
	"context"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

func TestRunAllOfWhatOnlyReadsIsARunOfItsOwn(t *testing.T) {
	onEach(t, testRunAllOfWhatOnlyReadsIsARunOfItsOwn)
}

func testRunAllOfWhatOnlyReadsIsARunOfItsOwn(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# A\naws lambda get-a\n\n# B\naws lambda get-b"))
	goOn := make(chan struct{}, 10)
	p.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
		select {
		case <-goOn:
		case <-ctx.Done():
		}
		return "x", 0
	}
	all := func() *runs.Pressed {
		t.Helper()
		pressed, err := p.RunAll(t.Context(), p.request(""))
		if err != nil {
			t.Fatal(err)
		}
		return pressed
	}
	state := func(run string) procedures.RunState {
		t.Helper()
		head, err := p.Run(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		return head.State
	}
	// Who comes while it goes on joins it, with a single press too; then it ends by itself.
	first := all()
	if again := all(); !again.Joined || again.Run != first.Run {
		t.Errorf("the second press led to %+v, not to %s", again, first.Run)
	}
	if single := p.press(p.request("a")); single.Run != first.Run {
		t.Errorf("a single press led to %s, not to %s", single.Run, first.Run)
	}
	for range 10 {
		goOn <- struct{}{}
	}
	p.finished(first.Run, "a", "b")
	if got := state(first.Run); got != procedures.RunFinished {
		t.Errorf("after its last step it is %s", got)
	}
	// The next one is another; what is pressed one by one stays open until Run all, or a person, ends it.
	second := all()
	p.finished(second.Run, "a", "b")
	if second.Run == first.Run || state(second.Run) != procedures.RunFinished {
		t.Errorf("the next one is %s, %s", second.Run, state(second.Run))
	}
	single := p.press(p.request("a"))
	p.finished(single.Run, "a")
	if state(single.Run) != procedures.RunOpen {
		t.Error("after a single press nothing is open")
	}
	third := all()
	p.finished(third.Run, "a", "b")
	if third.Run == single.Run || state(single.Run) != procedures.RunFinished || state(third.Run) != procedures.RunFinished {
		t.Errorf("Run all after a single press: %s, the press’s run %s is %s", third.Run, single.Run, state(single.Run))
	}
	list, err := p.History(t.Context(), "", "test", 10)
	if err != nil || len(list) != 4 {
		t.Errorf("%d runs in the history, %v", len(list), err)
	}
}

func TestACancelledRunAllEnds(t *testing.T) { onEach(t, testACancelledRunAllEnds) }

func testACancelledRunAllEnds(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# A\nX=$(aws lambda get-a)\n\n# B\naws lambda get-b --name \"$X\""))
	p.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) { <-ctx.Done(); return nil, 130 }
	pressed, err := p.RunAll(t.Context(), p.request(""))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Cancel(t.Context(), pressed.Run, "", oncall); err != nil {
		t.Fatal(err)
	}
	p.finished(pressed.Run, "a", "b")
	head, err := p.Run(t.Context(), pressed.Run)
	if err != nil || head.State != procedures.RunFinished {
		t.Errorf("it is %s, %v", head.State, err)
	}
}
