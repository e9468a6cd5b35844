package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

const (
	// pastRuns is how many earlier runs a page compares with: among them it looks for the last good one of each step.
	pastRuns = 10
	// maxPastEvents is how long the journal of an earlier run may be that is read for it.
	maxPastEvents = 2000
	// maxPastHeld bounds what is held in memory of earlier runs, in values and lines.
	maxPastHeld = 200_000
)

// past holds what the steps of earlier runs found. A journal is folded once for each length that it has: those that are over do not
// change any more.
type past struct {
	reads *reading

	mu   sync.Mutex // of runs and held alone: it is not held while the database is read
	runs map[string]pastRun
	held int
}

// pastRun is what one run found, by step. Nobody changes it.
type pastRun struct {
	last  int64 // number of the newest event that was read
	found map[string]journal.Found
}

// found is what the steps of a run found, by the steps' ids. p is the procedure as the page shows it: what it measures is measured in the
// answers of then.
func (h *past) found(ctx context.Context, run *procedures.Run, p *procedures.Procedure) (map[string]journal.Found, error) {
	key := run.ID + " " + p.Digest
	h.mu.Lock()
	held, ok := h.runs[key]
	h.mu.Unlock()
	if ok && held.last == run.Last {
		return held.found, nil
	}
	view, err := h.reads.View(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	out := pastRun{last: run.Last, found: map[string]journal.Found{}}
	weight := 1
	for _, step := range p.Steps {
		if found, ok := journal.FoundBy(step, view.Step(step.ID)); ok {
			out.found[step.ID] = found
			weight += 1 + len(found.Lines)
			for _, thing := range found.Things {
				weight += len(thing.Members)
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held += weight; h.runs == nil || h.held > maxPastHeld {
		h.runs, h.held = map[string]pastRun{}, weight
	}
	h.runs[key] = out
	return out.found, nil
}

// earlier is what the runs before one found, by step; of a run that is nil it is what all found. A run whose record is damaged is left
// out: it takes no page with it.
func (s *Server) earlier(
	ctx context.Context, environment string, p *procedures.Procedure, run *procedures.Run,
) (map[string]*templates.Earlier, error) {
	began, id := time.Time{}, ""
	if run != nil {
		began, id = run.StartedAt, run.ID
	}
	list, _, err := s.reads.Before(ctx, p.ID, environment, began, id, pastRuns)
	if err != nil {
		return nil, err
	}
	out := map[string]*templates.Earlier{}
	took := map[string][]time.Duration{}
	for _, before := range list { // the newest first
		if before.Last > maxPastEvents {
			continue
		}
		found, err := s.past.found(ctx, before, p)
		if err != nil {
			if ctx.Err() != nil || procedures.CodeOf(err) == procedures.CodeUnavailable {
				return nil, err
			}
			continue
		}
		for step, f := range found {
			e := out[step]
			if e == nil {
				e = &templates.Earlier{}
				out[step] = e
			}
			if good(f.Verdict) {
				took[step] = append(took[step], f.Duration)
				if e.Run == nil {
					e.Run, e.Good = before, f
				}
			}
			if len(f.Measures) > 0 {
				e.Values = append(e.Values, templates.EarlierValue{
					SampleValue: f.Measures[0], Run: before.ID, At: before.StartedAt, Of: f.Verdict,
				})
			}
		}
	}
	for step, e := range out {
		slices.Reverse(e.Values)
		if list := took[step]; len(list) > 0 {
			slices.Sort(list)
			e.Usual = list[len(list)/2]
		}
	}
	return out, nil
}

// good reports whether a step came to what others are compared with.
func good(v procedures.Verdict) bool { return v == procedures.Passed || v == procedures.Info }

// compared adds to a finished step what is different from the last good run before, and how the number that it judges has come along.
func compared(out *templates.Step, e *templates.Earlier) {
	if e == nil {
		return
	}
	out.Usual = e.Usual
	found, ok := journal.FoundBy(out.Step, out.StepView)
	if !ok {
		return
	}
	if e.Run != nil {
		out.Different = templates.DifferentFrom(e.Run, journal.Compare(e.Good, found))
	}
	if len(found.Measures) > 0 {
		now := templates.EarlierValue{SampleValue: found.Measures[0], At: out.Ended, Of: found.Verdict}
		out.Trend = templates.TrendOf(e.Values, now)
	}
}
