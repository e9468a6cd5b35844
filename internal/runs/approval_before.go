package runs

import (
	"context"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

// signInBegan is what the record says of a request that was withdrawn because people sign in now.
const signInBegan = "people sign in on this server now, and who requested or approved this only said a name. " +
	"Review the change again, then request approval again"

// WithdrawUnvouched withdraws the open requests for approval in which somebody took part who only said a name. It is called where people
// sign in: what was asked and answered before that is nobody's who is known. It returns how many it has withdrawn.
func (a *Approvals) WithdrawUnvouched(ctx context.Context) (withdrawn int, err error) {
	l := a.presser.ledger
	ids, err := a.store.RunsAwaitingApproval(ctx, l.Now().Add(-planAge))
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		var head *procedures.Run
		n := 0
		err := l.Update(ctx, func(tx procedures.Tx) error {
			n = 0
			if head, err = l.Lock(ctx, tx, id); err != nil {
				return err
			}
			all, err := l.Store.Executions(ctx, tx, id)
			if err != nil {
				return err
			}
			for _, e := range all {
				done, err := a.withdrawUnvouched(ctx, tx, e)
				if err != nil {
					return err
				}
				if done {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return withdrawn, err
		}
		if withdrawn += n; n > 0 {
			l.NotifyRun(head)
		}
	}
	return withdrawn, nil
}

// withdrawUnvouched withdraws the request of one plan, where there is one that somebody took part in who only said a name.
func (a *Approvals) withdrawUnvouched(ctx context.Context, tx procedures.Tx, e *procedures.Execution) (bool, error) {
	if e.State != procedures.ExecutionPlanned {
		return false, nil
	}
	given, err := a.store.Approvals(ctx, tx, e.ID)
	if err != nil {
		return false, err
	}
	asked := slices.ContainsFunc(given, func(g procedures.Approval) bool { return g.Answer == procedures.AnswerRequested })
	said := slices.ContainsFunc(given, func(g procedures.Approval) bool { return !personOf(g).Vouched() })
	if !asked || !said {
		return false, nil
	}
	now := a.presser.ledger.Now()
	if err := a.presser.executions.DropAnswers(ctx, tx, e.ID); err != nil {
		return false, err
	}
	if err := a.store.WithdrawApproval(ctx, tx, e.ID, now); err != nil {
		return false, err
	}
	return true, a.presser.ledger.Append(ctx, tx, e.Run, procedures.Event{
		Kind: procedures.EventApprovalWithdrawn, At: now, Step: e.Step, Execution: e.ID, By: "Opsbook", Text: signInBegan,
	})
}
