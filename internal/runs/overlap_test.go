package runs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/retention"
)

func TestScheduledRunsThatOverlap(t *testing.T) { onEach(t, testScheduledRunsThatOverlap) }

// testScheduledRunsThatOverlap lets a schedule's run last over two more of its times.
func testScheduledRunsThatOverlap(t *testing.T) {
	for _, test := range []struct {
		overlap      string
		during, then int // runs while the first goes on, and after it has ended
		missed       string
	}{
		{"", 1, 2, "the run of the time before is still going on"},
		{"overlap: skip\n", 1, 2, "the run of the time before is still going on"},
		{"overlap: queue\n", 1, 2, ""},
		{"overlap: allow\n", 3, 4, ""},
	} {
		t.Run(test.overlap, func(t *testing.T) {
			p := newPortal(t, "---\nschedule: 0 * * * * UTC\n"+test.overlap+"---\n"+enginetest.Fence("# One\naws lambda get-one"))
			release := make(chan struct{})
			p.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
				select {
				case <-release:
				case <-ctx.Done():
				}
				return nil, 0
			}
			p.look()
			for range 3 {
				p.later(time.Hour)
				p.look()
			}
			if n := len(p.scheduled()); n != test.during {
				t.Errorf("%d runs while the first goes on, want %d", n, test.during)
			}
			timings, err := p.Timings(t.Context(), "test", p.Library().Procedures(), nil)
			if err != nil {
				t.Fatal(err)
			}
			timing := timings[p.request("").Procedure]
			if timing.Missed() != (test.missed != "") || timing.Missed() && timing.Planned.Reason != test.missed {
				t.Errorf("timing %+v, planned %+v", timing, timing.Planned)
			}
			p.later(10 * time.Minute)
			close(release)
			for _, run := range p.scheduled() {
				p.until(run.ID, "its end", func(v *journal.View) bool { return v.Finished })
			}
			if test.overlap != "overlap: queue\n" {
				p.later(50 * time.Minute)
			}
			p.look()
			if n := len(p.scheduled()); n != test.then {
				t.Errorf("%d runs after the first has ended, want %d", n, test.then)
			}
		})
	}
}

func TestScheduleGoesOnAfterAClockThatWasAhead(t *testing.T) {
	onEach(t, testScheduleGoesOnAfterAClockThatWasAhead)
}

func testScheduleGoesOnAfterAClockThatWasAhead(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one"))
	p.later(1000 * time.Hour)
	p.look()
	p.later(-1000 * time.Hour) // the clock was set right
	p.look()
	p.later(time.Hour)
	p.look()
	if n := len(p.scheduled()); n != 1 {
		t.Errorf("%d runs after the clock was set right, want 1", n)
	}
}

func TestJumpOfTheClockDeletesFewRuns(t *testing.T) { onEach(t, testJumpOfTheClockDeletesFewRuns) }

func testJumpOfTheClockDeletesFewRuns(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# One\naws lambda get-one"))
	p.options.Retention = retention.Limits{Age: 30 * 24 * time.Hour}
	p.again()
	for i := range 60 {
		err := p.db.Update(t.Context(), func(tx procedures.Tx) error {
			return p.db.InsertRun(t.Context(), tx, &procedures.Run{
				ID: fmt.Sprintf("r%02d", i), Procedure: "other", Title: "Other", Digest: "d", Environment: "test", Account: "1",
				State: procedures.RunFinished, StartedBy: "oncall", StartedAt: monday, UpdatedAt: monday, FinishedAt: monday,
				Markdown: "# Other\n",
			}, "other.md")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.later(10 * 365 * 24 * time.Hour)
	for _, want := range []int{20, 20} {
		if n, err := p.Retain(t.Context()); n != want || !errors.Is(err, retention.ErrManyAreOld) {
			t.Errorf("%d runs were deleted, want %d; %v", n, want, err)
		}
	}
	if n, err := p.Retain(t.Context()); n != 20 || err != nil {
		t.Errorf("of the last, %d were deleted, %v", n, err)
	}
}

func TestATimeThatAClockSawTooEarlyIsBegunOnce(t *testing.T) {
	onEach(t, testATimeThatAClockSawTooEarlyIsBegunOnce)
}

// testATimeThatAClockSawTooEarlyIsBegunOnce lets the clock jump to nine and back, and then past ten and back.
func testATimeThatAClockSawTooEarlyIsBegunOnce(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one"))
	at := func(d time.Duration) {
		p.later(d - p.clock().Sub(monday))
		p.look()
	}
	at(0)
	at(time.Hour) // eight o'clock is monday
	at(10 * time.Minute)
	at(time.Hour + time.Second)
	if n := len(p.scheduled()); n != 1 {
		t.Errorf("nine o'clock was begun %d times", n)
	}
	p.work.Wait()
	at(2*time.Hour + 30*time.Minute) // ten o'clock is missed, by this clock
	at(time.Hour + 10*time.Minute)
	at(2 * time.Hour)
	if n := len(p.scheduled()); n != 2 {
		t.Errorf("%d runs, want one more", n)
	}
	timings, err := p.Timings(t.Context(), "test", p.Library().Procedures(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if timing := timings[p.request("").Procedure]; timing.Missed() || timing.Planned == nil {
		t.Errorf("timing %+v, planned %+v", timing, timing.Planned)
	}
}
