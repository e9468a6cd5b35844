package signintest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage is the provider's, in memory. What it does not have of the interface is not called.
type storage struct {
	*Provider
	op.Storage
}

// request is a sign-in that has begun at the provider, and the session that it becomes.
type request struct {
	*oidc.AuthRequest
	id, sid string
	begun   time.Time
	user    *User // once they have signed in
}

func (r *request) GetID() string                      { return r.id }
func (*request) GetACR() string                       { return "" }
func (*request) GetAMR() []string                     { return nil }
func (*request) GetAudience() []string                { return []string{ClientID} }
func (r *request) GetAuthTime() time.Time             { return r.begun }
func (*request) GetClientID() string                  { return ClientID }
func (r *request) GetScopes() []string                { return r.Scopes }
func (*request) SetCurrentScopes(_ []string)          {}
func (r *request) GetNonce() string                   { return r.Nonce }
func (r *request) GetResponseMode() oidc.ResponseMode { return r.ResponseMode }
func (r *request) Done() bool                         { return r.user != nil }
func (r *request) GetSubject() string {
	if r.user == nil {
		return ""
	}
	return r.user.Subject
}

func (r *request) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: r.CodeChallenge, Method: r.CodeChallengeMethod}
}

var errUnknown = errors.New("not found")

func (s storage) CreateAuthRequest(_ context.Context, q *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if q.CodeChallengeMethod != oidc.CodeChallengeMethodS256 || q.Nonce == "" {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 and a nonce are required here")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions++
	r := &request{AuthRequest: q, id: rand.Text(), sid: fmt.Sprintf("session-%d", s.sessions), begun: time.Now()}
	s.requests[r.id] = r
	return r, nil
}

func (s storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return s.find(id)
}

func (s storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	return s.find("code " + code)
}

func (s storage) find(id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.requests[id]; r != nil {
		return r, nil
	}
	return nil, errUnknown
}

func (s storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests["code "+code] = s.requests[id]
	return nil
}

// DeleteAuthRequest is called when the code was exchanged: it counts once.
func (s storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, r := range s.requests {
		if r.id == id {
			delete(s.requests, key)
		}
	}
	return nil
}

func (s storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), time.Now().Add(time.Hour), nil
}

// CreateAccessAndRefreshTokens gives a new refresh token each time: the one of before is taken no more.
func (s storage) CreateAccessAndRefreshTokens(_ context.Context, q op.TokenRequest, before string) (string, string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, before)
	token := rand.Text()
	s.tokens[token] = q.(*request)
	return rand.Text(), token, time.Now().Add(time.Hour), nil
}

func (s storage) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.tokens[token]
	if r == nil || s.refuses {
		return nil, errUnknown
	}
	now := *r
	if s.who != nil && s.who.Subject == r.user.Subject {
		now.user = s.who // as they are today
	}
	return &now, nil
}

func (s storage) TerminateSession(context.Context, string, string) error { return nil }

func (s storage) SigningKey(context.Context) (op.SigningKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return key{s.keys[len(s.keys)-1], keyName(len(s.keys) - 1)}, nil
}

func (storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (s storage) KeySet(context.Context) ([]op.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := len(s.keys) - 1
	return []op.Key{public{key{s.keys[newest], keyName(newest)}}}, nil
}

func (s storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != ClientID {
		return nil, errUnknown
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return client{portals: s.redirect}, nil
}

func (storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if id != ClientID || secret != ClientSecret {
		return errUnknown
	}
	return nil
}

func (storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest is what ID tokens say.
func (s storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, q op.IDTokenRequest, _ []string) error {
	r := q.(*request)
	s.mu.Lock()
	defer s.mu.Unlock()
	info.AppendClaims("sid", r.sid)
	info.Subject, info.Name = r.user.Subject, r.user.Name
	if !s.short {
		describe(info, r.user)
	}
	return nil
}

// SetUserinfoFromToken is the user info.
func (s storage) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, _, subject, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	info.Subject = subject
	if s.who != nil && s.who.Subject == subject {
		describe(info, s.who)
	}
	return nil
}

func describe(info *oidc.UserInfo, u *User) {
	info.Name, info.Email, info.EmailVerified = u.Name, u.Email, oidc.Bool(u.Verified)
	if u.Groups != nil {
		info.AppendClaims("groups", u.Groups)
	}
	for name, value := range u.More {
		info.AppendClaims(name, value)
	}
}

func (storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

func (storage) Health(context.Context) error { return nil }

// key is a key of the provider.
type key struct {
	*rsa.PrivateKey
	id string
}

func (k key) ID() string                                { return k.id }
func (k key) Key() any                                  { return k.PrivateKey }
func (key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

// public is its public part.
type public struct{ key }

func (k public) Key() any                         { return &k.PublicKey }
func (public) Use() string                        { return "sig" }
func (public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

// client is the portal, as the provider has it.
type client struct {
	op.Client
	portals []string
}

func (client) GetID() string { return ClientID }

func (c client) below(path string) []string {
	out := make([]string, len(c.portals))
	for i, portal := range c.portals {
		out[i] = portal + path
	}
	return out
}

func (c client) RedirectURIs() []string            { return c.below("/sign-in/callback") }
func (c client) PostLogoutRedirectURIs() []string  { return c.below("/signed-out") }
func (client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic }
func (client) ResponseTypes() []oidc.ResponseType  { return []oidc.ResponseType{oidc.ResponseTypeCode} }

func (client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}

func (client) LoginURL(id string) string            { return "/login?id=" + id }
func (client) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (client) IDTokenLifetime() time.Duration       { return 5 * time.Minute }
func (client) DevMode() bool                        { return true } // over HTTP
func (client) IsScopeAllowed(string) bool           { return true }
func (client) IDTokenUserinfoClaimsAssertion() bool { return true }
func (client) ClockSkew() time.Duration             { return 0 }

func (client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}
