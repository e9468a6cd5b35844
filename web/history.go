package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showRuns is the page of the newest runs in an environment. It lists 200.
func (s *Server) showRuns(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Runs")
	if err != nil {
		return err
	}
	list, err := s.Runs.History(r.Context(), "", f.Environment.Name, 200)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.RunsPage(&templates.Runs{Frame: *f, Runs: list}))
}

// history is the last runs of a procedure, the newest last. There are at most 14.
func (s *Server) history(ctx context.Context, procedure, environment string) ([]*procedures.Run, error) {
	list, err := s.Runs.History(ctx, procedure, environment, 14)
	slices.Reverse(list)
	return list, err
}
