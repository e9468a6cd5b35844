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

// maxStandings bounds the runs that are held in memory to say how far they are.
const maxStandings = 1000

// standings folds the journals of runs as far as they say how far each run is: without outputs and answers, and of a run that was
// folded before only what came since.
type standings struct {
	reads *reading

	mu   sync.Mutex // of runs alone: it is not held while the database is read
	runs map[string]*folded
}

type folded struct {
	mu   sync.Mutex // held while this run's journal is read
	view *journal.View
	last int64 // number of the newest event that was read
}

// of says how far a run is. p is the procedure that it is of, as it is now: an open run keeps the text that it began with.
func (s *standings) of(ctx context.Context, run *procedures.Run, p *procedures.Procedure) (templates.Standing, error) {
	d, err := s.doing(ctx, run, p)
	return d.Standing, err
}

// doing is how far a run is, and what it waits for.
func (s *standings) doing(ctx context.Context, run *procedures.Run, p *procedures.Procedure) (doing, error) {
	if run.Digest != p.Digest {
		switch text, err := s.reads.Procedure(ctx, run); {
		case err == nil:
			p = text
		case procedures.CodeOf(err) != procedures.CodeNotFound: // else the run's text cannot be read any more: today's is counted
			return doing{}, err
		}
	}
	f := s.folded(run.ID)
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.last < run.Last {
		events, err := s.reads.Since(ctx, run.ID, f.last, readEvents)
		if err != nil {
			return doing{}, err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			f.last = e.Number
			if saysHowFar(e.Kind) {
				f.view.Apply(e)
			}
		}
	}
	return doingOf(run, p, f, s.reads.Now()), nil
}

// folded is what is held of a run. Where too many are held, all are forgotten.
func (s *standings) folded(run string) *folded {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.runs[run]
	if f == nil {
		if s.runs == nil || len(s.runs) >= maxStandings {
			s.runs = map[string]*folded{}
		}
		f = &folded{view: journal.NewView()}
		s.runs[run] = f
	}
	return f
}

// saysHowFar reports whether events of a kind change how far a run is.
func saysHowFar(k procedures.EventKind) bool {
	switch k {
	case procedures.EventRunStarted, procedures.EventRunFinished, procedures.EventRunReopened, procedures.EventStepRequested,
		procedures.EventStepStarted, procedures.EventStepFinished, procedures.EventMarkedDone, procedures.EventMarkedUndone,
		procedures.EventMarkedSkipped, procedures.EventCountdown, procedures.EventSample, procedures.EventApprovalRequested,
		procedures.EventApproved, procedures.EventDeclined, procedures.EventApprovalWithdrawn:
		return true
	}
	return false
}

// standing counts what has to be done of a procedure, and what was. Of several ways to do the same one counts; what is done on
// demand, or stands in an aside, counts where it was done or goes on.
func standing(run *procedures.Run, p *procedures.Procedure, view *journal.View) templates.Standing {
	out := templates.Standing{Open: run.State == procedures.RunOpen}
	var verdicts []procedures.Verdict
	for i := 0; i < len(p.Steps); {
		to := i + 1
		for to < len(p.Steps) && p.Steps[to].Alternative {
			to++
		}
		needed, done := false, false
		for at, step := range p.Steps[i:to] {
			v := view.Step(step.ID)
			needed = needed || !step.OnDemand && !p.Outside(step, "")
			verdict := v.Verdict()
			if v.Running() {
				out.Running, needed = true, true
			}
			if verdict == "" || verdict == procedures.Skipped && !v.Skipped() { // one that was cancelled, or not begun, is to be done
				continue
			}
			done, needed = true, true
			verdicts = append(verdicts, verdict)
			if out.Failed == nil && templates.Tone(verdict) == "fail" {
				out.Failed, out.Number, out.FailedAs, out.Reason = step, i+at+1, verdict, v.Judged().Reason
			}
		}
		if needed {
			out.Total++
		}
		if done {
			out.Done++
		}
		i = to
	}
	out.Verdict = procedures.Worst(verdicts...)
	return out
}

// asked reports whether a step waits for another person's approval.
func asked(p *procedures.Procedure, view *journal.View, now time.Time) bool {
	return slices.ContainsFunc(p.Steps, func(step *procedures.Step) bool {
		r := view.Step(step.ID).Request
		return r != nil && r.Open() && !r.Approved() && r.Until.After(now)
	})
}
