package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/access/tokens"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// signInPath is where people choose what signs them in.
const signInPath = "/sign-in"

// signInAt is the address at which somebody signs in and is led to a page afterwards.
func signInAt(back string) string {
	if back = here(back); back == "/" {
		return signInPath
	}
	return signInPath + "?back=" + url.QueryEscape(back)
}

// stranger answers a request of somebody who is signed out. A page that was asked for leads to the sign-in, and comes after it. What
// a page sends by itself, and a form, is not led there: what was typed would be lost, and the page says it instead.
func (s *Server) stranger(w http.ResponseWriter, r *http.Request, t route) {
	back := addressOf(r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead || fromHTMX(r) {
		back = s.pageBefore(r)
	}
	w.Header().Set("Opsbook-Sign-In", signInAt(back))
	if r.Header.Get("Authorization") != "" && !navigates(r) && !fromHTMX(r) {
		s.unauthorized(w, r, procedures.Errorf(procedures.CodeRefused, "what stands in Authorization is no token of this server, which "+
			"begins with %s, and of none of its workloads; nothing was done", tokens.Prefix))
		return
	}
	const text = "You are signed out. Nothing was done; what you typed is still here."
	mode := r.Header.Get("Sec-Fetch-Mode")
	switch {
	case t.unattended():
		w.WriteHeader(http.StatusUnauthorized)
	case fromHTMX(r):
		s.refused(r, http.StatusUnauthorized, "signed out", text)
		message := partial("#said", "innerHTML", templates.SignedOutMessage(text, signInAt(back)))
		if err := render(w, r, http.StatusUnauthorized, message); err != nil {
			http.Error(w, text, http.StatusUnauthorized)
		}
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		s.refused(r, http.StatusUnauthorized, "signed out", text)
		if err := s.choice(w, r, http.StatusUnauthorized, back, "You are signed out. Nothing was done."); err != nil {
			http.Error(w, text, http.StatusUnauthorized)
		}
	case mode != "" && mode != "navigate": // an image, or what a script asks for
		w.WriteHeader(http.StatusUnauthorized)
	default:
		http.Redirect(w, r, signInAt(back), http.StatusSeeOther)
	}
}

// pageBefore is the page of ours that a request came from.
func (s *Server) pageBefore(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return here(from.RequestURI())
}

// signIn shows what signs people in. Where that is one provider, a browser is led on to it; other programs, such as what unfurls links,
// get the page, which tells nothing.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	back := here(r.URL.Query().Get("back"))
	if _, known := r.Context().Value(personKey{}).(access.Person); known {
		http.Redirect(w, r, arriving(back), http.StatusSeeOther)
		return nil
	}
	if len(s.SignIn.Providers) == 1 && s.Accounts == nil && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		return s.beginSignIn(w, r, s.SignIn.Providers[0], back)
	}
	return s.choice(w, r, http.StatusOK, back, "")
}

// signInWith leads to one provider.
func (s *Server) signInWith(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	p := s.SignIn.Provider(chi.URLParam(r, "provider"))
	if p == nil {
		return s.nothing(w, r)
	}
	return s.beginSignIn(w, r, p, here(r.URL.Query().Get("back")))
}

// beginSignIn leads to a provider.
func (s *Server) beginSignIn(w http.ResponseWriter, r *http.Request, p *signin.Provider, back string) error {
	to, err := s.SignIn.Begin(w, r, p, back)
	if err != nil {
		return s.signInFailed(w, r, back, err)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// signInFailed says why somebody is not signed in. The cause is for the log.
func (s *Server) signInFailed(w http.ResponseWriter, r *http.Request, back string, err error) error {
	status := statusOf(err)
	s.failedSignIn(r, err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	return s.choice(w, r, status, back, sentence(err))
}

// failedSignIn keeps in the server's log that somebody was not signed in, and why.
func (s *Server) failedSignIn(r *http.Request, err error) {
	s.Logger.WarnContext(r.Context(), "why somebody was not signed in", "request", requestID(r), "error", err)
	s.logSecurity(r, slog.LevelWarn, "a sign-in failed", eventRefused, statusOf(err), "sign-in", procedures.Said(err))
}

// choice is the page of all that signs people in; said is what went wrong before.
func (s *Server) choice(w http.ResponseWriter, r *http.Request, status int, back, said string) error {
	page := &templates.SignIn{Assets: s.assets.version, Theme: s.Sessions.GetString(r.Context(), "theme"), Said: said, Back: back}
	if page.Local = s.Accounts != nil; page.Local {
		page.Email = r.PostForm.Get("email")
		if s.Accounts.NoPasskeys() == "" {
			c, err := s.Accounts.Challenge()
			if err != nil {
				return err
			}
			page.Passkey = challengeFor(c)
		}
	}
	for _, p := range s.SignIn.Providers {
		page.Ways = append(page.Ways, templates.Way{
			Label: p.Label, Address: signInPath + "/with/" + p.Name + "?back=" + url.QueryEscape(back),
		})
	}
	return render(w, r, status, templates.SignInPage(page))
}

// signedIn is where providers lead back: the person is signed in, under a new session's token, and the page comes that was asked for.
func (s *Server) signedIn(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	ctx := r.Context()
	done, err := s.SignIn.Finish(w, r)
	if err != nil {
		if _, known := ctx.Value(personKey{}).(access.Person); known && statusOf(err) == http.StatusForbidden {
			http.Redirect(w, r, arriving(done.Back), http.StatusSeeOther) // in another tab, or by going back
			return nil
		}
		if kept := s.recordRefusedAccount(r, done.Refused, err); kept != nil {
			return kept
		}
		return s.signInFailed(w, r, done.Back, err)
	}
	flash := ""
	if done.Overage {
		flash = "Your provider left your groups out, because you are in too many of them: what you may do by a group is missing. Ask for " +
			"groups that are assigned to this application (docs/how-to/sign-in.md)."
	}
	return s.enter(w, r, done.SignIn, "with "+done.SignIn.Provider, flash, done.Back)
}

// enter makes the session of a request that of a sign-in, under a new token, and leads to a page. how is for the audit log, and flash is
// said on the page.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, in *procedures.SignIn, how, flash, back string) error {
	ctx := r.Context()
	before := s.SignIn.ID(ctx)
	wantSession(r)
	if err := s.Sessions.RenewToken(ctx); err != nil {
		return err
	}
	for _, key := range s.Sessions.Keys(ctx) {
		if key != "theme" && key != "environment" && key != sessionSeen {
			s.Sessions.Remove(ctx, key)
		}
	}
	s.SignIn.Start(ctx, in)
	if before != "" {
		if err := s.SignIn.End(ctx, before); err != nil {
			return err
		}
	}
	if flash != "" {
		s.Sessions.Put(ctx, "flash", flash)
	}
	r, err := s.identify(r)
	if err != nil {
		return err
	}
	s.recorded(r, "signed in")
	if err := s.record(r, audit.Entry{Kind: audit.SignedIn, Result: "allowed", Text: how}); err != nil {
		return err
	}
	http.Redirect(w, r, arriving(back), http.StatusSeeOther)
	return nil
}

// recordRefusedAccount keeps in the audit log that an account which its provider vouched for was not let in. Who proved nothing could
// fill the log, and is in the security log alone.
func (s *Server) recordRefusedAccount(r *http.Request, who *access.Person, why error) error {
	if who == nil {
		return nil
	}
	return s.recordOf(r, *who, audit.Entry{Kind: audit.SignInRefused, Result: "refused", Text: procedures.Said(why)})
}

// arriving is a page that is led to after a sign-in. The fragment of its address was lost on the way, and a link to a step
// has the step in the query too.
func arriving(back string) string {
	back = here(back)
	u, err := url.Parse(back)
	if err != nil || u.Fragment != "" || strings.HasPrefix(u.Path, signInPath) {
		return "/"
	}
	if step := u.Query().Get("step"); step != "" {
		u.Fragment = step
		return u.String()
	}
	return back
}

// signOut ends the sign-in, here and, where it has a session of its own, at the provider: the page that says so goes on there. It is
// an answer and no redirect, as a form may lead nowhere else.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	ctx := r.Context()
	page := &templates.SignedOut{Assets: s.assets.version, Theme: s.Sessions.GetString(ctx, "theme")}
	if in := s.SignIn.SignIn(ctx); in != nil {
		if err := s.SignIn.End(ctx, in.ID); err != nil {
			return err
		}
		page.Goes = s.SignIn.EndSession(ctx, in, signedOutPath)
		if p := s.SignIn.Provider(in.Provider); p != nil {
			page.Label = p.Label
		}
		s.recorded(r, "signed out")
		if err := s.record(r, audit.Entry{Kind: audit.SignedOut, Result: "allowed"}); err != nil {
			return err
		}
	}
	if err := s.Sessions.Destroy(ctx); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.SignedOutPage(page))
}

// signedOutPath is where providers lead back to after they have ended a session.
const signedOutPath = "/signed-out"

// signedOut says that nobody is signed in any more.
func (s *Server) signedOut(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	return render(w, r, http.StatusOK, templates.SignedOutPage(&templates.SignedOut{
		Assets: s.assets.version, Theme: s.Sessions.GetString(r.Context(), "theme"),
	}))
}

// backChannel ends sessions that a provider says have ended. It has no session: the token is what proves who sends it. 400 is for one
// that is not accepted (OpenID Connect Back-Channel Logout 1.0, 2.8).
func (s *Server) backChannel(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	of, err := s.SignIn.BackChannel(r, r.PostForm.Get("logout_token"))
	if err != nil && procedures.CodeOf(err) == procedures.CodeInvalid {
		s.Logger.WarnContext(r.Context(), "a logout token was refused", "request", requestID(r), "error", err)
		s.refuse(w, r, http.StatusBadRequest, "sign-in", sentence(err))
		return nil
	}
	if err != nil {
		return err
	}
	s.recorded(r, "a provider ended sessions")
	return s.recordOf(r, of, audit.Entry{Kind: audit.SignedOut, Result: "by the provider", Text: "sessions that the provider ended"})
}

// isSignedOut reports whether an authenticator's error says that nobody has signed in.
func isSignedOut(err error) bool { return errors.Is(err, access.ErrSignedOut) }
