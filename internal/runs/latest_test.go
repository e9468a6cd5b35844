package runs_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestLatestIsWhatTheDatabaseHas compares the newest runs that are held in memory with those of the database, after each thing that
// changes them.
func TestLatestIsWhatTheDatabaseHas(t *testing.T) { onEach(t, testLatestIsWhatTheDatabaseHas) }

func testLatestIsWhatTheDatabaseHas(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one\n\n# Two\naws lambda get-two"))
	var run string
	reads := 0
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"nothing", func() {}},
		{"a press", func() { run = p.press(p.request("one")).Run; p.finished(run, "one") }},
		{"a press in the same run", func() { p.finished(p.press(p.request("two")).Run, "two") }},
		{"a run that was finished", func() { p.must(p.Finish(t.Context(), run, oncall)) }},
		{"a run that was reopened", func() { p.must(p.Reopen(t.Context(), run, oncall)) }},
		{"a run that is kept", func() { p.must(p.Keep(t.Context(), run, true, oncall)) }},
		{"a run that is kept no longer", func() { p.must(p.Keep(t.Context(), run, false, oncall), p.Finish(t.Context(), run, oncall)) }},
		{"the schedule", func() { p.look(); p.later(time.Hour); p.look(); p.finished(p.scheduled()[0].ID, "one", "two") }},
		{"a run that was deleted by another process, after a while", func() {
			if _, err := p.db.SQL().ExecContext(t.Context(), "DELETE FROM runs WHERE id = $1", p.scheduled()[0].ID); err != nil {
				t.Fatal(err)
			}
			p.later(2 * time.Minute)
		}},
	} {
		step.do()
		p.work.Wait()
		list, err := p.db.LatestRuns(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]*procedures.Run{}
		for _, r := range list {
			want[r.Procedure] = r
			reads++
		}
		if got, err := p.Latest(t.Context(), "test"); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("after %s: %+v, %v, want %+v", step.name, got, err, want)
		}
	}
	if reads < 8 {
		t.Errorf("only %d runs were compared", reads)
	}
}
