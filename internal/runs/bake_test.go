package runs_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

const bakeOfTen = "# Watch it\nbake 10m --every 1m --alarm a"

func allGood(context.Context, []string) (document.Value, int) {
	return enginetest.AlarmStates("a", "OK"), 0
}

// looks waits until a bake has made some looks.
func (p *portal) sampled(run, step string, n int) *journal.View {
	p.t.Helper()
	return p.until(run, "a look", func(v *journal.View) bool { return v.Step(step).Samples.N() >= n })
}

// minutes lets minutes pass, and a look be made in each.
func (p *portal) minutes(run, step string, n int) *journal.View {
	p.t.Helper()
	v := p.sampled(run, step, 1)
	for made := v.Step(step).Samples.N(); n > 0; n-- {
		p.later(time.Minute)
		made++
		v = p.sampled(run, step, made)
	}
	return v
}

func TestBakePassesWhenItsTimeIsOver(t *testing.T) { onEach(t, testBakePassesWhenItsTimeIsOver) }

func testBakePassesWhenItsTimeIsOver(t *testing.T) {
	p := newPortal(t, enginetest.Fence(bakeOfTen))
	p.aws.Answer = allGood
	pressed := p.press(p.request("watch-it"))
	p.work.Wait() // the job is over, and the bake is not: it takes no worker
	p.minutes(pressed.Run, "watch-it", 10)
	v := p.finished(pressed.Run, "watch-it").Step("watch-it")
	if v.Judgement.Verdict != procedures.Passed ||
		v.Judgement.Reason != "11 samples, all good. The last one: a is OK." || v.Duration != 10*time.Minute {
		t.Errorf("%+v in %s", v.Judgement, v.Duration)
	}
	if got := v.Samples.Sum(11); got != "sample 11 of 11, all good" {
		t.Errorf("said %q", got)
	}
}

// TestBakeIsTakenUp ends the process in the middle, once as SIGTERM does and once as SIGKILL does.
func TestBakeIsTakenUp(t *testing.T) { onEach(t, testBakeIsTakenUp) }

func testBakeIsTakenUp(t *testing.T) {
	p := newPortal(t, enginetest.Fence(bakeOfTen))
	p.aws.Answer = allGood
	pressed := p.press(p.request("watch-it"))
	p.minutes(pressed.Run, "watch-it", 3)
	p.Stop(t.Context())
	// nobody is there: the looks of the fourth and the fifth minute are missed
	p.later(3 * time.Minute)
	p.options.Sleep = func(ctx context.Context, until time.Time) error { // of a process that is killed after its first look
		if until.After(p.clock()) {
			<-ctx.Done()
		}
		return ctx.Err()
	}
	p.again()
	if err := p.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := p.sampled(pressed.Run, "watch-it", 5).Step("watch-it")
	if v.Samples.N() != 5 || v.Samples.Missed() != 2 || v.State != procedures.ExecutionRunning {
		t.Fatalf("after the server was stopped: %d looks, %d missed, %s", v.Samples.N(), v.Samples.Missed(), v.State)
	}
	p.takenOver("departed", pressed.Run, pressed.Execution)
	old := p.Service
	p.options.Sleep = p.sleep
	p.again()
	p.watch()
	p.minutes(pressed.Run, "watch-it", 4)
	v = p.finished(pressed.Run, "watch-it").Step("watch-it")
	if v.Judgement.Verdict != procedures.Passed ||
		v.Judgement.Reason != "9 samples, all good, 2 missed while no server ran. The last one: a is OK." || v.Duration != 10*time.Minute {
		t.Errorf("%+v in %s", v.Judgement, v.Duration)
	}
	numbers := []int{}
	events, err := p.Since(t.Context(), pressed.Run, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	notes := 0
	for _, e := range events {
		if e.Kind == procedures.EventSample {
			numbers = append(numbers, e.Sample.Number)
		}
		if e.Kind == procedures.EventNotice && strings.Contains(e.Text, "missed") {
			notes++
		}
	}
	if !slices.Equal(numbers, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}) || notes != 1 {
		t.Errorf("the looks %v, %d notes of what was missed", numbers, notes)
	}
	old.Stop(t.Context()) // its bake has seen that another process resumes it
}

func TestBakeEndsEarly(t *testing.T) { onEach(t, testBakeEndsEarly) }

func testBakeEndsEarly(t *testing.T) {
	p := newPortal(t, enginetest.Fence(bakeOfTen, "# Then\naws lambda get-it"))
	p.aws.Answer = allGood
	pressed, err := p.RunAll(t.Context(), p.request(""))
	if err != nil {
		t.Fatal(err)
	}
	v := p.minutes(pressed.Run, "watch-it", 3)
	if v.Step("then").State != procedures.ExecutionWaiting {
		t.Errorf("what stands under the bake is %s", v.Step("then").State)
	}
	if err := p.EndEarly(t.Context(), pressed.Run, "watch-it", "  ", oncall); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("without a reason: %v", err)
	}
	if err := p.EndEarly(t.Context(), pressed.Run, "then", "why not", oncall); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("what is no bake: %v", err)
	}
	if err := p.EndEarly(t.Context(), pressed.Run, "watch-it", "the change is known to be good", oncall); err != nil {
		t.Fatal(err)
	}
	v = p.finished(pressed.Run, "watch-it", "then") // which waited for it
	bake := v.Step("watch-it")
	if want := "Ended early by oncall, after 3m of 10m: “the change is known to be good”. 4 samples, all good. " +
		"The last one: a is OK."; bake.Judgement.Reason != want || bake.Verdict() != procedures.Passed {
		t.Errorf("%s: %s", bake.Verdict(), bake.Judgement.Reason)
	}
	if bake.EndedEarly.By != "oncall" || bake.EndedEarly.Text != "the change is known to be good" {
		t.Errorf("the journal says %+v", bake.EndedEarly)
	}
	if err := p.EndEarly(t.Context(), pressed.Run, "watch-it", "again", oncall); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("a second time: %v", err)
	}
	p.later(time.Hour)
	if after, err := p.View(t.Context(), pressed.Run); err != nil || after.Step("watch-it").Samples.N() != 4 {
		t.Errorf("it goes on sampling: %v", err)
	}
}

func TestBakeIsCancelledWhileItWaits(t *testing.T) { onEach(t, testBakeIsCancelledWhileItWaits) }

func testBakeIsCancelledWhileItWaits(t *testing.T) {
	p := newPortal(t, enginetest.Fence(bakeOfTen))
	p.aws.Answer = allGood
	pressed := p.press(p.request("watch-it"))
	p.minutes(pressed.Run, "watch-it", 2)
	if err := p.Cancel(t.Context(), pressed.Run, "watch-it", oncall); err != nil {
		t.Fatal(err)
	}
	if v := p.finished(pressed.Run, "watch-it").Step("watch-it"); v.Verdict() != procedures.Skipped ||
		!strings.Contains(v.Judgement.Reason, "cancelled by oncall") {
		t.Errorf("%+v", v.Judgement)
	}
}

// TestBakeOnAnotherReplica is ended early, cancelled and taken up from a replica that does not execute it.
func TestBakeOnAnotherReplica(t *testing.T) {
	t.Parallel()
	all := replicas(t, 2, enginetest.Fence(bakeOfTen))
	for _, p := range all {
		p.aws.Answer = allGood
	}
	pressed := all[0].press(all[0].request("watch-it"))
	all[0].sampled(pressed.Run, "watch-it", 1)
	if err := all[1].EndEarly(t.Context(), pressed.Run, "watch-it", "seen enough", oncall); err != nil {
		t.Fatal(err)
	}
	v := all[0].finished(pressed.Run, "watch-it").Step("watch-it")
	if v.Verdict() != procedures.Passed ||
		!strings.HasPrefix(v.Judgement.Reason, "Ended early by oncall, after 0s of 10m: “seen enough”. 1 sample, all good") {
		t.Errorf("%+v", v.Judgement)
	}
	again := all[0].press(all[0].request("watch-it"))
	all[0].sampled(again.Run, "watch-it", 1)
	if err := all[1].Cancel(t.Context(), again.Run, "watch-it", oncall); err != nil {
		t.Fatal(err)
	}
	all[1].finished(again.Run, "watch-it")
	third := all[0].press(all[0].request("watch-it"))
	all[0].sampled(third.Run, "watch-it", 1)
	all[0].Stop(t.Context())
	for n := 2; n <= 11; n++ {
		all[1].later(time.Minute)
		all[1].sampled(third.Run, "watch-it", n)
	}
	if v := all[1].finished(third.Run, "watch-it").Step("watch-it"); v.Verdict() != procedures.Passed || len(all[1].aws.Calls()) != 10 {
		t.Errorf("%+v after %d samples of the other replica", v.Judgement, len(all[1].aws.Calls()))
	}
}

func TestAlarmStopsTheBakeAndSpeaksAgainstGoingOn(t *testing.T) {
	onEach(t, testAlarmStopsTheBakeAndSpeaksAgainstGoingOn)
}

func testAlarmStopsTheBakeAndSpeaksAgainstGoingOn(t *testing.T) {
	p := newPortal(t, enginetest.Fence(bakeOfTen, "# More of it\naws lambda update-it"))
	n := 0
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if n++; n < 4 || args[0] != "cloudwatch" {
			return enginetest.AlarmStates("a", "OK"), 0
		}
		return enginetest.AlarmStates("a", "ALARM"), 0
	}
	pressed := p.press(p.request("watch-it"))
	p.minutes(pressed.Run, "watch-it", 3)
	v := p.finished(pressed.Run, "watch-it").Step("watch-it")
	if v.Verdict() != procedures.Failed || v.Judgement.Reason != "Stopped at sample 4, after 3m of 10m: 1 alarm is in ALARM: a." {
		t.Errorf("%+v", v.Judgement)
	}
	plan := p.press(p.request("more-of-it")).Plan
	if len(plan.FailedBefore) != 1 || plan.FailedBefore[0].ID != "watch-it" {
		t.Errorf("nothing speaks against going on: %+v", plan.FailedBefore)
	}
}

// TestWaitThatWatchesTheAlarms is a manual step with a time, whose time is watched when somebody wants that.
func TestWaitThatWatchesTheAlarms(t *testing.T) { onEach(t, testWaitThatWatchesTheAlarms) }

func testWaitThatWatchesTheAlarms(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Wait 30 minutes, monitor error rates"))
	const wait = "wait-30-minutes-monitor-error-rates"
	n := 0
	p.aws.Answer = func(context.Context, []string) (document.Value, int) {
		if n++; n == 3 {
			return enginetest.AlarmStates("too-many-errors", "ALARM"), 0
		}
		return enginetest.AlarmStates(), 0
	}
	pressed := p.press(p.request(wait))
	p.minutes(pressed.Run, wait, 2)
	v := p.finished(pressed.Run, wait).Step(wait)
	if v.Verdict() != procedures.Failed ||
		v.Judgement.Reason != "Stopped at sample 3, after 2m of 30m: 1 alarm is in ALARM: too-many-errors." {
		t.Errorf("%+v", v.Judgement)
	}
	if calls := p.aws.Calls(); !strings.Contains(calls[0], "describe-alarms --state-value ALARM") {
		t.Errorf("watched by %s", calls[0])
	}
	again := p.press(p.request(wait))
	p.minutes(again.Run, wait, 30)
	if v := p.finished(again.Run, wait).Step(wait); v.Verdict() != procedures.Passed ||
		v.Judgement.Reason != "31 samples, all good. The last one: No alarm is in ALARM." {
		t.Errorf("%+v", v.Judgement)
	}
	if _, err := p.MarkDone(t.Context(),
		runs.Mark{Procedure: p.request("").Procedure, Environment: "test", Step: wait, Text: "done", By: oncall}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Press(t.Context(), p.request(wait)); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("what is done is waited for again: %v", err)
	}
}

// TestWatchIsBegunByItself leaves what somebody has to end out of what is executed together.
func TestWatchIsBegunByItself(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Read\naws lambda get-it", "# Watch\nwatch -n 60 aws lambda get-it"))
	steps, _ := engine.Together(p.Library().Procedures()[0], "", engine.Executed(nil))
	if len(steps) != 1 || steps[0].ID != "read" {
		t.Errorf("Run all executes %v", steps)
	}
	pressed := p.press(p.request("watch"))
	p.minutes(pressed.Run, "watch", 2)
	if err := p.EndEarly(t.Context(), pressed.Run, "watch", "", oncall); err != nil {
		t.Fatal(err)
	}
	if v := p.finished(pressed.Run, "watch").Step("watch"); v.Verdict() != procedures.Passed ||
		!strings.HasPrefix(v.Judgement.Reason, "Ended by oncall after 2m. 3 samples, all good.") {
		t.Errorf("%+v", v.Judgement)
	}
}
