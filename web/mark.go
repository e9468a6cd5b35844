package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// say takes a tick, a skip or a note.
func (s *Server) say(w http.ResponseWriter, r *http.Request) error {
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	y := runs.Saying{Procedure: r.FormValue("procedure"), Environment: e.Name, Step: r.FormValue("step"), Text: strings.TrimSpace(r.FormValue("text")), By: s.person(r)}
	kinds := map[string]func(context.Context, runs.Saying) (string, error){"tick": s.Runs.Tick, "wait": s.Runs.Wait, "untick": s.Runs.Untick, "skip": s.Runs.Skip, "remark": s.Runs.Remark}
	do, ok := kinds[r.FormValue("kind")]
	if !ok {
		return procedures.Errorf(procedures.CodeInvalid, "the page asked for %q, which is not known", r.FormValue("kind"))
	}
	if _, err := do(r.Context(), y); err != nil {
		return err
	}
	return s.done(w, r)
}
