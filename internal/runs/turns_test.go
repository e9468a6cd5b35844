package runs_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// withTurns lets so many steps work at the same time.
func (p *portal) withTurns(n, resting int) *limits.Turns {
	p.options.Turns = limits.NewTurns(n, resting)
	p.options.Line = p.line
	p.again()
	return p.options.Turns
}

// line are the executions that wait.
func (p *portal) line(ctx context.Context) (out []string, err error) {
	waiting, err := p.db.ExecutionsIn(ctx, nil, procedures.ExecutionWaiting)
	for _, e := range waiting {
		out = append(out, e.ID)
	}
	return out, err
}

// come waits until something of the turns is so, of which nobody is told.
func come(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); runtime.Gosched() {
		if time.Since(began) > time.Minute {
			t.Fatalf("it did not come to be that %s", what)
		}
	}
}

func TestStepsThatSleepOrPollHoldNoWorker(t *testing.T) {
	onEach(t, testStepsThatSleepOrPollHoldNoWorker)
}

// testStepsThatSleepOrPollHoldNoWorker has one worker: two steps wait in their ways, and a third is executed. Then they are cancelled.
func testStepsThatSleepOrPollHoldNoWorker(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Sleep\necho before\nsleep 1h\n\n"+
		"# Poll\n#| until: Status == 'ACTIVE'\n#| every: 5m\naws lambda get-slow\n\n# Read\naws lambda get-it"))
	turns := p.withTurns(1, 0)
	p.aws.Answer = func(context.Context, []string) (document.Value, int) {
		return document.NewObject(document.Member{Name: "Status", Value: "CREATING"}), 0
	}
	run := p.press(p.request("sleep")).Run
	p.press(p.request("poll"))
	come(t, "both rest", func() bool { return turns.Resting() == 2 && turns.Working() == 0 })
	p.work.Wait() // the jobs are over, and the steps are not
	p.press(p.request("read"))
	p.finished(run, "read")
	v := p.until(run, "what was printed before", func(v *journal.View) bool { return output(v.Step("sleep")) != "" })
	if sleeps, polls := v.Step("sleep"), v.Step("poll"); sleeps.State != procedures.ExecutionRunning ||
		polls.State != procedures.ExecutionRunning || output(sleeps) != "before\n" {
		t.Errorf("the steps are %s and %s, %q", sleeps.State, polls.State, output(sleeps))
	}
	if err := p.Cancel(t.Context(), run, "", oncall); err != nil {
		t.Fatal(err)
	}
	for id, v := range p.finished(run, "sleep", "poll").Steps {
		if id != "read" && !strings.Contains(v.Judgement.Reason, "cancelled by oncall") {
			t.Errorf("%s ended with %+v", id, v.Judgement)
		}
	}
	come(t, "all turns are free", func() bool { return turns.Resting()+turns.Working() == 0 })
}

func TestStepsThatWaitSayForWhat(t *testing.T) { onEach(t, testStepsThatWaitSayForWhat) }

// testStepsThatWaitSayForWhat has one worker, which is busy, a step that waits for it, and one that comes after another.
func testStepsThatWaitSayForWhat(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Busy\nX=$(aws lambda get-slow)\n\n# After it\naws lambda get-after --name \"$X\"\n\n"+
		"# Mine\naws lambda get-it\n\n# Last\naws lambda get-it"))
	turns := p.withTurns(1, 0)
	release := make(chan struct{})
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		if args[1] == "get-slow" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil, 0
	}
	run := p.press(p.request("busy")).Run
	p.until(run, "it works", func(v *journal.View) bool { return v.Step("busy").State == procedures.ExecutionRunning })
	p.later(time.Second)
	p.press(p.request("mine"))
	p.later(time.Second)
	p.press(p.request("last"))
	come(t, "they wait", func() bool { return turns.Waiting() == 2 })
	var says map[string]string
	var err error
	come(t, "the one that works is known to have begun", func() bool {
		says, err = p.Waiting(t.Context(), run)
		return err != nil || says["busy"] == ""
	})
	if err != nil {
		t.Fatal(err)
	}
	const worker = "Waiting for a worker: each server works on 100 steps at a time, and "
	if says["mine"] != worker+"none waits before this one" || says["last"] != worker+"1 waits before this one" || len(says) != 2 {
		t.Errorf("they say %q", says)
	}
	// Who is cancelled while it waits waits no longer.
	if err := p.Cancel(t.Context(), run, "mine", oncall); err != nil {
		t.Fatal(err)
	}
	come(t, "it is gone", func() bool { return turns.Waiting() == 1 })
	if says, err = p.Waiting(t.Context(), run); err != nil || says["last"] != worker+"none waits before this one" || len(says) != 1 {
		t.Errorf("then they say %q, %v", says, err)
	}
	close(release)
	p.finished(run, "last")
	if calls := p.aws.Calls(); !slices.Equal(calls, []string{"lambda get-slow", "lambda get-it"}) {
		t.Errorf("called %q", calls)
	}
}

func TestStepsOfARunWaitForOneAnother(t *testing.T) { onEach(t, testStepsOfARunWaitForOneAnother) }

func testStepsOfARunWaitForOneAnother(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Set x\nX=$(aws lambda get-x)\n\n# Set y\nY=$(aws lambda get-y --x \"$X\")\n\n"+
		"# Use both\naws lambda get-it --x \"$X\" --y \"$Y\""))
	began, release := make(chan struct{}), make(chan struct{})
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "get-x" {
			close(began)
			<-release
		}
		return nil, 0
	}
	pressed, err := p.RunAll(t.Context(), p.request(""))
	if err != nil {
		t.Fatal(err)
	}
	<-began
	says, err := p.Waiting(t.Context(), pressed.Run)
	if err != nil || says["set-y"] != "Waiting for “Check: Set x” to end" ||
		!strings.HasPrefix(says["use-both"], "Waiting for “Check: Set x” and 1 more") {
		t.Errorf("they say %q, %v", says, err)
	}
	close(release)
	p.finished(pressed.Run, "use-both")
}

func TestAServerThatEndsLeavesWhatWaits(t *testing.T) { onEach(t, testAServerThatEndsLeavesWhatWaits) }

// testAServerThatEndsLeavesWhatWaits ends a server in which one step sleeps, one works, and a change waits for a worker: the change
// was not begun, and is begun by the next server.
func testAServerThatEndsLeavesWhatWaits(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Sleep\nsleep 1h\n\n# Busy\naws lambda get-slow\n\n# Change\naws lambda update-it"))
	turns := p.withTurns(1, 0)
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		if args[1] == "get-slow" {
			<-ctx.Done()
		}
		return nil, 0
	}
	run := p.press(p.request("sleep")).Run
	come(t, "it sleeps", func() bool { return turns.Resting() == 1 })
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	p.press(p.request("busy"))
	come(t, "it works", func() bool { return turns.Working() == 1 })
	p.press(yes)
	come(t, "the change waits", func() bool { return turns.Waiting() == 1 })
	p.Stop(t.Context())
	p.aws.Answer = nil
	p.withTurns(3, 0)
	if err := p.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := p.finished(run, "busy", "change")
	if got := v.Step("change").Verdict(); got != procedures.Passed {
		t.Errorf("the change is %+v", v.Step("change").Judgement)
	}
	p.until(run, "it sleeps again", func(v *journal.View) bool { return v.Step("sleep").State == procedures.ExecutionRunning })
	p.Stop(t.Context())
}

// TestMemoryOfASleepingStep measures what a step holds while it sleeps: a server with many of them has to have room.
func TestMemoryOfASleepingStep(t *testing.T) {
	const sleeping, most = 1000, 100 << 10
	var book strings.Builder
	for i := range sleeping {
		fmt.Fprintf(&book, "## Page %d\n\n```bash\n# Sleep\nsleep 1h\n```\n\n", i)
	}
	p := newPortal(t, "# Book\n\n"+book.String())
	turns := p.withTurns(100, 0)
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := held()
	for _, procedure := range p.Library().Procedures() {
		r := p.request("sleep")
		r.Procedure = procedure.ID
		p.press(r)
	}
	come(t, "all sleep", func() bool { return turns.Resting() == sleeping })
	p.work.Wait()
	each := (held() - before) / sleeping
	t.Logf("%d steps that sleep hold %d bytes each", sleeping, each)
	if each > most {
		t.Errorf("a step that sleeps holds %d bytes, more than %d", each, most)
	}
	p.Stop(t.Context())
}

func TestAStepThatBreaksTheServerEndsAlone(t *testing.T) {
	onEach(t, testAStepThatBreaksTheServerEndsAlone)
}

// testAStepThatBreaksTheServerEndsAlone lets the server's own code panic under a step that reads and under a change.
func testAStepThatBreaksTheServerEndsAlone(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Read\naws lambda get-it\n\n# Change\naws lambda update-it"))
	engineOf, broken := p.options.Engine, false
	p.options.Engine = func(name string) (*engine.Engine, error) {
		if broken {
			panic("a mistake of the server")
		}
		return engineOf(name)
	}
	p.again()
	p.held = make(chan struct{})
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	run := p.press(yes).Run
	p.press(p.request("read"))
	broken = true
	close(p.held)
	v := p.finished(run, "read", "change")
	if read, change := v.Step("read").Judgement, v.Step("change").Judgement; read.Verdict != procedures.Errored ||
		change.Verdict != procedures.Unknown || change.Advice == "" {
		t.Errorf("they ended with %+v and %+v", read, change)
	}
	p.work.Wait()
	broken = false
	if p.press(p.request("read")); p.finished(run, "read").Step("read").Verdict() != procedures.Passed {
		t.Error("the server executes nothing more")
	}
}
