// Package schedules begins runs at their planned times, and says when a procedure is due.
package schedules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
)

const (
	checkEvery = 5 * time.Second // that schedules are checked
	lateness   = 2 * time.Minute // that a planned time may be begun late; after that it was missed
	mostAtOnce = 100             // missed times of a schedule that are recorded
)

// Store keeps what became of planned times. All replicas check; each planned time is claimed by one of them.
type Store interface {
	// Claimed returns until when the planned times of a schedule were claimed; ok is false where they never were, or the
	// schedule was another one.
	Claimed(ctx context.Context, procedure, environment, spec string) (until time.Time, ok bool, err error)
	// Claim claims them until now; mine is false where another replica was first.
	Claim(ctx context.Context, tx procedures.Tx, procedure, environment, spec string, before, now time.Time) (mine bool, err error)
	RecordPlanned(ctx context.Context, tx procedures.Tx, p procedures.Scheduled) error
	LastPlanned(ctx context.Context, environment string) ([]procedures.Scheduled, error)
	LastFinished(ctx context.Context, environment string) (map[string]time.Time, error)
}

// Begin begins a run in a transaction. It returns why where there is nothing to begin, and the events of the observer.
type Begin func(ctx context.Context, tx procedures.Tx) (run, reason string, began []procedures.Event, err error)

// Options are what Schedules need.
type Options struct {
	Ledger *ledger.Ledger
	Store  Store
	// Prepare asks, before a transaction, whether a run of a procedure may begin. Its error is why not.
	Prepare func(ctx context.Context, procedure, environment string) (Begin, error)
	// Environment is the usual one: schedules of procedures that name none run there. Known reports whether there is one of a
	// name.
	Environment string
	Known       func(environment string) bool
}

// Schedules begins what is due.
type Schedules struct{ o Options }

// New makes schedules.
func New(o Options) *Schedules { return &Schedules{o} }

// Watch begins what is due, until ctx ends.
func (s *Schedules) Watch(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		if err := s.BeginDue(ctx); err != nil && ctx.Err() == nil {
			s.o.Ledger.Logger.WarnContext(ctx, "begin what is scheduled", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// BeginDue checks all schedules once: what is due is begun, and what was missed because no server ran is recorded. An error of
// one schedule does not keep the others from their times.
func (s *Schedules) BeginDue(ctx context.Context) error {
	var failed []error
	for _, p := range s.o.Ledger.Library().Procedures() {
		if p.Schedule == "" {
			continue
		}
		schedule, err := procedures.ParseSchedule(p.Schedule)
		if err != nil {
			failed = append(failed, err) // it is a finding of the runbook, and the schedule is left out
			continue
		}
		for _, environment := range s.environmentsOf(p) {
			if err := s.check(ctx, p, schedule, environment); err != nil {
				failed = append(failed, fmt.Errorf("schedule of %s in %s: %w", p.ID, environment, err))
			}
		}
	}
	return errors.Join(failed...)
}

// environmentsOf are those that a procedure is for; the usual one where it names none.
func (s *Schedules) environmentsOf(p *procedures.Procedure) []string {
	if len(p.Environments) == 0 {
		return []string{s.o.Environment}
	}
	var out []string
	for _, name := range p.Environments {
		if s.o.Known(name) {
			out = append(out, name)
		}
	}
	return out
}

// check begins what is due of one schedule in one environment.
func (s *Schedules) check(ctx context.Context, p *procedures.Procedure, schedule *procedures.Schedule, environment string) error {
	now := s.o.Ledger.Now().Truncate(time.Millisecond)
	before, same, err := s.o.Store.Claimed(ctx, p.ID, environment, p.Schedule)
	if err != nil {
		return err
	}
	var due []time.Time
	if same {
		if due = schedule.Between(before, now, mostAtOnce); len(due) == 0 && now.Sub(before) < time.Minute {
			return nil // an idle schedule is claimed once a minute
		}
	}
	var begin Begin // prepared before the transaction: it may have to ask for the account
	var refused error
	if n := len(due); n > 0 && now.Sub(due[n-1]) <= lateness {
		begin, refused = s.o.Prepare(ctx, p.ID, environment)
	}
	var began []procedures.Event
	var topics []string
	err = s.o.Ledger.Update(ctx, func(tx procedures.Tx) error {
		began, topics = nil, nil
		mine, err := s.o.Store.Claim(ctx, tx, p.ID, environment, p.Schedule, before, now)
		if err != nil || !mine {
			return err
		}
		for _, at := range due {
			planned := procedures.Scheduled{Procedure: p.ID, Environment: environment, At: at}
			switch {
			case now.Sub(at) > lateness:
				planned.Reason = "no server ran at that time"
			case refused != nil:
				planned.Reason = refused.Error()
			default:
				var events []procedures.Event
				if planned.Run, planned.Reason, events, err = begin(ctx, tx); err != nil {
					return err
				}
				if planned.Run != "" {
					topics, began = append(topics, planned.Run), append(began, events...)
				}
			}
			if err := s.o.Store.RecordPlanned(ctx, tx, planned); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.o.Ledger.Recorded(began...)
	if len(due) > 0 {
		s.o.Ledger.Notify(append(topics, ledger.Topic(environment, p.ID), ledger.Topic(environment, ""))...)
	}
	return nil
}
