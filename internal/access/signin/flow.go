package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// CallbackPath is where providers lead people back.
const CallbackPath = "/sign-in/callback"

const (
	// flowTime is how long somebody may take at the provider.
	flowTime = 15 * time.Minute
	// maxFlows bounds how many sign-ins a browser may have begun: one of each tab.
	maxFlows = 8
	// maxBack bounds the page that is led to afterwards, in bytes; the cookie has at most 4096.
	maxBack = 1500
	// flowCookie begins the names of their cookies. Over HTTPS __Host- stands before it (RFC 6265bis, 4.1.3.2).
	flowCookie = "opsbook-sign-in-"
)

// flow is a sign-in that has begun. It is in a cookie of its own, encrypted: the server keeps nothing of people who are not known, tabs
// that begin at the same time do not get into each other's way, and only the browser that began it can end it.
type flow struct {
	Provider, State, Nonce, Verifier, Back string

	Begun time.Time
}

// Begin begins a sign-in with a provider, and returns where the browser goes. back is the page that is led to afterwards.
func (s *Service) Begin(w http.ResponseWriter, r *http.Request, p *Provider, back string) (to string, err error) {
	ctx := r.Context()
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	if len(back) > maxBack {
		back = "/"
	}
	f := flow{
		Provider: p.Name, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: back, Begun: s.Now(),
	}
	sealed, err := s.sealer.Seal(flowCookie, f)
	if err != nil {
		return "", err
	}
	s.forgetFlows(w, r, maxFlows-1)
	s.setFlow(w, r, f.State, base64.RawURLEncoding.EncodeToString(sealed), int(flowTime.Seconds()))
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	for name, value := range p.Parameters {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return p.config(d, s.callback()).AuthCodeURL(f.State, options...), nil
}

// callback is the address that the provider leads back to.
func (s *Service) callback() string { return s.URL.String() + CallbackPath }

// flowName is the cookie of a flow.
func (s *Service) flowName(r *http.Request, state string) string {
	sum := sha256.Sum256([]byte(state))
	name := flowCookie + base64.RawURLEncoding.EncodeToString(sum[:9])
	if s.Secure(r) {
		return "__Host-" + name
	}
	return name
}

// setFlow sets the cookie of a flow; an age below 0 removes it.
func (s *Service) setFlow(w http.ResponseWriter, r *http.Request, state, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is Secure wherever the browser speaks HTTPS
		Name: s.flowName(r, state), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.Secure(r),
		SameSite: http.SameSiteLaxMode, // the provider leads back from another site
	})
}

// forgetFlows removes cookies of flows until at most so many are left.
func (s *Service) forgetFlows(w http.ResponseWriter, r *http.Request, most int) {
	names := []string{}
	for _, c := range r.Cookies() {
		if strings.HasPrefix(strings.TrimPrefix(c.Name, "__Host-"), flowCookie) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	for _, name := range names[min(len(names), most):] {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // as it was set
			Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.Secure(r), SameSite: http.SameSiteLaxMode,
		})
	}
}

// kept is what is kept of what the provider gave, encrypted.
type kept struct {
	Refresh string `json:"refresh,omitempty"` // token, by which the provider is asked again
	ID      string `json:"id,omitempty"`      // token, which says at the provider who wants to end the session
}

// maxKeptID bounds an ID token that is kept: it stands in an address.
const maxKeptID = 4 << 10

// Finished is a sign-in that has come to its end.
type Finished struct {
	SignIn *procedures.SignIn
	Back   string
	// Overage reports that the provider left out the person's groups, as there are too many.
	Overage bool
	// Refused is an account that the provider vouched for, and that is not let in; nil for none.
	Refused *access.Person
}

// Finish ends a sign-in with what the provider says in the address that it led to, and keeps it. Back is there with an error too,
// where it is known. An error of CodeRefused is the person's or the provider's, one of CodeUnavailable says that it can be tried again.
func (s *Service) Finish(w http.ResponseWriter, r *http.Request) (*Finished, error) {
	out := &Finished{Back: "/"}
	f, err := s.flow(w, r)
	if err != nil {
		return out, err
	}
	out.Back = f.Back
	p := s.Provider(f.Provider)
	if p == nil {
		return out, procedures.Errorf(procedures.CodeRefused, "this server does not sign people in with %s any more", f.Provider)
	}
	token, c, err := s.exchange(r, p, f)
	if err != nil {
		return out, err
	}
	who, err := p.person(c)
	if err != nil {
		out.Refused = &access.Person{Issuer: p.Issuer, Subject: c.text("sub"), Email: c.text("email"), Name: c.text("name")}
		return out, err
	}
	now := s.Now()
	out.Overage = p.GroupsClaim != "" && who.Groups == nil && c.overage()
	out.SignIn = &procedures.SignIn{
		ID: rand.Text(), Provider: p.Name, Issuer: who.Issuer, Subject: who.Subject, Session: c.text("sid"), Name: who.Name,
		Email: who.Email, Groups: who.Groups, Browser: browser(r), Address: s.Address(r), Begun: now, Used: now, Refreshed: now,
	}
	if err := s.keep(out.SignIn, token); err != nil {
		return out, err
	}
	return out, s.Store.InsertSignIn(r.Context(), out.SignIn)
}

// flow takes the sign-in that a request ends out of its cookie.
func (s *Service) flow(w http.ResponseWriter, r *http.Request) (*flow, error) {
	again := procedures.Errorf(procedures.CodeRefused,
		"this sign-in was not begun in this browser, or has ended already. Sign in again")
	state := r.URL.Query().Get("state")
	if state == "" || len(state) > 100 {
		return nil, again
	}
	cookie, err := r.Cookie(s.flowName(r, state))
	if err != nil {
		return nil, again
	}
	s.setFlow(w, r, state, "", -1)
	f := &flow{}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || s.sealer.Open(flowCookie, sealed, f) != nil || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 {
		return nil, again
	}
	if s.Now().Sub(f.Begun) > flowTime {
		return f, procedures.Errorf(procedures.CodeRefused, "signing in took longer than %s. Sign in again", flowTime)
	}
	return f, nil
}

// exchange gets the tokens for the code that the provider gave, and checks them.
func (s *Service) exchange(r *http.Request, p *Provider, f *flow) (*oauth2.Token, claims, error) {
	d, err := p.discover(r.Context())
	if err != nil {
		return nil, nil, err
	}
	q := r.URL.Query()
	if iss := q.Get("iss"); iss != p.Issuer && (iss != "" || d.more.SaysIssuer) { // RFC 9207, 2.4
		return nil, nil, p.refused(errors.New("the answer is of another issuer: " + iss))
	}
	if code := q.Get("error"); code != "" {
		return nil, nil, p.answered(code, q.Get("error_description"))
	}
	ctx := context.WithValue(r.Context(), oauth2.HTTPClient, p.client)
	token, err := p.config(d, s.callback()).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, nil, p.exchangeFailed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, c, err := p.read(ctx, d, raw, token.AccessToken)
	if err != nil {
		return nil, nil, p.refused(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return nil, nil, p.refused(errors.New("the token is of another sign-in (nonce)"))
	}
	if err := p.complete(ctx, d, token, c); err != nil {
		return nil, nil, p.down(err)
	}
	return token, c, nil
}

// answered is the error of a provider that led back without a code.
func (p *Provider) answered(code, description string) error {
	cause := errors.New(code + ": " + description)
	if code == "access_denied" {
		return procedures.Undisclosed(procedures.CodeRefused, p.Label+" did not let you in: it was declined there", "sign in", cause)
	}
	if code == "temporarily_unavailable" || code == "server_error" {
		return p.down(cause)
	}
	return p.refused(cause)
}

// exchangeFailed is the error of a code that was not taken, or of a provider that does not answer.
func (p *Provider) exchangeFailed(err error) error {
	if answer := (*oauth2.RetrieveError)(nil); errors.As(err, &answer) && answer.Response.StatusCode < http.StatusInternalServerError {
		if answer.ErrorCode == "invalid_grant" {
			return procedures.Undisclosed(procedures.CodeRefused,
				p.Label+" did not take what it gave before: a sign-in counts once. Sign in again", "exchange the code", err)
		}
		return p.refused(err)
	}
	return p.down(err)
}

// refused is the error of an answer that does not fit. What is wrong is for the log of who runs the server.
func (p *Provider) refused(err error) error {
	return procedures.Undisclosed(procedures.CodeRefused,
		"what "+p.Label+" answered cannot be accepted, and you are not signed in. The reason is in the server's log",
		"sign in with "+p.Name, err)
}

// keep encrypts what the provider gave for later.
func (s *Service) keep(in *procedures.SignIn, token *oauth2.Token) error {
	k := kept{Refresh: token.RefreshToken}
	if raw, _ := token.Extra("id_token").(string); len(raw) <= maxKeptID {
		k.ID = raw
	}
	var err error
	in.Kept, err = s.sealer.Seal(in.ID, k)
	return err
}

// Start makes the session of a request that of a sign-in. The caller gives it a new token.
func (s *Service) Start(ctx context.Context, in *procedures.SignIn) {
	s.Sessions.Put(ctx, sessionSignIn, in.ID)
}
