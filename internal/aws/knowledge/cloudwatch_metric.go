package knowledge

import (
	"cmp"
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
		// S3's second dimension says nothing of which bucket it is.
		if str(d, "Name") != "StorageType" {
			of = append(of, str(d, "Value"))
		}
	}
	if len(of) > 0 {
		name += " of " + strings.Join(of, ", ")
	}
	return name
}

// metricOf is the series of the statistic that a call asks for first; nil for an answer without datapoints.
func metricOf(q answered) *metric {
	n := len(members(q.answer, "Datapoints"))
	if n == 0 {
		return nil
	}
	all := procedures.SeriesOf(q.answer)
	m := &metric{name: subject(q), statistic: statisticOf(q, all), highest: math.NaN()}
	var points []procedures.Datapoint
	for _, s := range all {
		switch s.Statistic {
		case m.statistic:
			m.unit, points = s.Unit, s.Points
		case "Maximum":
			m.highest = slices.MaxFunc(s.Points, func(a, b procedures.Datapoint) int { return cmp.Compare(a.Value, b.Value) }).Value
		}
	}
	if len(points) == 0 {
		return m
	}
	m.first, m.last = points[0].At, points[len(points)-1].At
	seconds, _ := q.input.Get("Period")
	if f, ok := float(seconds); ok && f > 0 && f < 1e9 {
		m.period = time.Duration(f) * time.Second
		// Without a period in the call, the distance of two points is taken for it.
	} else if len(points) > 1 {
		m.period = points[1].At.Sub(m.first)
	}
	// A period is over when it ends before the call's end or now, whichever is earlier.
	end := q.now
	if v, _ := q.input.Get("EndTime"); v != nil {
		if t, ok := v.(time.Time); ok && t.Before(end) {
			end = t
		}
	}
	for _, p := range points {
		m.values = append(m.values, p.Value)
		if !p.At.Add(m.period).After(end) {
			m.whole = len(m.values)
		}
	}
	if m.span = end.Sub(m.first); m.span <= 0 || m.span > time.Duration(n)*m.period && m.period > 0 {
		m.span = m.last.Add(m.period).Sub(m.first)
	}
	return m
}

// statisticOf is the statistic that a call asks for first, else one that its answer has; empty where there is neither.
func statisticOf(q answered, all []procedures.Series) string {
	for _, name := range []string{"Statistics", "ExtendedStatistics"} {
		v, _ := q.input.Get(name)
		if l, _ := v.(document.List); len(l) > 0 {
			return fmt.Sprint(l[0])
		}
	}
	for _, name := range []string{"Sum", "Average", "Maximum", "Minimum", "SampleCount"} {
		if slices.ContainsFunc(all, func(s procedures.Series) bool { return s.Statistic == name }) {
			return name
		}
	}
	if len(all) > 0 {
		return all[0].Statistic
	}
	return ""
}

// summed words what is counted: "Invocations of api: 15,120 in 24 h, 431 to 840 an hour, rising: …".
func (m *metric) summed() string {
	total := 0.0
	for _, v := range m.values {
		total += v
	}
	sentence := fmt.Sprintf("%s: %s in %s", m.name, m.amount(total), length(m.span))
	whole := m.values[:m.whole]
	switch {
	case total == 0:
		return fmt.Sprintf("%s: none in %s", m.name, length(m.span))
	case len(whole) < 2:
		return sentence
	case total < 20 && m.unit == "Count": // too few for a trend
		return fmt.Sprintf("%s, at most %s %s", sentence, m.amount(slices.Max(m.values)), each(m.period))
	}
	least, most := slices.Min(whole), slices.Max(m.values) // what is much before its period is over is much
	if m.amount(least) == m.amount(most) {
		return fmt.Sprintf("%s, %s %s", sentence, m.amount(most), each(m.period))
	}
	return fmt.Sprintf("%s, %s to %s %s%s", sentence, m.plain(least), m.amount(most), each(m.period), trend(whole))
}

// leveled words what is measured: "Latency of api, p95: 182 ms in the last hour, 150 to 210 ms in 24 h, steady".
func (m *metric) leveled() string {
	sentence := fmt.Sprintf("%s, %s: %s", m.name, m.statistic, m.amount(m.values[len(m.values)-1]))
	whole := m.values[:m.whole]
	if len(whole) > 0 {
		sentence = fmt.Sprintf("%s, %s: %s %s", m.name, m.statistic, m.amount(whole[len(whole)-1]), latest(m.period))
	}
	if len(whole) > 1 {
		least, most := slices.Min(whole), slices.Max(whole)
		if m.amount(least) == m.amount(most) {
			sentence += fmt.Sprintf(", the same for %s", length(m.span))
		} else {
			sentence += fmt.Sprintf(", %s to %s in %s%s", m.plain(least), m.amount(most), length(m.span), trend(whole))
		}
	}
	if !math.IsNaN(m.highest) {
		sentence += fmt.Sprintf("; at most %s", m.amount(m.highest))
	}
	return sentence
}

// units are those of CloudWatch as they are written in a sentence; what is not here is written in lower case.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
var units = map[string]string{
	"Milliseconds": "ms", "Microseconds": "µs", "Seconds": "s", "Percent": "%", "Count/Second": "a second",
	"Bytes/Second": "bytes a second", "Gigabytes": "GB", "Megabytes": "MB", "Kilobytes": "kB", "Count": "", "None": "", "": "",
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

// plain is a value whose unit is sentence with the next one.
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

// statisticsHints says what a metric without dimensions is a number of. CloudWatch publishes some metrics for each
// dimension only: asking without one is no error, and has no datapoints.
func statisticsHints(w Written) []Hint {
	if w.Has("Dimensions") {
		return nil
	}
	switch namespace := w.Known("Namespace"); namespace {
	case "AWS/Lambda":
		return []Hint{{
			Severity: procedures.SeverityNote, Rule: "no-dimensions",
			Text: fmt.Sprintf("Without --dimensions %s is one number for all functions together.", w.Shown.Text("MetricName")),
		}}
	case "AWS/S3", "AWS/DynamoDB", "AWS/ApiGateway":
		return []Hint{{
			Severity: procedures.SeverityWarning, Rule: "no-dimensions",
			Text: fmt.Sprintf("%s has no %s without dimensions: there will be no datapoints.", namespace, w.Shown.Text("MetricName")),
		}}
	}
	return nil
}
