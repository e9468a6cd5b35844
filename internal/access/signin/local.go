package signin

import (
	"crypto/rand"
	"net/http"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Enter keeps that somebody has signed in whom the portal knows itself.
func (s *Service) Enter(r *http.Request, who access.Person) (*procedures.SignIn, error) {
	now := s.Now()
	in := &procedures.SignIn{
		ID: rand.Text(), Provider: who.Issuer, Issuer: who.Issuer, Subject: who.Subject, Name: who.Name, Email: who.Email,
		Groups: who.Groups, Browser: browser(r), Address: s.Address(r), Begun: now, Used: now, Refreshed: now,
	}
	return in, s.Store.InsertSignIn(r.Context(), in)
}
