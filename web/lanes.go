package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// maxLanes is how many things a timeline shows; the others are in the table.
const maxLanes = 20

// lanesOf draws the states that things were in as lanes on one scale, those with most changes first; nil where
// nothing is known of any. The scale goes from the first state of any thing to the last. The rows of the table are
// all spans, also those of things that got no lane.
func lanesOf(calls []procedures.Call) *templates.Chart {
	var all []procedures.ResourceVerdict
	for i := range calls {
		all = append(all, calls[i].ResourceVerdicts...)
	}
	things := slices.DeleteFunc(procedures.JoinResourceVerdicts(all), func(f procedures.ResourceVerdict) bool { return len(f.Spans) == 0 })
	if len(things) == 0 {
		return nil
	}
	c := &templates.Chart{Table: &templates.Table{Columns: []string{"From (UTC)", things[0].Kind, "State", "For"}}}
	for _, f := range things {
		slices.SortStableFunc(f.Spans, func(a, b procedures.Span) int { return a.From.Compare(b.From) })
		for _, s := range f.Spans {
			if c.From.IsZero() || s.From.Before(c.From) {
				c.From = s.From
			}
			if s.To.After(c.To) {
				c.To = s.To
			}
		}
	}
	slices.SortStableFunc(things, func(a, b procedures.ResourceVerdict) int { return len(b.Spans) - len(a.Spans) })
	scale := 600 / max(c.To.Sub(c.From).Seconds(), 1)
	var says []string
	for _, f := range things[:min(len(things), maxLanes)] {
		l := lane(f, c.From, scale)
		c.Lanes = append(c.Lanes, l)
		says = append(says, l.Label)
	}
	c.Label = strings.Join(says, "; ")
	c.Gridlines = gridlines(c.From, c.To, scale)
	c.Series = states(things)
	c.Table.Rows, c.Table.More = spanRows(things)
	return c
}

// minWidth is how wide a state is drawn that is too short to be seen, in units of the chart, which is 600 wide.
const minWidth = 2.0

// lane draws one thing. What is worse is drawn over what is not, higher, and never too narrow to be seen. A lane is
// 20 high. A failure fills it, other states that did not pass are half as high, and what passed is a thin line: it
// tells them apart without colour.
func lane(f procedures.ResourceVerdict, from time.Time, scale float64) templates.Lane {
	l := templates.Lane{Name: shorten(templates.Visible(f.Name)), Label: describeSpans(f)}
	spans := slices.Clone(f.Spans)
	slices.SortStableFunc(spans, func(a, b procedures.Span) int {
		return slices.Index(procedures.Verdicts, b.Verdict) - slices.Index(procedures.Verdicts, a.Verdict)
	})
	for _, s := range spans {
		x, width := s.From.Sub(from).Seconds()*scale, s.To.Sub(s.From).Seconds()*scale
		if s.Verdict != procedures.Passed && width < minWidth {
			x, width = min(x, 600-minWidth), minWidth
		}
		y, height := 8.0, 4.0
		switch s.Verdict {
		case procedures.Failed, procedures.Errored, procedures.Unknown:
			y, height = 0, 20
		case procedures.Passed, procedures.Info:
		default:
			y, height = 5, 10
		}
		l.Spans = append(l.Spans, templates.LaneSpan{
			X: fmt.Sprintf("%.1f", x), Width: fmt.Sprintf("%.1f", width), Y: fmt.Sprintf("%.0f", y),
			Height: fmt.Sprintf("%.0f", height), Verdict: s.Verdict,
			Title: fmt.Sprintf("%s for %s from %s", shorten(templates.Visible(s.State)), lasted(s), s.From.UTC().Format("2 Jan 15:04 UTC")),
		})
	}
	return l
}

// describeSpans says of each bad state how often and how long in all, and what the thing is in now. It is what a
// screen reader says of a lane.
func describeSpans(f procedures.ResourceVerdict) string {
	type total struct {
		state string
		times int
		lasts time.Duration
	}
	var totals []total
	for _, s := range f.Spans {
		if s.Verdict == procedures.Passed || s.Verdict == procedures.Info {
			continue
		}
		i := slices.IndexFunc(totals, func(t total) bool { return t.state == s.State })
		if i < 0 {
			i, totals = len(totals), append(totals, total{state: s.State})
		}
		totals[i].times++
		totals[i].lasts += s.To.Sub(s.From)
	}
	says := []string{}
	for _, t := range totals {
		times := "once"
		if t.times > 1 {
			times = fmt.Sprintf("%d times", t.times)
		}
		says = append(says, fmt.Sprintf("%s %s, %s in all", t.state, times, spell(t.lasts)))
	}
	return fmt.Sprintf("%s: %s", f.Name, strings.Join(append(says, "at last "+f.Spans[len(f.Spans)-1].State), ", "))
}

// lasted is how long a state lasted, in words.
func lasted(s procedures.Span) string { return spell(s.To.Sub(s.From)) }

// spell words how long something was: "7 min", "5 h 20 min", "9 days 4 h". At most two units are named, and what is
// below the smaller one is dropped.
func spell(d time.Duration) string {
	const day = 24 * time.Hour
	two := func(n int, unit string, m int, small string) string {
		if n == 1 {
			unit = strings.TrimSuffix(unit, "s")
		}
		if m == 0 {
			return fmt.Sprintf("%d %s", n, unit)
		}
		return fmt.Sprintf("%d %s %d %s", n, unit, m, small)
	}
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	case d < 2*day:
		return two(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "min")
	}
	return two(int(d/day), "days", int(d%day/time.Hour), "h")
}

// gridlines are where the days begin, of a long time the weeks. They are in the chart’s units, at midnight UTC, at
// most 60. Up to 14 days have one a day, longer times one each Monday.
func gridlines(from, to time.Time, scale float64) []float64 {
	day := from.UTC().Truncate(24 * time.Hour)
	step := 1
	if to.Sub(from) > 14*24*time.Hour {
		for step = 7; day.Weekday() != time.Monday; {
			day = day.AddDate(0, 0, 1)
		}
	}
	var out []float64
	for ; day.Before(to) && len(out) < 60; day = day.AddDate(0, 0, step) {
		if day.After(from) {
			out = append(out, day.Sub(from).Seconds()*scale)
		}
	}
	return out
}

// states are the names of the states there are, for the legend, the best first. At most six are named, as they are
// met first.
func states(things []procedures.ResourceVerdict) []templates.Series {
	var out []templates.Series
	for _, f := range things {
		for _, s := range f.Spans {
			if !slices.ContainsFunc(out, func(x templates.Series) bool { return x.Name == s.State }) && len(out) < 6 {
				out = append(out, templates.Series{Name: s.State, Verdict: s.Verdict})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b templates.Series) int {
		return slices.Index(procedures.Verdicts, b.Verdict) - slices.Index(procedures.Verdicts, a.Verdict)
	})
	return out
}

// spanRows are the states as a table, newest first.
func spanRows(things []procedures.ResourceVerdict) ([][]templates.Cell, int) {
	type row struct {
		name string
		span procedures.Span
	}
	var all []row
	for _, f := range things {
		for _, s := range f.Spans {
			all = append(all, row{f.Name, s})
		}
	}
	slices.SortStableFunc(all, func(a, b row) int { return cmp.Or(b.span.From.Compare(a.span.From), strings.Compare(a.name, b.name)) })
	more := max(0, len(all)-maxRows)
	var rows [][]templates.Cell
	for _, r := range all[:len(all)-more] {
		rows = append(rows, []templates.Cell{
			{Text: r.span.From.UTC().Format("2006-01-02 15:04")}, {Text: shorten(templates.Visible(r.name))},
			{Text: shorten(templates.Visible(r.span.State))}, {Text: lasted(r.span), Number: true},
		})
	}
	return rows, more
}
