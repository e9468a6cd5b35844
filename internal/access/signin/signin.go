// Package signin signs people in with OpenID providers. Who is signed in is a row of the database that the browser's session names;
// without the row nobody is, so that a sign-in ends everywhere as it is deleted: see docs/decisions/0020-sign-in.md.
package signin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Store keeps who is signed in. Its errors have codes; that of a sign-in that is not there is CodeNotFound.
type Store interface {
	InsertSignIn(ctx context.Context, s *procedures.SignIn) error
	SignIn(ctx context.Context, id string) (*procedures.SignIn, error)
	SignInsOf(ctx context.Context, issuer, subject string, limit int) ([]*procedures.SignIn, error)
	UseSignIn(ctx context.Context, id string, at time.Time, address, browser string) error
	ClaimRefresh(ctx context.Context, id string, was, now time.Time) (mine bool, err error)
	KeepRefreshed(ctx context.Context, s *procedures.SignIn) error
	EndSignIn(ctx context.Context, id string) (ended bool, err error)
	EndSignIns(ctx context.Context, issuer, subject, session string, by time.Time) (ids []string, err error)
	DropSignIns(ctx context.Context, used, begun time.Time) error
}

// Options are what a Service needs.
type Options struct {
	// URL is where browsers find the portal; providers lead back to paths below it.
	URL *url.URL
	// Key is the server's. OtherKey opens what it has encrypted, while the two are exchanged; nil for none.
	Key       [32]byte
	OtherKey  *[32]byte
	Providers []*Provider
	// Local reports that the portal's own accounts sign in too; LocalVersion grows with each change of one, by whichever process.
	Local        bool
	LocalVersion func(ctx context.Context) (int64, error)
	Sessions     access.Sessions
	Store        Store
	// Idle is how long a sign-in lasts that is not used, Lasts how long it does at all, Refresh how old what a provider said of somebody
	// may become before it is asked again.
	Idle, Lasts, Refresh time.Duration
	// Forwarded are the proxies before the portal.
	Forwarded access.Forwarded
	// Announce tells the other replicas that a sign-in has changed; nil where there are none.
	Announce func(subject, text string)
	Client   *http.Client     // of providers; nil for NewClient
	Now      func() time.Time // nil for time.Now
	Logger   *slog.Logger
}

// Usual times, where the configuration does not say them.
const (
	UsualIdle    = 24 * time.Hour
	UsualLasts   = 7 * 24 * time.Hour
	UsualRefresh = 5 * time.Minute
)

// Service signs people in, and knows who they are. It is an Authenticator. Run must run for open pages to be told of what changes.
type Service struct {
	Options
	sealer Sealer

	mu       sync.Mutex
	watching map[string]*watched // by sign-in
}

// New makes a service. It asks no provider.
func New(o Options) (*Service, error) {
	s := &Service{Options: o, watching: map[string]*watched{}}
	if s.Client == nil {
		s.Client = NewClient()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	for _, p := range s.Providers {
		p.client, p.now = s.Client, s.Now
	}
	var err error
	s.sealer, err = NewSealer("opsbook sign-in", o.Key, o.OtherKey)
	return s, err
}

// Provider is the provider of a name; nil where there is none.
func (s *Service) Provider(name string) *Provider {
	if i := slices.IndexFunc(s.Providers, func(p *Provider) bool { return p.Name == name }); i >= 0 {
		return s.Providers[i]
	}
	return nil
}

// sessionSignIn is what a browser's session holds of its person: the sign-in's identifier.
const sessionSignIn = "sign-in"

// ID is the identifier of the sign-in that a request's session names; empty for none.
func (s *Service) ID(ctx context.Context) string { return s.Sessions.GetString(ctx, sessionSignIn) }

// useEvery is how exact the time is at which a sign-in was used last.
const useEvery = time.Minute

// Authenticate implements access.Authenticator. Its error is ErrSignedOut where nobody has signed in.
func (s *Service) Authenticate(r *http.Request) (access.Person, error) {
	ctx := r.Context()
	in, err := s.current(ctx, s.ID(ctx))
	if err != nil {
		return access.Person{}, err
	}
	if now := s.Now(); !access.IsUnattended(ctx) && now.Sub(in.Used) >= useEvery {
		if err := s.Store.UseSignIn(ctx, in.ID, now, s.Address(r), browser(r)); err != nil {
			return access.Person{}, err
		}
	}
	return personOf(in), nil
}

// Person is who a sign-in is of at the moment. Its error is ErrSignedOut where it has ended.
func (s *Service) Person(ctx context.Context, id string) (access.Person, error) {
	in, err := s.current(ctx, id)
	if err != nil {
		return access.Person{}, err
	}
	return personOf(in), nil
}

// current reads a sign-in, with what the provider says of the person today. One whose time is over is ended.
func (s *Service) current(ctx context.Context, id string) (*procedures.SignIn, error) {
	if id == "" {
		return nil, access.ErrSignedOut
	}
	in, err := s.Store.SignIn(ctx, id)
	if procedures.CodeOf(err) == procedures.CodeNotFound {
		return nil, access.ErrSignedOut
	}
	if err != nil {
		return nil, err
	}
	if now := s.Now(); !now.Before(s.until(in)) || !s.vouched(in) {
		if err := s.End(ctx, in.ID); err != nil {
			return nil, err
		}
		return nil, access.ErrSignedOut
	}
	return s.fresh(ctx, in)
}

// vouched reports whether what signed somebody in is there: a provider that the configuration does not have any more vouches for nobody.
func (s *Service) vouched(in *procedures.SignIn) bool {
	if in.Issuer == access.IssuerLocal {
		return s.Local
	}
	p := s.Provider(in.Provider)
	return p != nil && p.Issuer == in.Issuer
}

// until is when a sign-in ends that is not used any more.
func (s *Service) until(in *procedures.SignIn) time.Time {
	idle, lasts := in.Used.Add(s.Idle), in.Begun.Add(s.Lasts)
	if idle.Before(lasts) {
		return idle
	}
	return lasts
}

// personOf is whom a sign-in is of.
func personOf(in *procedures.SignIn) access.Person {
	return access.Person{Name: in.Name, Issuer: in.Issuer, Subject: in.Subject, Email: in.Email, Groups: in.Groups}
}

// Secure implements access.Authenticator.
func (s *Service) Secure(r *http.Request) bool { return s.Forwarded.Secure(r) }

// Trusts reports whether a request comes from a proxy that may be believed.
func (s *Service) Trusts(r *http.Request) bool { return s.Forwarded.Trusts(r) }

// Address is where a request comes from.
func (s *Service) Address(r *http.Request) string { return s.Forwarded.Address(r) }

// Verified implements access.Authenticator.
func (*Service) Verified() bool { return true }

// maxBrowser bounds what is kept of what a browser calls itself, in bytes.
const maxBrowser = 300

// browser is what the browser of a request calls itself.
func browser(r *http.Request) string {
	text := r.UserAgent()
	return text[:min(len(text), maxBrowser)]
}

// mostShown is how many sign-ins of one person are listed.
const mostShown = 200

// Of lists the sign-ins of a person that have not ended, the one that was used last first.
func (s *Service) Of(ctx context.Context, p access.Person) ([]*procedures.SignIn, error) {
	all, err := s.Store.SignInsOf(ctx, p.Issuer, p.Subject, mostShown)
	now := s.Now()
	return slices.DeleteFunc(all, func(in *procedures.SignIn) bool { return !now.Before(s.until(in)) }), err
}

// End ends a sign-in, and the streams of its pages.
func (s *Service) End(ctx context.Context, id string) error {
	if _, err := s.Store.EndSignIn(ctx, id); err != nil {
		return err
	}
	s.changed(id)
	return nil
}

// EndOf ends one of a person's sign-ins, or all of them where id is empty. One of somebody else is not found.
func (s *Service) EndOf(ctx context.Context, p access.Person, id string) error {
	if id == "" {
		return s.endAll(ctx, p.Issuer, p.Subject, "", s.Now())
	}
	in, err := s.Store.SignIn(ctx, id)
	if err == nil && (in.Issuer != p.Issuer || in.Subject != p.Subject) {
		err = procedures.Errorf(procedures.CodeNotFound, "this sign-in has ended")
	}
	if err != nil {
		return err
	}
	return s.End(ctx, id)
}

// endAll ends those of a person, or of one session of the provider, that were begun by a time.
func (s *Service) endAll(ctx context.Context, issuer, subject, session string, by time.Time) error {
	ids, err := s.Store.EndSignIns(ctx, issuer, subject, session, by)
	s.changed(ids...)
	return err
}

// errGone reports that a provider does not vouch for the person any more.
var errGone = errors.New("the provider has ended the person's session")
