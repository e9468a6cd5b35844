package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// InsertPasskey keeps a passkey. One that is there is a conflict, and so is one beyond most of its account.
func (db *DB) InsertPasskey(ctx context.Context, p *procedures.Passkey, most int) error {
	err := db.changeAccounts(ctx, func(_ procedures.Tx, q *database.Queries, _ int64) error {
		all, err := q.PasskeysOf(ctx, p.Account)
		if err != nil {
			return explain("keep the passkey", err)
		}
		if len(all) >= most {
			return procedures.Errorf(procedures.CodeConflict, "you have %d passkeys, which is all that there may be; remove one", len(all))
		}
		return explain("keep the passkey", q.InsertPasskey(ctx, database.InsertPasskeyParams{
			ID: p.ID, AccountID: p.Account, Name: text(p.Name), PublicKey: base64.StdEncoding.EncodeToString(p.Key),
			Counter: int64(p.Counter), ChallengedAt: millis(p.Challenged), MadeAt: millis(p.Made),
		}))
	})
	if db.Conflicts(err) {
		return procedures.Errorf(procedures.CodeConflict, "this passkey is there already")
	}
	return err
}

// Passkey returns the passkey of an identifier. One that is not there is not found.
func (db *DB) Passkey(ctx context.Context, id string) (*procedures.Passkey, error) {
	row, err := db.reading().Passkey(ctx, text(id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no such passkey")
	}
	if err != nil {
		return nil, explain("read the passkey", err)
	}
	return passkey(row)
}

// PasskeysOf returns the passkeys of an account, the oldest first.
func (db *DB) PasskeysOf(ctx context.Context, account string) ([]*procedures.Passkey, error) {
	rows, err := db.reading().PasskeysOf(ctx, account)
	if err != nil {
		return nil, explain("read the passkeys", err)
	}
	out := make([]*procedures.Passkey, len(rows))
	for i, row := range rows {
		if out[i], err = passkey(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// passkey reads a row.
func passkey(row database.Passkey) (*procedures.Passkey, error) {
	key, err := base64.StdEncoding.DecodeString(row.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("read the passkey %s: %w", row.ID, err)
	}
	return &procedures.Passkey{
		ID: row.ID, Account: row.AccountID, Name: row.Name, Key: key, Counter: uint32(row.Counter),
		Challenged: instant(row.ChallengedAt), Made: instant(row.MadeAt), Used: sometime(row.UsedAt),
	}, nil
}

// UsePasskey keeps that a challenge of a moment was answered with a passkey; false where it, or a later one, was before.
func (db *DB) UsePasskey(ctx context.Context, id string, counter uint32, challenged, now time.Time) (used bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).UsePasskey(ctx, database.UsePasskeyParams{
			ID: id, Counter: int64(counter), ChallengedAt: millis(challenged), UsedAt: millis(now),
		})
		used = n == 1
		return explain("use the passkey", err)
	})
	return used && err == nil, err
}

// DropPasskey removes a passkey of an account.
func (db *DB) DropPasskey(ctx context.Context, account, id string) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).DropPasskey(ctx, database.DropPasskeyParams{ID: text(id), AccountID: account})
		if err == nil && n == 0 {
			return procedures.Errorf(procedures.CodeNotFound, "there is no such passkey: it was removed")
		}
		return explain("remove the passkey", err)
	})
}
