package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// InsertSignIn keeps that somebody has signed in.
func (db *DB) InsertSignIn(ctx context.Context, s *procedures.SignIn) error {
	groups, err := json.Marshal(s.Groups)
	if err != nil {
		return fmt.Errorf("keep the sign-in: %w", err)
	}
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("keep the sign-in", in(tx).InsertSignIn(ctx, database.InsertSignInParams{
			ID: s.ID, Provider: s.Provider, Issuer: text(s.Issuer), Subject: text(s.Subject), Session: text(s.Session),
			Name: text(s.Name), Email: text(s.Email), MemberOf: text(string(groups)), Browser: text(s.Browser), Address: text(s.Address),
			Kept:    base64.StdEncoding.EncodeToString(s.Kept),
			BegunAt: millis(s.Begun), UsedAt: millis(s.Used), RefreshedAt: millis(s.Refreshed),
		}))
	})
}

// SignIn returns the sign-in of an identifier. One that has ended is not found.
func (db *DB) SignIn(ctx context.Context, id string) (*procedures.SignIn, error) {
	row, err := db.reading().SignIn(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "this sign-in has ended")
	}
	if err != nil {
		return nil, explain("read the sign-in", err)
	}
	return signIn(row)
}

// SignInsOf returns a person's sign-ins, the one that was used last first, at most limit of them.
func (db *DB) SignInsOf(ctx context.Context, issuer, subject string, limit int) ([]*procedures.SignIn, error) {
	rows, err := db.reading().SignInsOf(ctx, database.SignInsOfParams{Issuer: issuer, Subject: subject, Limit: int32(limit)})
	if err != nil {
		return nil, explain("read the sign-ins", err)
	}
	out := make([]*procedures.SignIn, len(rows))
	for i, row := range rows {
		if out[i], err = signIn(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// signIn reads a row.
func signIn(row database.SignIn) (*procedures.SignIn, error) {
	s := &procedures.SignIn{
		ID: row.ID, Provider: row.Provider, Issuer: row.Issuer, Subject: row.Subject, Session: row.Session, Name: row.Name,
		Email: row.Email, Browser: row.Browser, Address: row.Address,
		Begun: instant(row.BegunAt), Used: instant(row.UsedAt), Refreshed: instant(row.RefreshedAt),
	}
	var err error
	if s.Kept, err = base64.StdEncoding.DecodeString(row.Kept); err == nil {
		err = json.Unmarshal([]byte(row.MemberOf), &s.Groups)
	}
	if err != nil {
		return nil, fmt.Errorf("read the sign-in %s: %w", row.ID, err)
	}
	return s, nil
}

// UseSignIn keeps when a sign-in was used last, from which address and by which browser.
func (db *DB) UseSignIn(ctx context.Context, id string, at time.Time, address, browser string) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("keep the sign-in", in(tx).UseSignIn(ctx, database.UseSignInParams{
			ID: id, UsedAt: millis(at), Address: text(address), Browser: text(browser),
		}))
	})
}

// ClaimRefresh reports whether the caller is who asks the provider again, of all replicas and requests that saw that it was asked
// last at was.
func (db *DB) ClaimRefresh(ctx context.Context, id string, was, now time.Time) (mine bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).ClaimRefresh(ctx, database.ClaimRefreshParams{ID: id, RefreshedAt: millis(was), RefreshedAt_2: millis(now)})
		mine = n == 1
		return explain("keep the sign-in", err)
	})
	return mine, err
}

// KeepRefreshed keeps what the provider says of a person now.
func (db *DB) KeepRefreshed(ctx context.Context, s *procedures.SignIn) error {
	groups, err := json.Marshal(s.Groups)
	if err != nil {
		return fmt.Errorf("keep the sign-in: %w", err)
	}
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("keep the sign-in", in(tx).KeepRefreshed(ctx, database.KeepRefreshedParams{
			ID: s.ID, Session: text(s.Session), Name: text(s.Name), Email: text(s.Email), MemberOf: text(string(groups)),
			Kept: base64.StdEncoding.EncodeToString(s.Kept),
		}))
	})
}

// EndSignIn ends one; false where it had ended.
func (db *DB) EndSignIn(ctx context.Context, id string) (ended bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).EndSignIn(ctx, id)
		ended = n == 1
		return explain("end the sign-in", err)
	})
	return ended, err
}

// EndSignIns ends those of a person, or, where session is not empty, of the provider's session alone, that were begun by a time. It
// returns their identifiers.
func (db *DB) EndSignIns(ctx context.Context, issuer, subject, session string, by time.Time) (ids []string, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) (err error) {
		if session != "" {
			ids, err = in(tx).EndSignInsOfSession(ctx, database.EndSignInsOfSessionParams{
				Issuer: issuer, Session: session, BegunAt: millis(by),
			})
		} else {
			ids, err = in(tx).EndSignInsOf(ctx, database.EndSignInsOfParams{Issuer: issuer, Subject: subject, BegunAt: millis(by)})
		}
		return explain("end the sign-ins", err)
	})
	return ids, err
}

// DropSignIns deletes those that were not used since a time, or were begun before another.
func (db *DB) DropSignIns(ctx context.Context, used, begun time.Time) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		if err := in(tx).DropUnusedSignIns(ctx, millis(used)); err != nil {
			return explain("tidy the sign-ins", err)
		}
		return explain("tidy the sign-ins", in(tx).DropOldSignIns(ctx, millis(begun)))
	})
}
