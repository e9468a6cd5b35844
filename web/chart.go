package web

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// point is one datapoint.
type point struct {
	at    time.Time
	value float64
}

// points are the datapoints of one line.
type points struct {
	name string
	list []point
	// open reports that the last one is of a period that is not over, and will be more.
	open bool
}

// statistics that a datapoint of GetMetricStatistics may hold.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Datapoint.html
var statistics = []string{"Sum", "Average", "Maximum", "Minimum", "SampleCount"}

// maxLines is how many lines can be told from each other.
const maxLines = 6

// fewPoints is how many datapoints are better read as text than drawn.
const fewPoints = 3

// chartOf draws what the answers hold: states as a timeline, costs as bars, datapoints as lines; nil where there are few.
func chartOf(calls []procedures.Call) *templates.Chart {
	if lanes := timelineOf(calls); lanes != nil {
		return lanes
	}
	if bars := costsOf(calls); len(bars) > 1 {
		return drawBars(bars)
	}
	var lines []points
	for i := range calls {
		o, ok := calls[i].Document.(*document.Object)
		if !ok {
			continue
		}
		lines = append(lines, datapoints(o, calls[i])...)
		lines = append(lines, metricData(o)...)
	}
	lines = slices.DeleteFunc(lines, func(p points) bool { return len(p.list) < fewPoints })
	if len(lines) == 0 {
		return nil
	}
	c := draw(lines[:min(len(lines), maxLines)], guidesOf(calls))
	c.More = max(0, len(lines)-maxLines)
	return c
}

// datapoints reads the answer of cloudwatch get-metric-statistics.
func datapoints(o *document.Object, call procedures.Call) []points {
	v, _ := o.Get("Datapoints")
	list, ok := v.(document.List)
	if !ok {
		return nil
	}
	label, _ := o.Get("Label")
	name, _ := label.(string)
	if d := dimension(call.Args); d != "" {
		name += " " + d
	}
	byStatistic := map[string][]point{}
	for _, item := range list {
		d, ok := item.(*document.Object)
		if !ok {
			continue
		}
		at, ok := instantOf(d, "Timestamp")
		if !ok {
			continue
		}
		for key, value := range d.All() {
			n, ok := number(value)
			switch {
			case ok && slices.Contains(statistics, key):
				byStatistic[key] = append(byStatistic[key], point{at, n})
			case key == "ExtendedStatistics":
				extended, _ := value.(*document.Object)
				for key, value := range extended.All() {
					if n, ok := number(value); ok {
						byStatistic[key] = append(byStatistic[key], point{at, n})
					}
				}
			}
		}
	}
	var out []points
	names := make([]string, 0, len(byStatistic))
	for s := range byStatistic {
		names = append(names, s)
	}
	slices.Sort(names)
	for _, s := range names {
		out = append(out, points{strings.TrimSpace(name + ", " + s), byStatistic[s], (s == "Sum" || s == "SampleCount") && isOpen(call.Args, byStatistic[s])})
	}
	return out
}

// isOpen reports whether the last period of a call's datapoints goes on after the time that the call asks for.
func isOpen(args []string, list []point) bool {
	seconds, err := strconv.Atoi(optionOf(args, "--period"))
	end, ok := parseTime(optionOf(args, "--end-time"))
	if err != nil || !ok || len(list) == 0 {
		return false
	}
	last := slices.MaxFunc(list, func(a, b point) int { return a.at.Compare(b.at) })
	return last.at.Unix()+int64(seconds) > end.Unix()
}

// optionOf is the first value of an option; empty where a call does not have it.
func optionOf(args []string, name string) string {
	if i := slices.Index(args, name); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

// dimension is the value of the first dimension that a call asked for.
func dimension(args []string) string {
	for i, a := range args {
		if a == "--dimensions" && i+1 < len(args) {
			if _, value, ok := strings.Cut(args[i+1], "Value="); ok {
				return strings.Trim(value, `"'`)
			}
		}
	}
	return ""
}

// metricData reads the answer of cloudwatch get-metric-data.
func metricData(o *document.Object) []points {
	v, _ := o.Get("MetricDataResults")
	list, _ := v.(document.List)
	var out []points
	for _, item := range list {
		r, ok := item.(*document.Object)
		if !ok {
			continue
		}
		label, _ := r.Get("Label")
		times, _ := r.Get("Timestamps")
		values, _ := r.Get("Values")
		at, _ := times.(document.List)
		of, _ := values.(document.List)
		p := points{name: fmt.Sprint(label)}
		for i := range min(len(at), len(of)) {
			t, ok := parseTime(at[i])
			n, isNumber := number(of[i])
			if ok && isNumber {
				p.list = append(p.list, point{t, n})
			}
		}
		out = append(out, p)
	}
	return out
}

func instantOf(o *document.Object, name string) (time.Time, bool) {
	v, _ := o.Get(name)
	return parseTime(v)
}

func parseTime(v document.Value) (time.Time, bool) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func number(v document.Value) (float64, bool) { return document.Float(v) }

// draw puts lines into the coordinates of a chart, from their first point to their last.
func draw(lines []points, guides []procedures.Guide) *templates.Chart {
	return drawWithin(lines, guides, time.Time{}, time.Time{})
}

// drawWithin puts lines into the coordinates of a chart: 600 wide, 5 the highest value, 101 the lowest. Where a beginning or an end
// is given, the chart has it, and a mark where the lines end.
func drawWithin(lines []points, guides []procedures.Guide, from, to time.Time) *templates.Chart {
	low, high := 0.0, math.Inf(-1)
	var last time.Time
	for _, l := range lines {
		slices.SortFunc(l.list, func(a, b point) int { return a.at.Compare(b.at) })
		for _, p := range l.list {
			low, high = min(low, p.value), max(high, p.value)
			if from.IsZero() || p.at.Before(from) {
				from = p.at
			}
			if p.at.After(last) {
				last = p.at
			}
		}
	}
	for _, g := range guides { // those that are far above are only named
		if top := max(g.First, g.Last); top > high && top <= 3*high {
			high = top
		}
	}
	if last.After(to) {
		to = last
	}
	if high <= low {
		high = low + 1
	}
	c := &templates.Chart{Top: figure(high), Bottom: figure(low), From: from, To: to, Table: &templates.Table{Columns: []string{"Time (UTC)"}}}
	span := max(to.Sub(from).Seconds(), 1)
	if last.Before(to) {
		c.Reached = fmt.Sprintf("M%.1f 0V110", last.Sub(from).Seconds()/span*600)
	}
	var says []string
	for _, l := range lines {
		c.Series = append(c.Series, drawLine(l, func(p point) (x, y float64) {
			return p.at.Sub(from).Seconds() / span * 600, 101 - (p.value-low)/(high-low)*96
		}))
		c.Table.Columns = append(c.Table.Columns, l.name)
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

// drawLine draws a line as far as its periods are over, what comes then as a line of its own.
func drawLine(l points, place func(point) (x, y float64)) templates.Series {
	out := templates.Series{Name: l.name}
	over := len(l.list)
	if l.open && over > 1 {
		over--
	}
	var b strings.Builder
	for i, p := range l.list[:over] {
		letter := 'L'
		if i == 0 {
			letter = 'M'
		}
		x, y := place(p)
		fmt.Fprintf(&b, "%c%.1f %.1f", letter, x, y)
	}
	out.Line = b.String()
	first, _ := place(l.list[0])
	last, y := place(l.list[over-1])
	out.Area = fmt.Sprintf("%sL%.1f 101L%.1f 101Z", out.Line, last, first)
	for _, p := range l.list[over:] {
		x, end := place(p)
		out.Open = fmt.Sprintf("M%.1f %.1fL%.1f %.1f", last, y, x, end)
	}
	return out
}

// guidesOf are the straight lines that the calls' findings have, each limit once.
func guidesOf(calls []procedures.Call) []procedures.Guide {
	var out []procedures.Guide
	for i := range calls {
		for _, f := range calls[i].ResourceVerdicts {
			for _, g := range f.Guides {
				if !slices.ContainsFunc(out, func(o procedures.Guide) bool { return o.Name == g.Name && o.First == g.First && o.Last == g.Last }) {
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

func describeLine(l points) string {
	lowest, highest := l.list[0], l.list[0]
	for _, p := range l.list {
		if p.value < lowest.value {
			lowest = p
		}
		if p.value > highest.value {
			highest = p
		}
	}
	said := fmt.Sprintf("%s: from %s to %s, highest at %s, last %s", l.name, figure(lowest.value), figure(highest.value), highest.at.UTC().Format("2 Jan 15:04"), figure(l.list[len(l.list)-1].value))
	if l.open {
		said += " in a period that is not over"
	}
	return said
}

// chartRows are the datapoints as a table, newest first.
func chartRows(lines []points) ([][]templates.Cell, int) {
	values := map[time.Time][]string{}
	for i, l := range lines {
		for _, p := range l.list {
			at := p.at.UTC()
			if values[at] == nil {
				values[at] = make([]string, len(lines))
			}
			values[at][i] = figure(p.value)
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

// figure writes a value with as many digits as are of use.
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
