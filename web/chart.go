package web

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// maxLines is how many lines can be told from each other.
const maxLines = 6

// fewPoints is how many datapoints are better read as text than drawn.
const fewPoints = 3

// chartOf draws what the answers hold: states as a timeline, costs as bars, datapoints as lines; nil where there are
// few. The datapoints of one metric are sorted by their statistic, so that the same answer always has the same
// colours.
func chartOf(calls []procedures.Call) *templates.Chart {
	if lanes := lanesOf(calls); lanes != nil {
		return lanes
	}
	if bars := costsOf(calls); len(bars) > 1 {
		return drawBars(bars)
	}
	var lines []procedures.Series
	for i := range calls {
		series := calls[i].Series()
		slices.SortStableFunc(series, func(a, b procedures.Series) int { return strings.Compare(a.Statistic, b.Statistic) })
		lines = append(lines, series...)
	}
	lines = slices.DeleteFunc(lines, func(p procedures.Series) bool { return len(p.Points) < fewPoints })
	if len(lines) == 0 {
		return nil
	}
	c := draw(lines[:min(len(lines), maxLines)], guidesOf(calls))
	c.More = max(0, len(lines)-maxLines)
	return c
}

// draw puts lines into the coordinates of a chart, from their first point to their last.
func draw(lines []procedures.Series, guides []procedures.Guide) *templates.Chart {
	return drawWithin(lines, guides, time.Time{}, time.Time{})
}

// drawWithin puts lines into the coordinates of a chart: 600 wide, 5 the highest value, 101 the lowest. Where a
// beginning or an end is given, the chart has it, and a mark where the lines end. A zero from or to means the first
// or the newest point. The vertical axis begins at zero, or lower where a value does, so that small changes do not
// look like cliffs.
func drawWithin(lines []procedures.Series, guides []procedures.Guide, from, to time.Time) *templates.Chart {
	low, high := 0.0, math.Inf(-1)
	var last time.Time
	for _, l := range lines {
		slices.SortFunc(l.Points, func(a, b procedures.Datapoint) int { return a.At.Compare(b.At) })
		for _, p := range l.Points {
			low, high = min(low, p.Value), max(high, p.Value)
			if from.IsZero() || p.At.Before(from) {
				from = p.At
			}
			if p.At.After(last) {
				last = p.At
			}
		}
	}
	for _, g := range guides { // those that are far above are only named
		if top := max(g.First, g.Last); top > high && (top <= 3*high || g.Within) {
			high = top
		}
		if g.Within {
			low = min(low, g.First, g.Last)
		}
	}
	if last.After(to) {
		to = last
	}
	// A line of zeros stands at the bottom of the chart.
	if high <= low {
		high = low + 1
	}
	c := &templates.Chart{
		Top: figure(high), Bottom: figure(low), From: from, To: to, Table: &templates.Table{Columns: []string{"Time (UTC)"}},
	}
	span := max(to.Sub(from).Seconds(), 1)
	if last.Before(to) {
		c.Reached = fmt.Sprintf("M%.1f 0V110", last.Sub(from).Seconds()/span*600)
	}
	var says []string
	for _, l := range lines {
		c.Series = append(c.Series, drawLine(l, func(p procedures.Datapoint) (x, y float64) {
			return p.At.Sub(from).Seconds() / span * 600, 101 - (p.Value-low)/(high-low)*96
		}))
		c.Table.Columns = append(c.Table.Columns, l.Name())
		says = append(says, describeLine(l))
	}
	c.Guides = drawGuides(guides, from, span, low, high)
	for _, g := range c.Guides {
		says = append(says, g.Name)
	}
	c.Label = strings.Join(says, "; ")
	c.Table.Rows, c.Table.More = chartRows(lines)
	return c
}

// drawLine draws a line as far as its periods are over, what comes then as a line of its own. CloudWatch’s newest
// period may still be filling: a sum in it is too low, and is not a drop.
func drawLine(l procedures.Series, place func(procedures.Datapoint) (x, y float64)) templates.Series {
	out := templates.Series{Name: l.Name()}
	over := len(l.Points)
	if l.Open && over > 1 {
		over--
	}
	var b strings.Builder
	for i, p := range l.Points[:over] {
		letter := 'L'
		if i == 0 {
			letter = 'M'
		}
		x, y := place(p)
		fmt.Fprintf(&b, "%c%.1f %.1f", letter, x, y)
	}
	out.Line = b.String()
	if over == 1 { // a point, by its round ends
		out.Line += "h0.01"
	}
	first, _ := place(l.Points[0])
	last, y := place(l.Points[over-1])
	out.Area = fmt.Sprintf("%sL%.1f 101L%.1f 101Z", out.Line, last, first)
	for _, p := range l.Points[over:] {
		x, end := place(p)
		out.Open = fmt.Sprintf("M%.1f %.1fL%.1f %.1f", last, y, x, end)
	}
	return out
}

// guidesOf are the straight lines that the calls' findings have, each limit once. Alarms on one metric often share a
// threshold. At most six are drawn.
func guidesOf(calls []procedures.Call) []procedures.Guide {
	var out []procedures.Guide
	for i := range calls {
		for _, f := range calls[i].ResourceVerdicts {
			for _, g := range f.Guides {
				if !slices.ContainsFunc(out, func(o procedures.Guide) bool {
					return o.Name == g.Name && o.First == g.First && o.Last == g.Last
				}) {
					out = append(out, g)
				}
			}
		}
	}
	return out[:min(len(out), 6)]
}

// drawGuides puts them into the coordinates of the chart. One that is off its scale has a name only.
func drawGuides(guides []procedures.Guide, from time.Time, span, low, high float64) []templates.Series {
	var out []templates.Series
	for _, g := range guides {
		s := templates.Series{Name: g.Name, Verdict: g.Verdict}
		if max(g.First, g.Last) <= high && min(g.First, g.Last) >= low {
			x := func(t time.Time) float64 { return min(600, max(0, t.Sub(from).Seconds()/span*600)) }
			y := func(v float64) float64 { return 101 - (v-low)/(high-low)*96 }
			s.Line = fmt.Sprintf("M%.1f %.1fL%.1f %.1f", x(g.From), y(g.First), x(g.To), y(g.Last))
		} else {
			s.Name += " (off the scale)"
		}
		out = append(out, s)
	}
	return out
}

// describeLine says in words what a line does, for people who do not see the chart.
func describeLine(l procedures.Series) string {
	lowest, highest := l.Points[0], l.Points[0]
	for _, p := range l.Points {
		if p.Value < lowest.Value {
			lowest = p
		}
		if p.Value > highest.Value {
			highest = p
		}
	}
	said := fmt.Sprintf("%s: from %s to %s, highest at %s, last %s", l.Name(), figure(lowest.Value),
		figure(highest.Value), highest.At.UTC().Format("2 Jan 15:04"), figure(l.Points[len(l.Points)-1].Value))
	if l.Open {
		said += " in a period that is not over"
	}
	return said
}

// chartRows are the datapoints as a table, newest first. There is a row for each time at which any line has a point,
// in UTC; the second result is how many older ones were left out. Without a script, and for a screen reader, this is
// the chart.
func chartRows(lines []procedures.Series) ([][]templates.Cell, int) {
	values := map[time.Time][]string{}
	for i, l := range lines {
		for _, p := range l.Points {
			at := p.At.UTC()
			if values[at] == nil {
				values[at] = make([]string, len(lines))
			}
			values[at][i] = figure(p.Value)
		}
	}
	times := make([]time.Time, 0, len(values))
	for at := range values {
		times = append(times, at)
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	more := max(0, len(times)-maxRows)
	var rows [][]templates.Cell
	for _, at := range times[:len(times)-more] {
		row := []templates.Cell{{Text: at.Format("2006-01-02 15:04")}}
		for _, v := range values[at] {
			row = append(row, templates.Cell{Text: v, Number: true})
		}
		rows = append(rows, row)
	}
	return rows, more
}

// figure writes a value with as many digits as are of use. Whole numbers and those from 100 on are written like
// amounts of money without the cents; others with two decimals, and below one with three significant digits.
func figure(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case v == math.Trunc(v) || a >= 100:
		return strings.TrimSuffix(money(math.Round(v)), ".00")
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
