package web

import (
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// accountPagePath is the page of one's own account.
const accountPagePath = "/your-account"

// own is a page of somebody's own account, which people of other issuers have not.
func own(p func(*Server) page) func(*Server) page {
	return local(func(s *Server) page {
		inner := p(s)
		return func(w http.ResponseWriter, r *http.Request) error {
			if s.person(r).Issuer != access.IssuerLocal {
				return procedures.Errorf(procedures.CodeNotFound, "your account is your provider's, and is changed there")
			}
			return inner(w, r)
		}
	})
}

// showYourAccount shows somebody's own account.
func (s *Server) showYourAccount(w http.ResponseWriter, r *http.Request) error {
	return s.accountPage(w, r, nil)
}

// accountPage is the page of somebody's own account, with recovery codes that were made now: they are shown this once.
func (s *Server) accountPage(w http.ResponseWriter, r *http.Request, recovery []string) error {
	ctx := r.Context()
	a, err := s.Accounts.Account(ctx, s.person(r).Subject)
	if err != nil {
		return err
	}
	f, err := s.noticeFrame(r, "Your account")
	if err != nil {
		f = s.ownFrame(r, "Your account")
	}
	page := &templates.YourAccount{
		Frame: *f, Email: a.Email, Name: a.Name, Groups: strings.Join(a.Groups, ", "), Made: a.Made, By: a.By, Codes: len(a.Secret) > 0,
		Recovery: recovery,
	}
	if page.Left, err = s.Accounts.RecoveryLeft(ctx, a.ID); err != nil {
		return err
	}
	if err := s.passkeysOf(r, page); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.YourAccountPage(page))
}

// changed says that somebody's account was changed, and leads to its page.
func (s *Server) changed(w http.ResponseWriter, r *http.Request, did, said string) error {
	if err := s.recordChange(r, did); err != nil {
		return err
	}
	s.Sessions.Put(r.Context(), "flash", said)
	http.Redirect(w, r, accountPagePath, http.StatusSeeOther)
	return nil
}

// recordChange keeps that who may do what was changed.
func (s *Server) recordChange(r *http.Request, did string) error {
	s.recorded(r, did)
	return s.record(r, audit.Entry{Kind: audit.AccessChanged, Result: "allowed", Text: did})
}

// changePassword exchanges a password, and the session's token with it. Other sessions end.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) error {
	form, ctx := r.PostForm, r.Context()
	if err := s.Accounts.ChangePassword(ctx, s.person(r).Subject, form.Get("old"), accounts.Chosen{
		Password: form.Get("password"), Again: form.Get("again"),
	}, s.address(r), s.SignIn.ID(ctx)); err != nil {
		return err
	}
	if err := s.Sessions.RenewToken(ctx); err != nil {
		return err
	}
	return s.changed(w, r, "changed their password", "Your password is changed, and your other sessions have ended.")
}

// changeName exchanges the name that others see.
func (s *Server) changeName(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.Rename(r.Context(), s.person(r).Subject, r.PostForm.Get("name")); err != nil {
		return err
	}
	return s.changed(w, r, "changed their name", "Others see your new name from now on. What is on record keeps the one of before.")
}

// showEnrol shows a secret for the person's app, and asks for a code of it.
func (s *Server) showEnrol(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Accounts.Enrol(r.Context(), s.person(r).Subject)
	if err != nil {
		return err
	}
	f, err := s.noticeFrame(r, "Codes of an app")
	if err != nil {
		f = s.ownFrame(r, "Codes of an app")
	}
	return render(w, r, http.StatusOK, templates.EnrolPage(&templates.Enrol{
		Frame: *f, Secret: e.Secret, Ticket: e.Ticket, Address: e.Address, Size: e.Size, Dark: e.Dark,
	}))
}

// enrol takes the secret over, and shows recovery codes. It is an answer and no redirect: nothing keeps what is shown once.
func (s *Server) enrol(w http.ResponseWriter, r *http.Request) error {
	form, ctx := r.PostForm, r.Context()
	recovery, err := s.Accounts.Confirm(ctx, s.person(r).Subject, form.Get("ticket"), form.Get("code"), form.Get("password"), s.address(r),
		s.SignIn.ID(ctx))
	if err != nil {
		return err
	}
	if err := s.Sessions.RenewToken(ctx); err != nil { // it may do more than before
		return err
	}
	if err := s.recordChange(r, "asks for codes of an app at their sign-in from now on"); err != nil {
		return err
	}
	return s.accountPage(w, r, recovery)
}

// removeCodes takes the codes away.
func (s *Server) removeCodes(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.RemoveCodes(r.Context(), s.person(r).Subject, r.PostForm.Get("old"), s.address(r)); err != nil {
		return err
	}
	return s.changed(w, r, "took the codes of their app away", "Your password alone signs you in now.")
}

// renewRecovery exchanges the recovery codes, and shows them.
func (s *Server) renewRecovery(w http.ResponseWriter, r *http.Request) error {
	recovery, err := s.Accounts.RenewRecovery(r.Context(), s.person(r).Subject, r.PostForm.Get("old"), s.address(r))
	if err != nil {
		return err
	}
	if err := s.recordChange(r, "made new recovery codes"); err != nil {
		return err
	}
	return s.accountPage(w, r, recovery)
}
