package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// mark takes a mark on a manual step, or a note.
func (s *Server) mark(w http.ResponseWriter, r *http.Request) error {
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	m := runs.Saying{
		Procedure: r.FormValue("procedure"), Environment: e.Name, Step: r.FormValue("step"),
		Text: strings.TrimSpace(r.FormValue("text")), By: s.person(r),
	}
	kinds := map[string]func(context.Context, runs.Saying) (string, error){
		"done": s.Runs.Tick, "countdown": s.Runs.Wait, "undone": s.Runs.Untick, "skipped": s.Runs.Skip, "note": s.Runs.Remark,
	}
	do, ok := kinds[r.FormValue("kind")]
	if !ok {
		return procedures.Errorf(procedures.CodeInvalid, "the page asked for %q, which is not known", r.FormValue("kind"))
	}
	if _, err := do(r.Context(), m); err != nil {
		return err
	}
	return s.done(w, r)
}
