package schedules

import (
	"context"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Timing is when a procedure is due: by its schedule, or by how often its heading says.
type Timing struct {
	Next    time.Time             // the next planned time; zero without a schedule
	Planned *procedures.Scheduled // the newest planned time that has passed; nil for none
	Due     time.Time             // by when it is due again, by its rhythm; zero without one, and where it was never done
	Never   bool                  // it has a rhythm and was never done: no run of it was finished, or executed all that it reads
}

// Missed reports whether the newest planned time had no run.
func (t Timing) Missed() bool { return t.Planned != nil && t.Planned.Run == "" }

// Overdue reports whether it was due a whole day ago.
func (t Timing) Overdue(now time.Time) bool {
	return !t.Due.IsZero() && now.Sub(t.Due) > 24*time.Hour
}

// Timings says of each of some procedures that has a schedule or a rhythm when it is due, by its id. latest are the newest runs. It reads
// of those procedures alone.
func (s *Schedules) Timings(
	ctx context.Context, environment string, of []*procedures.Procedure, latest map[string]*procedures.Run,
) (map[string]Timing, error) {
	var timed []*procedures.Procedure
	var ids, planned []string // without a schedule nothing was planned
	for _, p := range of {
		if p.Schedule == "" && p.Rhythm == "" {
			continue
		}
		timed, ids = append(timed, p), append(ids, p.ID)
		if p.Schedule != "" {
			planned = append(planned, p.ID)
		}
	}
	times, err := ofNamed(ctx, s, environment, planned, s.o.Store.LastPlanned)
	if err != nil {
		return nil, err
	}
	finished, err := ofNamed(ctx, s, environment, ids, s.o.Store.LastFinished)
	if err != nil {
		return nil, err
	}
	out := map[string]Timing{}
	for _, p := range timed {
		t, err := s.timing(ctx, environment, p, latest[p.ID], times, finished[p.ID])
		if err != nil {
			return nil, err
		}
		if t != (Timing{}) {
			out[p.ID] = t
		}
	}
	return out, nil
}

// ofNamed reads something of procedures by the names under which there may be runs of them.
func ofNamed[T any](
	ctx context.Context, s *Schedules, environment string, ids []string,
	read func(ctx context.Context, environment string, names [][]string) (map[string]T, error),
) (map[string]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	names, err := s.o.Named(ctx, environment, ids)
	if err != nil {
		return nil, err
	}
	return read(ctx, environment, names)
}

// Timing says when one procedure is due; latest is its newest run, nil for none.
func (s *Schedules) Timing(ctx context.Context, environment string, p *procedures.Procedure, latest *procedures.Run) (Timing, error) {
	all, err := s.Timings(ctx, environment, []*procedures.Procedure{p}, map[string]*procedures.Run{p.ID: latest})
	return all[p.ID], err
}

// timing is when a procedure is due that was finished last at a time. planned are the newest planned times of procedures.
func (s *Schedules) timing(
	ctx context.Context, environment string, p *procedures.Procedure, latest *procedures.Run,
	planned map[string]procedures.Scheduled, done time.Time,
) (Timing, error) {
	var t Timing
	if p.Schedule != "" && slices.Contains(s.environmentsOf(p), environment) {
		if schedule, err := procedures.ParseSchedule(p.Schedule); err == nil {
			t.Next = schedule.Next(s.o.Ledger.Now())
			if at, ok := planned[p.ID]; ok {
				t.Planned = &at
			}
		}
	}
	if p.Rhythm != "" && t.Next.IsZero() {
		complete, err := s.complete(ctx, p, latest)
		if err != nil {
			return t, err
		}
		if complete {
			done = latest.UpdatedAt
		}
		t.Due, t.Never = p.Rhythm.Due(done), done.IsZero()
	}
	if t.Missed() && done.After(t.Planned.At) {
		t.Planned = nil // somebody did it since
	}
	return t, nil
}

// complete reports whether an open run of a procedure has executed all that the procedure reads: that counts as done before
// somebody finishes the run.
func (s *Schedules) complete(ctx context.Context, p *procedures.Procedure, run *procedures.Run) (bool, error) {
	if run == nil || run.State == procedures.RunFinished || run.Digest != p.Digest {
		return false, nil
	}
	executions, err := s.o.Ledger.Store.Executions(ctx, nil, run.ID)
	if err != nil {
		return false, err
	}
	done, reads := engine.Executed(executions), 0
	for _, step := range p.Steps {
		if !engine.InAll(p, "", step) || step.Effect().Changes() {
			continue
		}
		if reads++; !done(step) {
			return false, nil
		}
	}
	return reads > 0, nil
}
