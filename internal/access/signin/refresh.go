package signin

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// fresh asks the provider again where what it said of the person is old, if it gave a refresh token. One request of all replicas
// asks; the others go on with what holds. Who is not vouched for any more is signed out. Where the provider does not answer, the
// sign-in goes on as it is.
func (s *Service) fresh(ctx context.Context, in *procedures.SignIn) (*procedures.SignIn, error) {
	now := s.Now()
	if now.Sub(in.Refreshed) < s.Refresh || in.Issuer == access.IssuerLocal { // who changes an account changes its sign-ins
		return in, nil
	}
	var k kept
	if s.sealer.Open(in.ID, in.Kept, &k) != nil { // under another key: the provider could never be asked again
		if err := s.End(ctx, in.ID); err != nil {
			return nil, err
		}
		return nil, access.ErrSignedOut
	}
	if k.Refresh == "" {
		return in, nil
	}
	mine, err := s.Store.ClaimRefresh(ctx, in.ID, in.Refreshed, now)
	if err != nil || !mine {
		return in, err
	}
	// What the provider gives in exchange has to be kept, whether or not somebody still waits for the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*askTime)
	defer cancel()
	next := *in
	next.Refreshed = now
	err = s.refresh(ctx, &next, k)
	switch {
	case errors.Is(err, errGone):
		s.Logger.InfoContext(ctx, "a sign-in was ended by its provider", "provider", in.Provider, "subject", in.Subject, "reason", err)
		if err := s.End(ctx, in.ID); err != nil {
			return nil, err
		}
		return nil, access.ErrSignedOut
	case err != nil:
		s.Logger.WarnContext(ctx, "a provider was not asked again; the sign-in goes on as it is", "provider", in.Provider, "error", err)
		if !bytes.Equal(next.Kept, in.Kept) { // the token of before counts no more
			return in, s.Store.KeepRefreshed(ctx, &next)
		}
		return in, nil
	}
	if err := s.Store.KeepRefreshed(ctx, &next); err != nil {
		return nil, err
	}
	if !slices.Equal(next.Groups, in.Groups) || next.Name != in.Name || next.Email != in.Email {
		s.changed(in.ID)
	}
	return &next, nil
}

// refresh asks the provider what holds of a person now. Its error wraps errGone where the provider said that nothing does.
func (s *Service) refresh(ctx context.Context, in *procedures.SignIn, k kept) error {
	p := s.Provider(in.Provider)
	d, err := p.discover(ctx)
	if err != nil {
		return err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.client)
	token, err := p.config(d, s.callback()).TokenSource(ctx, &oauth2.Token{RefreshToken: k.Refresh, Expiry: time.Unix(1, 0)}).Token()
	if answer := (*oauth2.RetrieveError)(nil); errors.As(err, &answer) && answer.ErrorCode == "invalid_grant" {
		return errors.Join(errGone, err)
	}
	if err != nil {
		return err
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" { // the one of before still says who it is
		token = token.WithExtra(map[string]any{"id_token": k.ID})
	}
	if err := s.keep(in, token); err != nil { // first of all: the refresh token of before may count no more
		return err
	}
	c := claims{"sub": in.Subject, "iss": p.Issuer}
	if raw != "" {
		id, said, err := p.read(ctx, d, raw, token.AccessToken)
		if err != nil {
			return err
		}
		if id.Subject != in.Subject { // core, 12.2
			return errors.Join(errGone, errors.New("the provider names somebody else"))
		}
		c = said
	}
	if err := p.complete(ctx, d, token, c); err != nil {
		return err
	}
	if len(c) > 2 { // it said something
		who, err := p.person(c)
		if err != nil {
			return errors.Join(errGone, err)
		}
		in.Name, in.Email, in.Groups = who.Name, who.Email, who.Groups
		if sid := c.text("sid"); sid != "" {
			in.Session = sid
		}
	}
	return nil
}

// EndSession is where the browser ends the session at the provider of a sign-in, and what leads back to; "" where there is nothing
// to end.
func (s *Service) EndSession(ctx context.Context, in *procedures.SignIn, back string) string {
	p := s.Provider(in.Provider)
	if p == nil {
		return ""
	}
	d, err := p.discover(ctx)
	if err != nil {
		return ""
	}
	var k kept
	_ = s.sealer.Open(in.ID, in.Kept, &k) // without it the provider asks
	return d.endSession(p.ClientID, k.ID, s.URL.String()+back)
}

// SignIn returns the sign-in of a request; nil where it has none.
func (s *Service) SignIn(ctx context.Context) *procedures.SignIn {
	in, err := s.Store.SignIn(ctx, s.ID(ctx))
	if err != nil {
		return nil
	}
	return in
}

// BackChannel ends what a provider says has ended: https://openid.net/specs/openid-connect-backchannel-1_0.html. Of a session that was
// begun after the token was made it says nothing, so that a token that is sent again ends nothing new.
func (s *Service) BackChannel(r *http.Request, raw string) (of access.Person, err error) {
	ctx := r.Context()
	invalid := func(err error) (access.Person, error) {
		return of, procedures.Undisclosed(procedures.CodeInvalid, "the logout token is not accepted", "end sessions for a provider", err)
	}
	last := errors.New("no provider is configured")
	for _, p := range s.Providers {
		if unverified(raw).text("iss") != p.Issuer {
			last = errors.New("the token is of no issuer that is configured")
			continue
		}
		d, err := p.discover(ctx)
		if err != nil {
			return of, err
		}
		token, err := d.verifier.VerifyLogout(context.WithValue(ctx, oauth2.HTTPClient, p.client), raw)
		if err != nil {
			last = err
			continue
		}
		at := token.IssuedAt
		if now := s.Now(); at.After(now.Add(skew)) || now.Sub(at) > 10*time.Minute {
			return invalid(errors.New("the token is not of these minutes"))
		}
		of = access.Person{Issuer: p.Issuer, Subject: token.Subject}
		return of, s.endAll(ctx, p.Issuer, token.Subject, token.SessionID, at.Add(skew))
	}
	return invalid(last)
}
