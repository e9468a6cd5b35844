package runs_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCancelEndsWhatRunsAndWhatWaits(t *testing.T) { onEach(t, testCancelEndsWhatRunsAndWhatWaits) }

func testCancelEndsWhatRunsAndWhatWaits(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Slow\nX=$(aws lambda get-slow)\n\n# After\naws lambda get-after --name \"$X\""))
	began := make(chan struct{}, 2) // the step is begun again after its cancel, where the second cancel comes late enough
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		if args[1] == "get-slow" {
			began <- struct{}{}
			<-ctx.Done()
		}
		return nil, 0
	}
	pressed, err := p.RunAll(t.Context(), p.request(""))
	if err != nil {
		t.Fatal(err)
	}
	<-began
	if err := p.Cancel(t.Context(), pressed.Run, "", oncall); err != nil {
		t.Fatal(err)
	}
	v := p.finished(pressed.Run, "slow", "after")
	for _, id := range []string{"slow", "after"} {
		if j := v.Step(id).Judgement; j.Verdict != procedures.Skipped || !strings.Contains(j.Reason, "cancelled by oncall") {
			t.Errorf("%s is judged %+v", id, j)
		}
	}
	if calls := p.aws.Calls(); len(calls) != 1 {
		t.Errorf("calls %q", calls)
	}
	p.work.Wait()
	again, err := p.RunAll(t.Context(), p.request(""))
	if err != nil || again.Run == pressed.Run {
		t.Errorf("a run of everything that only reads ends when it is cancelled, and the next is its own: %+v, %v", again, err)
	}
	if err := p.Cancel(t.Context(), again.Run, "", oncall); err != nil {
		t.Error(err)
	}
}

func TestCancelledChangeIsUnknown(t *testing.T) { onEach(t, testCancelledChangeIsUnknown) }

func testCancelledChangeIsUnknown(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Change\naws lambda update-it"))
	began := make(chan struct{})
	p.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
		close(began)
		<-ctx.Done()
		return nil, 0
	}
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	pressed := p.press(yes)
	<-began
	if err := p.Cancel(t.Context(), pressed.Run, "change", oncall); err != nil {
		t.Fatal(err)
	}
	if v := p.finished(pressed.Run, "change").Step("change"); v.Verdict() != procedures.Unknown || v.Judgement.Advice == "" {
		t.Errorf("judged %+v", v.Judgement)
	}
}

func TestRecoverReadsAgainAndNeverChangesAgain(t *testing.T) {
	onEach(t, testRecoverReadsAgainAndNeverChangesAgain)
}

func testRecoverReadsAgainAndNeverChangesAgain(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Read\naws lambda get-it\n\n# Change\naws lambda update-it"))
	p.held = make(chan struct{}) // nothing is delivered: the server ended in the middle
	read := p.press(p.request("read"))
	yes := p.request("change")
	yes.Confirmed = p.press(p.request("change")).Plan.Execution
	change := p.press(yes)
	p.takenOver("departed", read.Run, read.Execution)
	p.takenOver("departed", change.Run, change.Execution)
	close(p.held)
	p.watch()
	v := p.finished(read.Run, "read", "change")
	p.work.Wait()
	if got := v.Step("change"); got.Verdict() != procedures.Unknown || !strings.Contains(got.Judgement.Advice, "aws lambda get-it") {
		t.Errorf("the change is %+v", got.Judgement)
	}
	if got := v.Step("read").Verdict(); got != procedures.Passed {
		t.Errorf("the reading is %q", got)
	}
	if got := p.aws.Calls(); !slices.Equal(got, []string{"lambda get-it"}) {
		t.Errorf("calls %q", got)
	}
}
