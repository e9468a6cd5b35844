package schedules_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/schedules"
)

// Executions are those of an open run that has read all that there is.
func (db *database) Executions(context.Context, procedures.Tx, string) ([]*procedures.Execution, error) {
	return []*procedures.Execution{{Step: "read", State: procedures.ExecutionFinished, Verdict: procedures.Passed}}, nil
}

// TestOverdueIsAfterAWholeDay, and never where nothing is due.
func TestOverdueIsAfterAWholeDay(t *testing.T) {
	for late, want := range map[time.Duration]bool{-time.Hour: false, 24 * time.Hour: false, 24*time.Hour + 1: true} {
		if (schedules.Timing{Due: eight}).Overdue(eight.Add(late)) != want {
			t.Errorf("overdue %s later: want %t", late, want)
		}
	}
	if (schedules.Timing{}).Overdue(eight) {
		t.Error("what is never due is overdue")
	}
}

// TestWhatWasDoneSinceIsNotMissed: a run that somebody finished after the planned time stands for it.
func TestWhatWasDoneSinceIsNotMissed(t *testing.T) {
	for done, missed := range map[time.Duration]bool{-time.Minute: true, time.Minute: false} {
		s := serve(newDatabase(), 0, hourly)
		s.refused = procedures.Errorf(procedures.CodeRefused, "may not")
		s.look(t, 0)
		s.look(t, time.Hour)
		s.finished = map[string]time.Time{s.procedure(): eight.Add(time.Hour + done)}
		all, err := s.Timings(t.Context(), "test", s.library.Procedures(), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := all[s.procedure()]
		if got.Missed() != missed || !got.Next.Equal(eight.Add(2*time.Hour)) || missed && got.Planned.Reason != "may not" {
			t.Errorf("done %s after it: %+v", done, got)
		}
		other, err := s.Timings(t.Context(), "elsewhere", s.library.Procedures(), nil)
		if err != nil || !other[s.procedure()].Next.IsZero() {
			t.Errorf("in another environment: %+v, %v", other, err)
		}
	}
}

// TestARhythmIsDueAfterTheLastTime: that of a finished run, or of an open one of this text that has read all there is to read.
func TestARhythmIsDueAfterTheLastTime(t *testing.T) {
	s := serve(newDatabase(), 0, "# Book\n\n## One (Daily)\n\n```bash\n# Read\necho 1\n```\n")
	p := s.library.Procedures()[0]
	if p.Rhythm != "daily" || p.Steps[0].ID != "read" {
		t.Fatalf("the rhythm is %q, the step %q", p.Rhythm, p.Steps[0].ID)
	}
	open := &procedures.Run{ID: "r", State: procedures.RunOpen, Digest: p.Digest, UpdatedAt: eight.Add(time.Hour)}
	older, ended := *open, *open
	older.Digest, ended.State = "another", procedures.RunFinished
	for name, test := range map[string]struct {
		finished time.Time
		latest   *procedures.Run
		due      time.Time
	}{
		"never":                    {time.Time{}, nil, time.Time{}},
		"finished":                 {eight, nil, eight.Add(24 * time.Hour)},
		"open, and all is read":    {eight, open, eight.Add(25 * time.Hour)},
		"open, of an older text":   {eight, &older, eight.Add(24 * time.Hour)},
		"finished as it says":      {eight, &ended, eight.Add(24 * time.Hour)},
		"open, and never finished": {time.Time{}, open, eight.Add(25 * time.Hour)},
	} {
		s.finished = map[string]time.Time{p.ID: test.finished}
		got, err := s.Timing(t.Context(), "test", p, test.latest)
		if err != nil || !got.Due.Equal(test.due) || got.Never != test.due.IsZero() {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := s.Timing(t.Context(), "test", &procedures.Procedure{}, nil); err != nil || got != (schedules.Timing{}) {
		t.Errorf("without a rhythm: %+v, %v", got, err)
	}
	if !strings.HasSuffix(p.ID, "one") {
		t.Errorf("it is %s", p.ID)
	}
}

// TestAllIsHeld: what was read is read again where the newest run has gone on, and after a while.
func TestAllIsHeld(t *testing.T) {
	s := serve(newDatabase(), 0, "# Book\n\n## One (Daily)\n\n```bash\n# Read\necho 1\n```\n\n## Two\n\n```bash\n# Read\necho 1\n```\n")
	id := s.library.Procedures()[0].ID
	due := func(latest *procedures.Run) time.Time {
		all, err := s.All(t.Context(), "test", map[string]*procedures.Run{id: latest})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[id].Due
	}
	run := &procedures.Run{ID: "r", State: procedures.RunFinished, Last: 4}
	if !due(run).IsZero() {
		t.Error("due, and was never done")
	}
	s.finished = map[string]time.Time{id: eight}
	if !due(run).IsZero() {
		t.Error("it was read again, and nothing has changed")
	}
	if want := eight.Add(24 * time.Hour); !due(&procedures.Run{ID: "r", State: procedures.RunFinished, Last: 5}).Equal(want) {
		t.Error("it was not read again after an event")
	}
	s.finished[id] = eight.Add(time.Hour)
	s.now = s.now.Add(time.Minute)
	if want := eight.Add(25 * time.Hour); !due(&procedures.Run{ID: "r", State: procedures.RunFinished, Last: 5}).Equal(want) {
		t.Error("it was not read again after a minute")
	}
}
