package web

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/web/templates"
)

// dialog shows a dialog: over the page, or as a page where there is no script. An earlier message on the page is
// taken away with it, because it was about an earlier press.
func (s *Server) dialog(w http.ResponseWriter, r *http.Request, title string, dialog templ.Component) error {
	if fromHTMX(r) {
		return render(w, r, http.StatusOK, together(partial("#dialog", "innerHTML", dialog), partial("#said", "innerHTML", nothing)))
	}
	f, err := s.frame(r, title)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.DialogPage(f, dialog))
}
