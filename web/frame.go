package web

import (
	"net/http"
	"net/url"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
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
	latest, err := s.reads.Latest(ctx, e.Name)
	if err != nil {
		return nil, err
	}
	f := &templates.Frame{
		Title: title, Canonical: s.origin(r) + addressOf(r), Assets: s.assets.version, Here: addressOf(r),
		Environment: e, Environments: s.environmentsOf(ctx, s.person(r)), Region: e.Region,
		Person: s.person(r).Name, Mark: markOf(s.person(r)), Claimed: s.person(r).Claimed, Theme: s.Sessions.GetString(ctx, "theme"),
		Flash: s.Sessions.PopString(ctx, "flash"),
	}
	f.SignedIn = s.SignIn != nil
	f.LocalAccounts = s.Accounts != nil
	f.OwnAccount = f.LocalAccounts && s.person(r).Issuer == access.IssuerLocal
	waiting, err := s.mine(r)
	if err != nil {
		return nil, err
	}
	f.Waiting = waiting.Count()
	f.Raised = s.raised(ctx, s.person(r), addressOf(r))
	if f.Several() {
		f.Before = s.arrive(r, e)
	}
	f.Account, f.Verified = s.Account(e.Name)
	f.Description = "Opsbook, " + e.Name
	f.Rights = s.rights(ctx, s.person(r), subject{environment: e.Name})
	shelf := s.shelf(ctx, e.Name)
	for _, c := range runnable(shelf.Chapters) {
		chapter := templates.NavChapter{Title: c.Title}
		for _, p := range c.Procedures {
			item := templates.NavItem{ID: p.ID, Title: p.Title, Words: wordsOf(p)}
			if run := latest[p.ID]; run != nil {
				item.Verdict, item.Open = run.Verdict, run.State == procedures.RunOpen
			}
			chapter.Procedures = append(chapter.Procedures, item)
		}
		if len(chapter.Procedures) > 0 {
			f.Chapters = append(f.Chapters, chapter)
		}
	}
	f.Mistakes = mistakesIn(shelf)
	// A sandbox that cannot be read costs the panel, not the page.
	if e.Sandbox() && s.Sandbox != nil {
		if f.Faults, err = s.Sandbox.Faults(r.Context()); err != nil {
			s.Logger.WarnContext(ctx, "the sandbox cannot be read", "request", requestID(r), "error", err)
			f.FaultsSay = "The sandbox does not answer. " + sentence(err)
		}
	}
	return f, nil
}

// mistakesIn is how many errors there are in a shelf.
func mistakesIn(shelf *runbook.Library) (n int) {
	for _, m := range shelf.Findings {
		if m.Severity == procedures.SeverityError {
			n++
		}
	}
	return n
}

// wordsOf is what a procedure is found by besides its title.
func wordsOf(p *procedures.Procedure) string {
	out := ""
	for _, w := range append([]string{p.Owner}, p.Tags...) {
		if w != "" {
			out += " " + w
		}
	}
	return out
}

// maxAddress bounds the address of a page as the page itself has it, in bytes: every form of it does.
const maxAddress = 2000

// addressOf is the address of a page, for its forms and the link that people copy. Values of parameters are left out
// where it would be too long.
func addressOf(r *http.Request) string {
	if whole := r.URL.RequestURI(); len(whole) <= maxAddress {
		return whole
	}
	q := r.URL.Query()
	for name := range q {
		if name != "step" && name != "environment" {
			q.Del(name)
		}
	}
	to := url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: q.Encode()}
	if short := to.String(); len(short) <= maxAddress {
		return here(short)
	}
	return "/"
}
