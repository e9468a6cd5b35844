package accounts

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// errWrong is the one answer to an address that has no account, to a wrong password and to an account that is disabled.
func errWrong() error {
	return procedures.Errorf(procedures.CodeRefused, "this email and password do not belong together, or the account is disabled. "+
		"You are not signed in")
}

// In is what came of a password, a code or a passkey.
type In struct {
	Account *procedures.Account
	// Failures is how many attempts for the account failed before.
	Failures int64
	// By says how: "a password and a code".
	By string
	// Ticket goes on where a code is needed too; empty where the person is signed in.
	Ticket string
}

// Password compares a password. Whether or not there is such an account, as much is done and the same is said.
func (s *Service) Password(ctx context.Context, email, password, address string) (*In, error) {
	clean := strings.ToLower(strings.TrimSpace(email))
	try, err := s.begin(ctx, clean, address)
	if err != nil {
		return nil, err
	}
	if len(password) > limits.PasswordBytes.Size() { // nobody has one
		password = ""
	}
	a, err := s.Store.AccountOf(ctx, clean[:min(len(clean), maxEmail+1)])
	if err != nil && procedures.CodeOf(err) != procedures.CodeNotFound {
		return nil, err
	}
	hash := nobodys
	if a != nil {
		hash = a.Password
	}
	right, err := is(ctx, password, hash)
	switch {
	case err != nil:
		return nil, err
	case !right || !a.Disabled.IsZero():
		return nil, errWrong()
	case len(a.Secret) == 0:
		return s.in(ctx, try, a, "a password")
	}
	if err := try.half(ctx); err != nil {
		return nil, err
	}
	in := &In{Account: a}
	in.Ticket, err = s.ticket(a)
	return in, err
}

// in keeps that somebody has signed in.
func (s *Service) in(ctx context.Context, try *attempt, a *procedures.Account, by string) (*In, error) {
	if err := try.right(ctx); err != nil {
		return nil, err
	}
	return &In{Account: a, Failures: try.failures, By: by}, s.Store.UseAccount(ctx, a.ID, s.Now())
}

// ticketTime is how long somebody may take between the password and the code.
const ticketTime = 10 * time.Minute

// ticket says that somebody knew a password, as the account was then. The browser carries it, encrypted.
type ticket struct {
	Account string
	Version int64
	Made    time.Time
}

const ticketPurpose = "password was right"

func (s *Service) ticket(a *procedures.Account) (string, error) {
	sealed, err := s.sealer.Seal(ticketPurpose, ticket{a.ID, a.Version, s.Now()})
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// Code compares the code that is needed besides a password: one of an app, or a recovery code. Each counts once.
func (s *Service) Code(ctx context.Context, carried, code, address string) (*In, error) {
	again := procedures.Errorf(procedures.CodeConflict, "signing in took too long, or the account was changed meanwhile. Sign in again")
	var t ticket
	sealed, err := base64.RawURLEncoding.DecodeString(carried)
	if err != nil || s.sealer.Open(ticketPurpose, sealed, &t) != nil || s.Now().Sub(t.Made) > ticketTime {
		return nil, again
	}
	a, err := s.Store.Account(ctx, t.Account)
	if err != nil && procedures.CodeOf(err) != procedures.CodeNotFound {
		return nil, err
	}
	if err != nil || a.Version != t.Version || !a.Disabled.IsZero() || len(a.Secret) == 0 {
		return nil, again
	}
	try, err := s.begin(ctx, a.Email, address)
	if err != nil {
		return nil, err
	}
	by, right, err := s.compare(ctx, a, code)
	switch {
	case err != nil:
		return nil, err
	case !right:
		return &In{Account: a}, procedures.Errorf(procedures.CodeRefused,
			"this code is wrong, or was used already. Each counts once: wait for the next one")
	}
	return s.in(ctx, try, a, by)
}

// compare uses a code up, if it is one of an account.
func (s *Service) compare(ctx context.Context, a *procedures.Account, code string) (by string, right bool, err error) {
	code = strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code))
	if len(code) != codeDigits {
		right, err = s.Store.UseCode(ctx, a.ID, recoveryHash(a.ID, code))
		return "a password and a recovery code", right, err
	}
	secret, err := s.secretOf(a)
	if err != nil {
		return "", false, err
	}
	step, ok := stepOf(secret, code, s.Now())
	if !ok {
		return "", false, nil
	}
	right, err = s.Store.UseStep(ctx, a.ID, step)
	return "a password and a code", right, err
}

// confirm compares the password of somebody who is signed in, before what only they may change.
func (s *Service) confirm(ctx context.Context, id, password, address string) (*procedures.Account, error) {
	a, err := s.Store.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	try, err := s.begin(ctx, a.Email, address)
	if err != nil {
		return nil, err
	}
	if len(password) > limits.PasswordBytes.Size() {
		password = ""
	}
	right, err := is(ctx, password, a.Password)
	switch {
	case err != nil:
		return nil, err
	case !right:
		return nil, procedures.Errorf(procedures.CodeRefused, "this is not your password. Nothing was done").Of("old")
	}
	return a, try.right(ctx)
}

// ChangePassword exchanges somebody's password, who knows it, and ends their sessions but one.
func (s *Service) ChangePassword(ctx context.Context, id, old string, c Chosen, address, keep string) error {
	a, err := s.confirm(ctx, id, old, address)
	if err != nil {
		return err
	}
	if a.Password, err = s.choose(ctx, c, a.Email, a.Name); err != nil {
		return err
	}
	return s.change(ctx, procedures.AccountChange{Account: a, End: true, Keep: keep})
}

// Rename changes the name that others see.
func (s *Service) Rename(ctx context.Context, id, name string) error {
	a, err := s.Store.Account(ctx, id)
	if err != nil {
		return err
	}
	if a.Name = nameOf(name); a.Name == "" {
		return procedures.Errorf(procedures.CodeInvalid, "say your name: others see it. Nothing was done").Of("name")
	}
	return s.change(ctx, procedures.AccountChange{Account: a})
}
