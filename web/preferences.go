package web

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/web/templates"
)

// setPreferences keeps the environment, the name and the theme in the session. Fields that a form does not have
// stay. An environment that is not configured is refused; a theme that does not exist is ignored. A name is kept
// only where people name themselves. What is empty is forgotten.
func (s *Server) setPreferences(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	wantSession(r)
	if err := s.maySession(r); err != nil {
		return err
	}
	if name := r.PostFormValue("environment"); name != "" {
		if _, err := s.environment(r); err != nil {
			return err
		}
		s.Sessions.Put(ctx, "environment", name)
		if to := r.PostForm.Get("back"); to != "" { // the page's address names the one that was left
			r.Form.Set("back", templates.InEnvironment(to, name))
		}
	}
	if namer, ok := s.Authenticator.(access.Namer); ok && r.PostForm.Has("name") {
		namer.SetName(ctx, r.PostFormValue("name"))
	}
	if theme := r.PostFormValue("theme"); r.PostForm.Has("theme") && (theme == "" || theme == "light" || theme == "dark") {
		if theme == "" {
			s.Sessions.Remove(ctx, "theme")
		} else {
			s.Sessions.Put(ctx, "theme", theme)
		}
	}
	return back(w, r)
}
