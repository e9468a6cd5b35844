package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// InsertLink keeps a link under the hash of what stands in its address. One beyond most is a conflict.
func (db *DB) InsertLink(ctx context.Context, l *procedures.AccountLink, hash string, most int) error {
	groups, err := json.Marshal(l.Groups)
	if err != nil {
		return fmt.Errorf("keep the link: %w", err)
	}
	return db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).CountAccountLinks(ctx)
		if err != nil {
			return explain("keep the link", err)
		}
		if n >= int64(most) {
			return procedures.Errorf(procedures.CodeConflict, "there are %d open links already; end those that nobody needs", n)
		}
		if l.Email != "" { // the newest one of a person counts
			if err := in(tx).DropAccountLinksOf(ctx, text(l.Email)); err != nil {
				return explain("keep the link", err)
			}
		}
		return explain("keep the link", in(tx).InsertAccountLink(ctx, database.InsertAccountLinkParams{
			Hash: hash, ID: l.ID, Kind: string(l.Kind), Email: text(l.Email), MemberOf: text(string(groups)), AccountID: l.Account,
			Factors: l.Factors, MadeBy: text(l.By), MadeFor: text(l.Maker), MadeAt: millis(l.Made), ExpiresAt: millis(l.Expires),
		}))
	})
}

// Link returns the link of a hash. One that was used is not found.
func (db *DB) Link(ctx context.Context, hash string) (*procedures.AccountLink, error) {
	row, err := db.reading().AccountLink(ctx, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errLinkUsed()
	}
	if err != nil {
		return nil, explain("read the link", err)
	}
	return link(row)
}

// Links returns all links that were not used, the newest first.
func (db *DB) Links(ctx context.Context) ([]*procedures.AccountLink, error) {
	rows, err := db.reading().AccountLinks(ctx)
	if err != nil {
		return nil, explain("read the links", err)
	}
	out := make([]*procedures.AccountLink, len(rows))
	for i, row := range rows {
		if out[i], err = link(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// link reads a row.
func link(row database.AccountLink) (*procedures.AccountLink, error) {
	l := &procedures.AccountLink{
		ID: row.ID, Kind: procedures.LinkKind(row.Kind), Email: row.Email, Account: row.AccountID, Factors: row.Factors, By: row.MadeBy,
		Maker: row.MadeFor, Made: instant(row.MadeAt), Expires: instant(row.ExpiresAt),
	}
	if err := json.Unmarshal([]byte(row.MemberOf), &l.Groups); err != nil {
		return nil, fmt.Errorf("read the link %s: %w", row.ID, err)
	}
	return l, nil
}

// EndLink ends a link by its identifier, and returns it.
func (db *DB) EndLink(ctx context.Context, id string) (ended *procedures.AccountLink, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		rows, err := in(tx).EndAccountLink(ctx, id)
		if err != nil {
			return explain("end the link", err)
		}
		if len(rows) == 0 {
			return errLinkUsed()
		}
		ended, err = link(rows[0])
		return err
	})
	return ended, err
}

// Attempt asks, of each of some names, whether somebody may try to sign in, and keeps what next says of all of them, or, where it says
// no to one, nothing. next is given what was kept: how often it failed, and when that was tried last. Two attempts of one name are one
// after the other, in all processes.
func (db *DB) Attempt(ctx context.Context, names []string, now time.Time,
	next func(i int, failures int64, tried time.Time) (int64, bool)) (allowed bool, err error) {
	locks := make([]string, len(names))
	for i, name := range names {
		locks[i] = "attempt " + name
	}
	err = db.Update(ctx, func(tx procedures.Tx) error {
		if err := db.Lock(ctx, tx, locks...); err != nil {
			return err
		}
		counts := make([]int64, len(names))
		allowed = true
		for i, name := range names {
			rows, err := in(tx).Attempts(ctx, name)
			if err != nil {
				return explain("count the attempts", err)
			}
			failures, tried := int64(0), time.Time{}
			if len(rows) > 0 {
				failures, tried = rows[0].Failures, instant(rows[0].TriedAt)
			}
			var ok bool
			if counts[i], ok = next(i, failures, tried); !ok {
				allowed = false
			}
		}
		for i, name := range names {
			if !allowed {
				break
			}
			if err := in(tx).SetAttempts(ctx, database.SetAttemptsParams{
				Name: name, Failures: counts[i], TriedAt: millis(now),
			}); err != nil {
				return explain("count the attempts", err)
			}
		}
		return nil
	})
	return allowed && err == nil, err
}

// DropAttempts forgets the attempts of a name.
func (db *DB) DropAttempts(ctx context.Context, name string) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("forget the attempts", in(tx).DropAttempts(ctx, name))
	})
}

// DropOldLinks deletes links that have expired, and attempts of before a moment.
func (db *DB) DropOldLinks(ctx context.Context, expired, tried time.Time) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		if err := in(tx).DropOldAccountLinks(ctx, millis(expired)); err != nil {
			return explain("tidy the links", err)
		}
		return explain("tidy the attempts", in(tx).DropOldAttempts(ctx, millis(tried)))
	})
}
