package access

import (
	"context"
	"crypto/rand"
	"net/http"
)

// Sessions is what is kept of a browser between its requests; each context belongs to one session.
type Sessions interface {
	GetString(ctx context.Context, key string) string
	GetBool(ctx context.Context, key string) bool
	Put(ctx context.Context, key string, value any)
	Remove(ctx context.Context, key string)
}

// What a session holds of its person.
const (
	sessionPerson = "person" // the random id
	sessionName   = "name"
	sessionAsked  = "asked" // the person was asked for a name
)

// SessionName is the Authenticator of a portal on loopback: people are who they say they are, and need not say it.
type SessionName struct{ Sessions Sessions }

// Authenticate implements Authenticator. It refuses nobody.
func (a SessionName) Authenticate(r *http.Request) (Person, error) {
	ctx := r.Context()
	p := Person{Name: a.Sessions.GetString(ctx, sessionName), Claimed: true}
	if p.Subject = a.Sessions.GetString(ctx, sessionPerson); p.Subject != "" {
		p.Issuer = IssuerSession
	}
	return p, nil
}

// Secure implements Authenticator: headers of a request prove nothing here.
func (SessionName) Secure(r *http.Request) bool { return r.TLS != nil }

// Verified implements Authenticator.
func (SessionName) Verified() bool { return false }

// Begin implements Namer.
func (a SessionName) Begin(ctx context.Context) {
	if a.Sessions.GetString(ctx, sessionPerson) == "" {
		a.Sessions.Put(ctx, sessionPerson, rand.Text())
	}
}

// SetName implements Namer.
func (a SessionName) SetName(ctx context.Context, name string) {
	if name = CleanName(name); name == "" {
		a.Sessions.Remove(ctx, sessionName)
		return
	}
	a.Sessions.Put(ctx, sessionName, name)
}

// Answer implements Namer.
func (a SessionName) Answer(ctx context.Context, name string) {
	a.Sessions.Put(ctx, sessionAsked, true)
	if name = CleanName(name); name != "" {
		a.Sessions.Put(ctx, sessionName, name)
	}
}

// AsksName implements Namer.
func (a SessionName) AsksName(ctx context.Context) bool {
	return a.Sessions.GetString(ctx, sessionName) == "" && !a.Sessions.GetBool(ctx, sessionAsked)
}
