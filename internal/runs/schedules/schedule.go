// Package schedules begins runs at their planned times, and says when a procedure is due.
package schedules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
)

const (
	checkEvery = 5 * time.Second // that schedules are checked
	lateness   = 2 * time.Minute // that a planned time may be begun late; after that it was missed
	clockSkew  = time.Minute     // that clocks of servers may differ
	mostAtOnce = 100             // missed times of a schedule that are recorded
)

// oneForBoth is why a time of a schedule that queues has no run of its own.
const oneForBoth = "the run before it was still going on; the next one stands for both"

// Store keeps what became of planned times. All replicas check; each planned time is claimed by one of them.
type Store interface {
	// Claims returns what was claimed last of the schedules of procedures, by their names; none of those that never were.
	Claims(ctx context.Context, environment string, names []string) (map[string]procedures.Claim, error)
	// Claim claims them until now; mine is false where another replica was first.
	Claim(ctx context.Context, tx procedures.Tx, procedure, environment, spec string, before, now time.Time) (mine bool, err error)
	// RunOfPlanned returns the run that a planned time has, or "".
	RunOfPlanned(ctx context.Context, tx procedures.Tx, procedure, environment string, at time.Time) (run string, err error)
	RecordPlanned(ctx context.Context, tx procedures.Tx, p procedures.Scheduled) error
	// ClockSkew is how far this server's clock is ahead of the database's; 0 where the database has none of its own.
	ClockSkew(ctx context.Context) (time.Duration, error)
	// LastBegun returns the run of a schedule's newest planned time that has one, or "".
	LastBegun(ctx context.Context, procedure, environment string) (run string, err error)
	// LastPlanned and LastFinished are of the procedures that are asked for, by the first of the names that each has.
	LastPlanned(ctx context.Context, environment string, names [][]string) (map[string]procedures.Scheduled, error)
	LastFinished(ctx context.Context, environment string, names [][]string) (map[string]time.Time, error)
}

// Begin begins a run in a transaction. It returns why where there is nothing to begin.
type Begin func(ctx context.Context, tx procedures.Tx) (run, reason string, err error)

// Options are what Schedules need.
type Options struct {
	Ledger *ledger.Ledger
	Store  Store
	// Prepare asks, before a transaction, whether a run of a procedure may begin. Its error is why not.
	Prepare func(ctx context.Context, procedure, environment string) (Begin, error)
	// Named returns the names of procedures under which there may be runs in an environment, the id of each first.
	Named func(ctx context.Context, environment string, ids []string) ([][]string, error)
	// Environment is the usual one: schedules of procedures that name none run there. Known reports whether there is one of a
	// name.
	Environment string
	Known       func(environment string) bool
}

// Schedules begins what is due. It is safe for concurrent use.
type Schedules struct {
	o Options

	mu   sync.Mutex
	held map[string]*heldTimings // by environment: see All
}

// New makes schedules.
func New(o Options) *Schedules { return &Schedules{o: o, held: map[string]*heldTimings{}} }

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
	if skew, err := s.o.Store.ClockSkew(ctx); err != nil {
		return err
	} else if skew.Abs() > clockSkew {
		return fmt.Errorf("this server's clock is %s %s that of the database: it begins no scheduled run. Set its clock (NTP)",
			skew.Abs().Round(time.Second), aheadOf(skew))
	}
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
	claims, err := s.o.Store.Claims(ctx, environment, p.Names())
	if err != nil {
		return err
	}
	before, same := lastClaim(claims, p.Schedule)
	if ahead := before.Sub(now); same && ahead >= 0 && ahead <= clockSkew {
		return nil // another server's clock is a little ahead of this one
	} else if same && ahead > clockSkew {
		// This clock, or the one that claimed them, was ahead: what is planned from now on would silently not come.
		s.o.Ledger.Logger.WarnContext(ctx, "a schedule was claimed by a clock that is ahead of this one; it goes on from now",
			"procedure", p.ID, "environment", environment, "claimed", before, "now", now)
	}
	var due []time.Time
	if same && before.Before(now) {
		if due = schedule.Between(before, now, mostAtOnce); len(due) == 0 && now.Sub(before) < time.Minute {
			return nil // an idle schedule is claimed once a minute
		}
	}
	names := slices.DeleteFunc(p.Names(), func(name string) bool { return name != p.ID && claims[name].Spec != p.Schedule })
	previous, err := s.previous(ctx, names, environment, due)
	if err != nil {
		return err
	}
	if going(previous) && p.Overlap == procedures.OverlapQueue {
		return nil // what is due waits, unclaimed
	}
	var begin Begin // prepared before the transaction: it may have to ask for the account
	var refused error
	if n := len(due); n > 0 && (now.Sub(due[n-1]) <= lateness || queued(p, previous, due[n-1])) {
		begin, refused = s.o.Prepare(ctx, p.ID, environment)
	}
	var topics []string
	err = s.o.Ledger.Update(ctx, func(tx procedures.Tx) error {
		topics = nil
		missed := procedures.Alert{Kind: procedures.AlertScheduleMissed, Environment: environment, Procedure: p.ID}
		// Under each name that it had: a replica that has not read the new one yet claims by that.
		for _, name := range names {
			mine, err := s.o.Store.Claim(ctx, tx, name, environment, p.Schedule, claims[name].Until, now)
			if err != nil || !mine {
				return err
			}
		}
		for i, at := range due {
			// A clock that was ahead may have begun it before its time.
			if begun, err := s.begun(ctx, tx, names, environment, at); err != nil || begun {
				if err != nil {
					return err
				}
				continue
			}
			planned := procedures.Scheduled{Procedure: p.ID, Environment: environment, At: at}
			switch {
			case queued(p, previous, at) && i < len(due)-1:
				planned.Reason = oneForBoth
			case now.Sub(at) > lateness && !queued(p, previous, at):
				planned.Reason = "no server ran at that time"
			case going(previous) && p.Overlap != procedures.OverlapAllow:
				planned.Reason = "the run of the time before is still going on"
			case refused != nil:
				planned.Reason = procedures.Said(refused)
			default:
				var err error
				if planned.Run, planned.Reason, err = begin(ctx, tx); err != nil {
					return err
				}
				if planned.Run != "" {
					topics = append(topics, planned.Run)
				}
			}
			if err := s.o.Store.RecordPlanned(ctx, tx, planned); err != nil {
				return err
			}
			if planned.Run == "" && planned.Reason != oneForBoth {
				missed.Missed, missed.Reason = append(missed.Missed, at), planned.Reason
			}
		}
		if len(missed.Missed) == 0 {
			return nil
		}
		return s.o.Ledger.Tell(ctx, tx, missed)
	})
	if err != nil {
		return err
	}
	if len(due) > 0 {
		s.o.Ledger.Notify(append(topics, ledger.Topic(environment, p.ID), ledger.Topic(environment, ""))...)
	}
	return nil
}

// lastClaim is until when a schedule was claimed last, under whichever name, and whether it was the one of today.
func lastClaim(claims map[string]procedures.Claim, spec string) (until time.Time, same bool) {
	for _, c := range claims {
		if c.Spec == spec && c.Until.After(until) {
			until, same = c.Until, true
		}
	}
	return until, same
}

// begun reports whether a planned time has a run, under one of the procedure's names.
func (s *Schedules) begun(ctx context.Context, tx procedures.Tx, names []string, environment string, at time.Time) (bool, error) {
	for _, name := range names {
		if run, err := s.o.Store.RunOfPlanned(ctx, tx, name, environment, at); err != nil || run != "" {
			return run != "", err
		}
	}
	return false, nil
}

// previous is the schedule's run before those that are due; nil where there is none or nothing is due.
func (s *Schedules) previous(ctx context.Context, names []string, environment string, due []time.Time) (*procedures.Run, error) {
	if len(due) == 0 {
		return nil, nil
	}
	id, err := "", error(nil)
	for _, name := range names {
		if id, err = s.o.Store.LastBegun(ctx, name, environment); err != nil || id != "" {
			break
		}
	}
	if err != nil || id == "" {
		return nil, err
	}
	run, err := s.o.Ledger.Head(ctx, id)
	if procedures.CodeOf(err) == procedures.CodeNotFound { // it was deleted since
		return nil, nil
	}
	return run, err
}

// aheadOf says on which side of another clock one is.
func aheadOf(skew time.Duration) string {
	if skew < 0 {
		return "behind"
	}
	return "ahead of"
}

// going reports whether a scheduled run has not ended.
func going(run *procedures.Run) bool { return run != nil && run.State == procedures.RunScheduled }

// queued reports whether a planned time had to wait for the run before it, which has ended.
func queued(p *procedures.Procedure, previous *procedures.Run, at time.Time) bool {
	return p.Overlap == procedures.OverlapQueue && previous != nil && previous.State == procedures.RunFinished &&
		at.Before(previous.FinishedAt)
}
