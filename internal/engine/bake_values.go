package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// watched are the numbers of a sample: the newest datapoint of each metric that it read, a number that its command
// printed alone, and how many alarms are in ALARM.
// Of two with one name the first counts, and more than maxValues are left out.
func watched(s *observed) []procedures.SampleValue {
	var out []procedures.SampleValue
	add := func(name string, value float64) {
		if len(out) < maxValues && !slices.ContainsFunc(out, func(w procedures.SampleValue) bool { return w.Name == name }) {
			out = append(out, procedures.SampleValue{Name: name, Value: value})
		}
	}
	for i := range s.calls {
		call := &s.calls[i]
		for _, series := range call.Series() {
			if n := len(series.Points); n > 0 {
				add(series.Name(), series.Points[n-1].Value)
			}
		}
		if call.Command == describeAlarms {
			add(journal.AlarmsWatched, float64(len(inAlarm(call))))
		}
	}
	if value, err := strconv.ParseFloat(strings.TrimSpace(s.out.String()), 64); err == nil {
		add("Printed", value)
	}
	return out
}
