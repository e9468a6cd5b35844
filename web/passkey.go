package web

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/web/templates"
)

// challengeFor is a challenge as pages have it.
func challengeFor(c *accounts.Challenge) *templates.Challenge {
	return &templates.Challenge{
		Text: c.Text, Ticket: c.Ticket, Host: c.Host, User: c.User, Name: c.Name, Label: c.Label, Known: c.Known,
	}
}

// credential is what a form has of an authenticator's answer.
func credential(r *http.Request) accounts.Credential {
	form := r.PostForm
	return accounts.Credential{
		ID: form.Get("credential"), Client: form.Get("client"), Data: form.Get("authenticator"), Key: form.Get("key"),
		Signature: form.Get("signature"), User: form.Get("user"),
	}
}

// signInPasskey signs somebody in with what their authenticator has signed.
func (s *Server) signInPasskey(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Accounts.ByPasskey(r.Context(), r.PostForm.Get("ticket"), credential(r))
	if err != nil {
		return s.signInFailed(w, r, here(r.PostForm.Get("back")), err)
	}
	return s.further(w, r, in)
}

// addPasskey keeps a passkey that an authenticator made for somebody.
func (s *Server) addPasskey(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	err := s.Accounts.AddPasskey(r.Context(), s.person(r).Subject, form.Get("ticket"), credential(r), form.Get("name"),
		form.Get("password"), s.address(r))
	if err != nil {
		return err
	}
	return s.changed(w, r, "added a passkey", "The passkey is added. Sign in with it from now on, if you like.")
}

// removePasskey removes one.
func (s *Server) removePasskey(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	err := s.Accounts.RemovePasskey(r.Context(), s.person(r).Subject, form.Get("passkey"), form.Get("old"), s.address(r),
		s.SignIn.ID(r.Context()))
	if err != nil {
		return err
	}
	return s.changed(w, r, "removed a passkey", "The passkey is removed, and your other sessions have ended.")
}

// passkeysOf fills in what the page of somebody's own account says of their passkeys.
func (s *Server) passkeysOf(r *http.Request, page *templates.YourAccount) error {
	if page.NoPasskeys = s.Accounts.NoPasskeys(); page.NoPasskeys != "" {
		return nil
	}
	ctx, id := r.Context(), s.person(r).Subject
	c, err := s.Accounts.NewPasskey(ctx, id)
	if err != nil {
		return err
	}
	page.Passkey = challengeFor(c)
	all, err := s.Accounts.PasskeysOf(ctx, id)
	for _, p := range all {
		page.Passkeys = append(page.Passkeys, templates.PasskeyRow{ID: p.ID, Name: p.Name, Made: p.Made, Used: p.Used})
	}
	return err
}
