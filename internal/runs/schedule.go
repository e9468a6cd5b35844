package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

const (
	lookEvery  = 5 * time.Second // that schedules are looked at
	lateness   = 2 * time.Minute // that a planned time may be begun late; after that it was missed
	mostAtOnce = 100             // missed times of a schedule that are recorded
)

// bySchedule is who begins what was planned.
var bySchedule = access.Person{Name: "the schedule"}

// lookAtSchedules begins what is due, until ctx ends. All replicas look; each planned time is begun by one of them.
func (s *Service) lookAtSchedules(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.Schedules(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "begin what is scheduled", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Schedules looks once at all schedules: what is due is begun, and what was missed because no server ran is recorded.
// One that cannot be looked at does not keep the others from their times.
func (s *Service) Schedules(ctx context.Context) error {
	var failed []error
	for _, p := range s.Library().Procedures() {
		if p.Schedule == "" {
			continue
		}
		schedule, err := procedures.ParseSchedule(p.Schedule)
		if err != nil {
			failed = append(failed, err) // the library names it as a mistake, and leaves it out
			continue
		}
		for _, environment := range s.environmentsOf(p) {
			if err := s.lookAt(ctx, p, schedule, environment); err != nil {
				failed = append(failed, fmt.Errorf("schedule of %s in %s: %w", p.ID, environment, err))
			}
		}
	}
	return errors.Join(failed...)
}

// environmentsOf are those that a procedure is for; the usual one where it names none.
func (s *Service) environmentsOf(p *procedures.Procedure) []string {
	if len(p.Environments) == 0 {
		return []string{s.Environment}
	}
	var out []string
	for _, name := range p.Environments {
		if _, err := s.Engine(name); err == nil {
			out = append(out, name)
		}
	}
	return out
}

func (s *Service) lookAt(ctx context.Context, p *procedures.Procedure, schedule *procedures.Schedule, environment string) error {
	now := s.Now().Truncate(time.Millisecond)
	before, same, err := s.Store.Claimed(ctx, p.ID, environment, p.Schedule)
	if err != nil {
		return err
	}
	var due []time.Time
	if same {
		if due = schedule.Between(before, now, mostAtOnce); len(due) == 0 && now.Sub(before) < time.Minute {
			return nil // what is looked at is written once a minute
		}
	}
	var w *wish // asked for before the transaction: it may have to ask the account
	var refused error
	if n := len(due); n > 0 && now.Sub(due[n-1]) <= lateness {
		if w, refused = s.wish(ctx, Request{Procedure: p.ID, Environment: environment, By: bySchedule}); refused == nil {
			refused = s.may(ctx, w.Request, access.Press, procedures.EffectRead)
		}
	}
	var began []string
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		began = nil
		mine, err := s.Store.Claim(ctx, tx, p.ID, environment, p.Schedule, before, now)
		if err != nil || !mine {
			return err
		}
		for _, at := range due {
			planned := procedures.Scheduled{Procedure: p.ID, Environment: environment, At: at}
			if now.Sub(at) > lateness {
				planned.Reason = "no server ran at that time"
			} else if refused != nil {
				planned.Reason = refused.Error()
			} else if planned.Run, planned.Reason, err = s.beginScheduled(ctx, tx, w); err != nil {
				return err
			} else if planned.Run != "" {
				began = append(began, planned.Run)
			}
			if err := s.Store.RecordPlanned(ctx, tx, planned); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if w != nil && len(began) > 0 {
		s.recorded(w.began...)
	}
	if len(due) > 0 {
		s.tell(append(began, Topic(environment, p.ID), Topic(environment, ""))...)
	}
	return nil
}

// beginScheduled begins a run of what a wish's procedure reads, in the transaction. It returns the reason where there is nothing that
// can be begun.
func (s *Service) beginScheduled(ctx context.Context, tx procedures.Tx, w *wish) (run, reason string, err error) {
	p := w.procedure
	steps, before := engine.Together(p, carriedOut(nil))
	if len(steps) == 0 {
		return "", nothingTogether(before), nil
	}
	values, err := engine.Parameters(p, steps, nil, w.engine.Environment.Variables)
	if err != nil {
		return "", err.Error(), nil //nolint:nilerr // it is why there is no run, and is kept as that
	}
	j, err := s.insertRun(ctx, tx, w, procedures.RunScheduled)
	if err != nil {
		return "", "", err
	}
	if _, err := j.ask(ctx, steps, values, w); err != nil {
		return "", "", err
	}
	return j.id, "", nil
}

// endScheduled ends a schedule's run with its last step, in the transaction.
func (s *Service) endScheduled(ctx context.Context, tx procedures.Tx, run *procedures.Run, executions []*procedures.Execution) error {
	if run.State != procedures.RunScheduled || slices.ContainsFunc(executions, func(e *procedures.Execution) bool { return e.State != procedures.ExecutionFinished }) {
		return nil
	}
	reason := "its last step has ended"
	if p, err := s.Procedure(ctx, run); err == nil {
		if before := StopsBefore(p); before != nil {
			reason = fmt.Sprintf("it stops before “%s”, which makes changes", before.Title)
		}
	}
	return s.end(ctx, tx, run.ID, procedures.Event{Kind: procedures.EventRunFinished, At: s.Now(), Text: reason})
}

// Timing is when a procedure is to be done: by its schedule, or by how often its heading says.
type Timing struct {
	Next    time.Time             // the next planned time; zero without a schedule
	Planned *procedures.Scheduled // the newest planned time that has passed; nil for none
	Due     time.Time             // by when it should be done again, by its rhythm; zero without one, and where it was never done
	Never   bool                  // it has a rhythm and was never done: no run of it was finished, or had all that it reads carried out
}

// Missed reports whether the newest planned time had no run.
func (t Timing) Missed() bool { return t.Planned != nil && t.Planned.Run == "" }

// Overdue reports whether it should have been done a whole day ago.
func (t Timing) Overdue(now time.Time) bool {
	return !t.Due.IsZero() && now.Sub(t.Due) > 24*time.Hour
}

// Timings says of each procedure that has a schedule or a rhythm when it is to be done, by its id. latest are the newest runs.
func (s *Service) Timings(ctx context.Context, environment string, latest map[string]*procedures.Run) (map[string]Timing, error) {
	planned, err := s.Store.LastPlanned(ctx, environment)
	if err != nil {
		return nil, err
	}
	byProcedure := map[string]*procedures.Scheduled{}
	for i := range planned {
		byProcedure[planned[i].Procedure] = &planned[i]
	}
	finished, err := s.Store.LastFinished(ctx, environment)
	if err != nil {
		return nil, err
	}
	out := map[string]Timing{}
	for _, p := range s.Library().Procedures() {
		t, err := s.timing(ctx, environment, p, latest[p.ID], byProcedure[p.ID], finished[p.ID])
		if err != nil {
			return nil, err
		}
		if t != (Timing{}) {
			out[p.ID] = t
		}
	}
	return out, nil
}

// Timing says when one procedure is to be done; latest is its newest run, nil for none.
func (s *Service) Timing(ctx context.Context, environment string, p *procedures.Procedure, latest *procedures.Run) (Timing, error) {
	if p.Schedule == "" && p.Rhythm == "" {
		return Timing{}, nil
	}
	planned, err := s.Store.LastPlanned(ctx, environment)
	if err != nil {
		return Timing{}, err
	}
	finished, err := s.Store.LastFinished(ctx, environment)
	if err != nil {
		return Timing{}, err
	}
	var newest *procedures.Scheduled
	if i := slices.IndexFunc(planned, func(s procedures.Scheduled) bool { return s.Procedure == p.ID }); i >= 0 {
		newest = &planned[i]
	}
	return s.timing(ctx, environment, p, latest, newest, finished[p.ID])
}

// timing is when a procedure is to be done that was finished last at a time.
func (s *Service) timing(ctx context.Context, environment string, p *procedures.Procedure, latest *procedures.Run, planned *procedures.Scheduled, done time.Time) (Timing, error) {
	var t Timing
	if p.Schedule != "" && slices.Contains(s.environmentsOf(p), environment) {
		if schedule, err := procedures.ParseSchedule(p.Schedule); err == nil {
			t.Next, t.Planned = schedule.Next(s.Now()), planned
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

// complete reports whether an open run of a procedure had all carried out that the procedure reads: nobody has to finish
// it for that to count as done.
func (s *Service) complete(ctx context.Context, p *procedures.Procedure, run *procedures.Run) (bool, error) {
	if run == nil || run.State == procedures.RunFinished || run.Digest != p.Digest {
		return false, nil
	}
	executions, err := s.Store.Executions(ctx, nil, run.ID)
	if err != nil {
		return false, err
	}
	done, reads := carriedOut(executions), 0
	for i, step := range p.Steps {
		if !engine.Runnable(step) || step.Effect().Changes() || engine.Alternative(p, i) {
			continue
		}
		if reads++; !done(step) {
			return false, nil
		}
	}
	return reads > 0, nil
}
