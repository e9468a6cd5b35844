package web

import (
	"fmt"
	"net/http"

	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// local is a page of the portal's own accounts, which are not there where it has none.
func local(p func(*Server) page) func(*Server) page {
	return func(s *Server) page {
		inner := p(s)
		return func(w http.ResponseWriter, r *http.Request) error {
			if s.SignIn == nil || s.Accounts == nil {
				return s.nothing(w, r)
			}
			return inner(w, r)
		}
	}
}

// signInLocal compares a password. Where a code is needed too, it is asked for.
func (s *Server) signInLocal(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	in, err := s.Accounts.Password(r.Context(), form.Get("email"), form.Get("password"), s.address(r))
	if err != nil {
		return s.signInFailed(w, r, here(form.Get("back")), err)
	}
	return s.further(w, r, in)
}

// further signs somebody in, or asks for a code first.
func (s *Server) further(w http.ResponseWriter, r *http.Request, in *accounts.In) error {
	if in.Ticket != "" {
		return s.codePage(w, r, http.StatusOK, in.Ticket, "")
	}
	how, flash := "with "+in.By, ""
	if in.Failures > 0 {
		how += fmt.Sprintf(", after %d that failed", in.Failures)
		flash = fmt.Sprintf("Signing in to your account failed %d times before. If that was not you, change your password.", in.Failures)
	}
	entered, err := s.SignIn.Enter(r, accounts.PersonOf(in.Account))
	if err != nil {
		return err
	}
	return s.enter(w, r, entered, how, flash, here(r.PostForm.Get("back")))
}

// codePage asks for a code.
func (s *Server) codePage(w http.ResponseWriter, r *http.Request, status int, ticket, said string) error {
	return render(w, r, status, templates.CodePage(&templates.Code{
		Assets: s.assets.version, Theme: s.Sessions.GetString(r.Context(), "theme"), Said: said, Ticket: ticket,
		Back: here(r.PostForm.Get("back")),
	}))
}

// signInCode compares the code that is needed besides a password.
func (s *Server) signInCode(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	in, err := s.Accounts.Code(r.Context(), form.Get("ticket"), form.Get("code"), s.address(r))
	switch {
	case err == nil:
		return s.further(w, r, in)
	case procedures.CodeOf(err) == procedures.CodeRefused: // the password was right: the account's record has to say so
		if err := s.recordOf(r, accounts.PersonOf(in.Account), audit.Entry{
			Kind: audit.SignInRefused, Result: "refused", Text: "the password was right, and the code was not",
		}); err != nil {
			return err
		}
		s.failedSignIn(r, err)
		return s.codePage(w, r, statusOf(err), form.Get("ticket"), sentence(err))
	}
	return s.signInFailed(w, r, here(form.Get("back")), err)
}

// showLink shows what a link is for. It uses nothing up: programs that unfurl links follow them too.
func (s *Server) showLink(w http.ResponseWriter, r *http.Request) error {
	return s.linkPage(w, r, http.StatusOK, r.URL.Query().Get("link"), "")
}

// linkPage is the page of a link, with what was wrong with what was filled in.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request, status int, secret, said string) error {
	page := &templates.Link{
		Assets: s.assets.version, Theme: s.Sessions.GetString(r.Context(), "theme"), Said: said, Secret: secret,
		Email: r.PostForm.Get("email"), Name: r.PostForm.Get("name"),
	}
	l, err := s.Accounts.Link(r.Context(), secret)
	if procedures.CodeOf(err) == procedures.CodeNotFound {
		page.Ended = sentence(err)
		return render(w, r, http.StatusNotFound, templates.LinkPage(page))
	}
	if err != nil {
		return err
	}
	page.First, page.Reset, page.By = l.Kind == procedures.LinkFirst, l.Kind == procedures.LinkReset, l.By
	if !page.First {
		page.Email = l.Email
	}
	return render(w, r, status, templates.LinkPage(page))
}

// acceptLink uses a link up. Who made an account is signed in; who has a new password signs in with it.
func (s *Server) acceptLink(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	a, l, err := s.Accounts.Accept(r.Context(), form.Get("link"), accounts.Chosen{
		Email: form.Get("email"), Name: form.Get("name"), Password: form.Get("password"), Again: form.Get("again"),
	})
	if err != nil {
		return s.linkPage(w, r, statusOf(err), form.Get("link"), sentence(err))
	}
	who := accounts.PersonOf(a)
	text := "made their account by an invitation of " + l.By
	switch l.Kind {
	case procedures.LinkFirst:
		text = "made the first account"
	case procedures.LinkReset:
		text = "set a new password by a link of " + l.By
	}
	s.recorded(r, text)
	if err := s.recordOf(r, who, audit.Entry{Kind: audit.AccessChanged, Result: "allowed", Text: text}); err != nil {
		return err
	}
	if l.Kind == procedures.LinkReset { // codes are asked for, where there are some
		return s.choice(w, r, http.StatusOK, "/", "Your password is set. Sign in with it.")
	}
	entered, err := s.SignIn.Enter(r, who)
	if err != nil {
		return err
	}
	return s.enter(w, r, entered, "by making the account", "", "/")
}
