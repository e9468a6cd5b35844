package web

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/schedules"
	"github.com/opsbook/opsbook/web/templates"
)

// timing says when a procedure is to be done, and how much that presses. A run that was planned and did not happen
// comes before one that is overdue; nothing is said of a procedure that is neither.
func timing(t schedules.Timing) templates.Timing {
	now := time.Now()
	out := templates.Timing{Next: t.Next}
	switch {
	case t.Missed():
		out.Word, out.At, out.Why, out.Tone = "missed", t.Planned.At, t.Planned.Reason, "fail"
	case t.Overdue(now):
		out.Word, out.At, out.Tone = "overdue", t.Due, "fail"
	case t.Never:
		out.Word, out.Tone = "due", "warn"
	case !t.Due.IsZero() && now.After(t.Due):
		out.Word, out.At, out.Tone = "due", t.Due, "warn"
	case !t.Due.IsZero():
		out.Next = t.Due
	}
	return out
}

// timed says when a procedure is to be done. run is the procedure’s newest; nil for none.
func (s *Server) timed(ctx context.Context, e procedures.Environment, p *procedures.Procedure,
	run *procedures.Run) (templates.Timing, error) {
	t, err := s.reads.Timing(ctx, e.Name, p, run)
	return timing(t), err
}
