package sandbox

import (
	"net/http"
	"time"
)

// cloudwatchSimulation is Amazon CloudWatch: alarms, dashboards, and the metrics of all services.
func cloudwatchSimulation() simulation {
	return simulation{
		service:  "cloudwatch",
		handlers: merge(alarmHandlers(), dashboardHandlers(), metricHandlers()),
		faults: []Fault{
			{Name: "alarm", Title: "The alarm " + estate + "-high-error-rate is in ALARM"},
			{Name: "no-datapoints", Title: "CloudWatch has no datapoints"},
			{Name: "silent-alarm", Title: "The actions of an alarm are switched off"},
			{Name: "redrawn-dashboard", Title: "Somebody draws something else into every dashboard"},
			{Name: "flapping-alarm", Title: "An alarm changes its state every few minutes"},
		},
		populate: func(w *world, now time.Time) {
			w.addAlarms(now)
			w.Boards[estate+"-production"] = board{oldBoard(), now.AddDate(0, -4, 0)}
		},
		grows: []growing{{
			kind: "cloudwatch alarm", by: "AlarmName AlarmNames", plain: alarmName, creates: map[string]string{
				"PutMetricAlarm": "AlarmName", "PutCompositeAlarm": "AlarmName",
			},
			all: func(w *world) []string { return append(sortedKeys(w.Alarms), compositeName) }, grow: (*world).growAlarm,
			fell: func(w *world, name string) { delete(w.Alarms, name) },
		}},
		// The alarm's state is kept and not computed, so that SetAlarmState can change it
		// while the fault is on.
		switched: func(w *world, fault string, on bool, now time.Time) {
			if fault == "alarm" {
				w.turnAlarm(parents[0], on, now)
				for _, name := range sortedKeys(w.Alarms) {
					if w.Grown[keyOf("cloudwatch alarm", name)] != "" {
						w.turnAlarm(name, on, now)
					}
				}
			}
		},
	}
}

// cloudwatchState is what can change of alarms and dashboards.
type cloudwatchState struct {
	Alarms  map[string]*alarm `json:"alarms"`
	Changes []alarmChange     `json:"changes"` // of alarms' states, since Born
	Boards  map[string]board  `json:"boards"`  // dashboards by name
}

// noToken is the error of a token that the sandbox did not give.
var noToken = serviceError{"InvalidNextToken", "The next token specified is invalid.", http.StatusBadRequest}
