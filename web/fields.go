package web

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// choices lists what a field of the page may be filled with, as the runbook's `choose:` line finds it.
func (s *Server) choices(w http.ResponseWriter, r *http.Request) error {
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	s.recorded(r, "listed the choices of the parameter "+r.FormValue("parameter"))
	list, err := s.presses.Choices(r.Context(),
		runs.Request{Procedure: r.FormValue("procedure"), Environment: e.Name, By: s.person(r)}, r.FormValue("parameter"))
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.Choices(list))
}

// fields are the parameters with the values that a page shows: of the address, else of the run, the environment or the runbook. The
// value of a secret one never reaches a page.
func fields(page *templates.RunPage) []templates.Field {
	var out []templates.Field
	values := page.Environment.Values(page.Procedure)
	for _, q := range page.Procedure.Parameters {
		f := templates.Field{Parameter: q, Value: q.Default}
		if f.Title == "" {
			f.Title = q.Name
		}
		if v := values[q.Name]; v != "" {
			f.Value = v
		}
		if page.Run != nil && page.Run.Parameters[q.Name] != "" {
			f.Value = page.Run.Parameters[q.Name]
		}
		if v := page.Given[q.Name]; v != "" {
			f.Value = v
		}
		if q.Secret {
			f.Value = ""
		}
		out = append(out, f)
	}
	return out
}
