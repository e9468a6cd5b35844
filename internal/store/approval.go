package store

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// InsertApproval keeps an answer to a planned execution. The answers are stored as "asked", "yes", "no"
// and "withdrawn". A person has one answer to an execution (the primary key): Conflicts tells whether the
// error is that there is one already.
func (db *DB) InsertApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error {
	return explain("keep the answer", in(tx).InsertApproval(ctx, database.InsertApprovalParams{
		ExecutionID: execution, Person: text(a.Person), Name: text(a.Name), Answer: string(a.Answer),
		Reason: text(a.Reason), At: millis(a.At), Digest: a.Digest, Email: text(a.Email),
	}))
}

// WithdrawApproval makes the request for approval a withdrawn one. Answers of others stay; without a
// request nothing happens.
func (db *DB) WithdrawApproval(ctx context.Context, tx procedures.Tx, execution string, at time.Time) error {
	return explain("withdraw the request",
		in(tx).WithdrawApproval(ctx, database.WithdrawApprovalParams{ExecutionID: execution, At: millis(at)}))
}

// RevokeApproval makes a decline of a person's approval, with its reason and time. Where the person has
// not approved, nothing happens. Of a, only Person, Reason and At are read.
func (db *DB) RevokeApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error {
	return explain("revoke the approval",
		in(tx).RevokeApproval(ctx, database.RevokeApprovalParams{
			ExecutionID: execution, Person: text(a.Person), Reason: text(a.Reason), At: millis(a.At),
		}))
}

// Approvals returns the answers to a planned execution in the order of their times, the request included.
// tx may be nil.
func (db *DB) Approvals(ctx context.Context, tx procedures.Tx, execution string) ([]procedures.Approval, error) {
	rows, err := db.queries(tx).Approvals(ctx, execution)
	if err != nil {
		return nil, explain("read the answers", err)
	}
	out := make([]procedures.Approval, 0, len(rows))
	for _, row := range rows {
		out = append(out, procedures.Approval{
			Person: row.Person, Name: row.Name, Answer: procedures.Answer(row.Answer), Reason: row.Reason,
			At: instant(row.At), Digest: row.Digest, Email: row.Email,
		})
	}
	return out, nil
}

// RunsAwaitingApproval returns the runs that wait for the approval of something that was planned after a
// time, and that nobody has declined. Older plans have expired; it is the caller that knows after how
// long.
func (db *DB) RunsAwaitingApproval(ctx context.Context, after time.Time) ([]string, error) {
	ids, err := db.queries(nil).RunsAwaitingApproval(ctx, millis(after))
	return ids, explain("read which runs wait for approval", err)
}

// AwaitingApproval returns, by environment, when approvals were asked for that RunsAwaitingApproval tells of.
func (db *DB) AwaitingApproval(ctx context.Context, after time.Time) (map[string][]time.Time, error) {
	rows, err := db.queries(nil).AwaitingApproval(ctx, millis(after))
	if err != nil {
		return nil, explain("read which approvals are waited for", err)
	}
	out := map[string][]time.Time{}
	for _, row := range rows {
		out[row.Environment] = append(out[row.Environment], instant(row.At))
	}
	return out, nil
}
