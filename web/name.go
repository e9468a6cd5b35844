package web

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/web/templates"
)

// askName asks a person once for a name before an action that the journal records. It reports whether it answered
// with that dialog, whose form sends the same request again with the field "as". Nobody is asked where names are
// verified, or where there is no script to show a dialog over the page. The field is removed from the form, as the
// pages refuse fields that they do not know. An empty answer is one: the person stays without a name and is not
// asked again. htmx dispatches the event of HX-Trigger on the page, whose stream connects again under the name.
func (s *Server) askName(w http.ResponseWriter, r *http.Request) (answered bool, err error) {
	given, answer := r.PostForm.Has("as"), r.PostForm.Get("as")
	r.Form.Del("as")
	r.PostForm.Del("as")
	namer, ok := s.Authenticator.(access.Namer)
	if !ok || s.fromProgram(r) {
		return false, nil
	}
	ctx := r.Context()
	// A session without a name is still one person, who cannot approve a change of their own under another name.
	namer.Begin(ctx)
	if given {
		name := access.CleanName(answer)
		namer.Answer(ctx, name)
		if name != "" {
			w.Header().Set("HX-Trigger", "opsbook:named")
		}
		return false, nil
	}
	if !fromHTMX(r) || !namer.AsksName(ctx) {
		return false, nil
	}
	return true, s.dialog(w, r, "Your name", templates.NameDialog(&templates.NameRequest{Action: r.URL.RequestURI(), Values: r.PostForm}))
}
