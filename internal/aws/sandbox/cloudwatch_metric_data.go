package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// getMetricData answers the statistics of several metrics at once, the newest value first unless ScanBy says otherwise. Expressions,
// which compute with them, are refused.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
func getMetricData(s *Sandbox, r *request) (*document.Object, error) {
	from, okFrom := moment(r.input, "StartTime")
	to, okTo := moment(r.input, "EndTime")
	if !okFrom || !okTo || !from.Before(to) {
		return nil, refuse(http.StatusBadRequest, "ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
	}
	results := document.List{}
	for _, q := range objects(r.input, "MetricDataQueries") {
		stat := member(q, "MetricStat")
		if stat == nil {
			return nil, notTaken(r, "Expression")
		}
		if returned, ok := q.Get("ReturnData"); ok && returned == false {
			continue
		}
		out, err := s.metricData(r, q, stat, from, to)
		if err != nil {
			return nil, err
		}
		results = append(results, out)
	}
	return obj("MetricDataResults", results, "Messages", document.List{}), nil
}

// metricData is the answer to one query.
func (s *Sandbox) metricData(r *request, q, stat *document.Object, from, to time.Time) (*document.Object, error) {
	period := integer(stat, "Period", 0)
	if period <= 0 || period > maxPeriod || period%60 != 0 && period != 1 && period != 5 && period != 10 && period != 30 {
		return nil, refuse(http.StatusBadRequest, "ValidationError", "The parameter MetricDataQueries.member.MetricStat.Period must be "+
			"1, 5, 10, 30, or a multiple of 60")
	}
	if points := (to.Unix() - from.Unix()) / period; points > 100_800 {
		return nil, refuse(http.StatusBadRequest, "ValidationError",
			"You have requested up to %d datapoints, which exceeds the limit of 100,800.", points)
	}
	metric := member(stat, "Metric")
	name := text(stat, "Stat")
	stats, extended := []string{name}, []string(nil)
	if strings.HasPrefix(name, "p") {
		stats, extended = nil, stats
	}
	times, values := document.List{}, document.List{}
	if x, of, ok := s.seriesOf(r, metric); ok && !s.world.Faults["no-datapoints"] {
		points := s.datapoints(x, of, from, to, period, stats, extended, r.now)
		slices.SortFunc(points, func(a, b any) int { return timeAt(b).Compare(timeAt(a)) })
		if text(r.input, "ScanBy") == "TimestampAscending" {
			slices.Reverse(points)
		}
		for _, p := range points {
			o, _ := p.(*document.Object)
			if extended != nil {
				o = member(o, "ExtendedStatistics")
			}
			value, ok := o.Get(name)
			if !ok {
				return nil, notTaken(r, "Stat "+name)
			}
			times, values = append(times, timeAt(p)), append(values, value)
		}
	}
	label := text(q, "Label")
	if label == "" {
		label = text(metric, "MetricName")
	}
	return obj("Id", text(q, "Id"), "Label", label, "Timestamps", times, "Values", values, "StatusCode", "Complete"), nil
}

// timeAt is the time of a datapoint.
func timeAt(point any) time.Time {
	o, _ := point.(*document.Object)
	at, _ := o.Get("Timestamp")
	t, _ := at.(time.Time)
	return t
}
