package schedules

import (
	"context"
	"maps"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// heldFor is how long timings are held that nothing is known to have changed: of a planned time that passed without a run nobody is told.
const heldFor = 30 * time.Second

// heldTimings are the timings of all procedures of a library in one environment: every home page shows those that press.
type heldTimings struct {
	library *runbook.Library
	read    time.Time
	of      map[string]heldTiming
}

// heldTiming is one procedure's, as its newest run was.
type heldTiming struct {
	Timing
	run  string
	last int64 // number of the run's newest event
}

// All says of each procedure that has a schedule or a rhythm when it is due, by its id. latest are the newest runs. What is held in memory
// is read again where the newest run is another or has gone on, and all of it after heldFor. The map is the caller's.
func (s *Schedules) All(ctx context.Context, environment string, latest map[string]*procedures.Run) (map[string]Timing, error) {
	library, now := s.o.Ledger.Library(), s.o.Ledger.Now()
	s.mu.Lock()
	held := s.held[environment]
	s.mu.Unlock()
	if held == nil || held.library != library || now.Sub(held.read).Abs() > heldFor {
		held = &heldTimings{library: library, read: now}
	}
	out := map[string]Timing{}
	var stale []*procedures.Procedure
	for _, p := range library.Procedures() {
		if p.Schedule == "" && p.Rhythm == "" {
			continue
		}
		h, ok := held.of[p.ID]
		id, last := newestEvent(latest[p.ID])
		if !ok || h.run != id || h.last != last || !h.Next.IsZero() && h.Next.Before(now) {
			stale = append(stale, p)
			continue
		}
		out[p.ID] = h.Timing
	}
	if len(stale) == 0 {
		return out, nil
	}
	read, err := s.Timings(ctx, environment, stale, latest)
	if err != nil {
		return nil, err
	}
	next := &heldTimings{library: library, read: held.read, of: maps.Clone(held.of)}
	if next.of == nil {
		next.of = map[string]heldTiming{}
	}
	for _, p := range stale {
		id, last := newestEvent(latest[p.ID])
		next.of[p.ID] = heldTiming{read[p.ID], id, last}
		out[p.ID] = read[p.ID]
	}
	s.mu.Lock()
	s.held[environment] = next
	s.mu.Unlock()
	return out, nil
}

// newestEvent names a run and its newest event; "" and 0 where there is no run.
func newestEvent(run *procedures.Run) (id string, last int64) {
	if run == nil {
		return "", 0
	}
	return run.ID, run.Last
}
