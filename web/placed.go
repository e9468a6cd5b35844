package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// placed leads a request whose address names no environment to the address that does: to the environment of the page whose link
// was followed, else the one where the person was last, else the first. Where there is one environment, addresses need no name.
func placed(of func(*Server) page) func(*Server) page {
	return func(s *Server) page {
		show := of(s)
		return func(w http.ResponseWriter, r *http.Request) error {
			mine := s.environmentsOf(r.Context(), s.person(r))
			if len(mine) < 2 || r.URL.Query().Get("environment") != "" {
				return show(w, r)
			}
			has := func(name string) bool {
				return name != "" && slices.ContainsFunc(mine, func(e procedures.Environment) bool { return e.Name == name })
			}
			name := mine[0].Name
			if last := s.Sessions.GetString(r.Context(), "environment"); has(last) {
				name = last
			}
			if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host && has(from.Query().Get("environment")) {
				name = from.Query().Get("environment")
			}
			http.Redirect(w, r, here(templates.InEnvironment(r.URL.RequestURI(), name)), http.StatusFound)
			return nil
		}
	}
}

// ofItsRun leads a request for the page of a run to the address that names the run's environment: a page that was in another one
// would show the run in its colour. A run of an environment that is not configured any more stays where it is.
func ofItsRun(of func(*Server) page) func(*Server) page {
	return func(s *Server) page {
		show := of(s)
		return func(w http.ResponseWriter, r *http.Request) error {
			run, err := s.reads.Run(r.Context(), chi.URLParam(r, "run"))
			if err != nil {
				return err
			}
			mine := s.environmentsOf(r.Context(), s.person(r))
			if len(mine) < 2 || r.URL.Query().Get("environment") == run.Environment ||
				!slices.ContainsFunc(mine, func(e procedures.Environment) bool { return e.Name == run.Environment }) {
				return show(w, r)
			}
			http.Redirect(w, r, here(templates.InEnvironment(r.URL.RequestURI(), run.Environment)), http.StatusFound)
			return nil
		}
	}
}

// arrive remembers the environment of a page, and returns the one where the person was before, where a link from outside of the
// portal led to another. Without a session nothing is remembered.
func (s *Server) arrive(r *http.Request, e procedures.Environment) string {
	if r.URL.Query().Get("environment") != e.Name || r.Method != http.MethodGet {
		return ""
	}
	last := s.Sessions.GetString(r.Context(), "environment")
	if last == "" && s.Sessions.GetString(r.Context(), "name") == "" || last == e.Name {
		return ""
	}
	s.Sessions.Put(r.Context(), "environment", e.Name)
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "same-site":
		return ""
	}
	return last
}
