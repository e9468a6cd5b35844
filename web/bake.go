package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// bakeState draws what a bake has seen; nil where none was begun. A step that was marked as done or skipped by hand,
// or that counts down, shows that in its place.
func bakeState(view *journal.View, step *procedures.Step) *templates.BakeState {
	v := view.Step(step.ID)
	if step.Bake == nil || v.Began.IsZero() || v.Done() || v.Skipped() || !v.Until().IsZero() {
		return nil
	}
	return &templates.BakeState{
		Attempt: v.Attempt, Lasts: step.Bake.For, Sum: v.Samples.Sum(step.Bake.Samples()), Chart: samplesChart(v, step.Bake),
	}
}

// samplesChart draws the numbers that a bake sampled, over all of its time. While it goes on its right end is where the bake will
// end, so that the line grows into the free part; a watch without a time, and what has ended, ends at its newest sample. What
// was judged is drawn, with its limits, and nothing beside it; where nothing was, up to six lines of two points or more.
func samplesChart(v *journal.StepView, b *procedures.Bake) *templates.Chart {
	var lines []procedures.Series
	values := judgedOf(v.Samples.List)
	for _, look := range v.Samples.List {
		for _, w := range values(look) {
			i := slices.IndexFunc(lines, func(l procedures.Series) bool { return l.Label == w.Name })
			if i < 0 {
				i = len(lines)
				lines = append(lines, procedures.Series{Label: w.Name})
			}
			lines[i].Points = append(lines[i].Points, procedures.Datapoint{At: look.At, Value: w.Value})
		}
	}
	if v.Running() { // a line begins with its second point; what failed at its first sample shows that
		lines = slices.DeleteFunc(lines, func(l procedures.Series) bool { return len(l.Points) < 2 })
	}
	if len(lines) == 0 {
		return nil
	}
	from, to := v.Began, time.Time{}
	if b.For > 0 && v.Running() {
		to = v.Began.Add(b.For)
	}
	return drawWithin(thinned(lines[:min(len(lines), maxLines)]), limitsOf(v.Samples.List, lines, from), from, to)
}

// judgedOf chooses what is drawn of each sample: of those that have limits the ones that were broken, else what is judged besides the
// alarms, else all. How many alarms there are says less than what else is watched, unless they are why it failed.
func judgedOf(list []journal.Sample) func(journal.Sample) []procedures.SampleValue {
	broken, judged, others := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, sample := range list {
		for _, v := range sample.Values {
			alarms := v.Name == journal.AlarmsWatched
			judged[v.Name] = judged[v.Name] || v.Limit != nil && !alarms
			others[v.Name] = others[v.Name] || !alarms
			broken[v.Name] = broken[v.Name] || v.Breaks()
		}
	}
	drawn := map[string]bool{}
	for _, names := range []map[string]bool{broken, judged, others} {
		for name, is := range names {
			if is {
				drawn[name] = true
			}
		}
		if len(drawn) > 0 {
			break
		}
	}
	return func(s journal.Sample) []procedures.SampleValue {
		return slices.DeleteFunc(slices.Clone(s.Values), func(v procedures.SampleValue) bool { return len(drawn) > 0 && !drawn[v.Name] })
	}
}

// limitsOf are the limits of the lines that are drawn, over the whole chart: they go on beyond its end.
func limitsOf(list []journal.Sample, lines []procedures.Series, from time.Time) []procedures.Guide {
	var out []procedures.Guide
	for _, l := range lines {
		for _, v := range list[len(list)-1].Values {
			if v.Name != l.Label || v.Limit == nil {
				continue
			}
			out = append(out, procedures.Guide{
				Name: "limit: " + v.Sign + " " + figure(*v.Limit), First: *v.Limit, Last: *v.Limit, Verdict: v.Verdict,
				From: from, To: from.Add(procedures.BakeLongest + time.Hour), Within: true,
			})
		}
	}
	return out
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
