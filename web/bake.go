package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// bakeState draws what a bake has seen; nil where none was begun. A step that was marked as done or skipped by hand,
// or that counts down, shows that in its place.
func bakeState(page *templates.RunPage, view *journal.View, step *procedures.Step) *templates.BakeState {
	v := view.Step(step.ID)
	if step.Bake == nil || v.Began.IsZero() || v.Done() || v.Skipped() || !v.Until().IsZero() {
		return nil
	}
	b := &templates.BakeState{
		Attempt: v.Attempt, Lasts: step.Bake.For, Sum: v.Samples.Sum(step.Bake.Samples()), Chart: samplesChart(v, step.Bake),
	}
	if !v.Running() && v.Verdict().Exit() > 0 {
		b.Before = changeBefore(page, view, step)
	}
	return b
}

// changesBefore are the steps before one that change something, the nearest first. They stand before it on the page:
// whether they were executed is not asked.
func changesBefore(p *procedures.Procedure, step *procedures.Step) []*procedures.Step {
	var out []*procedures.Step
	for _, before := range slices.Backward(p.Steps[:slices.Index(p.Steps, step)]) {
		if before.Effect().Changes() {
			out = append(out, before)
		}
	}
	return out
}

// changeBefore is the nearest change before a bake that was made in the run. It is offered next to a bake that
// failed, which says that something is wrong but not what was changed. Nil where no earlier step of this run was
// executed to its end.
func changeBefore(page *templates.RunPage, view *journal.View, step *procedures.Step) *templates.RollbackOffer {
	for _, before := range changesBefore(page.Procedure, step) {
		v := view.Step(before.ID)
		if v.State != procedures.ExecutionFinished || v.Verdict() == procedures.Skipped {
			continue
		}
		out := &templates.RollbackOffer{
			Of: &templates.Step{Step: before, StepView: v, Page: page}, NoRollback: "See that step for its rollback.",
		}
		c := changed(page, before, v)
		switch {
		case c == nil:
			if named := before.Annotations.Rollback; named != "" {
				out.NoRollback = "Rollback: " + strings.TrimSuffix(named, ".") + "."
				if other := page.Procedure.Step(named); other != nil {
					out.NoRollback = "Rollback: " + other.Title + "."
				}
			}
		// What was rolled back is not offered again.
		case v.Changed.RollbackOf != "" && !v.Changed.Reapplied:
			out.NoRollback = "Rolled back by " + orSomeone(c.By) + "."
		case c.Rollback != "":
			out.Rollback, out.Execution = c.Rollback, c.Execution
		case c.NoRollback != "":
			out.NoRollback = c.NoRollback
		default:
			for _, change := range v.Changed.Changes {
				if change.NoRollback != "" {
					out.NoRollback = "No rollback: " + strings.TrimSuffix(change.NoRollback, ".") + "."
				}
			}
		}
		return out
	}
	return nil
}

// samplesChart draws the numbers that a bake sampled, over all of its time. Its right end is where the bake will
// end, so that the line grows into the free part; a watch without a time ends at its newest sample. At most six
// lines are drawn, and none of fewer than two points.
func samplesChart(v *journal.StepView, b *procedures.Bake) *templates.Chart {
	var lines []procedures.Series
	for _, look := range v.Samples.List {
		for _, w := range look.Values {
			i := slices.IndexFunc(lines, func(l procedures.Series) bool { return l.Label == w.Name })
			if i < 0 {
				i = len(lines)
				lines = append(lines, procedures.Series{Label: w.Name})
			}
			lines[i].Points = append(lines[i].Points, procedures.Datapoint{At: look.At, Value: w.Value})
		}
	}
	if len(lines) > 1 { // how many alarms there are says less than what else is watched
		lines = slices.DeleteFunc(lines, func(l procedures.Series) bool { return l.Label == journal.AlarmsWatched })
	}
	lines = slices.DeleteFunc(lines, func(l procedures.Series) bool { return len(l.Points) < 2 })
	if len(lines) == 0 {
		return nil
	}
	from, to := v.Began, time.Time{}
	if b.For > 0 {
		to = v.Began.Add(b.For)
	}
	return drawWithin(thinned(lines[:min(len(lines), 6)]), nil, from, to)
}

// maxPoints is how many points of a line are drawn: as many as can be told apart.
const maxPoints = 300

// thinned leaves the highest of each few procedures.Series, where there are many. The highest is kept because a bake
// looks for peaks: a mean would hide one. The list of points is replaced, not changed.
func thinned(lines []procedures.Series) []procedures.Series {
	for i, l := range lines {
		few := (len(l.Points) + maxPoints - 1) / maxPoints
		if few < 2 {
			continue
		}
		var list []procedures.Datapoint
		for some := range slices.Chunk(l.Points, few) {
			list = append(list, slices.MaxFunc(some, func(a, b procedures.Datapoint) int {
				switch {
				case a.Value < b.Value:
					return -1
				case a.Value > b.Value:
					return 1
				}
				return 0
			}))
		}
		lines[i].Points = list
	}
	return lines
}

// endEarly ends a bake before its time. Package runs demands a reason, and refuses what does not bake.
func (s *Server) endEarly(w http.ResponseWriter, r *http.Request) error {
	if err := s.presses.EndEarly(r.Context(), r.FormValue("run"), r.FormValue("step"), r.FormValue("reason"), s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}
