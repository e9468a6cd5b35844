// Package retention deletes old runs.
package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// Limits are how long finished runs are kept. Runs that somebody keeps on purpose stay. The zero Limits keep all.
type Limits struct {
	Age  time.Duration // since a run's end; 0 for no limit
	Runs int           // of a procedure in an environment, the newest; 0 for no limit
}

// Store deletes runs.
type Store interface {
	// OldRuns returns finished runs that nobody keeps and that ended before a moment, the oldest first; at most limit.
	OldRuns(ctx context.Context, before time.Time, limit int) ([]string, error)
	// ExcessRuns returns those of which their procedure has more than most newer ones in the environment; at most limit.
	ExcessRuns(ctx context.Context, most, limit int) ([]string, error)
	// DeleteRun reports whether it deleted the run: not where somebody keeps it meanwhile.
	DeleteRun(ctx context.Context, id string) (bool, error)
	// ClockSkew is how far this server's clock is ahead of the database's; 0 where the database has none of its own.
	ClockSkew(ctx context.Context) (time.Duration, error)
	// CountFinished is how many finished runs are kept.
	CountFinished(ctx context.Context) (int, error)
	// DropPlanned forgets what became of times planned before a moment.
	DropPlanned(ctx context.Context, before time.Time) error
}

// Retention deletes finished runs that are older or more than the limits.
type Retention struct {
	Limits Limits
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger
}

// The most that is deleted for its age in one pass, a share of the finished runs and at least some: a clock that has jumped
// makes all runs old at once, and then there is time to notice it. What is left is deleted by the next passes, an hour apart.
const (
	share      = 0.02
	shareLeast = 20
)

// skew is how far a server's clock may be from the database's before nothing is deleted.
const skew = 5 * time.Minute

// ErrManyAreOld is that more runs exceed the limits than are deleted in one pass.
var ErrManyAreOld = errors.New("many runs have become too old at once; see that this server's clock is right. They are deleted slowly")

// deleteAtOnce is how many runs are looked for at a time.
const deleteAtOnce = 50

// Retain deletes finished runs that exceed the limits, one after the other, and returns how many. It deletes none where this
// server's clock is not the database's. Of those that are too old it deletes only a share in one pass, and then returns
// [ErrManyAreOld].
func (r *Retention) Retain(ctx context.Context) (deleted int, err error) {
	if ahead, err := r.Store.ClockSkew(ctx); err != nil {
		return 0, err
	} else if ahead.Abs() > skew {
		return 0, fmt.Errorf("this server's clock is off that of the database by %s: no run is deleted. Set its clock (NTP)",
			ahead.Abs().Round(time.Second))
	}
	if r.Limits.Runs > 0 {
		deleted, err = r.delete(ctx, math.MaxInt, func() ([]string, error) {
			return r.Store.ExcessRuns(ctx, r.Limits.Runs, deleteAtOnce)
		})
		if err != nil {
			return deleted, err
		}
	}
	if r.Limits.Age <= 0 {
		return deleted, ctx.Err()
	}
	finished, err := r.Store.CountFinished(ctx)
	if err != nil {
		return deleted, err
	}
	before := r.Now().Add(-r.Limits.Age)
	old, err := r.delete(ctx, max(shareLeast, int(share*float64(finished))), func() ([]string, error) {
		return r.Store.OldRuns(ctx, before, deleteAtOnce)
	})
	if deleted += old; err != nil {
		return deleted, err
	}
	return deleted, errors.Join(r.Store.DropPlanned(ctx, before), ctx.Err())
}

// delete deletes what next finds until it finds nothing that goes, at most most runs.
func (r *Retention) delete(ctx context.Context, most int, next func() ([]string, error)) (deleted int, err error) {
	for ctx.Err() == nil {
		ids, err := next()
		if err != nil {
			return deleted, err
		}
		went := 0
		for _, id := range ids {
			if deleted+went == most {
				return deleted + went, ErrManyAreOld
			}
			ok, err := r.Store.DeleteRun(ctx, id)
			if err != nil {
				return deleted + went, err
			}
			if ok {
				went++
			}
		}
		if deleted += went; went == 0 { // none are left, or somebody keeps them meanwhile
			return deleted, nil
		}
	}
	return deleted, ctx.Err()
}

// every is how often old runs are looked for.
const every = time.Hour

// Watch deletes old runs until ctx ends.
func (r *Retention) Watch(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if deleted, err := r.Retain(ctx); err != nil && ctx.Err() == nil {
			r.Logger.WarnContext(ctx, "delete old runs", "error", err, "runs", deleted)
		} else if deleted > 0 {
			r.Logger.InfoContext(ctx, "old runs were deleted", "runs", deleted, "days", int(r.Limits.Age.Hours()/24), "most", r.Limits.Runs)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
