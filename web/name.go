package web

import (
	"crypto/rand"
	"net/http"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// askName asks once what others shall call somebody who is about to do what the journal will say. It reports whether
// it answered with that question; its answer is the same request again, with the field "as". Where a proxy names people,
// and where there is no script to show a question over the page, nobody is asked.
func (s *Server) askName(w http.ResponseWriter, r *http.Request) (answered bool, err error) {
	if err := r.ParseForm(); err != nil {
		return false, procedures.Errorf(procedures.CodeInvalid, "the form could not be read: %w", err)
	}
	given := r.PostForm.Has("as")
	name := access.CleanName(r.PostForm.Get("as"))
	r.Form.Del("as")
	r.PostForm.Del("as")
	if s.Proxy != nil {
		return false, nil
	}
	ctx := r.Context()
	if s.Sessions.GetString(ctx, "person") == "" { // stays the same under another name
		s.Sessions.Put(ctx, "person", rand.Text())
	}
	if given {
		s.Sessions.Put(ctx, "asked", true)
		if name != "" {
			s.Sessions.Put(ctx, "name", name)
			w.Header().Set("HX-Trigger", "opsbook:named")
		}
		return false, nil
	}
	if !fromHTMX(r) || s.Sessions.GetString(ctx, "name") != "" || s.Sessions.GetBool(ctx, "asked") {
		return false, nil
	}
	return true, s.question(w, r, "Your name", templates.NameDialog(&templates.NameQuestion{Action: r.URL.RequestURI(), Values: r.PostForm}))
}
