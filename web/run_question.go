package web

import (
	"context"
	"io"
	"net/http"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/web/templates"
)

// nothing is an empty component.
var nothing = templ.ComponentFunc(func(context.Context, io.Writer) error { return nil })

// together renders components one after another.
func together(list ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, c := range list {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// question shows a dialog: over the page, or as a page where there is no script.
func (s *Server) question(w http.ResponseWriter, r *http.Request, title string, dialog templ.Component) error {
	if fromHTMX(r) {
		return render(w, r, http.StatusOK, together(partial("#dialog", "innerHTML", dialog), partial("#said", "innerHTML", nothing)))
	}
	f, err := s.frame(r, title)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.Question(f, dialog))
}
