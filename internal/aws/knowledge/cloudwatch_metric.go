package knowledge

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// metric is a series of one statistic, in the order of time.
type metric struct {
	name, statistic, unit string
	values                []float64
	highest               float64 // of the statistic Maximum beside another one; NaN without
	whole                 int     // how many of the values are of periods that are over
	first, last           time.Time
	period, span          time.Duration
}

// judgeStatistics says what a metric is: how much in all or how high, and whether it rises. The last period, where it is
// not over, counts for the total but not for the trend.
func judgeStatistics(q answered) *procedures.Judgement {
	m := metricOf(q)
	switch {
	case m == nil:
		return judge(procedures.NoData, "%s has no datapoints in this time.", subject(q))
	case len(m.values) == 0:
		return judge(procedures.NoData, "%s: datapoints without a value.", m.name)
	}
	limit, ok, wrong := q.metricLimit()
	switch {
	case wrong != nil:
		return wrong
	case ok:
		return m.judgeLimit(q, limit)
	case m.statistic == "Sum" || m.statistic == "SampleCount":
		return judge(procedures.Info, "%s.", m.summed())
	}
	return judge(procedures.Info, "%s.", m.leveled())
}

// subject is the metric with what it is of.
func subject(q answered) string {
	name := str(q.answer, "Label")
	if name == "" {
		name = str(q.input, "MetricName")
	}
	var of []string
	for _, d := range members(q.input, "Dimensions") {
		if str(d, "Name") != "StorageType" {
			of = append(of, str(d, "Value"))
		}
	}
	if len(of) > 0 {
		name += " of " + strings.Join(of, ", ")
	}
	return name
}

func metricOf(q answered) *metric {
	points := members(q.answer, "Datapoints")
	if len(points) == 0 {
		return nil
	}
	slices.SortStableFunc(points, func(a, b *document.Object) int { return at(a, "Timestamp").Compare(at(b, "Timestamp")) })
	m := &metric{name: subject(q), unit: str(points[0], "Unit"), highest: math.NaN(), first: at(points[0], "Timestamp"), last: at(points[len(points)-1], "Timestamp")}
	m.statistic = statisticOf(q, points[0])
	seconds, _ := q.input.Get("Period")
	if f, ok := float(seconds); ok && f > 0 && f < 1e9 {
		m.period = time.Duration(f) * time.Second
	} else if len(points) > 1 {
		m.period = at(points[1], "Timestamp").Sub(m.first)
	}
	end := q.now
	if v, _ := q.input.Get("EndTime"); v != nil {
		if t, ok := v.(time.Time); ok && t.Before(end) {
			end = t
		}
	}
	for _, p := range points {
		f, ok := statisticIn(p, m.statistic)
		if !ok {
			continue
		}
		m.values = append(m.values, f)
		if !at(p, "Timestamp").Add(m.period).After(end) {
			m.whole = len(m.values)
		}
		if high, ok := statisticIn(p, "Maximum"); ok && m.statistic != "Maximum" && !(m.highest > high) {
			m.highest = high
		}
	}
	if m.span = end.Sub(m.first); m.span <= 0 || m.span > time.Duration(len(points))*m.period && m.period > 0 {
		m.span = m.last.Add(m.period).Sub(m.first)
	}
	return m
}

// statisticOf is the statistic that a call asks for first, else one that a point has.
func statisticOf(q answered, point *document.Object) string {
	for _, name := range []string{"Statistics", "ExtendedStatistics"} {
		v, _ := q.input.Get(name)
		if l, _ := v.(document.List); len(l) > 0 {
			return fmt.Sprint(l[0])
		}
	}
	for _, name := range []string{"Sum", "Average", "Maximum", "Minimum", "SampleCount"} {
		if _, ok := point.Get(name); ok {
			return name
		}
	}
	for name := range child(point, "ExtendedStatistics").All() {
		return name
	}
	return ""
}

func statisticIn(point *document.Object, name string) (float64, bool) {
	v, ok := point.Get(name)
	if !ok {
		v, _ = child(point, "ExtendedStatistics").Get(name)
	}
	f, ok := float(v)
	return f, ok && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// summed words what is counted: "Invocations of api: 15,120 in 24 h, 431 to 840 an hour, rising: …".
func (m *metric) summed() string {
	total := 0.0
	for _, v := range m.values {
		total += v
	}
	said := fmt.Sprintf("%s: %s in %s", m.name, m.amount(total), length(m.span))
	whole := m.values[:m.whole]
	switch {
	case total == 0:
		return fmt.Sprintf("%s: none in %s", m.name, length(m.span))
	case len(whole) < 2:
		return said
	case total < 20 && m.unit == "Count": // too few for a trend
		return fmt.Sprintf("%s, at most %s %s", said, m.amount(slices.Max(m.values)), each(m.period))
	}
	least, most := slices.Min(whole), slices.Max(m.values) // what is much before its period is over is much
	if m.amount(least) == m.amount(most) {
		return fmt.Sprintf("%s, %s %s", said, m.amount(most), each(m.period))
	}
	return fmt.Sprintf("%s, %s to %s %s%s", said, m.plain(least), m.amount(most), each(m.period), trend(whole))
}

// leveled words what is measured: "Latency of api, p95: 182 ms in the last hour, 150 to 210 ms in 24 h, steady".
func (m *metric) leveled() string {
	said := fmt.Sprintf("%s, %s: %s", m.name, m.statistic, m.amount(m.values[len(m.values)-1]))
	whole := m.values[:m.whole]
	if len(whole) > 0 {
		said = fmt.Sprintf("%s, %s: %s %s", m.name, m.statistic, m.amount(whole[len(whole)-1]), latest(m.period))
	}
	if len(whole) > 1 {
		least, most := slices.Min(whole), slices.Max(whole)
		if m.amount(least) == m.amount(most) {
			said += fmt.Sprintf(", the same for %s", length(m.span))
		} else {
			said += fmt.Sprintf(", %s to %s in %s%s", m.plain(least), m.amount(most), length(m.span), trend(whole))
		}
	}
	if !math.IsNaN(m.highest) {
		said += fmt.Sprintf("; at most %s", m.amount(m.highest))
	}
	return said
}

var units = map[string]string{
	"Milliseconds": "ms", "Microseconds": "µs", "Seconds": "s", "Percent": "%", "Count/Second": "a second", "Bytes/Second": "bytes a second", "Gigabytes": "GB", "Megabytes": "MB", "Kilobytes": "kB", "Count": "", "None": "", "": "",
}

// amount is a value with its unit.
func (m *metric) amount(f float64) string {
	if m.unit == "Bytes" {
		return bytes(f)
	}
	unit, known := units[m.unit]
	if !known {
		unit = strings.ToLower(m.unit)
	}
	return strings.TrimSuffix(number(f)+" "+unit, " ")
}

// plain is a value whose unit is said with the next one.
func (m *metric) plain(f float64) string {
	if m.unit == "Bytes" {
		return bytes(f)
	}
	return number(f)
}

// trend compares the newer half with the older one; fewer than four values have none, nor have those that go up and down.
func trend(values []float64) string {
	half := len(values) / 2
	if half < 2 {
		return ""
	}
	mean := func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum / float64(len(v))
	}
	old, young := mean(values[:half]), mean(values[len(values)-half:])
	_, slope := lineOf(values)
	switch {
	case old == young || old > 0 && young > 0.95*old && young < 1.05*old:
		return ", steady"
	case slope == 0:
		return ""
	case young > old:
		return ", rising: the second half is " + against(young, old) + " the first"
	}
	return ", falling: the second half is " + against(young, old) + " the first"
}
