package runs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/access"
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
func (s *Service) Schedules(ctx context.Context) error {
	for _, p := range s.Library().Procedures() {
		if p.Schedule == "" {
			continue
		}
		schedule, err := procedures.ParseSchedule(p.Schedule)
		if err != nil {
			return err // the library names it as a mistake, and leaves it out
		}
		for _, environment := range s.environmentsOf(p) {
			if err := s.lookAt(ctx, p, schedule, environment); err != nil {
				return fmt.Errorf("schedule of %s: %w", p.ID, err)
			}
		}
	}
	return nil
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
	before, same, err := s.Store.Looked(ctx, p.ID, environment, p.Schedule)
	if err != nil {
		return err
	}
	var due []time.Time
	if same {
		if due = schedule.Between(before, now, mostAtOnce); len(due) == 0 && now.Sub(before) < time.Minute {
			return nil // what is looked at is written once a minute
		}
	}
	var began []string
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		began = nil
		mine, err := s.Store.Look(ctx, tx, p.ID, environment, p.Schedule, before, now)
		if err != nil || !mine {
			return err
		}
		for _, at := range due {
			planned := procedures.Scheduled{Procedure: p.ID, Environment: environment, At: at}
			if now.Sub(at) > lateness {
				planned.Reason = "no server ran at that time"
			} else if planned.Run, planned.Reason, err = s.beginScheduled(ctx, tx, p, environment); err != nil {
				return err
			} else if planned.Run != "" {
				began = append(began, planned.Run)
			}
			if err := s.Store.Plan(ctx, tx, planned); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(due) > 0 {
		s.tell(append(began, Topic(environment, p.ID), Topic(environment, ""))...)
	}
	return nil
}

// beginScheduled begins a run of what a procedure reads, in the transaction. It returns the reason where there is nothing that
// can be begun.
func (s *Service) beginScheduled(ctx context.Context, tx procedures.Tx, p *procedures.Procedure, environment string) (run, reason string, err error) {
	w, err := s.wish(ctx, Request{Procedure: p.ID, Environment: environment, By: bySchedule})
	if err == nil {
		err = s.may(ctx, w.Request, access.Press, procedures.EffectRead)
	}
	if err != nil {
		return "", err.Error(), nil //nolint:nilerr // it is why there is no run, and is kept as that
	}
	steps, stopped := Together(p, nil)
	if len(steps) == 0 {
		if stopped == "" {
			stopped = "nothing on the page only reads"
		}
		return "", stopped, nil
	}
	values, err := Parameters(p, steps, nil, w.engine.Environment.Variables)
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
	return s.end(ctx, tx, run.ID, procedures.Event{Kind: procedures.EventRunFinished, At: s.Now(), Text: "its last step was carried out"})
}

// Timing is when a procedure is to be done: by its schedule, or by how often its heading says.
type Timing struct {
	Next    time.Time             // the next planned time; zero without a schedule
	Planned *procedures.Scheduled // the newest planned time that has passed; nil for none
	Due     time.Time             // by when it should be done again, by its rhythm; zero without one, and where it was never done
	Never   bool                  // it has a rhythm and was never done
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
	now := s.Now()
	out := map[string]Timing{}
	for _, p := range s.Library().Procedures() {
		var t Timing
		if p.Schedule != "" && slices.Contains(s.environmentsOf(p), environment) {
			if schedule, err := procedures.ParseSchedule(p.Schedule); err == nil {
				t.Next, t.Planned = schedule.Next(now), byProcedure[p.ID]
			}
		}
		if p.Rhythm != "" && t.Next.IsZero() {
			if run := latest[p.ID]; run != nil {
				t.Due = p.Rhythm.Due(run.UpdatedAt)
			} else {
				t.Never = true
			}
		}
		if t != (Timing{}) {
			out[p.ID] = t
		}
	}
	return out, nil
}
