package runs_test

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// observer keeps what it is told.
type observer struct {
	mu       sync.Mutex
	told     map[string][]int64 // numbers of events, by run
	verdicts map[string]int     // of steps, and of runs that ended, with procedure and environment
}

func (o *observer) Recorded(run *procedures.Run, events []procedures.Event, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range events {
		o.told[run.ID] = append(o.told[run.ID], e.Number)
		about := run.Procedure + " " + run.Environment + " "
		switch e.Kind {
		case procedures.EventStepFinished:
			o.verdicts[about+e.Step+" "+string(e.Judgement.Verdict)]++
		case procedures.EventRunFinished:
			o.verdicts[about+"run "+string(run.Verdict)]++
		}
	}
}

func (*observer) NotRecorded()    {}
func (*observer) Backlog(int)     {}
func (*observer) AttendanceLost() {}

// TestAllThatIsWrittenIsTold compares what the observer was told with what journals hold, whoever wrote it: presses, marks,
// workers, a cancel, a schedule, a run's end, and the recovery of a change whose process is gone.
func TestAllThatIsWrittenIsTold(t *testing.T) { onEach(t, testAllThatIsWrittenIsTold) }

func testAllThatIsWrittenIsTold(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# Read\naws lambda get-it\n\n# Change\naws lambda update-it"))
	o := &observer{told: map[string][]int64{}, verdicts: map[string]int{}}
	var log bytes.Buffer
	p.options.Observer, p.options.Logger = o, slog.New(slog.NewTextHandler(&log, nil))
	p.again()
	p.look()
	p.later(time.Hour)
	p.look() // begins a scheduled run, which ends by itself
	p.until(p.scheduled()[0].ID, "its end", func(v *journal.View) bool { return v.Finished })
	run := p.press(p.request("read")).Run
	p.finished(run, "read")
	p.held = make(chan struct{})
	release := sync.OnceFunc(func() { close(p.held) })
	defer release()
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	p.press(yes)
	p.takenOver("departed", run, yes.Confirmed)
	p.watch() // and so takes over what the departed one left
	p.finished(run, "change")
	p.press(p.request("read"))
	if err := p.Cancel(t.Context(), run, "read", oncall); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish(t.Context(), run, oncall); err != nil {
		t.Fatal(err)
	}
	release()
	p.work.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, told := range o.told {
		events, err := p.Since(t.Context(), id, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(told)
		for i, e := range events {
			if i >= len(told) || told[i] != e.Number {
				t.Fatalf("of %s, %d events, it was told %v: event %d, %s, is not there once", id, len(events), told, e.Number, e.Kind)
			}
		}
		if len(told) != len(events) {
			t.Errorf("of %s, %d events, it was told %v", id, len(events), told)
		}
	}
	procedure := p.Library().Procedures()[0].ID + " test "
	want := map[string]int{
		procedure + "read pass": 2, procedure + "read skipped": 1, procedure + "change unknown": 1,
		procedure + "run pass": 1, procedure + "run unknown": 1,
	}
	if !maps.Equal(o.verdicts, want) {
		t.Errorf("verdicts %v, want %v", o.verdicts, want)
	}
	for _, line := range []string{
		`msg="a step ended" run=` + run + " procedure=" + p.Library().Procedures()[0].ID + " environment=test step=change execution=" +
			yes.Confirmed + " verdict=unknown",
		`msg="a run ended" run=` + run,
	} {
		if strings.Count(log.String(), line) != 1 {
			t.Errorf("the log does not have once %s\n%s", line, log.String())
		}
	}
}

// TestWhatWaitsForAnApproval says since when changes wait: from the request on, until it is confirmed, declined or expired.
func TestWhatWaitsForAnApproval(t *testing.T) { onEach(t, testWhatWaitsForAnApproval) }

func testWhatWaitsForAnApproval(t *testing.T) {
	p := guardedWeb(t, 1)
	waits := func(when string, want ...time.Time) {
		t.Helper()
		got, err := p.AwaitedSince(t.Context())
		if err != nil || !slices.EqualFunc(got["test"], want, time.Time.Equal) || len(got) > 1 {
			t.Errorf("%s since %v, %v; want %v", when, got, err, want)
		}
	}
	plan := p.planned(ada)
	waits("only planned, it waits")
	p.later(time.Minute)
	asked := p.clock()
	p.must(p.says(p.RequestApproval, plan, ada, ""))
	waits("requested, it waits", asked)
	p.later(time.Minute)
	waits("a minute later it waits", asked)
	p.must(p.says(p.Approve, plan, bert, ""), p.confirmAs(plan, ada))
	waits("confirmed, it waits")
	plan = p.planned(ada)
	p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Decline, plan, bert, "not today"))
	waits("declined, it waits")
	plan = p.planned(ada)
	p.must(p.says(p.RequestApproval, plan, ada, ""))
	p.later(2 * time.Hour)
	waits("expired, it waits")
}
