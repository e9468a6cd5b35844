package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// mark takes a mark on a manual step, or a note. The step is of the procedure’s open run; where there is none,
// package runs begins one.
func (s *Server) mark(w http.ResponseWriter, r *http.Request) error {
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	m := runs.Mark{
		Procedure: r.FormValue("procedure"), Environment: e.Name, Step: r.FormValue("step"),
		Text: strings.TrimSpace(r.FormValue("text")), By: s.person(r),
	}
	kinds := map[string]func(context.Context, runs.Mark) (string, error){
		"done": s.marks.MarkDone, "countdown": s.marks.StartCountdown, "undone": s.marks.MarkUndone,
		"skipped": s.marks.MarkSkipped, "note": s.marks.AddNote,
	}
	do, ok := kinds[r.FormValue("kind")]
	if !ok {
		return procedures.Errorf(procedures.CodeInvalid, "unknown action %q. Nothing was done", r.FormValue("kind"))
	}
	if _, err := do(r.Context(), m); err != nil {
		return err
	}
	return s.done(w, r)
}
