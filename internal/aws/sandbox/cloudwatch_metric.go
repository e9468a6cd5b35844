package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
)

// metricHandlers are the reads of metrics. PutMetricData and metric math are not simulated.
func metricHandlers() map[string]handler {
	return map[string]handler{
		"GetMetricStatistics": {
			"Namespace MetricName Dimensions StartTime EndTime Period Statistics ExtendedStatistics Unit", getMetricStatistics,
		},
		"GetMetricData": {"MetricDataQueries StartTime EndTime NextToken ScanBy MaxDatapoints LabelOptions", getMetricData},
		"ListMetrics":   {"Namespace MetricName Dimensions NextToken RecentlyActive", listMetrics},
	}
}

// series is a metric with a daily shape.
type series struct {
	namespace, metric string
	dimension         string   // the name of its dimension
	values            []string // of that dimension; nil where the metric stands without one only
	alone             bool     // it is also there without dimensions, summed up
	unit              string
	base, swing       float64 // of one minute: the level, and how far the day's wave goes
	sum               bool    // minutes are added up; otherwise the value is a level
	storage           string  // S3's second dimension, StorageType; such a metric has one point a day
	// worsened is what the faults make of a minute's value, of an age; nil for nothing.
	worsened func(on map[string]bool, value string, v float64, age time.Duration) float64
	// added is what the faults add to a minute; nil for nothing.
	added func(w *world, value string, at, now time.Time) float64
}

// minute is the value of one minute: a wave over the day, weaker on weekends, with a little noise
// that is the same whenever it is asked for.
func (s series) minute(value string, at time.Time) float64 {
	hours := float64(at.Hour()) + float64(at.Minute())/60
	wave := math.Sin((hours - 9) / 24 * 2 * math.Pi)
	v := s.base + s.swing*wave
	// The storage metrics of S3 are levels of a day, which do not fall on weekends.
	if day := at.Weekday(); (day == time.Saturday || day == time.Sunday) && s.storage == "" {
		v *= 0.7
	}
	// Noise is a hash of metric and minute: the same time range has the same datapoints in
	// every answer.
	noise := float64(hash32(s.namespace, s.metric, value, at.Format("2006-01-02T15:04"))%1000)/1000 - 0.5
	v += s.swing * noise * 0.3
	if s.sum && s.base < 1 { // rare events: whole numbers, now and then
		if float64(hash32(value, s.metric, at.String())%100_000)/100_000 < v {
			return 1
		}
		return 0
	}
	if s.sum {
		v = math.Round(v)
	}
	return max(0, v)
}

// dimensions are those of one of its metrics.
func (s series) dimensions(value string) document.List {
	out := document.List{obj("Name", s.dimension, "Value", value)}
	if s.storage != "" {
		out = append(document.List{obj("Name", "StorageType", "Value", s.storage)}, out...)
	}
	return out
}

// has reports whether the dimensions, or only some of them, are those of the metric with a value.
func (s series) has(value string, dimensions []*document.Object, some bool) bool {
	own := s.dimensions(value)
	for _, d := range dimensions {
		if !slices.ContainsFunc(own, func(v any) bool {
			o, _ := v.(*document.Object)
			return text(o, "Name") == text(d, "Name") && (text(o, "Value") == text(d, "Value") || some && text(d, "Value") == "")
		}) {
			return false
		}
	}
	return some || len(dimensions) == len(own)
}

// slowFor is how long what a fault makes slow has been slow.
const slowFor = 2 * time.Hour

// findSeries returns the series that a namespace, a metric and exactly these dimensions name, with the values of its dimension.
func (s *Sandbox) findSeries(namespace, metric string, dimensions []*document.Object) (series, []string, bool) {
	for _, x := range s.metrics {
		if x.namespace != namespace || x.metric != metric {
			continue
		}
		if len(dimensions) == 0 {
			return x, x.values, x.alone
		}
		for _, v := range x.values {
			if x.has(v, dimensions, false) {
				return x, []string{v}, true
			}
		}
	}
	return series{}, nil, false
}

// seriesOf is the series that an object names: of the estate, or one that a line of a runbook makes grow.
func (s *Sandbox) seriesOf(r *request, named *document.Object) (series, []string, bool) {
	namespace, metric, dimensions := text(named, "Namespace"), text(named, "MetricName"), objects(named, "Dimensions")
	if x, values, ok := s.findSeries(namespace, metric, dimensions); ok {
		return x, values, true
	}
	x, values, ok := s.grownSeries(r, namespace, metric, dimensions)
	if ok {
		r.mark = knowledge.Grown
	}
	return x, values, ok
}

// statistics of one period, of all minutes and all values of the dimension.
type statistics struct {
	n, sum, least, most float64
	samples             []float64
}

// add counts one sample in.
func (x *statistics) add(v float64) {
	if x.n == 0 || v < x.least {
		x.least = v
	}
	if x.n == 0 || v > x.most {
		x.most = v
	}
	x.n++
	x.sum += v
	x.samples = append(x.samples, v)
}

// maxPeriod is ten years.
const maxPeriod = 10 * 365 * 86_400 // seconds

// getMetricStatistics checks what CloudWatch checks, in its words, and answers with one point a period.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
func getMetricStatistics(s *Sandbox, r *request) (*document.Object, error) {
	from, okFrom := moment(r.input, "StartTime")
	to, okTo := moment(r.input, "EndTime")
	period := integer(r.input, "Period", 60)
	stats, extended := texts(r.input, "Statistics"), texts(r.input, "ExtendedStatistics")
	metric := text(r.input, "MetricName")
	points := (to.Unix() - from.Unix()) / max(1, period) // not by durations, which end at 292 years
	switch {
	case !okFrom || !okTo || !from.Before(to):
		return nil, refuse(http.StatusBadRequest, "InvalidParameterValue",
			"The parameter StartTime must be less than the parameter EndTime.")
	// Periods below a minute are those of high-resolution metrics.
	case period <= 0 || period > maxPeriod || period%60 != 0 && period != 1 && period != 5 && period != 10 && period != 30:
		return nil, refuse(http.StatusBadRequest, "InvalidParameterValue", "The parameter Period must be 1, 5, 10, 30, or a multiple of 60")
	case (len(stats) == 0) == (len(extended) == 0):
		return nil, refuse(http.StatusBadRequest, "InvalidParameterCombination",
			"Must specify either Statistics or ExtendedStatistics, but not both.")
	// CloudWatch answers at most 1,440 datapoints a call.
	case points > 1440:
		return nil, refuse(http.StatusBadRequest, "InvalidParameterCombination",
			"You have requested up to %d datapoints, which exceeds the limit of 1,440. You may reduce the datapoints "+
				"requested by increasing Period, or decreasing the time range.", points)
	}
	result, values, ok := s.seriesOf(r, r.input)
	unit := text(r.input, "Unit")
	found := document.List{}
	if ok && !s.world.Faults["no-datapoints"] && (unit == "" || unit == result.unit) {
		found = s.datapoints(result, values, from, to, period, stats, extended, r.now)
	}
	return obj("Label", metric, "Datapoints", found), nil
}

// datapoints makes one point a period. Like AWS's they are in no order: here the newer half comes first.
func (s *Sandbox) datapoints(x series, values []string, from, to time.Time, period int64, stats, extended []string,
	now time.Time) document.List {
	step := time.Duration(period) * time.Second
	// CloudWatch rounds the start down to the period's boundary; here it is the minute.
	from = from.Truncate(time.Minute)
	if to.After(now) {
		to = now
	}
	points := document.List{}
	for at := from; at.Before(to); at = at.Add(step) {
		end := at.Add(step)
		// A period that is not over has a datapoint of the minutes so far.
		if end.After(to) {
			end = to
		}
		if all := s.samples(x, values, at, end, now); all.n > 0 {
			points = append(points, all.point(x, at, stats, extended))
		}
	}
	half := len(points) / 2
	return append(points[half:len(points):len(points)], points[:half]...)
}

// samples are the minutes from at to end of all values; of a long time some minutes stand for the others.
func (s *Sandbox) samples(x series, values []string, at, end, now time.Time) *statistics {
	all := &statistics{}
	if x.storage != "" {
		for day := at.Truncate(24 * time.Hour); day.Before(end); day = day.Add(24 * time.Hour) {
			if !day.Before(at) {
				all.add(x.minute(values[0], day))
			}
		}
		return all
	}
	// A period of more than a day has a sample every so many minutes, so that a year costs no
	// more than some days.
	minutes := max(1, int64(end.Sub(at)/(1440*time.Minute)))
	for _, value := range values {
		for m := at; m.Before(end); m = m.Add(time.Duration(minutes) * time.Minute) {
			v := x.minute(value, m)
			if x.worsened != nil {
				v = x.worsened(s.world.Faults, value, v, now.Sub(m))
			}
			// A sample that stands for several minutes counts as many times.
			if x.sum {
				v *= float64(minutes)
			}
			if x.added != nil {
				v += x.added(s.world, value, m, now)
			}
			all.add(v)
		}
	}
	return all
}

// point is one datapoint, with the members in CloudWatch's order.
func (x *statistics) point(s series, at time.Time, stats, extended []string) *document.Object {
	p := obj("Timestamp", at)
	for _, name := range []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"} {
		for _, wanted := range stats {
			if wanted != name {
				continue
			}
			p.Set(name, round(map[string]float64{
				"SampleCount": x.n, "Average": x.sum / x.n, "Sum": x.sum, "Minimum": x.least, "Maximum": x.most,
			}[name], 4))
		}
	}
	p.Set("Unit", s.unit)
	if len(extended) > 0 {
		e := &document.Object{}
		for _, name := range extended {
			e.Set(name, round(percentile(x.samples, name), 4))
		}
		p.Set("ExtendedStatistics", e)
	}
	return p
}

// percentile is the value below which so many percent of the samples are: p95.
func percentile(samples []float64, name string) float64 {
	var p float64
	if _, err := fmt.Sscanf(name, "p%g", &p); err != nil || p < 0 || p > 100 {
		return 0
	}
	ordered := append([]float64(nil), samples...)
	slices.Sort(ordered)
	return ordered[min(len(ordered)-1, int(p/100*float64(len(ordered))))]
}

// listMetrics lists metrics by namespace, name and some of their dimensions, up to 500 a page.
// A dimension without a value matches all values.
func listMetrics(s *Sandbox, r *request) (*document.Object, error) {
	var all []any
	for _, x := range s.metrics {
		if n := text(r.input, "Namespace"); n != "" && n != x.namespace {
			continue
		}
		if n := text(r.input, "MetricName"); n != "" && n != x.metric {
			continue
		}
		for _, v := range x.values {
			if x.has(v, objects(r.input, "Dimensions"), true) {
				all = append(all, obj("Namespace", x.namespace, "MetricName", x.metric, "Dimensions", x.dimensions(v)))
			}
		}
	}
	page, next, err := cut(r, all, paging{"NextToken", "", 500, noToken})
	if err != nil {
		return nil, err
	}
	return obj("Metrics", page, "NextToken", next), nil
}
