package store

import (
	"context"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// Raise keeps that somebody has broken glass, records it in the audit log, and does in the same transaction what tells people of it; tell
// may be nil. Whose effects are raised already is refused.
func (db *DB) Raise(ctx context.Context, r procedures.Raised, tell func(procedures.Tx) error) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		open, err := in(tx).Raised(ctx)
		if err != nil {
			return explain("read who has broken glass", err)
		}
		if slices.ContainsFunc(open, func(o database.Raised) bool {
			return o.Issuer == r.Issuer && o.Subject == r.Subject && instant(o.UntilAt).After(r.Begun)
		}) {
			return procedures.Errorf(procedures.CodeConflict, "your effects are raised already")
		}
		if err := in(tx).InsertRaised(ctx, database.InsertRaisedParams{
			ID: r.ID, Issuer: text(r.Issuer), Subject: text(r.Subject), Email: text(r.Email), Name: text(r.Name), Reason: text(r.Reason),
			BegunAt: millis(r.Begun), UntilAt: millis(r.Until),
		}); err != nil {
			return explain("keep that glass was broken", err)
		}
		if err := db.record(ctx, tx, audit.Entry{
			At: r.Begun, Kind: audit.GlassBroken, Result: "raised",
			Origin: audit.Origin{Issuer: r.Issuer, Subject: r.Subject, Email: r.Email, Name: r.Name},
			Text:   "until " + r.Until.UTC().Format(time.RFC3339) + ": " + r.Reason,
		}); err != nil || tell == nil {
			return err
		}
		return tell(tx)
	})
}

// Raised returns those who have broken glass and whose time has not been ended, the first first.
func (db *DB) Raised(ctx context.Context) ([]procedures.Raised, error) {
	rows, err := db.reading().Raised(ctx)
	out := make([]procedures.Raised, len(rows))
	for i, r := range rows {
		out[i] = procedures.Raised{
			ID: r.ID, Issuer: r.Issuer, Subject: r.Subject, Email: r.Email, Name: r.Name, Reason: r.Reason,
			Begun: instant(r.BegunAt), Until: instant(r.UntilAt),
		}
	}
	return out, explain("read who has broken glass", err)
}

// EndRaised ends what somebody raised, and records it; by is who ended it, empty where it ended by itself. It is false where it had ended.
func (db *DB) EndRaised(ctx context.Context, r procedures.Raised, at time.Time, by string) (ended bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).EndRaised(ctx, database.EndRaisedParams{ID: r.ID, EndedAt: millis(at), EndedBy: text(by)})
		if ended = n > 0; err != nil || !ended {
			return explain("keep that it ended", err)
		}
		e := audit.Entry{
			At: at, Kind: audit.GlassEnded, Result: "ended", Text: "raised by " + r.Name + " at " + r.Begun.UTC().Format(time.RFC3339),
		}
		if by == "" {
			e.Result, e.Origin = "by itself", audit.Origin{Name: "Opsbook"}
		}
		return db.record(ctx, tx, e)
	})
	return ended, err
}
