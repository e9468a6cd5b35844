package web

import (
	"context"
	"net/http"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// setFault switches one fault of the sandbox on or off. Faults are of the simulated account, which all environments
// on the sandbox share, in all replicas.
func (s *Server) setFault(w http.ResponseWriter, r *http.Request) error {
	if s.Sandbox == nil {
		return procedures.Errorf(procedures.CodeRefused, "this server has no sandbox")
	}
	s.recorded(r, "set the sandbox's fault "+r.FormValue("name")+" to "+r.FormValue("on"))
	return s.changeSandbox(w, r, func(ctx context.Context) error {
		return s.Sandbox.SetFault(ctx, r.FormValue("name"), r.FormValue("on") == "true")
	})
}

// resetSandbox switches all faults off, and brings back what was deleted on the sandbox.
func (s *Server) resetSandbox(w http.ResponseWriter, r *http.Request) error {
	if s.Sandbox == nil {
		return procedures.Errorf(procedures.CodeRefused, "this server has no sandbox")
	}
	s.recorded(r, "reset the sandbox")
	return s.changeSandbox(w, r, s.Sandbox.Reset)
}

// changeSandbox answers with the panel as it is after the change. Without a script the browser is led back to its
// page, which draws the panel anew.
func (s *Server) changeSandbox(w http.ResponseWriter, r *http.Request, change func(context.Context) error) error {
	if err := change(r.Context()); err != nil {
		return err
	}
	if !fromHTMX(r) {
		return back(w, r)
	}
	f, err := s.frame(r, "")
	if err != nil {
		return err
	}
	f.Here = here(r.FormValue("back"))
	return render(w, r, http.StatusOK, templates.Faults(f))
}
