package accounts

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// LinkPath is where links lead.
const LinkPath = "/sign-in/link"

// How long links last.
const (
	FirstLasts  = 24 * time.Hour
	InviteLasts = 72 * time.Hour
	ResetLasts  = 24 * time.Hour
)

// makeLink keeps a link, and returns its address, which is nowhere afterwards.
func (s *Service) makeLink(ctx context.Context, l *procedures.AccountLink, by access.Person, lasts time.Duration) (string, error) {
	secret := rand.Text()
	l.ID, l.By, l.Maker, l.Made = strings.ToLower(rand.Text()[:12]), by.Name, by.Key(), s.Now()
	l.Expires = l.Made.Add(lasts)
	to := *s.URL
	to.Path, to.RawQuery = LinkPath, url.Values{"link": {secret}}.Encode()
	return to.String(), s.Links.InsertLink(ctx, l, hashOf(secret), mostLinks)
}

// First makes a link for the first account, where there is none; an empty address where there is one.
func (s *Service) First(ctx context.Context) (address string, err error) {
	n, err := s.Store.CountAccounts(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	if err := s.Links.DropOldLinks(ctx, s.Now(), s.Now().Add(-forgetAfter)); err != nil {
		return "", err
	}
	return s.makeLink(ctx, &procedures.AccountLink{Kind: procedures.LinkFirst, Groups: s.Owners}, access.Person{}, FirstLasts)
}

// Invite makes a link by which somebody makes their account. by may lend what they have themselves, and no more. by without an issuer is
// who runs the server.
func (s *Service) Invite(ctx context.Context, by access.Person, email string, groups []string) (string, *procedures.AccountLink, error) {
	l := &procedures.AccountLink{Kind: procedures.LinkInvite}
	var err error
	if l.Email, err = CleanEmail(email); err != nil {
		return "", nil, err
	}
	if l.Groups, err = cleanGroups(groups); err != nil {
		return "", nil, err
	}
	if err := s.lends(by, access.Person{Issuer: access.IssuerLocal, Subject: "invited", Email: l.Email, Groups: l.Groups}); err != nil {
		return "", nil, err
	}
	if _, err := s.Store.AccountOf(ctx, l.Email); err == nil {
		return "", nil, procedures.Errorf(procedures.CodeConflict,
			"there is an account of %s already; reset it for a new password", l.Email)
	} else if procedures.CodeOf(err) != procedures.CodeNotFound {
		return "", nil, err
	}
	address, err := s.makeLink(ctx, l, by, InviteLasts)
	return address, l, err
}

// Reset makes a link by which somebody sets a new password, and ends their sessions. With factors their codes and passkeys are removed
// when the link is used. It lets in again who is disabled.
func (s *Service) Reset(ctx context.Context, by access.Person, id string, factors bool) (string, *procedures.Account, error) {
	a, err := s.Store.Account(ctx, id)
	if err == nil {
		err = s.lends(by, PersonOf(a))
	}
	if err != nil {
		return "", nil, err
	}
	l := &procedures.AccountLink{Kind: procedures.LinkReset, Email: a.Email, Account: a.ID, Factors: factors}
	address, err := s.makeLink(ctx, l, by, ResetLasts)
	if err != nil {
		return "", nil, err
	}
	if err := s.Links.DropAttempts(ctx, attemptName("account", a.Email)); err != nil {
		return "", nil, err
	}
	return address, a, s.change(ctx, procedures.AccountChange{Account: a, End: true})
}

// Of is the account of an address, which is written as people write it.
func (s *Service) Of(ctx context.Context, email string) (*procedures.Account, error) {
	clean, err := CleanEmail(email)
	if err != nil {
		return nil, err
	}
	a, err := s.Store.AccountOf(ctx, clean)
	if procedures.CodeOf(err) == procedures.CodeNotFound {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no account of %s", clean)
	}
	return a, err
}

// EndLink ends a link that somebody may have made: with it the rights that it lends.
func (s *Service) EndLink(ctx context.Context, id string) (*procedures.AccountLink, error) {
	return s.Links.EndLink(ctx, id)
}

// Link is what a link is for. Its error says that it is for nothing any more.
func (s *Service) Link(ctx context.Context, secret string) (*procedures.AccountLink, error) {
	l, err := s.Links.Link(ctx, hashOf(secret))
	if err != nil {
		return nil, err
	}
	if !s.Now().Before(l.Expires) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "this link expired; ask for a new one")
	}
	return l, nil
}

// Chosen is what somebody fills in who follows a link. An invitation, and a reset, say themselves whom they are for.
type Chosen struct{ Email, Name, Password, Again string }

// Accept uses a link up: an account is made, or has a new password. The sessions of before end.
func (s *Service) Accept(ctx context.Context, secret string, c Chosen) (*procedures.Account, *procedures.AccountLink, error) {
	l, err := s.Link(ctx, secret)
	if err != nil {
		return nil, nil, err
	}
	if l.Kind == procedures.LinkReset {
		a, err := s.accepted(ctx, l, secret, c)
		return a, l, err
	}
	email := l.Email
	if l.Kind == procedures.LinkFirst {
		if email, err = CleanEmail(c.Email); err != nil {
			return nil, l, err
		}
	}
	name := nameOf(c.Name)
	if name == "" {
		return nil, l, procedures.Errorf(procedures.CodeInvalid, "say your name: others see it. Nothing was done").Of("name")
	}
	hash, err := s.choose(ctx, c, email, name)
	if err != nil {
		return nil, l, err
	}
	a := &procedures.Account{
		ID: strings.ToLower(rand.Text()[:16]), Email: email, Name: name, Groups: l.Groups, Password: hash, By: l.By, Made: s.Now(),
	}
	return a, l, s.Store.InsertAccount(ctx, a, hashOf(secret), l.Kind == procedures.LinkFirst, mostAccounts)
}

// accepted gives an account the password that a reset lets its person choose.
func (s *Service) accepted(ctx context.Context, l *procedures.AccountLink, secret string, c Chosen) (*procedures.Account, error) {
	a, err := s.Store.Account(ctx, l.Account)
	if err != nil {
		return nil, err
	}
	if a.Password, err = s.choose(ctx, c, a.Email, a.Name); err != nil {
		return nil, err
	}
	a.Disabled = time.Time{}
	return a, s.change(ctx, procedures.AccountChange{Account: a, Link: hashOf(secret), End: true, Factors: l.Factors})
}

// choose checks a password that somebody chose, and hashes it.
func (s *Service) choose(ctx context.Context, c Chosen, email, name string) (string, error) {
	if err := checkPassword(c.Password, email, name); err != nil {
		return "", err
	}
	if c.Password != c.Again {
		return "", procedures.Errorf(procedures.CodeInvalid, "the two passwords are not the same. Nothing was done").Of("again")
	}
	return hashPassword(ctx, c.Password)
}
