package web

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// frame is what every page has around its content. Its environment is the request’s.
func (s *Server) frame(r *http.Request, title string) (*templates.Frame, error) {
	e, err := s.environment(r)
	if err != nil {
		return nil, err
	}
	return s.frameIn(r, e, title)
}

// frameIn is the frame in an environment that may be another one than the session's: that of a run. The navigation
// lists only what the policy lets the person view, with the verdict of each procedure’s newest run. Reading the
// frame takes the flash message out of the session: it is shown once.
func (s *Server) frameIn(r *http.Request, e procedures.Environment, title string) (*templates.Frame, error) {
	ctx := r.Context()
	latest, err := s.Runs.Latest(ctx, e.Name)
	if err != nil {
		return nil, err
	}
	f := &templates.Frame{
		Title: title, Canonical: s.origin(r) + r.URL.RequestURI(), Assets: s.assets.version, Here: r.URL.RequestURI(),
		Environment: e, Environments: s.Environments, Region: e.Region,
		Person: s.person(r).Name, Claimed: s.person(r).Claimed, Theme: s.Sessions.GetString(ctx, "theme"),
		Flash: s.Sessions.PopString(ctx, "flash"),
	}
	f.Account, f.Verified = s.Account(e.Name)
	f.Description = "Opsbook, " + e.Name
	lib := s.Library()
	for _, c := range lib.Chapters {
		chapter := templates.NavChapter{Title: c.Title}
		for _, p := range c.Procedures {
			if s.may(r, access.View, subject{e.Name, p.ID}) != nil {
				continue
			}
			item := templates.NavItem{ID: p.ID, Title: p.Title}
			if run := latest[p.ID]; run != nil {
				item.Verdict = run.Verdict
			}
			chapter.Procedures = append(chapter.Procedures, item)
		}
		if len(chapter.Procedures) > 0 {
			f.Chapters = append(f.Chapters, chapter)
		}
	}
	for _, m := range lib.Findings {
		if m.Severity == procedures.SeverityError {
			f.Mistakes++
		}
	}
	// A sandbox that cannot be read costs the panel, not the page.
	if e.Sandbox() && s.Sandbox != nil {
		if f.Faults, err = s.Sandbox.Faults(r.Context()); err != nil {
			f.FaultsSay = "The sandbox does not answer: " + err.Error() + "."
		}
	}
	return f, nil
}

// origin is the address of the server as this request names it. It is for the link that people copy. Host was
// compared with the names of the server before.
func (s *Server) origin(r *http.Request) string {
	if s.Authenticator.Secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
