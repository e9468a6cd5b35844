package knowledge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Thresholds of a metric.
var (
	// MetricLimit has no default: a script names that of its metric, of one period.
	MetricLimit = Threshold{Name: "OPSBOOK_METRIC_LIMIT", Default: 0, About: "limit of the metric in one period"}
	LimitDays   = Threshold{Name: "OPSBOOK_LIMIT_DAYS", Default: 90, About: "days before a rising metric reaches its limit"}
)

// trendOf is the line of least squares through the periods of a metric that are over.
type trendOf struct {
	mean, most float64
	slope      float64 // a day; 0 where it does not rise or fall more than it goes up and down
	first      float64 // of the line, at the first period
	last       float64 // at the last one
	days       float64 // between them
}

// fewest is how many periods a trend is made of at least.
const fewest = 4

// trend computes it; ok is false where there are too few periods.
func (m *metric) trend() (t trendOf, ok bool) {
	y := m.values[:m.whole]
	n := float64(len(y))
	if len(y) < fewest || m.period <= 0 {
		return trendOf{}, false
	}
	t.most = slices.Max(y)
	var slope float64
	t.mean, slope = lineOf(y)
	middle := (n - 1) / 2
	perDay := 24 * float64(time.Hour) / float64(m.period)
	t.days = (n - 1) / perDay
	t.slope = slope * perDay
	t.first, t.last = t.mean-slope*middle, t.mean+slope*middle
	for _, v := range []float64{t.first, t.last, t.slope} {
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return trendOf{}, false
		}
	}
	return t, t.days < 10*farOff
}

// lineOf is the line of least squares through values: their mean, and how much it rises from one to the next; 0 where that is
// less than twice its standard error, for then they only go up and down.
func lineOf(y []float64) (mean, slope float64) {
	n := float64(len(y))
	for _, v := range y {
		mean += v / n
	}
	middle := (n - 1) / 2
	rise, spread, noise := 0.0, 0.0, 0.0
	for i, v := range y {
		x := float64(i) - middle
		rise, spread = rise+x*(v-mean), spread+x*x
	}
	slope = rise / spread
	for i, v := range y {
		d := v - mean - slope*(float64(i)-middle)
		noise += d * d
	}
	if math.Abs(slope) <= 2*math.Sqrt(noise/(n-2)/spread) {
		slope = 0
	}
	return mean, slope
}

// rises words the slope: "rising by 1,200 a day", "steady".
func (m *metric) rises(t trendOf) string {
	switch {
	case t.slope > 0:
		return "rising by " + m.amount(t.slope) + " a day"
	case t.slope < 0:
		return "falling by " + m.amount(-t.slope) + " a day"
	}
	return "steady"
}

// metricLimit is the number that a script names as its metric's limit; ok is false where it names none.
func (q answered) metricLimit() (limit float64, ok bool, wrong *procedures.Judgement) {
	if q.variable == nil {
		return 0, false, nil
	}
	if text, set := q.variable(MetricLimit.Name); !set || text == "" {
		return 0, false, nil
	}
	limit, wrong = q.threshold(MetricLimit)
	return limit, wrong == nil, wrong
}

// judgeLimit judges a metric by its limit: one that was reached fails, one that will be reached soon warns.
func (m *metric) judgeLimit(q answered, limit float64) *procedures.Judgement {
	days, wrong := q.threshold(LimitDays)
	if wrong != nil {
		return wrong
	}
	most := m.peak()
	t, ok := m.trend()
	average := ""
	if ok {
		average = fmt.Sprintf("average %s, %s, ", m.amount(t.mean), m.rises(t))
	}
	sentence := fmt.Sprintf("%s: %smaximum %s %s", m.name, average, m.amount(most), each(m.period))
	switch when, left := m.reaches(t, limit, q.now); {
	// One period at the limit fails, whatever the trend is.
	case most >= limit:
		return judge(procedures.Failed, "%s: the limit of %s is reached.", sentence, m.amount(limit))
	// Too few periods, or a slope within its noise, cannot say when a limit is reached.
	case !ok || t.slope <= 0:
		return judge(procedures.Passed, "%s; the limit is %s.", sentence, m.amount(limit))
	case left < days:
		return judge(procedures.Warned, "%s: it reaches the limit of %s on %s.", sentence, m.amount(limit), when)
	case left > farOff:
		return judge(procedures.Passed, "%s; it does not reach the limit of %s within ten years.", sentence, m.amount(limit))
	default:
		return judge(procedures.Passed, "%s; it reaches the limit of %s on %s.", sentence, m.amount(limit), when)
	}
}

// peak is the highest value, of the maximum where there is one.
func (m *metric) peak() float64 {
	most := slices.Max(m.values)
	if m.highest > most { // false for NaN
		most = m.highest
	}
	return most
}

// farOff is how far a trend is extrapolated, in days.
const farOff = 3650

// reaches is the day on which the trend comes to the limit, and how many days are left.
func (m *metric) reaches(t trendOf, limit float64, now time.Time) (when string, left float64) {
	if t.slope <= 0 {
		return "not", math.Inf(1)
	}
	// The line is as of the last datapoint, which may be some time ago.
	ago := now.Sub(m.last).Hours() / 24
	left = (limit-t.last)/t.slope - ago
	if left > farOff {
		return "not within ten years", left
	}
	return now.Add(time.Duration(max(0, left) * 24 * float64(time.Hour))).UTC().Format("2 January 2006"), left
}

// metricVerdicts has the numbers of a metric, with its trend and limit as lines of its chart.
func metricVerdicts(q answered) []procedures.ResourceVerdict {
	m := metricOf(q)
	if m == nil || len(m.values) == 0 {
		return nil
	}
	f := procedures.ResourceVerdict{
		Kind: "Metric", Name: m.name, Facts: []procedures.Fact{{Name: "Statistic", Value: m.statistic + " " + each(m.period)}},
	}
	fact := func(name, value string) {
		f.Facts = append(f.Facts, procedures.Fact{Name: name, Value: value, Number: true})
	}
	if m.statistic == "Sum" || m.statistic == "SampleCount" {
		total := 0.0
		for _, v := range m.values {
			total += v
		}
		fact("Total", m.amount(total))
	}
	t, ok := m.trend()
	if ok {
		fact("Average", m.amount(t.mean))
	}
	fact("Maximum", m.amount(m.peak()))
	if ok {
		fact("Trend", m.rises(t))
		// The chart's line ends with the last whole period, like the trend.
		last := m.first.Add(time.Duration(t.days * 24 * float64(time.Hour)))
		if t.slope != 0 {
			f.Guides = append(f.Guides, procedures.Guide{Name: m.rises(t), From: m.first, To: last, First: t.first, Last: t.last})
		}
	}
	if limit, ok, _ := q.metricLimit(); ok {
		j := m.judgeLimit(q, limit)
		f.Verdict = j.Verdict
		when, _ := m.reaches(t, limit, q.now)
		if m.peak() >= limit {
			when = "reached"
		}
		fact("Limit", m.amount(limit))
		fact("Reaches it", when)
		f.Guides = append(f.Guides, procedures.Guide{
			Name: "limit " + m.amount(limit), Verdict: procedures.Failed, From: m.first, To: m.last, First: limit, Last: limit,
		})
	}
	return []procedures.ResourceVerdict{f}
}
