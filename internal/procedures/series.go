package procedures

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// Series are the datapoints of one statistic of a metric, in the order of time.
type Series struct {
	Label     string // as CloudWatch has it: the metric's name, or what a query calls its line
	Statistic string // "Sum", "p95"; empty for a line of a query
	Unit      string // "Count"; empty where the answer does not tell
	Points    []Datapoint
	// Open reports that the last point is of a period that is not over, and will be more.
	Open bool
}

// Datapoint is one value of a metric, at the beginning of its period.
type Datapoint struct {
	At    time.Time
	Value float64
}

// Name is what a chart calls the series: "Errors api, Sum".
func (s *Series) Name() string {
	if s.Statistic == "" {
		return s.Label
	}
	return strings.TrimSpace(s.Label + ", " + s.Statistic)
}

// statistics are those that a datapoint has as members.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Datapoint.html
var statistics = []string{"Sum", "Average", "Maximum", "Minimum", "SampleCount"}

// SeriesOf reads the datapoints of an answer of cloudwatch get-metric-statistics, whose order CloudWatch does not promise, or of
// get-metric-data; nil for any other answer. Datapoints without a time or a finite number are left out.
func SeriesOf(answer document.Value) []Series {
	o, ok := answer.(*document.Object)
	if !ok {
		return nil
	}
	var out []Series
	if list, ok := listIn(o, "Datapoints"); ok {
		out = datapoints(o, list)
	}
	results, _ := listIn(o, "MetricDataResults")
	for _, item := range results {
		if r, ok := item.(*document.Object); ok {
			out = append(out, queried(r))
		}
	}
	for i := range out {
		slices.SortStableFunc(out[i].Points, func(a, b Datapoint) int { return a.At.Compare(b.At) })
	}
	return out
}

// Series are those of the call's answer, as its arguments say more of them: of what, and whether the last period is over.
func (c *Call) Series() []Series {
	out := SeriesOf(c.Document)
	for i := range out {
		s := &out[i]
		if s.Statistic == "" {
			continue
		}
		if _, value, ok := strings.Cut(c.option("--dimensions"), "Value="); ok {
			s.Label += " " + strings.Trim(value, `"'`)
		}
		s.Open = (s.Statistic == "Sum" || s.Statistic == "SampleCount") && c.endsWithin(s.Points)
	}
	return out
}

// endsWithin reports whether the last period of datapoints goes on after the time that the call asks for.
func (c *Call) endsWithin(points []Datapoint) bool {
	seconds, err := strconv.Atoi(c.option("--period"))
	end, ok := instant(c.option("--end-time"))
	if err != nil || !ok || len(points) == 0 {
		return false
	}
	return points[len(points)-1].At.Unix()+int64(seconds) > end.Unix()
}

// option is the first value of an option; empty where the call does not have it.
func (c *Call) option(name string) string {
	if i := slices.Index(c.Args, name); i >= 0 && i+1 < len(c.Args) {
		return c.Args[i+1]
	}
	return ""
}

// datapoints gathers the points of each statistic of get-metric-statistics, in the order in which they first come.
func datapoints(o *document.Object, list document.List) []Series {
	label, _ := textIn(o, "Label")
	var out []Series
	for _, item := range list {
		d, _ := item.(*document.Object)
		text, _ := textIn(d, "Timestamp")
		at, ok := instant(text)
		if !ok {
			continue
		}
		unit, _ := textIn(d, "Unit")
		add := func(statistic string, v document.Value) {
			n, ok := document.Float(v)
			if !ok {
				return
			}
			i := slices.IndexFunc(out, func(s Series) bool { return s.Statistic == statistic })
			if i < 0 {
				i = len(out)
				out = append(out, Series{Label: label, Statistic: statistic, Unit: unit})
			}
			out[i].Points = append(out[i].Points, Datapoint{at, n})
		}
		for name, v := range d.All() {
			if slices.Contains(statistics, name) {
				add(name, v)
			} else if extended, ok := v.(*document.Object); ok && name == "ExtendedStatistics" {
				for percentile, v := range extended.All() {
					add(percentile, v)
				}
			}
		}
	}
	return out
}

// queried reads one line of get-metric-data.
func queried(r *document.Object) Series {
	label, _ := textIn(r, "Label")
	out := Series{Label: label}
	times, _ := listIn(r, "Timestamps")
	values, _ := listIn(r, "Values")
	for i := range min(len(times), len(values)) {
		text, _ := times[i].(string)
		at, ok := instant(text)
		if n, isNumber := document.Float(values[i]); ok && isNumber {
			out.Points = append(out.Points, Datapoint{at, n})
		}
	}
	return out
}

func listIn(o *document.Object, name string) (document.List, bool) {
	v, _ := o.Get(name)
	list, ok := v.(document.List)
	return list, ok
}

func textIn(o *document.Object, name string) (string, bool) {
	v, _ := o.Get(name)
	text, ok := v.(string)
	return text, ok
}

// instant reads a time as answers and options write it.
func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
