// Package accounts knows people by a password that is kept here: for teams without an OpenID provider. It makes accounts by links that
// count once, compares passwords and codes, and slows down who guesses: see docs/decisions/0021-local-accounts.md. Who is signed in is
// a row of package signin, as with every other way.
package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Store keeps accounts. Its errors have codes; that of an account that is not there is CodeNotFound, that of one that was changed since
// it was read CodeConflict.
type Store interface {
	InsertAccount(ctx context.Context, a *procedures.Account, link string, first bool, most int) error
	Account(ctx context.Context, id string) (*procedures.Account, error)
	AccountOf(ctx context.Context, email string) (*procedures.Account, error)
	Accounts(ctx context.Context) ([]*procedures.Account, error)
	CountAccounts(ctx context.Context) (int, error)
	ChangeAccount(ctx context.Context, issuer string, c procedures.AccountChange) (ended []string, err error)
	SetSecret(ctx context.Context, id string, version int64, secret []byte, step int64, codes []string) error
	KeepSecret(ctx context.Context, id string, version int64, secret []byte) error
	SetCodes(ctx context.Context, id string, codes []string) error
	CountCodes(ctx context.Context, id string) (int, error)
	UseStep(ctx context.Context, id string, step int64) (used bool, err error)
	UseCode(ctx context.Context, id, hash string) (used bool, err error)
	UseAccount(ctx context.Context, id string, at time.Time) error
}

// Links keeps links that count once, and how often signing in was tried.
type Links interface {
	InsertLink(ctx context.Context, l *procedures.AccountLink, hash string, most int) error
	Link(ctx context.Context, hash string) (*procedures.AccountLink, error)
	Links(ctx context.Context) ([]*procedures.AccountLink, error)
	EndLink(ctx context.Context, id string) (*procedures.AccountLink, error)
	DropOldLinks(ctx context.Context, expired, tried time.Time) error
	Attempt(ctx context.Context, names []string, now time.Time,
		next func(i int, failures int64, tried time.Time) (int64, bool)) (allowed bool, err error)
	DropAttempts(ctx context.Context, name string) error
}

// Options are what a Service needs.
type Options struct {
	Store    Store
	Links    Links
	Passkeys Passkeys
	// URL is where browsers find the portal; links lead there.
	URL *url.URL
	// Key is the server's. OtherKey opens what it has encrypted, while the two are exchanged; nil for none.
	Key      [32]byte
	OtherKey *[32]byte
	// Owners are the groups of the first account.
	Owners []string
	// Lends says why one person may not give another what the other would have; nil where everybody may do everything.
	Lends func(by, to access.Person) error
	// Ended is told of sign-ins that have ended, and Changed of accounts that have changed; nil for nobody.
	Ended  func(ids ...string)
	Now    func() time.Time // nil for time.Now
	Logger *slog.Logger
}

// Service knows people by their passwords. It is safe for use by several goroutines.
type Service struct {
	Options
	sealer signin.Sealer
}

// New makes a service.
func New(o Options) (*Service, error) {
	s := &Service{Options: o}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Ended == nil {
		s.Ended = func(...string) {}
	}
	var err error
	s.sealer, err = signin.NewSealer("opsbook accounts", o.Key, o.OtherKey)
	return s, err
}

// Bounds: accounts, links that are open, groups of one account, and letters of a group and bytes of an address (RFC 5321, 4.5.3.1).
const (
	mostAccounts = 5000
	mostLinks    = 500
	mostGroups   = 50
	maxGroup     = 100
	maxEmail     = 254
)

// CleanEmail is an address as it is kept and compared; an error for what is none.
func CleanEmail(text string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(text))
	local, domain, ok := strings.Cut(email, "@")
	bad := func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`<>()[],;:\"`, c) }
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") || len(email) > maxEmail || !utf8.ValidString(text) ||
		strings.ContainsFunc(email, bad) || access.CleanName(local) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid,
			"this is no email address, such as ada@example.com. Nothing was done").Of("email")
	}
	return email, nil
}

// cleanGroups are groups as they are kept; an error for what is none.
func cleanGroups(list []string) ([]string, error) {
	var out []string
	for _, g := range list {
		if g = strings.TrimSpace(g); g == "" {
			continue
		}
		if g != access.CleanName(g) || len(g) > maxGroup || strings.Contains(g, ",") {
			return nil, procedures.Errorf(procedures.CodeInvalid,
				"%q is no name of a group. Nothing was done", access.CleanName(g)).Of("groups")
		}
		out = append(out, g)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > mostGroups {
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"an account is in at most %d groups. Nothing was done", mostGroups).Of("groups")
	}
	return out, nil
}

// PersonOf is whom an account is of.
func PersonOf(a *procedures.Account) access.Person {
	return access.Person{Name: a.Name, Issuer: access.IssuerLocal, Subject: a.ID, Email: a.Email, Groups: a.Groups}
}

// lends asks whether by may give to somebody what they have, or would have. The zero Person is who runs the server.
func (s *Service) lends(by, to access.Person) error {
	if s.Lends == nil || by.Issuer == "" {
		return nil
	}
	return s.Lends(by, to)
}

// Account is the account of an identifier.
func (s *Service) Account(ctx context.Context, id string) (*procedures.Account, error) {
	return s.Store.Account(ctx, id)
}

// Accounts lists all accounts, and the links that are open.
func (s *Service) Accounts(ctx context.Context) ([]*procedures.Account, []*procedures.AccountLink, error) {
	all, err := s.Store.Accounts(ctx)
	if err != nil {
		return nil, nil, err
	}
	links, err := s.Links.Links(ctx)
	now := s.Now()
	return all, slices.DeleteFunc(links, func(l *procedures.AccountLink) bool { return !now.Before(l.Expires) }), err
}

// Disable keeps somebody out: their sessions end with their open pages, and the invitations that they made.
func (s *Service) Disable(ctx context.Context, by access.Person, id string) (*procedures.Account, error) {
	a, err := s.Store.Account(ctx, id)
	if err == nil {
		err = s.lends(by, PersonOf(a))
	}
	if err != nil {
		return nil, err
	}
	if by.Issuer == access.IssuerLocal && by.Subject == id {
		return nil, procedures.Errorf(procedures.CodeConflict,
			"this is your own account: somebody else has to disable it. Nothing was done")
	}
	a.Disabled = s.Now()
	return a, s.change(ctx, procedures.AccountChange{Account: a, End: true, Links: true, Lent: PersonOf(a).Key()})
}

// SetGroups puts somebody into other groups. It counts at once, on open pages too.
func (s *Service) SetGroups(ctx context.Context, by access.Person, id string, groups []string) (*procedures.Account, error) {
	a, err := s.Store.Account(ctx, id)
	if err == nil {
		err = s.lends(by, PersonOf(a))
	}
	if err != nil {
		return nil, err
	}
	if a.Groups, err = cleanGroups(groups); err != nil {
		return nil, err
	}
	if err := s.lends(by, PersonOf(a)); err != nil {
		return nil, err
	}
	return a, s.change(ctx, procedures.AccountChange{Account: a, Links: true}) // a link of before was lent less
}

// change changes an account, and ends the pages of what ended.
func (s *Service) change(ctx context.Context, c procedures.AccountChange) error {
	ended, err := s.Store.ChangeAccount(ctx, access.IssuerLocal, c)
	if err != nil {
		return err
	}
	s.Ended(ended...)
	return nil
}

// tidyEvery is how often old links are deleted.
const tidyEvery = 10 * time.Minute

// Run deletes links and attempts that count no more, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.Links.DropOldLinks(ctx, s.Now(), s.Now().Add(-forgetAfter)); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "old links could not be deleted; it is tried again", "error", err)
		}
	}
}

// hashOf is what is stored of a link's text. Its random bits are so many that the hash needs no salt and no time.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
