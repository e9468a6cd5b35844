package web

import (
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// needs answers a press with the dialog that offers to run the earlier steps, too. It keeps what the form held. The
// dialog’s form presses again with a key of its own: the same key would be taken for the same press.
func (s *Server) needs(w http.ResponseWriter, r *http.Request, request runs.Request, pressed *runs.Pressed) error {
	p, err := s.find(r.Context(), request.Environment, request.Procedure)
	if err != nil {
		return err
	}
	a := &templates.Needs{
		Procedure: p.ID, Step: p.Step(request.Step), Steps: pressed.Needs, Values: map[string]string{},
		Corrected: request.Corrected, Key: newKey(),
	}
	for name, values := range r.Form {
		if strings.HasPrefix(name, "p.") || name == "procedure" || name == "environment" || name == "run" || name == "back" {
			a.Values[name] = values[0]
		}
	}
	return s.dialog(w, r, a.Step.Title, templates.NeedsDialog(a))
}
