package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// watched are the numbers of a sample: those that the step's expectations judge, with their limits, the newest datapoint of each metric
// that it read, a number that its command printed alone, and how many alarms are in ALARM.
// Of two with one name the first counts, and more than maxValues are left out.
func watched(step *procedures.Step, s *observed) []procedures.SampleValue {
	var out []procedures.SampleValue
	keep := func(value procedures.SampleValue) {
		if len(out) < maxValues && !slices.ContainsFunc(out, func(w procedures.SampleValue) bool { return w.Name == value.Name }) {
			out = append(out, value)
		}
	}
	add := func(name string, value float64) { keep(procedures.SampleValue{Name: name, Value: value}) }
	for i := range s.calls {
		// What is judged of alarms beside a command is their state.
		if s.calls[i].Command != describeAlarms || step.Bake.Command.Text == "" {
			for _, m := range step.Measures(&s.calls[i]) {
				keep(m)
			}
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
			none := 0.0
			keep(procedures.SampleValue{
				Name: journal.AlarmsWatched, Value: float64(len(inAlarm(call))), Limit: &none, Sign: "<=", Verdict: procedures.Failed,
			})
		}
	}
	if value, err := strconv.ParseFloat(strings.TrimSpace(s.out.String()), 64); err == nil {
		add("Printed", value)
	}
	return out
}
