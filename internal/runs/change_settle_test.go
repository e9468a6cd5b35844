package runs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// confirmed presses a changing step and confirms what is shown.
func (p *portal) confirmed(step string) *runs.Pressed {
	p.t.Helper()
	r := p.request(step)
	plan := p.press(r).Plan
	if plan == nil {
		p.t.Fatalf("%s is not asked about", step)
	}
	r.Confirmed, r.Typed = plan.Execution, plan.Type
	return p.press(r)
}

// kinds are the kinds of an execution's events.
func (p *portal) kinds(run, execution string) string {
	p.t.Helper()
	events, err := p.Since(p.t.Context(), run, 0, 1000)
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, e := range events {
		if e.Execution == execution {
			out = append(out, string(e.Kind))
		}
	}
	return strings.Join(out, " ")
}

// changing are the changing calls that were made.
func (p *portal) changing() []string {
	return slices.DeleteFunc(p.aws.Calls(), func(c string) bool { return !enginetest.Planned(strings.Fields(c)).Effect.Changes() })
}

func TestChangeIsSeenAfter(t *testing.T) { onEach(t, testChangeIsSeenAfter) }

func testChangeIsSeenAfter(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale+"\naws ecs update-service --name web --size big"))
	pressed := p.confirmed("scale")
	v := p.finished(pressed.Run, "scale").Step("scale")
	if v.Verdict() != procedures.Passed || v.Changed == nil || len(v.Changed.Changes) != 2 ||
		v.Changed.By != "oncall" || v.Changed.Execution != pressed.Execution {
		t.Fatalf("it is %s, and changed %+v", v.Verdict(), v.Changed)
	}
	slices.SortFunc(v.Changed.Changes, func(a, b procedures.Change) int { return a.PlanNumber - b.PlanNumber })
	c := v.Changed.Changes[0]
	if !c.Stable || c.Waited == 0 || c.Before != nil || len(c.Differences) == 0 ||
		c.Differences[0] != (procedures.Difference{Path: "count", Before: "3", After: "4"}) || len(c.Rollback) != 1 {
		t.Errorf("the first call has changed %+v", c)
	}
	kinds := p.kinds(pressed.Run, pressed.Execution)
	if want := "planned step-requested step-started command call-begins call command " +
		"call-begins call applied notice notice changed changed step-finished"; want !=
		strings.ReplaceAll(kinds, "changed notice", "notice changed") {
		t.Errorf("events: %s", kinds)
	}
	e, err := p.execution(pressed.Execution)
	if err != nil || !e.Applied || len(e.Changes) != 2 || len(e.Changes[1].Rollback) != 1 {
		t.Errorf("the execution keeps %+v, %v", e, err)
	}
}

// TestFailedScriptIsSeenAfter has a second call that fails: what the first one changed is seen all the same.
func TestFailedScriptIsSeenAfter(t *testing.T) { onEach(t, testFailedScriptIsSeenAfter) }

func testFailedScriptIsSeenAfter(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale+"\naws ecs update-service --name api --count 4\naws ecs update-service --name web --size big"))
	p.aws.Answer = answering(map[string]int{"api": 254})
	pressed := p.confirmed("scale")
	v := p.finished(pressed.Run, "scale").Step("scale")
	if v.Verdict() != procedures.Failed || v.Changed == nil || len(v.Changed.Changes) != 1 || v.Changed.Changes[0].PlanNumber != 1 {
		t.Errorf("it is %s, and changed %+v", v.Verdict(), v.Changed)
	}
	if got := p.changing(); len(got) != 2 {
		t.Errorf("calls %q", got)
	}
}

func TestChangedSinceItWasShownIsNotChanged(t *testing.T) {
	onEach(t, testChangedSinceItWasShownIsNotChanged)
}

func testChangedSinceItWasShownIsNotChanged(t *testing.T) {
	for name, c := range map[string]struct{ member, value, says string }{
		"to something else":     {"count", "7", "count of thing web was 3, and is 7"},
		"to what was wanted":    {"count", "4", "count of thing web was 3, and is 4"},
		"what is not its own":   {"size", "big", ""},
		"to how it was already": {"count", "3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := withWeb(t, enginetest.Fence(scale))
			r := p.request("scale")
			r.Confirmed = p.press(r).Plan.Execution
			p.aws.Put("web", c.member, c.value)
			pressed := p.press(r)
			v := p.finished(pressed.Run, "scale").Step("scale")
			if changed := len(p.changing()) > 0; changed != (c.says == "") {
				t.Errorf("changed: %v, though it is %s: %+v", changed, c.value, v.Judgement)
			}
			if c.says != "" && (v.Verdict() != procedures.Errored || !strings.Contains(v.Judgement.Reason, c.says) ||
				!strings.Contains(v.Judgement.Reason, "Nothing was changed")) {
				t.Errorf("it is %+v", v.Judgement)
			}
		})
	}
}

func TestCancelledWaitLeavesTheChangeMade(t *testing.T) {
	onEach(t, testCancelledWaitLeavesTheChangeMade)
}

func testCancelledWaitLeavesTheChangeMade(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	began := make(chan struct{})
	p.aws.Settling = func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}
	pressed := p.confirmed("scale")
	<-began
	if v := p.until(pressed.Run, "it says that the calls were made", func(v *journal.View) bool {
		return v.Step("scale").Applied
	}); !v.Step("scale").Running() {
		t.Errorf("it is %s", v.Step("scale").State)
	}
	if err := p.Cancel(t.Context(), pressed.Run, "scale", oncall); err != nil {
		t.Fatal(err)
	}
	v := p.finished(pressed.Run, "scale").Step("scale")
	if v.Verdict() != procedures.Warned ||
		!strings.Contains(v.Judgement.Reason, "was made, and stays; the wait for it was cancelled by oncall") ||
		!strings.Contains(v.Judgement.Advice, "get-it") {
		t.Errorf("it is %+v", v.Judgement)
	}
	if v.Changed == nil || len(v.Changed.Changes) != 1 || v.Changed.Changes[0].Stable || len(v.Changed.Changes[0].Rollback) != 1 {
		t.Errorf("it changed %+v", v.Changed)
	}
}

func TestUnfulfilledChangeWarns(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	p.aws.Settling = func(context.Context) error { p.aws.Put("web", "count", "2"); return nil } // something scales it at once
	v := p.finished(p.confirmed("scale").Run, "scale").Step("scale")
	if v.Verdict() != procedures.Warned || !strings.Contains(v.Judgement.Reason, "count of thing web was to become 4, and is 2") {
		t.Errorf("it is %+v", v.Judgement)
	}
}

func TestFailedWaitIsSaid(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	p.aws.Settling = func(context.Context) error { return errors.New("access denied") }
	v := p.finished(p.confirmed("scale").Run, "scale").Step("scale")
	if v.Verdict() != procedures.Warned || !strings.Contains(v.Judgement.Reason, "access denied") {
		t.Errorf("it is %+v", v.Judgement)
	}
}

// TestKilledWhileWaitingChangesNothingAgain takes an execution away from its process while that waits for what it changed, as the
// process's death does.
func TestKilledWhileWaitingChangesNothingAgain(t *testing.T) {
	onEach(t, testKilledWhileWaitingChangesNothingAgain)
}

func testKilledWhileWaitingChangesNothingAgain(t *testing.T) {
	p := withWeb(t,
		enginetest.Fence("# Scale\nGREETING=hello\naws ecs update-service --name web --count 4\n\n# Use\naws lambda "+
			"get-it --name \"$GREETING\""))
	began, killed := make(chan struct{}, 2), make(chan struct{})
	p.aws.Settling = func(context.Context) error {
		began <- struct{}{}
		<-killed
		return nil
	}
	pressed := p.confirmed("scale")
	<-began
	p.takenOver("departed", pressed.Run, pressed.Execution)
	close(killed)
	p.work.Wait()
	p.watch()
	v := p.finished(pressed.Run, "scale").Step("scale")
	if v.Verdict() != procedures.Passed || v.Changed == nil || len(v.Changed.Changes) != 1 || !v.Changed.Changes[0].Stable {
		t.Errorf("it is %+v, and changed %+v", v.Judgement, v.Changed)
	}
	if got := p.changing(); len(got) != 1 {
		t.Errorf("calls %q", got)
	}
	if said := p.kinds(pressed.Run, pressed.Execution); strings.Count(said, "applied") != 1 ||
		strings.Count(said, "changed") != 1 || strings.Count(said, "step-started") != 1 {
		t.Errorf("events: %s", said)
	}
	p.finished(p.press(p.request("use")).Run, "use")
	if got := p.aws.Calls(); got[len(got)-1] != "lambda get-it --name hello" {
		t.Errorf("with what it left %q is called", got[len(got)-1])
	}
}

// TestStoppedWhileWaitingResumesLater stops a server that waits for what was changed, and starts another one.
func TestStoppedWhileWaitingResumesLater(t *testing.T) {
	onEach(t, testStoppedWhileWaitingResumesLater)
}

func testStoppedWhileWaitingResumesLater(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale)+"\n## Other\n\n```bash\n# Grow\naws ecs update-service --name web --size big\n```\n")
	began := make(chan struct{})
	p.aws.Settling = func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}
	pressed := p.confirmed("scale")
	<-began
	p.lose = true // its job goes with the server
	p.Stop(t.Context())
	p.work.Wait()
	e, err := p.db.Execution(t.Context(), nil, pressed.Execution)
	if err != nil || e.State != procedures.ExecutionWaiting || !e.Applied {
		t.Fatalf("the execution is %+v, %v", e, err)
	}
	p.lose, p.aws.Settling = false, nil
	p.Service = runs.New(p.options)
	if err := p.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := p.finished(pressed.Run, "scale").Step("scale")
	if v.Verdict() != procedures.Passed || len(v.Changed.Changes) != 1 || !v.Changed.Changes[0].Stable {
		t.Errorf("it is %+v, and changed %+v", v.Judgement, v.Changed)
	}
	r := p.request("grow")
	r.Procedure = "book/other"
	r.Confirmed = p.press(r).Plan.Execution
	p.finished(p.press(r).Run, "grow") // the lock on the thing was given back
	if got := p.changing(); len(got) != 2 {
		t.Errorf("calls %q", got)
	}
}

// TestStoppedWaitIsCancelledLater cancels a wait that no process has in its hands.
func TestStoppedWaitIsCancelledLater(t *testing.T) { onEach(t, testStoppedWaitIsCancelledLater) }

func testStoppedWaitIsCancelledLater(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	began := make(chan struct{}, 2)
	p.aws.Settling = func(ctx context.Context) error {
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	pressed := p.confirmed("scale")
	<-began
	p.lose = true
	p.Stop(t.Context())
	p.work.Wait()
	p.lose = false
	p.Service = runs.New(p.options)
	if err := p.Cancel(t.Context(), pressed.Run, "", oncall); err != nil {
		t.Fatal(err)
	}
	if err := p.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := p.finished(pressed.Run, "scale").Step("scale")
	if v.Verdict() != procedures.Warned || !strings.Contains(v.Judgement.Reason, "cancelled by oncall") {
		t.Errorf("it is %+v", v.Judgement)
	}
}

// TestJournalHoldsNotAllOfALargeChange changes very many members, some of them to long values.
func TestJournalHoldsNotAllOfALargeChange(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	for i := range 300 {
		p.aws.Things["web"][fmt.Sprintf("member-%03d", i)] = "1"
	}
	p.aws.Settling = func(context.Context) error {
		for i := range 300 {
			long := 10
			if i > 90 && i < 110 { // Differences[100] is among them
				long = 10_000
			}
			p.aws.Put("web", fmt.Sprintf("member-%03d", i), strings.Repeat("x", long))
		}
		return nil
	}
	changes := p.finished(p.confirmed("scale").Run, "scale").Step("scale").Changed.Changes
	if n := len(changes[0].Differences); n != 200 || len(changes[0].Warnings) != 1 ||
		!strings.Contains(changes[0].Warnings[0], "101 more") {
		t.Errorf("%d differences, and it says %q", n, changes[0].Warnings)
	}
	if n := len(changes[0].Differences[100].After); n > 5000 {
		t.Errorf("a value has %d bytes", n)
	}
}
