package runs_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs/retention"
	"github.com/opsbook/opsbook/internal/runs/schedules"
)

const hourly = "---\nschedule: 0 * * * * UTC\n---\n"

// scheduled are the runs of the schedule, newest first.
func (p *portal) scheduled() []*procedures.Run {
	p.t.Helper()
	all, err := p.History(p.t.Context(), "", "test", 100)
	if err != nil {
		p.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(r *procedures.Run) bool { return r.StartedBy != "the schedule" })
}

func (p *portal) look() {
	p.t.Helper()
	if err := p.BeginDue(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func TestScheduleRunsWhatOnlyReads(t *testing.T) { onEach(t, testScheduleRunsWhatOnlyReads) }

func testScheduleRunsWhatOnlyReads(t *testing.T) {
	p := newPortal(t,
		hourly+enginetest.Fence("# One\naws lambda get-one\n\n# Two\nX=2\naws lambda get-two --name $X\n\n# Change\naws ecs "+
			"update-service --name web\n\n# After\naws lambda get-after"))
	p.look() // from now on
	p.later(59 * time.Minute)
	p.look()
	if all := p.scheduled(); len(all) != 0 {
		t.Fatalf("it ran before its time: %+v", all[0])
	}
	open := p.press(p.request("one")) // people have a run of their own
	p.finished(open.Run, "one")
	p.later(time.Minute)
	p.look()
	p.look()
	all := p.scheduled()
	if len(all) != 1 || all[0].ID == open.Run {
		t.Fatalf("%d runs of the schedule", len(all))
	}
	v := p.until(all[0].ID, "its end", func(v *journal.View) bool { return v.Finished })
	if v.Step("one").Verdict() != procedures.Passed || v.Step("two").Verdict() != procedures.Passed ||
		v.Step("change").Execution != "" || v.Step("after").Execution != "" {
		t.Errorf("executed %+v", v.Steps)
	}
	if want := "it stops before “Check: Change”, which makes changes"; v.Reason != want {
		t.Errorf("it ended with %q, want %q", v.Reason, want)
	}
	if run, err := p.Run(t.Context(), all[0].ID); err != nil || run.State != procedures.RunFinished || run.Verdict != procedures.Passed {
		t.Errorf("the run is %+v, %v", run, err)
	}
	if slices.Contains(p.aws.Calls(), "ecs update-service --name web") {
		t.Error("a schedule changed something")
	}
	if still, err := p.Open(t.Context(), p.request("").Procedure, "test"); err != nil || still == nil || still.ID != open.Run {
		t.Errorf("the open run is %+v, %v", still, err)
	}
}

func TestScheduleIsRunOnceAcrossReplicas(t *testing.T) {
	onEach(t, testScheduleIsRunOnceAcrossReplicas)
}

func testScheduleIsRunOnceAcrossReplicas(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one"))
	p.look()
	p.later(time.Hour)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := p.BeginDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(p.scheduled()); n != 1 {
		t.Errorf("%d runs for one planned time", n)
	}
}

func TestMissedTimesAreSaid(t *testing.T) { onEach(t, testMissedTimesAreSaid) }

func testMissedTimesAreSaid(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one"))
	id := p.request("").Procedure
	p.look()
	p.later(3*time.Hour + 30*time.Minute) // no server ran meanwhile
	p.look()
	if n := len(p.scheduled()); n != 0 {
		t.Errorf("%d runs were made up for", n)
	}
	timings, err := p.Timings(t.Context(), "test", p.Library().Procedures(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := timings[id]
	if !got.Missed() || !got.Planned.At.Equal(monday.Add(3*time.Hour)) ||
		got.Planned.Reason != "no server ran at that time" || !got.Next.Equal(monday.Add(4*time.Hour)) {
		t.Errorf("timing %+v, planned %+v", got, got.Planned)
	}
	run := p.press(p.request("one")).Run
	p.finished(run, "one")
	if err := p.Finish(t.Context(), run, oncall); err != nil {
		t.Fatal(err)
	}
	if timings, err := p.Timings(t.Context(), "test", p.Library().Procedures(), nil); err != nil || timings[id].Missed() {
		t.Errorf("it is missed after somebody did it: %+v, %v", timings[id], err)
	}
	p.later(30 * time.Minute)
	p.look()
	if n := len(p.scheduled()); n != 1 {
		t.Errorf("%d runs at the next time", n)
	}
}

func TestEditedScheduleHoldsFromThenOn(t *testing.T) { onEach(t, testEditedScheduleHoldsFromThenOn) }

func testEditedScheduleHoldsFromThenOn(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one"))
	p.look()
	p.later(90 * time.Minute)
	p.edit(strings.Replace(hourly, "0 * * * * UTC", "\"*/10 * * * * UTC\"", 1)+
		enginetest.Fence("# One\naws lambda get-one"), runbook.Options{})
	p.look()
	if n := len(p.scheduled()); n != 0 {
		t.Errorf("%d runs of times that were never planned", n)
	}
	p.later(10 * time.Minute)
	p.look()
	if n := len(p.scheduled()); n != 1 {
		t.Errorf("%d runs of the new schedule", n)
	}
	p.edit(enginetest.Fence("# One\naws lambda get-one"), runbook.Options{})
	p.later(time.Hour)
	p.look()
	if n := len(p.scheduled()); n != 1 {
		t.Errorf("%d runs after the schedule was taken out", n)
	}
}

func TestScheduleWithoutAValueSaysWhy(t *testing.T) { onEach(t, testScheduleWithoutAValueSaysWhy) }

func testScheduleWithoutAValueSaysWhy(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one --name <function>"))
	p.look()
	p.later(time.Hour)
	p.look()
	timings, err := p.Timings(t.Context(), "test", p.Library().Procedures(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := timings[p.request("").Procedure]
	if !got.Missed() || !strings.Contains(got.Planned.Reason, "function has no value") || len(p.scheduled()) != 0 {
		t.Errorf("timing %+v, planned %+v", got, got.Planned)
	}
}

func TestRhythmIsDueAndOverdue(t *testing.T) {
	p := newPortal(t, strings.Replace(enginetest.Fence("# One\naws lambda get-one\n\n# Two\naws lambda get-two"), "## Check",
		"## Daily\n\n### Check", 1))
	id := p.request("").Procedure
	if timings, err := p.Timings(t.Context(), "test", p.Library().Procedures(), nil); err != nil || !timings[id].Never {
		t.Errorf("before it was ever done: %+v, %v", timings[id], err)
	}
	look := func() map[string]schedules.Timing {
		t.Helper()
		latest, err := p.Latest(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		timings, err := p.Timings(t.Context(), "test", p.Library().Procedures(), latest)
		if err != nil {
			t.Fatal(err)
		}
		return timings
	}
	run := p.press(p.request("one")).Run
	p.finished(run, "one")
	if got := look()[id]; !got.Never {
		t.Errorf("one of two steps counts as done: %+v", got)
	}
	p.press(p.request("two"))
	p.finished(run, "two")
	timings, err := look(), error(nil)
	if due := monday.Add(24 * time.Hour); err != nil || !timings[id].Due.Equal(due) ||
		timings[id].Overdue(due.Add(23*time.Hour)) || !timings[id].Overdue(due.Add(25*time.Hour)) {
		t.Errorf("got %+v, %v", timings[id], err)
	}
}

func TestOldRunsAreDeletedAndKeptOnesStay(t *testing.T) {
	onEach(t, testOldRunsAreDeletedAndKeptOnesStay)
}

func testOldRunsAreDeletedAndKeptOnesStay(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# One\naws lambda get-one"))
	p.options.Retention = retention.Limits{Age: 30 * 24 * time.Hour, Runs: 3}
	p.again()
	var ids []string
	for range 6 {
		run := p.press(p.request("one")).Run
		p.finished(run, "one")
		if err := p.Finish(t.Context(), run, oncall); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, run)
		p.later(24 * time.Hour)
	}
	if err := p.Keep(t.Context(), ids[0], true, oncall); err != nil {
		t.Fatal(err)
	}
	left := func() []string {
		all, err := p.History(t.Context(), "", "test", 100)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range slices.Backward(all) {
			out = append(out, r.ID)
		}
		return out
	}
	if n, err := p.Retain(t.Context()); err != nil || n != 2 || !slices.Equal(left(), []string{ids[0], ids[3], ids[4], ids[5]}) {
		t.Errorf("%d were deleted, %v; left %v of %v", n, err, left(), ids)
	}
	if v, err := p.View(t.Context(), ids[0]); err != nil ||
		v.Timeline[len(v.Timeline)-1].Kind != procedures.EventKept || v.Timeline[len(v.Timeline)-1].By != oncall.Name {
		t.Errorf("who keeps it is not in the journal: %+v, %v", v, err)
	}
	open := p.press(p.request("one")).Run
	p.finished(open, "one")
	p.later(40 * 24 * time.Hour)
	if n, err := p.Retain(t.Context()); err != nil || n != 3 || !slices.Equal(left(), []string{ids[0], open}) {
		t.Errorf("%d were deleted, %v; left %v", n, err, left())
	}
	if err := p.Keep(t.Context(), ids[0], false, oncall); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Retain(t.Context()); err != nil || n != 1 || !slices.Equal(left(), []string{open}) {
		t.Errorf("%d were deleted, %v; left %v", n, err, left())
	}
	if _, err := p.Run(t.Context(), ids[0]); procedures.CodeOf(err) != procedures.CodeNotFound {
		t.Errorf("a deleted run: %v", err)
	}
}

// counting counts events as they are told.
type counting struct {
	mu    sync.Mutex
	kinds map[procedures.EventKind]int
}

func (c *counting) Recorded(_ *procedures.Run, events []procedures.Event, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		c.kinds[e.Kind]++
	}
}

func (*counting) NotRecorded()    {}
func (*counting) Backlog(int)     {}
func (*counting) AttendanceLost() {}

func TestRunsOfTheScheduleAreCounted(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one"))
	count := &counting{kinds: map[procedures.EventKind]int{}}
	p.options.Observer = count
	p.again()
	p.look()
	p.later(time.Hour)
	p.look()
	p.until(p.scheduled()[0].ID, "its end", func(v *journal.View) bool { return v.Finished })
	count.mu.Lock()
	defer count.mu.Unlock()
	if count.kinds[procedures.EventRunStarted] != 1 {
		t.Errorf("it was told of %v", count.kinds)
	}
	now, err := p.Timing(t.Context(), "test", p.Library().Procedures()[0], nil)
	if err != nil || now.Planned == nil || now.Missed() || !now.Next.After(p.clock()) {
		t.Errorf("its timing is %+v, %v", now, err)
	}
}
