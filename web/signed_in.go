package web

import (
	"context"
	"net/http"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showSessions lists where the person is signed in.
func (s *Server) showSessions(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	all, err := s.SignIn.Of(r.Context(), s.person(r))
	if err != nil {
		return err
	}
	f, err := s.noticeFrame(r, "Your sessions")
	if err != nil { // of somebody who may see nothing else
		f = s.ownFrame(r, "Your sessions")
	}
	page := &templates.Sessions{Frame: *f}
	this := s.SignIn.ID(r.Context())
	for _, in := range all {
		page.Sessions = append(page.Sessions, templates.Session{
			ID: in.ID, Browser: templates.BrowserName(in.Browser), Address: in.Address, Begun: in.Begun, Used: in.Used, This: in.ID == this,
		})
	}
	return render(w, r, http.StatusOK, templates.SessionsPage(page))
}

// ownFrame is the frame of a page of somebody who may see nothing else than what is their own.
func (s *Server) ownFrame(r *http.Request, title string) *templates.Frame {
	return &templates.Frame{
		Title: title, Assets: s.assets.version, Here: addressOf(r), SignedIn: true, Person: s.person(r).Name,
		OwnAccount: s.Accounts != nil && s.person(r).Issuer == access.IssuerLocal, Flash: s.Sessions.PopString(r.Context(), "flash"),
	}
}

// endSessions ends one of the person's sessions, or all.
func (s *Server) endSessions(w http.ResponseWriter, r *http.Request) error {
	if s.SignIn == nil {
		return s.nothing(w, r)
	}
	ctx, id := r.Context(), r.PostForm.Get("session")
	if id == "" {
		return procedures.Errorf(procedures.CodeInvalid, "say which session ends. Nothing was done")
	}
	which := id
	if id == "all" {
		which = ""
	}
	if err := s.SignIn.EndOf(ctx, s.person(r), which); err != nil {
		return err
	}
	s.recorded(r, "ended sessions of their own")
	if id == "all" || id == s.SignIn.ID(ctx) {
		if err := s.Sessions.Destroy(ctx); err != nil {
			return err
		}
		http.Redirect(w, r, signedOutPath, http.StatusSeeOther)
		return nil
	}
	s.Sessions.Put(ctx, "flash", "That session has ended, and its open pages with it.")
	http.Redirect(w, r, "/sessions", http.StatusSeeOther)
	return nil
}

// stays reports whether a stream goes on after its person's sign-in has changed: with what the person may view now. A page whose person
// is signed out is told so. Where the database does not answer, nothing is known, and the page comes back.
func (s *Server) stays(ctx context.Context, out sink, to *reader) bool {
	who, err := s.SignIn.Person(access.Unattended(ctx), to.signIn)
	if err != nil {
		if isSignedOut(err) {
			_ = out.send(ended) // nobody may be there
		}
		return false
	}
	to.person = who
	return s.mayFollow(ctx, to)
}

// watched is how a stream knows that its person's sign-in has changed. Where nobody signs in here it never does.
func (s *Server) watched(r *http.Request) (id string, changed <-chan struct{}, stop func()) {
	if s.SignIn == nil {
		return "", nil, func() {}
	}
	id = s.SignIn.ID(r.Context())
	changed, stop = s.SignIn.Watch(id)
	return id, changed, stop
}
