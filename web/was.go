package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// was is the step that a copied link names, as it was when the link was copied: after the event of the run that its address names
// (at). Nil where the address names no event, and for a step that was running then: it has no result.
func (s *Server) was(r *http.Request, page *templates.RunPage) (*templates.Step, error) {
	text := r.URL.Query().Get("at")
	now := page.Steps[r.URL.Query().Get("step")]
	if text == "" || now == nil || page.Run == nil {
		return nil, nil
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil || at < 1 {
		return nil, procedures.Errorf(procedures.CodeInvalid, "%q is no moment of this run. Leave at= out of the address", text)
	}
	view, err := s.viewAt(r.Context(), page.Run.ID, at)
	if err != nil {
		return nil, err
	}
	v := view.Step(now.ID)
	if v.Running() || v.Last == 0 {
		return nil, nil
	}
	over := *page.Run // nothing can be pressed of what was
	over.State = procedures.RunFinished
	then := *page
	then.Run, then.Fixed, then.Given = &over, true, nil
	then.Standing = standing(&over, page.Procedure, view)
	out := s.step(&then, view, now.Step, now.Number)
	out.Was, out.Approval, out.Before, out.Waits = true, nil, nil, ""
	if out.Outcome != nil {
		out.Outcome.Rollback, out.Outcome.NoRollback, out.Outcome.CanResume = "", "", false
	}
	copied := *now.Step
	copied.ID = templates.WasAnchor(now.ID)
	out.Step = &copied
	return out, nil
}

// viewAt is the view of a run as it was after one of its events.
func (s *Server) viewAt(ctx context.Context, run string, at int64) (*journal.View, error) {
	view := journal.NewView()
	for view.Last < at {
		events, err := s.reads.Since(ctx, run, view.Last, readEvents)
		if err != nil || len(events) == 0 {
			return view, err
		}
		for _, e := range events {
			if e.Number > at {
				return view, nil
			}
			view.Apply(e)
		}
	}
	return view, nil
}
