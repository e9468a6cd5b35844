package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// alarm is a metric alarm on one dimension.
type alarm struct {
	Name, Description, Namespace, Metric, Statistic, Dimension, DimensionValue string
	Threshold                                                                  float64
	Period                                                                     int64 // seconds
	Evaluations                                                                int64
	Operator                                                                   string
	State, Reason                                                              string
	Updated, Configured                                                        time.Time
	Set                                                                        *document.Object `json:",omitempty"` // by PutMetricAlarm
}

// alarmChange is one change of the state of an alarm.
type alarmChange struct {
	Alarm, From, To, Reason string
	At                      time.Time
}

// alarmHandlers are the reads of alarms, and what sets and deletes them. Alarms do not evaluate metrics:
// their states change by SetAlarmState and by faults.
func alarmHandlers() map[string]handler {
	return map[string]handler{
		"DescribeAlarms":          {"AlarmNames AlarmNamePrefix AlarmTypes StateValue MaxRecords NextToken", describeAlarms},
		"DescribeAlarmsForMetric": {"MetricName Namespace Dimensions", describeAlarmsForMetric},
		"DescribeAlarmHistory": {
			"AlarmName AlarmTypes HistoryItemType StartDate EndDate MaxRecords NextToken ScanBy", describeAlarmHistory,
		},
		"SetAlarmState":       {"AlarmName StateValue StateReason", setAlarmState},
		"PutMetricAlarm":      {putAlarmTakes, putAlarm},
		"DeleteAlarms":        {"AlarmNames", deleteAlarms},
		"EnableAlarmActions":  {"AlarmNames", switchActions(true)},
		"DisableAlarmActions": {"AlarmNames", switchActions(false)},
	}
}

// alarmARN is the ARN of an alarm, metric or composite.
func alarmARN(name string) string {
	return fmt.Sprintf("arn:aws:cloudwatch:%s:%s:alarm:%s", region, accountID, name)
}

// alarmDocument is an alarm as DescribeAlarms answers it.
func alarmDocument(a *alarm) *document.Object {
	out := obj(
		"AlarmName", a.Name, "AlarmArn", alarmARN(a.Name), "AlarmDescription", a.Description,
		"AlarmConfigurationUpdatedTimestamp", a.Configured, "ActionsEnabled", true,
		"OKActions", document.List{}, "AlarmActions",
		document.List{fmt.Sprintf("arn:aws:sns:%s:%s:%s-alerts", region, accountID, estate)}, "InsufficientDataActions", document.List{},
		"StateValue", a.State, "StateReason", a.Reason, "StateUpdatedTimestamp", a.Updated, "MetricName", a.Metric,
		"Namespace", a.Namespace, "Statistic", a.Statistic,
		"Dimensions", document.List{obj("Name", a.Dimension, "Value", a.DimensionValue)}, "Period", a.Period,
		"EvaluationPeriods", a.Evaluations, "Threshold", a.Threshold,
		"ComparisonOperator", a.Operator, "StateTransitionedTimestamp", a.Updated,
	)
	if a.Set == nil {
		return out
	}
	if _, whole := a.Set.Get("MetricName"); whole { // the estate's own is as it was, but for its actions
		for _, name := range []string{"Statistic", "Dimensions", "AlarmActions", "AlarmDescription"} {
			if _, set := a.Set.Get(name); !set {
				out.Delete(name)
			}
		}
	}
	for name, v := range a.Set.All() {
		out.Set(name, v)
	}
	return out
}

// parents are the alarms that the estate's one composite alarm stands on.
var parents = []string{estate + "-high-error-rate", estate + "-api-latency"}

// compositeName is the estate's one composite alarm.
const compositeName = estate + "-service-health"

// composite is the estate's one composite alarm: in ALARM when the error rate or the latency is.
func (s *Sandbox) composite() *document.Object {
	state, reason, updated := "OK", fmt.Sprintf("%s was created and its alarm rule evaluates to OK",
		alarmARN(compositeName)), s.world.Born.Add(-50*time.Hour).Truncate(time.Minute)
	if all := s.compositeChanges(s.world.Changes); len(all) > 0 {
		last := all[len(all)-1]
		state, reason, updated = last.To, last.Reason, last.At
	}
	return obj(
		"ActionsEnabled", true, "AlarmActions", document.List{}, "AlarmArn", alarmARN(compositeName),
		"AlarmConfigurationUpdatedTimestamp", s.world.Born.AddDate(0, -3, 0), "AlarmDescription", "Errors or slow answers",
		"AlarmName", compositeName, "AlarmRule", fmt.Sprintf("ALARM(%q) OR ALARM(%q)", parents[0], parents[1]),
		"InsufficientDataActions", document.List{}, "OKActions", document.List{},
		"StateReason", reason, "StateUpdatedTimestamp", updated, "StateValue", state, "StateTransitionedTimestamp", updated,
	)
}

// compositeChanges are the changes of the composite alarm that follow from those of its parents, which all began with OK.
func (s *Sandbox) compositeChanges(of []alarmChange) []alarmChange {
	var out []alarmChange
	red := map[string]bool{}
	for _, c := range of {
		if !slices.Contains(parents, c.Alarm) {
			continue
		}
		// The rule is an OR: the composite is in ALARM while any parent is.
		before := len(red) > 0
		if delete(red, c.Alarm); c.To == "ALARM" {
			red[c.Alarm] = true
		}
		if after := len(red) > 0; after != before {
			from, to := "OK", "ALARM"
			if before {
				from, to = to, from
			}
			out = append(out, alarmChange{
				compositeName, from, to, fmt.Sprintf("%s transitioned to %s at %s", alarmARN(c.Alarm), c.To,
					c.At.Format("Monday 02 January, 2006 15:04:05 UTC")), c.At,
			})
		}
	}
	return out
}

// describeAlarms filters as CloudWatch does: without AlarmTypes only metric alarms are listed,
// and names exclude a prefix.
func describeAlarms(s *Sandbox, r *request) (*document.Object, error) {
	names, prefix, state, types := texts(r.input, "AlarmNames"), text(r.input, "AlarmNamePrefix"),
		text(r.input, "StateValue"), texts(r.input, "AlarmTypes")
	if len(names) > 0 && prefix != "" {
		return nil, refuse(http.StatusBadRequest, "ValidationError", "AlarmNamePrefix and AlarmNames cannot be specified together")
	}
	wanted := func(kind, name, value string) bool {
		return (slices.Contains(types, kind) || len(types) == 0 && kind == "MetricAlarm") &&
			(len(names) == 0 || slices.Contains(names, name)) && strings.HasPrefix(name, prefix) && (state == "" || state == value)
	}
	var all []*document.Object // the composite alarms come first, as AWS has them
	if c := s.composite(); wanted("CompositeAlarm", compositeName, text(c, "StateValue")) {
		all = append(all, c)
	}
	for _, a := range sorted(s.world.Alarms) {
		if wanted("MetricAlarm", a.Name, a.State) {
			d := alarmDocument(a)
			if s.world.Faults["silent-alarm"] && a.Name == estate+"-table-throttles" {
				d.Set("ActionsEnabled", false)
			}
			all = append(all, d)
		}
	}
	// A page holds both kinds together, up to MaxRecords; AWS puts composite alarms in front
	// as well.
	page, next, err := cut(r, all, paging{"NextToken", "MaxRecords", 100, noToken})
	if err != nil {
		return nil, err
	}
	metric, composites := document.List{}, document.List{}
	for _, a := range page {
		if text(a, "AlarmRule") != "" {
			composites = append(composites, a)
		} else {
			metric = append(metric, a)
		}
	}
	return obj("CompositeAlarms", composites, "MetricAlarms", metric, "NextToken", next), nil
}

// describeAlarmsForMetric wants exactly the dimensions of the alarm; one fewer finds nothing,
// as on AWS.
func describeAlarmsForMetric(s *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	for _, a := range sorted(s.world.Alarms) {
		asked := objects(r.input, "Dimensions")
		same := len(asked) == 1 && text(asked[0], "Name") == a.Dimension && text(asked[0], "Value") == a.DimensionValue
		if same && a.Metric == text(r.input, "MetricName") && a.Namespace == text(r.input, "Namespace") {
			out = append(out, alarmDocument(a))
		}
	}
	return obj("MetricAlarms", out), nil
}

// setAlarmState sets a state until the next evaluation on AWS; here there is none, and it
// stays. It has no output.
func setAlarmState(s *Sandbox, r *request) (*document.Object, error) {
	a := s.world.Alarms[text(r.input, "AlarmName")]
	if a == nil {
		return nil, refuse(http.StatusNotFound, "ResourceNotFound", "Alarm %s does not exist", text(r.input, "AlarmName"))
	}
	s.world.setAlarm(a, text(r.input, "StateValue"), text(r.input, "StateReason"), r.now)
	s.touch(r, a.Name, "AWS::CloudWatch::Alarm")
	return nil, nil
}

// addAlarms makes four alarms that have been OK for two days.
func (w *world) addAlarms(now time.Time) {
	configured := time.Date(2024, 5, 2, 11, 0, 0, 0, time.UTC)
	for _, a := range []alarm{
		{
			Name: estate + "-high-error-rate", Description: "More than 10 errors in five minutes",
			Namespace: "AWS/Lambda", Metric: "Errors", Statistic: "Sum", Dimension: "FunctionName",
			DimensionValue: estate + "-api-production", Threshold: 10, Period: 300, Evaluations: 1, Operator: "GreaterThanThreshold",
		},
		{
			Name: estate + "-api-latency", Description: "Slow answers", Namespace: "AWS/ApiGateway", Metric: "Latency",
			Statistic: "Average", Dimension: "ApiName", DimensionValue: estate + "-api-production", Threshold: 1000,
			Period: 300, Evaluations: 3, Operator: "GreaterThanThreshold",
		},
		{
			Name: estate + "-table-throttles", Description: "The table refuses reads", Namespace: "AWS/DynamoDB",
			Metric: "ReadThrottleEvents", Statistic: "Sum", Dimension: "TableName",
			DimensionValue: estate + "-topology", Threshold: 0, Period: 60, Evaluations: 5, Operator: "GreaterThanThreshold",
		},
		{
			Name: estate + "-discovery-duration", Description: "Discovery comes near its timeout",
			Namespace: "AWS/Lambda", Metric: "Duration", Statistic: "Maximum", Dimension: "FunctionName",
			DimensionValue: estate + "-discovery-production", Threshold: 240_000, Period: 300, Evaluations: 1,
			Operator: "GreaterThanOrEqualToThreshold",
		},
	} {
		a.State, a.Configured = "OK", configured
		a.Updated = now.Add(-50 * time.Hour).Truncate(time.Minute)
		a.Reason = reasonOf(&a, false, a.Updated)
		w.Alarms[a.Name] = &a
	}
}

// alarmName is the name in an alarm's name or ARN.
func alarmName(named string) string {
	if _, after, ok := strings.Cut(named, ":alarm:"); ok {
		return after
	}
	return named
}

// growAlarm makes an alarm that a runbook names, which has been OK since it was made.
func (w *world) growAlarm(name string, now time.Time) {
	a := &alarm{
		Name: name, Description: "Grown from a runbook", Namespace: "AWS/ApplicationELB", Metric: "HTTPCode_Target_5XX_Count",
		Statistic: "Sum", Dimension: "LoadBalancer", DimensionValue: "app/" + name + "/" + hexOf(16, "alarm", name), Threshold: 10,
		Period: 300, Evaluations: 1, Operator: "GreaterThanThreshold", State: "OK", Configured: bornOf("cloudwatch alarm/" + name),
	}
	if a.Updated = w.Born.Add(-50 * time.Hour).Truncate(time.Minute); w.Faults["alarm"] {
		a.State, a.Updated = "ALARM", now
	}
	a.Reason = reasonOf(a, w.Faults["alarm"], a.Updated)
	w.Alarms[name] = a
}

// reasonOf is why an alarm that has crossed its threshold, or not, is as it is since a moment.
func reasonOf(a *alarm, on bool, at time.Time) string {
	reason := "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (%s)] was not greater than the threshold (%.1f) " +
		"(minimum 1 datapoint for ALARM -> OK transition)."
	if on {
		reason = "Threshold Crossed: 1 out of the last 1 datapoints [" + fmt.Sprintf("%.1f", alarming) +
			" (%s)] was greater than the threshold (%.1f) (minimum 1 datapoint for OK -> ALARM transition)."
	}
	return fmt.Sprintf(reason, at.Add(-5*time.Minute).Format("02/01/06 15:04:05"), a.Threshold)
}

// alarming is the number of errors in five minutes that raises the alarm.
const alarming = 37.0

// turnAlarm raises or clears an alarm and writes its history.
func (w *world) turnAlarm(name string, on bool, now time.Time) {
	a := w.Alarms[name]
	if a == nil {
		return
	}
	state := "OK"
	if on {
		state = "ALARM"
	}
	w.setAlarm(a, state, reasonOf(a, on, now), now)
}

// setAlarm sets the state of an alarm, and keeps a change of it for the history.
func (w *world) setAlarm(a *alarm, state, reason string, now time.Time) {
	// Setting the state that an alarm has is no change of state and has no history.
	if a.State != state {
		w.Changes = append(w.Changes, alarmChange{Alarm: a.Name, From: a.State, To: state, Reason: reason, At: now})
	}
	a.State, a.Reason, a.Updated = state, reason, now
}
