package runs

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Retention is how long finished runs are kept. Runs that somebody keeps on purpose stay.
type Retention struct {
	Age  time.Duration // since a run's end; 0 for no limit
	Runs int           // of a procedure in an environment, the newest; 0 for no limit
}

// deleteAtOnce is how many runs are looked for at a time.
const deleteAtOnce = 50

// Retain deletes finished runs that are older or more than is kept, one after the other, and returns how many.
func (s *Service) Retain(ctx context.Context) (deleted int, err error) {
	var before time.Time
	if s.Retention.Age > 0 {
		before = s.Now().Add(-s.Retention.Age)
	}
	for ctx.Err() == nil {
		ids, err := s.Store.OldRuns(ctx, before, s.Retention.Runs, deleteAtOnce)
		if err != nil {
			return deleted, err
		}
		went := 0
		for _, id := range ids {
			ok, err := s.Store.DeleteRun(ctx, id)
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
		if err := s.Store.DropUnused(ctx, before); err != nil {
			return deleted, err
		}
	}
	return deleted, ctx.Err()
}

// retainEvery is how often old runs are looked for.
const retainEvery = time.Hour

// retainRuns deletes old runs until ctx ends.
func (s *Service) retainRuns(ctx context.Context) {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		if deleted, err := s.Retain(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "delete old runs", "error", err)
		} else if deleted > 0 {
			s.Logger.InfoContext(ctx, "old runs were deleted", "runs", deleted, "days", int(s.Retention.Age.Hours()/24), "most", s.Retention.Runs)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Keep lets a run stay when old ones are deleted, or go with them; the run's journal says who did so.
func (s *Service) Keep(ctx context.Context, id string, kept bool, by access.Person) error {
	head, err := s.Store.Head(ctx, nil, id)
	if err != nil {
		return err
	}
	if err := s.Policy.May(ctx, access.Request{Person: by, Action: access.Write, Environment: head.Environment, Procedure: head.Procedure}); err != nil {
		return err
	}
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		head, err := s.lock(ctx, tx, id)
		if err != nil || head.Kept == kept {
			return err
		}
		if err := s.Store.KeepRun(ctx, tx, id, kept); err != nil {
			return err
		}
		kind := procedures.EventKept
		if !kept {
			kind = procedures.EventUnkept
		}
		return s.Store.Append(ctx, tx, id, s.Now(), []procedures.Event{by.Sign(procedures.Event{Kind: kind, At: s.Now()})})
	})
	if err == nil {
		s.tell(id)
	}
	return err
}
