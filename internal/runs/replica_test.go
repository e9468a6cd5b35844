package runs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// replicas are portals of one PostgreSQL database, as of one process each, that hear each other.
func replicas(t *testing.T, n int, markdown string) []*portal {
	t.Helper()
	address := storetest.Migrated(t)
	var all []*portal
	for range n {
		p := &portal{t: t, aws: &enginetest.AWS{}, now: monday, address: address}
		p.open("", markdown)
		p.watch()
		all = append(all, p)
	}
	return all
}

func TestHundredPressesOverThreeReplicasAreOneExecution(t *testing.T) {
	t.Parallel()
	all := replicas(t, 3, enginetest.Fence(two))
	release := make(chan struct{})
	for _, p := range all {
		p.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
			select {
			case <-release:
			case <-ctx.Done():
			}
			return nil, 0
		}
	}
	var mu sync.Mutex
	seen := map[string]int{}
	run := ""
	var presses sync.WaitGroup
	for i := range 100 {
		presses.Go(func() {
			r := all[0].request("one")
			r.Key = fmt.Sprintf("press-%d", i)
			pressed, err := all[i%3].Press(t.Context(), r)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[pressed.Execution]++
			run = pressed.Run
		})
	}
	presses.Wait()
	close(release)
	if len(seen) != 1 {
		t.Errorf("a hundred presses began %d executions: %v", len(seen), seen)
	}
	calls := 0
	for _, p := range all {
		p.finished(run, "one") // everybody sees it
		calls += len(p.aws.Calls())
	}
	if calls != 1 {
		t.Errorf("%d calls were made", calls)
	}
}

func TestCancelReachesTheReplicaThatWorks(t *testing.T) {
	t.Parallel()
	all := replicas(t, 2, enginetest.Fence("# Slow\naws lambda get-slow"))
	began := make(chan struct{})
	all[0].aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
		close(began)
		<-ctx.Done()
		return nil, 0
	}
	pressed := all[0].press(all[0].request("slow"))
	<-began
	if err := all[1].Cancel(t.Context(), pressed.Run, "slow", oncall); err != nil {
		t.Fatal(err)
	}
	v := all[1].finished(pressed.Run, "slow")
	if j := v.Step("slow").Judgement; j.Verdict != procedures.Skipped || !strings.Contains(j.Reason, "cancelled by oncall") {
		t.Errorf("judged %+v", j)
	}
}

func TestWhatOthersTookUpIsStoppedHere(t *testing.T) {
	onEach(t, testWhatOthersTookUpIsStoppedHere)
}

func testWhatOthersTookUpIsStoppedHere(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Slow\necho before\naws lambda get-slow\necho after"))
	began, taken := make(chan struct{}), make(chan struct{})
	p.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
		close(began)
		select {
		case <-taken:
		case <-ctx.Done():
		}
		return nil, 0
	}
	pressed := p.press(p.request("slow"))
	<-began
	p.takenOver("another", pressed.Run, pressed.Execution)
	before, err := p.View(t.Context(), pressed.Run)
	if err != nil {
		t.Fatal(err)
	}
	close(taken)
	p.work.Wait()
	after, err := p.View(t.Context(), pressed.Run)
	if err != nil {
		t.Fatal(err)
	}
	if after.Step("slow").State != procedures.ExecutionRunning || after.Last != before.Last {
		t.Errorf("it wrote on in the other's execution: %d events, then %d, state %s", before.Last, after.Last, after.Step("slow").State)
	}
}

func TestChangesOfTheSameResourceAreOneAfterAnother(t *testing.T) {
	onEach(t, testChangesOfTheSameResourceAreOneAfterAnother)
}

func testChangesOfTheSameResourceAreOneAfterAnother(t *testing.T) {
	const change = "\n## %s\n\n```bash\n# Scale %s\naws ecs update-service --name %s --count %s\n```\n"
	p := newPortal(t, "# Book\n"+fmt.Sprintf(change, "First", "first", "web", "1")+
		fmt.Sprintf(change, "Second", "second", "web", "2")+fmt.Sprintf(change, "Third", "third", "api", "3"))
	began, release := make(chan string, 3), make(chan struct{})
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		began <- args[5]
		if args[5] == "1" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil, 0
	}
	press := func(i int) *runs.Pressed {
		proc := p.Library().Procedures()[i]
		r := runs.Request{Procedure: proc.ID, Environment: "test", Step: proc.Steps[0].ID, By: oncall}
		r.Confirmed = p.press(r).Plan.Execution
		return p.press(r)
	}
	first := press(0)
	if got := <-began; got != "1" {
		t.Fatalf("%s began", got)
	}
	second, third := press(1), press(2)
	if got := <-began; got != "3" { // another resource does not wait
		t.Errorf("%s began while the first one changes it", got)
	}
	p.finished(third.Run, "scale-third")
	v := p.until(second.Run, "the second says for whom it waits", func(v *journal.View) bool {
		return len(v.Step("scale-second").Output.Pieces) > 0
	})
	said := v.Step("scale-second").Output.Pieces[0].Text
	for _, part := range []string{"Scale first", "First", "oncall", "ecs web"} {
		if !strings.Contains(said, part) {
			t.Errorf("it says %q, without %q", said, part)
		}
	}
	close(release)
	p.finished(first.Run, "scale-first")
	p.finished(second.Run, "scale-second")
	if got := <-began; got != "2" {
		t.Errorf("then %s began", got)
	}
}

func TestWaitingStepWithoutAJobIsQueuedAgain(t *testing.T) {
	onEach(t, testWaitingStepWithoutAJobIsQueuedAgain)
}

func testWaitingStepWithoutAJobIsQueuedAgain(t *testing.T) {
	p := newPortal(t, enginetest.Fence(two))
	p.lose = true
	pressed := p.press(p.request("one"))
	p.lose = false
	if err := p.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.finished(pressed.Run, "one")
	if got := p.aws.Calls(); !slices.Equal(got, []string{"lambda get-function --name one"}) {
		t.Errorf("calls %q", got)
	}
}

func TestStopPutsReadsBackAndLetsChangesEnd(t *testing.T) {
	onEach(t, testStopPutsReadsBackAndLetsChangesEnd)
}

func testStopPutsReadsBackAndLetsChangesEnd(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Read\naws lambda get-it\n\n# Change\naws lambda update-it"))
	var began sync.WaitGroup
	began.Add(2)
	release := make(chan struct{})
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		began.Done()
		if args[1] == "get-it" {
			<-ctx.Done() // as long as a copy of a bucket
			close(release)
			return nil, 1
		}
		<-release // ends after the reading was put back
		return nil, 0
	}
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	p.press(yes)
	pressed := p.press(p.request("read"))
	began.Wait()
	p.Stop(t.Context())
	v, err := p.View(t.Context(), pressed.Run)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Step("change").Verdict(); got != procedures.Passed {
		t.Errorf("the change is %q", got)
	}
	e, err := p.db.Execution(t.Context(), nil, pressed.Execution)
	if err != nil || e.State != procedures.ExecutionWaiting || e.Replica != "" {
		t.Errorf("the reading is %+v, %v", e, err)
	}
}
