// Package retention deletes old runs.
package retention

import (
	"context"
	"log/slog"
	"time"
)

// Limits are how long finished runs are kept. Runs that somebody keeps on purpose stay. The zero Limits keep all.
type Limits struct {
	Age  time.Duration // since a run's end; 0 for no limit
	Runs int           // of a procedure in an environment, the newest; 0 for no limit
}

// Store deletes runs.
type Store interface {
	// OldRuns returns finished runs that nobody keeps and that ended before a moment, or of which their procedure has more than
	// most newer ones in the environment; at most limit, the oldest first.
	OldRuns(ctx context.Context, before time.Time, most, limit int) ([]string, error)
	// DeleteRun reports whether it deleted the run: not where somebody keeps it meanwhile.
	DeleteRun(ctx context.Context, id string) (bool, error)
	// DropUnused deletes texts that no run has any more, and what became of times planned before a moment.
	DropUnused(ctx context.Context, before time.Time) error
}

// Retention deletes finished runs that are older or more than the limits.
type Retention struct {
	Limits Limits
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger
}

// deleteAtOnce is how many runs are looked for at a time.
const deleteAtOnce = 50

// Retain deletes finished runs that exceed the limits, one after the other, and returns how many.
func (r *Retention) Retain(ctx context.Context) (deleted int, err error) {
	var before time.Time
	if r.Limits.Age > 0 {
		before = r.Now().Add(-r.Limits.Age)
	}
	for ctx.Err() == nil {
		ids, err := r.Store.OldRuns(ctx, before, r.Limits.Runs, deleteAtOnce)
		if err != nil {
			return deleted, err
		}
		went := 0
		for _, id := range ids {
			ok, err := r.Store.DeleteRun(ctx, id)
			if err != nil {
				return deleted, err
			}
			if ok {
				went++
			}
		}
		if deleted += went; went == 0 { // none are left, or somebody keeps them meanwhile
			break
		}
	}
	if !before.IsZero() {
		if err := r.Store.DropUnused(ctx, before); err != nil {
			return deleted, err
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
			r.Logger.WarnContext(ctx, "delete old runs", "error", err)
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
