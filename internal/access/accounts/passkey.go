package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Passkeys keeps passkeys. Its errors have codes.
type Passkeys interface {
	InsertPasskey(ctx context.Context, p *procedures.Passkey, most int) error
	Passkey(ctx context.Context, id string) (*procedures.Passkey, error)
	PasskeysOf(ctx context.Context, account string) ([]*procedures.Passkey, error)
	UsePasskey(ctx context.Context, id string, counter uint32, challenged, now time.Time) (used bool, err error)
	DropPasskey(ctx context.Context, account, id string) error
}

const (
	// mostPasskeys bounds those of one account.
	mostPasskeys = 20
	// challengeTime is how long somebody may take with a page that asks for a passkey.
	challengeTime = 30 * time.Minute
)

// Challenge is what an authenticator is asked to sign, and for whom.
type Challenge struct {
	Text   string // the challenge, as base64 for addresses
	Ticket string // the same, encrypted, for the form that answers it
	Host   string // for which passkeys are: the portal's name
	// User, Name and Label are the account's, and Known its passkeys, where one is added.
	User, Name, Label string
	Known             []string
}

// challenged is what the ticket of a challenge holds. Account is empty where somebody signs in.
type challenged struct {
	Account, Text string
	Made          time.Time
}

const challengePurpose = "challenge of a passkey"

// NoPasskeys says why there are no passkeys at the portal's address; empty where there are: WebAuthn takes names and no addresses of IP
// (https://www.w3.org/TR/webauthn-3/#relying-party-identifier).
func (s *Service) NoPasskeys() string {
	if host := s.URL.Hostname(); net.ParseIP(strings.Trim(host, "[]")) != nil {
		return "Passkeys need a host name, and this portal is at the IP address " + host + "."
	}
	return ""
}

// Challenge makes a challenge for who signs in. The server keeps nothing of strangers: the form carries it.
func (s *Service) Challenge() (*Challenge, error) { return s.challenge("") }

func (s *Service) challenge(account string) (*Challenge, error) {
	c := challenged{Account: account, Text: base64.RawURLEncoding.EncodeToString([]byte(rand.Text())), Made: s.Now()}
	sealed, err := s.sealer.Seal(challengePurpose, c)
	return &Challenge{Text: c.Text, Ticket: base64.RawURLEncoding.EncodeToString(sealed), Host: s.URL.Hostname()}, err
}

// challengeOf opens a ticket that was made for an account.
func (s *Service) challengeOf(carried, account string) (*challenged, error) {
	c := &challenged{}
	sealed, err := base64.RawURLEncoding.DecodeString(carried)
	if err != nil || s.sealer.Open(challengePurpose, sealed, c) != nil || c.Account != account || s.Now().Sub(c.Made) > challengeTime {
		return nil, procedures.Errorf(procedures.CodeConflict, "the page was open for too long; do it again. Nothing was done")
	}
	return c, nil
}

// NewPasskey makes a challenge for a passkey of somebody that is to be added.
func (s *Service) NewPasskey(ctx context.Context, id string) (*Challenge, error) {
	a, err := s.Store.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := s.Passkeys.PasskeysOf(ctx, id)
	if err != nil {
		return nil, err
	}
	c, err := s.challenge(id)
	if err != nil {
		return nil, err
	}
	c.User, c.Name, c.Label = base64.RawURLEncoding.EncodeToString([]byte(a.ID)), a.Email, a.Name
	for _, p := range all {
		c.Known = append(c.Known, p.ID)
	}
	return c, nil
}

// AddPasskey keeps the passkey that an authenticator made for somebody, who also knows the password.
func (s *Service) AddPasskey(ctx context.Context, id, carried string, made Credential, name, password, address string) error {
	if why := s.NoPasskeys(); why != "" {
		return procedures.Errorf(procedures.CodeConflict, "%s Nothing was done", why)
	}
	c, err := s.challengeOf(carried, id)
	if err != nil {
		return err
	}
	if _, err := s.confirm(ctx, id, password, address); err != nil {
		return err
	}
	key, counter, err := made.registered(c.Text, s.URL)
	if err != nil {
		return unfit(err)
	}
	if name = nameOf(name); name == "" {
		name = "Passkey"
	}
	return s.Passkeys.InsertPasskey(ctx, &procedures.Passkey{
		ID: made.ID, Account: id, Name: name, Key: key, Counter: counter, Challenged: c.Made, Made: s.Now(),
	}, mostPasskeys)
}

// unfit is the error of what an authenticator answered. What is wrong is for the log of who runs the server.
func unfit(err error) error {
	return procedures.Undisclosed(procedures.CodeRefused,
		"what the authenticator answered cannot be accepted. Nothing was done", "take a passkey", err)
}

// PasskeysOf are the passkeys of somebody, the oldest first.
func (s *Service) PasskeysOf(ctx context.Context, id string) ([]*procedures.Passkey, error) {
	return s.Passkeys.PasskeysOf(ctx, id)
}

// RemovePasskey removes a passkey of somebody who knows the password, and ends their sessions but one.
func (s *Service) RemovePasskey(ctx context.Context, id, passkey, password, address, keep string) error {
	if _, err := s.confirm(ctx, id, password, address); err != nil {
		return err
	}
	if err := s.Passkeys.DropPasskey(ctx, id, passkey); err != nil {
		return err
	}
	return s.endOthers(ctx, id, keep)
}

// ByPasskey signs somebody in with what an authenticator has signed: it has verified the person itself, so that no code is asked for. A
// challenge counts once. Nothing is slowed down here: there is nothing to guess.
func (s *Service) ByPasskey(ctx context.Context, carried string, answer Credential) (*In, error) {
	c, err := s.challengeOf(carried, "")
	if err != nil {
		return nil, err
	}
	wrong := procedures.Errorf(procedures.CodeRefused, "this passkey is not known here, or the account is disabled. You are not signed in")
	p, err := s.Passkeys.Passkey(ctx, answer.ID)
	if procedures.CodeOf(err) == procedures.CodeNotFound {
		return nil, wrong
	}
	if err != nil {
		return nil, err
	}
	counter, err := answer.signed(c.Text, s.URL, p)
	if err != nil {
		return nil, unfit(err)
	}
	a, err := s.Store.Account(ctx, p.Account)
	switch {
	case procedures.CodeOf(err) == procedures.CodeNotFound:
		return nil, wrong
	case err != nil:
		return nil, err
	case !a.Disabled.IsZero():
		return nil, wrong
	}
	used, err := s.Passkeys.UsePasskey(ctx, p.ID, counter, c.Made, s.Now())
	if err == nil && !used {
		err = procedures.Errorf(procedures.CodeConflict, "this was answered already, or you signed in with a newer page. Sign in again")
	}
	if err != nil {
		return nil, err
	}
	return &In{Account: a, By: "the passkey " + p.Name}, s.Store.UseAccount(ctx, a.ID, s.Now())
}
