package store

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// AuditStream is how far a stream of the audit log has come.
type AuditStream struct {
	Name   string
	Number int64     // of the last entry that its receiver has
	Sent   time.Time // zero before the first
	// Error is why the newest attempt failed, and Failing since when; empty where it did not.
	Error   string
	Failing time.Time
}

// HoldAuditStream keeps a stream for a replica until a time, and returns the last entry that its receiver has; false where another
// replica has it.
func (db *DB) HoldAuditStream(ctx context.Context, name, holder string, now, until time.Time) (number int64, held bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		if err := in(tx).BeginAuditStream(ctx, name); err != nil {
			return err
		}
		rows, err := in(tx).HoldAuditStream(ctx, database.HoldAuditStreamParams{
			Name: name, Holder: holder, HeldUntil: millis(until), HeldUntil_2: millis(now),
		})
		if held = len(rows) > 0; held {
			number = rows[0].Number
		}
		return err
	})
	return number, held, explain("keep a stream of the audit log", err)
}

// MoveAuditStream keeps that the receiver of a stream has the entries up to a number.
func (db *DB) MoveAuditStream(ctx context.Context, name string, number int64, hash string, at time.Time) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("keep how far a stream of the audit log is", in(tx).MoveAuditStream(ctx, database.MoveAuditStreamParams{
			Name: name, Number: number, Hash: hash, SentAt: millis(at),
		}))
	})
}

// FailAuditStream keeps why a stream fails.
func (db *DB) FailAuditStream(ctx context.Context, name, why string, at time.Time) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("keep why a stream of the audit log fails", in(tx).FailAuditStream(ctx, database.FailAuditStreamParams{
			Name: name, Error: text(why), FailingSince: millis(at),
		}))
	})
}

// AuditStreams returns how far the streams have come, and the number of the chain's last entry.
func (db *DB) AuditStreams(ctx context.Context) (all []AuditStream, last int64, err error) {
	rows, err := db.reading().AuditStreams(ctx)
	if err != nil {
		return nil, 0, explain("read the streams of the audit log", err)
	}
	for _, r := range rows {
		s := AuditStream{Name: r.Name, Number: r.Number, Error: r.Error}
		if r.SentAt > 0 {
			s.Sent = instant(r.SentAt)
		}
		if r.FailingSince > 0 {
			s.Failing = instant(r.FailingSince)
		}
		all = append(all, s)
	}
	newest, err := db.AuditBefore(ctx, 0, 1)
	if len(newest) > 0 {
		last = newest[0].Number
	}
	return all, last, err
}
