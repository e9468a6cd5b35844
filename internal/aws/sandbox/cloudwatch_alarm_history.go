package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// history is what happened to the alarms: one was raised nine days ago, one had no data for three hours, what the
// flapping fault adds, and what was done to it here.
func (s *Sandbox) history(now time.Time) []alarmChange {
	name := estate + "-high-error-rate"
	const high = "Threshold Crossed: 1 datapoint [14.0] was greater than the threshold (10.0)."
	const low = "Threshold Crossed: 1 datapoint [2.0] was not greater than the threshold (10.0)."
	at := s.world.Born.Add(-9*24*time.Hour - 5*time.Hour).Truncate(time.Minute)
	changes := []alarmChange{{name, "OK", "ALARM", high, at}, {name, "ALARM", "OK", low, at.Add(25 * time.Minute)}}
	at = s.world.Born.Add(-50 * time.Hour).Truncate(time.Minute)
	changes = append(changes,
		alarmChange{
			estate + "-api-latency", "OK", "INSUFFICIENT_DATA", "Insufficient Data: 3 datapoints were unknown.", at.Add(-3 * time.Hour),
		},
		alarmChange{
			estate + "-api-latency", "INSUFFICIENT_DATA", "OK",
			"Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching].", at,
		},
	)
	// Six times in two hours, seven minutes each: twelve changes, more than the five a day of
	// the verdict rule.
	if s.world.Faults["flapping-alarm"] {
		at = now.Add(-2 * time.Hour).Truncate(time.Minute)
		for i := range 6 {
			changes = append(changes, alarmChange{
				name, "OK", "ALARM", high, at.Add(time.Duration(i) * 15 * time.Minute),
			}, alarmChange{name, "ALARM", "OK", low, at.Add(time.Duration(i)*15*time.Minute + 7*time.Minute)})
		}
	}
	changes = append(changes, s.world.Changes...)
	slices.SortStableFunc(changes, func(a, b alarmChange) int { return a.At.Compare(b.At) })
	return append(changes, s.compositeChanges(changes)...)
}

// describeAlarmHistory answers changes of state only, the newest first unless ScanBy says
// otherwise. Configuration changes and actions are not simulated. HistoryData is JSON as text.
func describeAlarmHistory(s *Sandbox, r *request) (*document.Object, error) {
	name, kind, types := text(r.input, "AlarmName"), text(r.input, "HistoryItemType"), texts(r.input, "AlarmTypes")
	from, hasFrom := moment(r.input, "StartDate")
	to, hasTo := moment(r.input, "EndDate")
	var found []alarmChange
	for _, c := range s.history(r.now) {
		// Without AlarmTypes AWS answers metric alarms only; an alarm that is named is found
		// whatever its type.
		typed := slices.Contains(types, c.kind()) || len(types) == 0 && (name != "" || c.kind() == "MetricAlarm")
		if !typed || name != "" && c.Alarm != name || kind != "" && kind != "StateUpdate" || hasFrom &&
			c.At.Before(from) || hasTo && c.At.After(to) {
			continue
		}
		found = append(found, c)
	}
	slices.SortStableFunc(found, func(a, b alarmChange) int { return a.At.Compare(b.At) })
	if text(r.input, "ScanBy") != "TimestampAscending" {
		slices.Reverse(found)
	}
	page, next, err := cut(r, found, paging{"NextToken", "MaxRecords", 100, noToken})
	if err != nil {
		return nil, err
	}
	out := document.List{}
	for _, c := range page {
		data, err := document.Marshal(obj("version", "1.0", "oldState", obj("stateValue", c.From), "newState", s.newState(c)))
		if err != nil {
			return nil, err
		}
		out = append(out, obj("AlarmName", c.Alarm, "AlarmType", c.kind(), "Timestamp", c.At, "HistoryItemType",
			"StateUpdate", "HistorySummary", fmt.Sprintf("Alarm updated from %s to %s", c.From, c.To), "HistoryData", string(data)))
	}
	return obj("AlarmHistoryItems", out, "NextToken", next), nil
}

// newState is the state that an alarm came to, with what it had looked at where that is a metric.
func (s *Sandbox) newState(c alarmChange) *document.Object {
	o := obj("stateValue", c.To, "stateReason", c.Reason)
	if a := s.world.Alarms[c.Alarm]; a != nil {
		o.Set("stateReasonData", obj("version", "1.0", "queryDate", c.At.Format("2006-01-02T15:04:05.000-0700"),
			"statistic", a.Statistic, "period", a.Period, "threshold", a.Threshold))
	}
	return o
}

// kind is the type of the alarm.
func (c alarmChange) kind() string {
	if c.Alarm == compositeName {
		return "CompositeAlarm"
	}
	return "MetricAlarm"
}
