package runs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
)

// FinishStore changes the heads of runs.
type FinishStore interface {
	// Conflicts reports whether an error is that another run of the procedure is open.
	Conflicts(err error) bool
	OpenRun(ctx context.Context, tx procedures.Tx, environment string, names ...string) (string, error)
	ReopenRun(ctx context.Context, tx procedures.Tx, id string, at time.Time) error
	KeepRun(ctx context.Context, tx procedures.Tx, id string, kept bool) error
	IdleRuns(ctx context.Context, before time.Time) ([]string, error)
}

// Finisher finishes, reopens and keeps runs.
type Finisher struct {
	ledger *ledger.Ledger
	store  FinishStore
	policy access.Policy
}

// errOtherOpen is the answer to a run that cannot be reopened.
var errOtherOpen error = procedures.Errorf(procedures.CodeConflict,
	"another run of this procedure is open: finish that one first; this one stays finished")

// Idle is how long an open run may be quiet before it is finished automatically.
const Idle = 12 * time.Hour

// FinishIdle finishes runs that nobody used for long.
func (f *Finisher) FinishIdle(ctx context.Context) error {
	ids, err := f.store.IdleRuns(ctx, f.ledger.Now().Add(-Idle))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := f.finish(ctx, id, access.Person{}, "nobody used it for twelve hours"); err != nil {
			return err
		}
	}
	return nil
}

// headFor returns the head of a run that a person may write to.
func (f *Finisher) headFor(ctx context.Context, run string, by access.Person) (*procedures.Run, error) {
	head, err := f.ledger.Head(ctx, run)
	if err != nil {
		return nil, err
	}
	return head, f.policy.May(ctx, access.Request{
		Person: by, Action: access.Finish, Environment: head.Environment, Procedure: head.Procedure,
	})
}

// Finish ends a run. One in which a step runs is not finished.
func (f *Finisher) Finish(ctx context.Context, run string, by access.Person) error {
	if _, err := f.headFor(ctx, run, by); err != nil {
		return err
	}
	return f.finish(ctx, run, by, "")
}

func (f *Finisher) finish(ctx context.Context, id string, by access.Person, reason string) error {
	var head *procedures.Run
	err := f.ledger.Update(ctx, func(tx procedures.Tx) error {
		var err error
		if head, err = f.ledger.Lock(ctx, tx, id); err != nil || head.State != procedures.RunOpen {
			return err
		}
		executions, err := f.ledger.Store.Executions(ctx, tx, id)
		if err != nil {
			return err
		}
		// EndRun would skip what waits; a person first decides about it, and an idle run has nothing that waits.
		if slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.State == procedures.ExecutionRunning || e.State == procedures.ExecutionWaiting
		}) {
			return procedures.Errorf(procedures.CodeConflict, "a step is still running; wait for it, or cancel it first")
		}
		return f.ledger.EndRun(ctx, tx, id, by.Sign(procedures.Event{Kind: procedures.EventRunFinished, At: f.ledger.Now(), Text: reason}))
	})
	if err != nil {
		return err
	}
	f.ledger.NotifyRun(head)
	return nil
}

// Reopen lets a finished run take presses again, with the text that it began with: also where its procedure was edited since, is called
// otherwise today, or is gone. There is one open run of a procedure in an environment, by whichever of its names.
func (f *Finisher) Reopen(ctx context.Context, run string, by access.Person) error {
	head, err := f.headFor(ctx, run, by)
	if err != nil {
		return err
	}
	if _, err := f.ledger.Procedure(ctx, head); err != nil {
		return err
	}
	names := []string{head.Procedure}
	if now, _, err := f.ledger.Library().Find(head.Procedure); err == nil && slices.Contains(now.Names(), head.Procedure) {
		names = now.Names()
	}
	err = f.ledger.Update(ctx, func(tx procedures.Tx) error {
		if head, err = f.ledger.Lock(ctx, tx, run); err != nil || head.State == procedures.RunOpen {
			return err
		}
		if head.State != procedures.RunFinished {
			return procedures.Errorf(procedures.CodeConflict, "this is a scheduled run, which ends by itself")
		}
		if other, err := f.store.OpenRun(ctx, tx, head.Environment, names...); err != nil || other != "" {
			return cmp.Or(err, errOtherOpen)
		}
		if err := f.store.ReopenRun(ctx, tx, run, f.ledger.Now()); err != nil {
			return err
		}
		return f.ledger.Append(ctx, tx, run, by.Sign(procedures.Event{Kind: procedures.EventRunReopened, At: f.ledger.Now()}))
	})
	if f.store.Conflicts(err) {
		return errOtherOpen
	}
	if err != nil {
		return err
	}
	f.ledger.NotifyRun(head)
	return nil
}

// Keep lets a run stay when old ones are deleted, or go with them; the run's journal says who did so.
func (f *Finisher) Keep(ctx context.Context, run string, kept bool, by access.Person) error {
	if _, err := f.headFor(ctx, run, by); err != nil {
		return err
	}
	err := f.ledger.Update(ctx, func(tx procedures.Tx) error {
		head, err := f.ledger.Lock(ctx, tx, run)
		if err != nil || head.Kept == kept {
			return err
		}
		if err := f.store.KeepRun(ctx, tx, run, kept); err != nil {
			return err
		}
		kind := procedures.EventKept
		if !kept {
			kind = procedures.EventUnkept
		}
		return f.ledger.Append(ctx, tx, run, by.Sign(procedures.Event{Kind: kind, At: f.ledger.Now()}))
	})
	if err == nil {
		f.ledger.Notify(run)
	}
	return err
}
