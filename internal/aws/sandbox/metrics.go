package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// series is a metric with a daily shape.
type series struct {
	namespace, metric string
	dimension         string   // the name of its dimension
	values            []string // of that dimension; nil where the metric stands without one only
	alone             bool     // it is also there without dimensions, summed up
	unit              string
	base, swing       float64 // of one minute: the level, and how far the day's wave goes
	sum               bool    // minutes are added up; otherwise the value is a level
}

var functionNames = []string{estate + "-analysis-production", estate + "-api-production", estate + "-discovery-production"}

var allSeries = []series{
	{"AWS/Lambda", "Invocations", "FunctionName", functionNames, true, "Count", 11, 7, true},
	{"AWS/Lambda", "Errors", "FunctionName", functionNames, true, "Count", 0.0011, 0.0009, true},
	{"AWS/Lambda", "Throttles", "FunctionName", functionNames, true, "Count", 0, 0, true},
	{"AWS/Lambda", "Duration", "FunctionName", functionNames, true, "Milliseconds", 820, 310, false},
	{"AWS/Lambda", "ConcurrentExecutions", "FunctionName", functionNames, true, "Count", 4, 2, false},
	{"AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", []string{estate + "-topology"}, false, "Count", 940, 410, true},
	{"AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", []string{estate + "-topology"}, false, "Count", 310, 120, true},
	{"AWS/DynamoDB", "ReadThrottleEvents", "TableName", []string{estate + "-topology"}, false, "Count", 0, 0, true},
	{"AWS/ApiGateway", "Count", "ApiName", []string{estate + "-api-production"}, false, "Count", 64, 41, true},
	{"AWS/ApiGateway", "Latency", "ApiName", []string{estate + "-api-production"}, false, "Milliseconds", 142, 48, false},
	{"AWS/ApiGateway", "5XXError", "ApiName", []string{estate + "-api-production"}, false, "Count", 0.0006, 0.0004, true},
	{"AWS/S3", "NumberOfObjects", "BucketName", []string{estate + "-data-production"}, false, "Count", 21, 0, false},
	{"AWS/S3", "BucketSizeBytes", "BucketName", []string{estate + "-data-production"}, false, "Bytes", 13_841_408, 0, false},
}

// minute is the value of one minute: a wave over the day, weaker on weekends, with a little noise
// that is the same whenever it is asked for.
func (s series) minute(value string, at time.Time) float64 {
	hours := float64(at.Hour()) + float64(at.Minute())/60
	wave := math.Sin((hours - 9) / 24 * 2 * math.Pi)
	v := s.base + s.swing*wave
	if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
		v *= 0.7
	}
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

// find returns the series that a namespace, a metric and dimensions name, with the values of its dimension.
func findSeries(namespace, metric string, dimensions []*document.Object) (series, []string, bool) {
	for _, s := range allSeries {
		if s.namespace != namespace || s.metric != metric {
			continue
		}
		if len(dimensions) == 0 {
			return s, s.values, s.alone
		}
		for _, d := range dimensions {
			for _, v := range s.values {
				if text(d, "Name") == s.dimension && text(d, "Value") == v {
					return s, []string{v}, true
				}
			}
		}
	}
	return series{}, nil, false
}

// statistics of one period, of all minutes and all values of the dimension.
type statistics struct {
	n, sum, least, most float64
	samples             []float64
}

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

func getMetricStatistics(s *Sandbox, r *request) (*document.Object, error) {
	from, okFrom := moment(r.input, "StartTime")
	to, okTo := moment(r.input, "EndTime")
	period := integer(r.input, "Period", 60)
	stats, extended := texts(r.input, "Statistics"), texts(r.input, "ExtendedStatistics")
	metric := text(r.input, "MetricName")
	switch {
	case !okFrom || !okTo || !from.Before(to):
		return nil, refuse(http.StatusBadRequest, "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
	case period <= 0 || period%60 != 0 && period != 1 && period != 5 && period != 10 && period != 30:
		return nil, refuse(http.StatusBadRequest, "InvalidParameterValue", "The parameter Period must be 1, 5, 10, 30, or a multiple of 60")
	case len(stats) == 0 && len(extended) == 0:
		return nil, refuse(http.StatusBadRequest, "InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics, but not both.")
	case to.Sub(from)/(time.Duration(period)*time.Second) > 1440:
		return nil, refuse(http.StatusBadRequest, "InvalidParameterCombination", "You have requested up to %d datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.", int(to.Sub(from)/(time.Duration(period)*time.Second)))
	}
	for _, st := range stats {
		if !strings.Contains(" SampleCount Average Sum Minimum Maximum ", " "+st+" ") {
			return nil, refuse(http.StatusBadRequest, "ValidationError", "1 validation error detected: Value '[%s]' at 'statistics' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [Minimum, Maximum, Average, Sum, SampleCount]]", st)
		}
	}
	result, values, ok := findSeries(text(r.input, "Namespace"), metric, objects(r.input, "Dimensions"))
	points := document.List{}
	if ok && !s.world.Faults["no-datapoints"] {
		points = s.datapoints(result, values, from, to, period, stats, extended, r.now)
	}
	return obj("Label", metric, "Datapoints", points), nil
}

// datapoints makes one point a period. Like AWS's they are in no order: here the newer half comes first.
func (s *Sandbox) datapoints(x series, values []string, from, to time.Time, period int64, stats, extended []string, now time.Time) document.List {
	step := time.Duration(period) * time.Second
	from = from.Truncate(time.Minute)
	if to.After(now) {
		to = now
	}
	points := document.List{}
	for at := from; at.Before(to); at = at.Add(step) {
		end := at.Add(step)
		if end.After(to) {
			end = to
		}
		sampling := max(time.Minute, end.Sub(at)/1440/time.Minute*time.Minute)
		weight := float64(sampling / time.Minute)
		var all statistics
		for _, value := range values {
			for m := at; m.Before(end); m = m.Add(sampling) {
				v := x.minute(value, m)
				if x.sum {
					v *= weight
				}
				if s.world.Faults["error-rate"] && x.metric == "Errors" && now.Sub(m) < time.Hour {
					v += 3
				}
				all.add(v)
			}
		}
		if all.n > 0 {
			points = append(points, all.point(x, at, stats, extended))
		}
	}
	half := len(points) / 2
	return append(points[half:len(points):len(points)], points[:half]...)
}

func (x *statistics) point(s series, at time.Time, stats, extended []string) *document.Object {
	p := obj("Timestamp", at)
	for _, name := range []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"} {
		for _, wanted := range stats {
			if wanted != name {
				continue
			}
			p.Set(name, round(map[string]float64{"SampleCount": x.n, "Average": x.sum / x.n, "Sum": x.sum, "Minimum": x.least, "Maximum": x.most}[name], 4))
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

func percentile(samples []float64, name string) float64 {
	var p float64
	if _, err := fmt.Sscanf(name, "p%g", &p); err != nil || p < 0 || p > 100 {
		return 0
	}
	ordered := append([]float64(nil), samples...)
	sortFloats(ordered)
	return ordered[min(len(ordered)-1, int(p/100*float64(len(ordered))))]
}

func listMetrics(_ *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	for _, s := range allSeries {
		if n := text(r.input, "Namespace"); n != "" && n != s.namespace {
			continue
		}
		if n := text(r.input, "MetricName"); n != "" && n != s.metric {
			continue
		}
		for _, v := range s.values {
			out = append(out, obj("Namespace", s.namespace, "MetricName", s.metric, "Dimensions", document.List{obj("Name", s.dimension, "Value", v)}))
		}
	}
	return obj("Metrics", out), nil
}
