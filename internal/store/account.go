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

// accountsName is what writers of accounts lock, so that versions grow.
const accountsName = "accounts"

// changeAccounts runs fn in a transaction that no other change of accounts is beside; version is the next one.
func (db *DB) changeAccounts(ctx context.Context, fn func(tx procedures.Tx, q *database.Queries, version int64) error) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		if err := db.Lock(ctx, tx, accountsName); err != nil {
			return err
		}
		last, err := in(tx).AccountsVersion(ctx)
		if err != nil {
			return explain("read the accounts", err)
		}
		version := int64(1)
		if len(last) > 0 {
			version = last[0] + 1
		}
		return fn(tx, in(tx), version)
	})
}

// errLinkUsed is the error of a link that is not there.
func errLinkUsed() error {
	return procedures.Errorf(procedures.CodeNotFound, "this link was used, has ended, or never was one; ask for a new one")
}

// takeLink uses a link up. Of two who use it at the same time one does.
func takeLink(ctx context.Context, q *database.Queries, hash string) error {
	n, err := q.TakeAccountLink(ctx, hash)
	if err == nil && n == 0 {
		return errLinkUsed()
	}
	return explain("use the link", err)
}

// InsertAccount makes the account of a link, which is used up. The first account is made where there is none; one beyond most is a
// conflict, and so is a second one of an address.
func (db *DB) InsertAccount(ctx context.Context, a *procedures.Account, link string, first bool, most int) error {
	groups, err := json.Marshal(a.Groups)
	if err != nil {
		return fmt.Errorf("make the account: %w", err)
	}
	err = db.changeAccounts(ctx, func(_ procedures.Tx, q *database.Queries, version int64) error {
		if err := takeLink(ctx, q, link); err != nil {
			return err
		}
		n, err := q.CountAccounts(ctx)
		switch {
		case err != nil:
			return explain("make the account", err)
		case first && n > 0:
			return errLinkUsed()
		case n >= int64(most):
			return procedures.Errorf(procedures.CodeConflict, "there are %d accounts already, which is all that there may be", n)
		}
		a.Version = version
		if err := q.InsertAccount(ctx, database.InsertAccountParams{
			ID: a.ID, Email: text(a.Email), Name: text(a.Name), MemberOf: text(string(groups)), Password: a.Password, Version: version,
			MadeBy: text(a.By), MadeAt: millis(a.Made),
		}); err != nil {
			return explain("make the account", err)
		}
		return explain("make the account", q.DropAccountLinksOf(ctx, text(a.Email)))
	})
	if db.Conflicts(err) {
		return procedures.Errorf(procedures.CodeConflict, "there is an account of %s already", a.Email)
	}
	return err
}

// Account returns the account of an identifier. One that is not there is not found.
func (db *DB) Account(ctx context.Context, id string) (*procedures.Account, error) {
	return account(db.reading().Account(ctx, id))
}

// AccountOf returns the account of an address, which is in lower case.
func (db *DB) AccountOf(ctx context.Context, email string) (*procedures.Account, error) {
	return account(db.reading().AccountOf(ctx, text(email)))
}

// account reads a row.
func account(row database.Account, err error) (*procedures.Account, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no such account")
	}
	if err != nil {
		return nil, explain("read the account", err)
	}
	a := &procedures.Account{
		ID: row.ID, Email: row.Email, Name: row.Name, Password: row.Password, Step: row.Step, Version: row.Version, By: row.MadeBy,
		Made: instant(row.MadeAt), Used: sometime(row.UsedAt), Disabled: sometime(row.DisabledAt),
	}
	if a.Secret, err = base64.StdEncoding.DecodeString(row.Secret); err == nil {
		err = json.Unmarshal([]byte(row.MemberOf), &a.Groups)
	}
	if err != nil {
		return nil, fmt.Errorf("read the account %s: %w", row.ID, err)
	}
	return a, nil
}

// sometime is a moment that may never have been.
func sometime(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return instant(at)
}

// Accounts returns all accounts by their addresses.
func (db *DB) Accounts(ctx context.Context) ([]*procedures.Account, error) {
	rows, err := db.reading().Accounts(ctx)
	if err != nil {
		return nil, explain("read the accounts", err)
	}
	out := make([]*procedures.Account, len(rows))
	for i, row := range rows {
		if out[i], err = account(row, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CountAccounts is how many accounts there are.
func (db *DB) CountAccounts(ctx context.Context) (int, error) {
	n, err := db.reading().CountAccounts(ctx)
	return int(n), explain("count the accounts", err)
}

// AccountsVersion grows with each change of an account, by whichever process.
func (db *DB) AccountsVersion(ctx context.Context) (int64, error) {
	last, err := db.reading().AccountsVersion(ctx)
	if err != nil || len(last) == 0 {
		return 0, explain("read the accounts", err)
	}
	return last[0], nil
}

// errChanged is the error of an account that somebody else changed meanwhile.
func errChanged(n int64) error {
	if n == 0 {
		return procedures.Errorf(procedures.CodeConflict, "the account was changed meanwhile; nothing was done. Load the page again")
	}
	return nil
}

// ChangeAccount changes an account, and what is of it: sign-ins have its name and groups, or end. It returns those that ended.
func (db *DB) ChangeAccount(ctx context.Context, issuer string, c procedures.AccountChange) (ended []string, err error) {
	a := c.Account
	groups, err := json.Marshal(a.Groups)
	if err != nil {
		return nil, fmt.Errorf("change the account: %w", err)
	}
	err = db.changeAccounts(ctx, func(_ procedures.Tx, q *database.Queries, version int64) error {
		if c.Link != "" {
			if err := takeLink(ctx, q, c.Link); err != nil {
				return err
			}
		}
		n, err := q.SetAccount(ctx, database.SetAccountParams{
			ID: a.ID, Version: a.Version, Name: text(a.Name), MemberOf: text(string(groups)), Password: a.Password, Version_2: version,
			DisabledAt: never(a.Disabled),
		})
		if err := errors.Join(explain("change the account", err), errChanged(n)); err != nil {
			return err
		}
		if c.Factors {
			if err := dropFactors(ctx, q, a.ID, version); err != nil {
				return err
			}
		}
		if c.Links {
			if err := q.DropAccountLinksOf(ctx, text(a.Email)); err != nil {
				return explain("end the links", err)
			}
		}
		if c.Lent != "" {
			if err := q.DropAccountLinksBy(ctx, c.Lent); err != nil {
				return explain("end the invitations", err)
			}
		}
		if err := q.SetSignInsOf(ctx, database.SetSignInsOfParams{
			Issuer: issuer, Subject: a.ID, Name: text(a.Name), MemberOf: text(string(groups)),
		}); err != nil || !c.End {
			return explain("change the sign-ins", err)
		}
		ended, err = q.EndOtherSignInsOf(ctx, database.EndOtherSignInsOfParams{Issuer: issuer, Subject: a.ID, ID: c.Keep})
		return explain("end the sign-ins", err)
	})
	return ended, err
}

// never is a moment that may never have been, as it is stored.
func never(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millis(t)
}

// dropFactors takes away an account's codes and passkeys.
func dropFactors(ctx context.Context, q *database.Queries, id string, version int64) error {
	_, err := q.SetAccountSecret(ctx, database.SetAccountSecretParams{ID: id, Version: version, Version_2: version})
	if err == nil {
		err = q.DropAccountCodes(ctx, id)
	}
	if err == nil {
		err = q.DropPasskeysOf(ctx, id)
	}
	return explain("take the codes away", err)
}

// SetSecret gives an account of a version the secret of its codes, of which one of step was used, with the hashes of recovery codes; nil
// takes both away.
func (db *DB) SetSecret(ctx context.Context, id string, version int64, secret []byte, step int64, codes []string) error {
	return db.changeAccounts(ctx, func(_ procedures.Tx, q *database.Queries, next int64) error {
		n, err := q.SetAccountSecret(ctx, database.SetAccountSecretParams{
			ID: id, Version: version, Secret: base64.StdEncoding.EncodeToString(secret), Step: step, Version_2: next,
		})
		if err := errors.Join(explain("keep the codes", err), errChanged(n)); err != nil {
			return err
		}
		return setCodes(ctx, q, id, codes)
	})
}

// KeepSecret exchanges what the secret of the codes of an account of a version is encrypted with.
func (db *DB) KeepSecret(ctx context.Context, id string, version int64, secret []byte) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).KeepAccountSecret(ctx, database.KeepAccountSecretParams{
			ID: id, Version: version, Secret: base64.StdEncoding.EncodeToString(secret),
		})
		return errors.Join(explain("keep the codes", err), errChanged(n))
	})
}

// setCodes exchanges an account's recovery codes.
func setCodes(ctx context.Context, q *database.Queries, id string, codes []string) error {
	if err := q.DropAccountCodes(ctx, id); err != nil {
		return explain("keep the recovery codes", err)
	}
	for _, hash := range codes {
		if err := q.InsertAccountCode(ctx, database.InsertAccountCodeParams{Hash: hash, AccountID: id}); err != nil {
			return explain("keep the recovery codes", err)
		}
	}
	return nil
}

// SetCodes exchanges an account's recovery codes for others, by their hashes.
func (db *DB) SetCodes(ctx context.Context, id string, codes []string) error {
	return db.Update(ctx, func(tx procedures.Tx) error { return setCodes(ctx, in(tx), id, codes) })
}

// CountCodes is how many recovery codes an account has left.
func (db *DB) CountCodes(ctx context.Context, id string) (int, error) {
	n, err := db.reading().CountAccountCodes(ctx, id)
	return int(n), explain("count the recovery codes", err)
}

// UseStep uses the code of a step of time; false where it, or a later one, was used.
func (db *DB) UseStep(ctx context.Context, id string, step int64) (used bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).UseAccountStep(ctx, database.UseAccountStepParams{ID: id, Step: step})
		used = n == 1
		return explain("use the code", err)
	})
	return used && err == nil, err
}

// UseCode uses a recovery code up, by its hash; false where the account has none.
func (db *DB) UseCode(ctx context.Context, id, hash string) (used bool, err error) {
	err = db.Update(ctx, func(tx procedures.Tx) error {
		n, err := in(tx).UseAccountCode(ctx, database.UseAccountCodeParams{Hash: hash, AccountID: id})
		used = n == 1
		return explain("use the recovery code", err)
	})
	return used && err == nil, err
}

// UseAccount keeps when somebody signed in last.
func (db *DB) UseAccount(ctx context.Context, id string, at time.Time) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		return explain("keep the account", in(tx).UseAccount(ctx, database.UseAccountParams{ID: id, UsedAt: millis(at)}))
	})
}
