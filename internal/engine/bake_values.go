package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// AlarmsWatched is the name of the number of alarms that are in ALARM.
const AlarmsWatched = "Alarms in ALARM"

// watched are the numbers of a sample: the newest datapoint of each metric that it read, a number that its command
// printed alone, and how many alarms are in ALARM.
func watched(s *observed) []procedures.SampleValue {
	var out []procedures.SampleValue
	add := func(name string, value float64) {
		if len(out) < maxValues && !slices.ContainsFunc(out, func(w procedures.SampleValue) bool { return w.Name == name }) {
			out = append(out, procedures.SampleValue{Name: name, Value: value})
		}
	}
	for _, call := range s.calls {
		o, ok := call.Document.(*document.Object)
		if !ok {
			continue
		}
		switch call.Command {
		case "cloudwatch get-metric-statistics":
			newestDatapoint(o, call.Args, add)
		case "cloudwatch get-metric-data":
			newestData(o, add)
		case "cloudwatch describe-alarms":
			n := 0
			for _, a := range alarmsOf(o) {
				if state, _ := text(a, "StateValue"); state == "ALARM" {
					n++
				}
			}
			add(AlarmsWatched, float64(n))
		}
	}
	if value, err := strconv.ParseFloat(strings.TrimSpace(s.out.String()), 64); err == nil {
		add("Printed", value)
	}
	return out
}

// newestDatapoint adds the statistics of the last datapoint of cloudwatch get-metric-statistics, whose order is not promised.
func newestDatapoint(o *document.Object, args []string, add func(string, float64)) {
	label, _ := text(o, "Label")
	if i := slices.Index(args, "--dimensions"); i >= 0 && i+1 < len(args) {
		if _, value, ok := strings.Cut(args[i+1], "Value="); ok {
			label += " " + strings.Trim(value, `"'`)
		}
	}
	v, _ := o.Get("Datapoints")
	list, _ := v.(document.List)
	var newest *document.Object
	at := ""
	for _, item := range list {
		if d, ok := item.(*document.Object); ok {
			if t, _ := text(d, "Timestamp"); t >= at {
				newest, at = d, t
			}
		}
	}
	if newest == nil {
		return
	}
	for key, value := range newest.All() {
		switch key {
		case "Sum", "Average", "Maximum", "Minimum", "SampleCount":
			if n, ok := document.Float(value); ok {
				add(label+", "+key, n)
			}
		case "ExtendedStatistics":
			if extended, ok := value.(*document.Object); ok {
				for name, value := range extended.All() {
					if n, ok := document.Float(value); ok {
						add(label+", "+name, n)
					}
				}
			}
		}
	}
}

// newestData adds the newest value of each line of cloudwatch get-metric-data, which begins with it unless it is asked otherwise.
func newestData(o *document.Object, add func(string, float64)) {
	v, _ := o.Get("MetricDataResults")
	list, _ := v.(document.List)
	for _, item := range list {
		d, ok := item.(*document.Object)
		if !ok {
			continue
		}
		label, _ := text(d, "Label")
		times, _ := d.Get("Timestamps")
		values, _ := d.Get("Values")
		at, _ := times.(document.List)
		of, _ := values.(document.List)
		newest, when := -1, ""
		for i := range min(len(at), len(of)) {
			if t, _ := at[i].(string); t >= when {
				newest, when = i, t
			}
		}
		if newest >= 0 {
			if n, ok := document.Float(of[newest]); ok {
				add(label, n)
			}
		}
	}
}
