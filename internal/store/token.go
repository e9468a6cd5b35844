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

// InsertToken keeps a new token under the hash of its secret. One of a name that another has is a conflict, and so is one beyond most.
func (db *DB) InsertToken(ctx context.Context, t *procedures.Token, secret string, most int) error {
	lists := [3]string{}
	for i, list := range [][]string{t.Verbs, t.Environments, t.Procedures} {
		data, err := json.Marshal(list)
		if err != nil {
			return fmt.Errorf("keep the token: %w", err)
		}
		lists[i] = text(string(data))
	}
	err := db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).CountTokens(ctx)
		if err != nil {
			return explain("keep the token", err)
		}
		if n >= int64(most) {
			return procedures.Errorf(procedures.CodeConflict, "there are %d tokens already; end those that are not used", n)
		}
		return explain("keep the token", in(tx).InsertToken(ctx, database.InsertTokenParams{
			ID: t.ID, Secret: secret, Name: text(t.Name), Role: text(t.Role), Verbs: lists[0], Environments: lists[1], Procedures: lists[2],
			Effects: string(t.Effects), MadeBy: text(t.By), MadeFor: text(t.Maker), MadeAt: millis(t.Made), ExpiresAt: millis(t.Expires),
		}))
	})
	if db.Conflicts(err) {
		return procedures.Errorf(procedures.CodeConflict, "there is a token %s already; end it, or choose another name", t.Name)
	}
	return err
}

// Token returns the token of a hash. One that has ended is not found.
func (db *DB) Token(ctx context.Context, secret string) (*procedures.Token, error) {
	row, err := db.reading().TokenOf(ctx, secret)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "this token has ended, or never was one")
	}
	if err != nil {
		return nil, explain("read the token", err)
	}
	return token(row)
}

// Tokens returns all tokens by their names.
func (db *DB) Tokens(ctx context.Context) ([]*procedures.Token, error) {
	rows, err := db.reading().Tokens(ctx)
	if err != nil {
		return nil, explain("read the tokens", err)
	}
	out := make([]*procedures.Token, len(rows))
	for i, row := range rows {
		if out[i], err = token(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// token reads a row.
func token(row database.Token) (*procedures.Token, error) {
	t := &procedures.Token{
		ID: row.ID, Name: row.Name, Role: row.Role, Effects: procedures.Effect(row.Effects), By: row.MadeBy, Maker: row.MadeFor,
		Made: instant(row.MadeAt), Expires: instant(row.ExpiresAt), From: row.UsedFrom,
	}
	if row.UsedAt > 0 {
		t.Used = instant(row.UsedAt)
	}
	for _, l := range []struct {
		text string
		list *[]string
	}{{row.Verbs, &t.Verbs}, {row.Environments, &t.Environments}, {row.Procedures, &t.Procedures}} {
		if err := json.Unmarshal([]byte(l.text), l.list); err != nil {
			return nil, fmt.Errorf("read the token %s: %w", row.ID, err)
		}
	}
	return t, nil
}

// UseToken keeps when a token was used last, and from which address.
func (db *DB) UseToken(ctx context.Context, id string, at time.Time, address string) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("keep the token", in(tx).UseToken(ctx, database.UseTokenParams{ID: id, UsedAt: millis(at), UsedFrom: text(address)}))
	})
}

// EndToken ends the token of an identifier or a name, and returns it. One that has ended is not found.
func (db *DB) EndToken(ctx context.Context, which string) (ended *procedures.Token, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		rows, err := in(tx).EndToken(ctx, text(which))
		if err != nil {
			return explain("end the token", err)
		}
		if len(rows) == 0 {
			return procedures.Errorf(procedures.CodeNotFound, "there is no token %s: it has ended", which)
		}
		ended, err = token(rows[0])
		return err
	})
	return ended, err
}
