package store

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// InsertApproval keeps what somebody said of a planned execution. Conflicts tells whether its error is that they said
// something before.
func (db *DB) InsertApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error {
	return explain("keep the answer", in(tx).InsertApproval(ctx, database.InsertApprovalParams{
		ExecutionID: execution, Person: text(a.Person), Name: text(a.Name), Answer: string(a.Answer), Reason: text(a.Reason), At: millis(a.At), Digest: a.Digest,
	}))
}

// WithdrawApproval keeps that nobody is asked any more.
func (db *DB) WithdrawApproval(ctx context.Context, tx procedures.Tx, execution string, at time.Time) error {
	return explain("withdraw the request", in(tx).WithdrawApproval(ctx, database.WithdrawApprovalParams{ExecutionID: execution, At: millis(at)}))
}

// RevokeApproval makes a no of a person's yes, for a reason.
func (db *DB) RevokeApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error {
	return explain("take the yes back", in(tx).RevokeApproval(ctx, database.RevokeApprovalParams{ExecutionID: execution, Person: text(a.Person), Reason: text(a.Reason), At: millis(a.At)}))
}

// Approvals returns what was said of a planned execution, in order. tx may be nil.
func (db *DB) Approvals(ctx context.Context, tx procedures.Tx, execution string) ([]procedures.Approval, error) {
	rows, err := db.queries(tx).Approvals(ctx, execution)
	if err != nil {
		return nil, explain("read the answers", err)
	}
	out := make([]procedures.Approval, 0, len(rows))
	for _, row := range rows {
		out = append(out, procedures.Approval{Person: row.Person, Name: row.Name, Answer: procedures.Answer(row.Answer), Reason: row.Reason, At: instant(row.At), Digest: row.Digest})
	}
	return out, nil
}

// RunsAwaitingApproval returns the runs in which a yes is waited for to something that was planned after a time.
func (db *DB) RunsAwaitingApproval(ctx context.Context, after time.Time) ([]string, error) {
	ids, err := db.queries(nil).RunsAwaitingApproval(ctx, millis(after))
	return ids, explain("read who waits for a yes", err)
}
