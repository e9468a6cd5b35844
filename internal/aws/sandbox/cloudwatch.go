package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

var cloudwatchHandlers = map[string]handler{
	"cloudwatch DescribeAlarms":          describeAlarms,
	"cloudwatch DescribeAlarmHistory":    describeAlarmHistory,
	"cloudwatch SetAlarmState":           setAlarmState,
	"cloudwatch GetMetricStatistics":     getMetricStatistics,
	"cloudwatch ListMetrics":             listMetrics,
	"cloudwatch PutDashboard":            putDashboard,
	"cloudwatch GetDashboard":            getDashboard,
	"cloudwatch ListDashboards":          listDashboards,
	"cloudwatch DescribeAlarmsForMetric": describeAlarmsForMetric,
}

func alarmARN(name string) string {
	return fmt.Sprintf("arn:aws:cloudwatch:%s:%s:alarm:%s", region, accountID, name)
}

func alarmDocument(a *alarm) *document.Object {
	return obj(
		"AlarmName", a.Name, "AlarmArn", alarmARN(a.Name), "AlarmDescription", a.Description, "AlarmConfigurationUpdatedTimestamp", a.Configured, "ActionsEnabled", true,
		"OKActions", document.List{}, "AlarmActions", document.List{fmt.Sprintf("arn:aws:sns:%s:%s:%s-alerts", region, accountID, estate)}, "InsufficientDataActions", document.List{},
		"StateValue", a.State, "StateReason", a.Reason, "StateUpdatedTimestamp", a.Updated, "MetricName", a.Metric, "Namespace", a.Namespace, "Statistic", a.Statistic,
		"Dimensions", document.List{obj("Name", a.Dimension, "Value", a.DimensionValue)}, "Period", a.Period, "EvaluationPeriods", a.Evaluations, "Threshold", a.Threshold,
		"ComparisonOperator", a.Operator, "StateTransitionedTimestamp", a.Updated,
	)
}

// composite is the estate's one composite alarm: in ALARM when the error rate or the latency is.
func (s *Sandbox) composite() *document.Object {
	name := estate + "-service-health"
	state := "OK"
	updated := s.world.Born.Add(-50 * time.Hour).Truncate(time.Minute)
	for _, child := range []string{estate + "-high-error-rate", estate + "-api-latency"} {
		if a := s.world.Alarms[child]; a != nil && a.State == "ALARM" {
			state, updated = "ALARM", a.Updated
		}
	}
	return obj(
		"ActionsEnabled", true, "AlarmActions", document.List{}, "AlarmArn", alarmARN(name), "AlarmConfigurationUpdatedTimestamp", s.world.Born.AddDate(0, -3, 0), "AlarmDescription", "Errors or slow answers",
		"AlarmName", name, "AlarmRule", fmt.Sprintf("ALARM(%q) OR ALARM(%q)", estate+"-high-error-rate", estate+"-api-latency"), "InsufficientDataActions", document.List{}, "OKActions", document.List{},
		"StateReason", fmt.Sprintf("%s transitioned to %s", alarmARN(name), state), "StateUpdatedTimestamp", updated, "StateValue", state, "StateTransitionedTimestamp", updated,
	)
}

func describeAlarms(s *Sandbox, r *request) (*document.Object, error) {
	names, prefix, state, types := texts(r.input, "AlarmNames"), text(r.input, "AlarmNamePrefix"), text(r.input, "StateValue"), texts(r.input, "AlarmTypes")
	wanted := func(name, value string) bool {
		return (len(names) == 0 || slices.Contains(names, name)) && strings.HasPrefix(name, prefix) && (state == "" || state == value)
	}
	metric, composites := document.List{}, document.List{}
	if len(types) == 0 || slices.Contains(types, "MetricAlarm") {
		for _, a := range sorted(s.world.Alarms) {
			if wanted(a.Name, a.State) {
				metric = append(metric, alarmDocument(a))
			}
		}
	}
	if slices.Contains(types, "CompositeAlarm") {
		if c := s.composite(); wanted(text(c, "AlarmName"), text(c, "StateValue")) {
			composites = append(composites, c)
		}
	}
	return obj("MetricAlarms", metric, "CompositeAlarms", composites), nil
}

func describeAlarmsForMetric(s *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	for _, a := range sorted(s.world.Alarms) {
		if a.Metric == text(r.input, "MetricName") && a.Namespace == text(r.input, "Namespace") {
			out = append(out, alarmDocument(a))
		}
	}
	return obj("MetricAlarms", out), nil
}

// history is what happened to an alarm: one episode nine days ago, what the flapping fault adds, and what was done to it here.
func (s *Sandbox) history(now time.Time) []alarmChange {
	name := estate + "-high-error-rate"
	const high = "Threshold Crossed: 1 datapoint [14.0] was greater than the threshold (10.0)."
	const low = "Threshold Crossed: 1 datapoint [2.0] was not greater than the threshold (10.0)."
	at := s.world.Born.Add(-9*24*time.Hour - 5*time.Hour).Truncate(time.Minute)
	changes := []alarmChange{{name, "OK", "ALARM", high, at}, {name, "ALARM", "OK", low, at.Add(25 * time.Minute)}}
	at = s.world.Born.Add(-50 * time.Hour).Truncate(time.Minute)
	changes = append(changes, alarmChange{estate + "-api-latency", "INSUFFICIENT_DATA", "OK", "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching].", at})
	if s.world.Faults["flapping-alarm"] {
		at = now.Add(-2 * time.Hour).Truncate(time.Minute)
		for i := range 6 {
			changes = append(changes, alarmChange{name, "OK", "ALARM", high, at.Add(time.Duration(i) * 15 * time.Minute)}, alarmChange{name, "ALARM", "OK", low, at.Add(time.Duration(i)*15*time.Minute + 7*time.Minute)})
		}
	}
	return append(changes, s.world.Changes...)
}

func describeAlarmHistory(s *Sandbox, r *request) (*document.Object, error) {
	name, kind := text(r.input, "AlarmName"), text(r.input, "HistoryItemType")
	from, hasFrom := moment(r.input, "StartDate")
	to, hasTo := moment(r.input, "EndDate")
	all := s.history(r.now)
	slices.SortStableFunc(all, func(a, b alarmChange) int { return b.At.Compare(a.At) })
	out := document.List{}
	for _, c := range all {
		if name != "" && c.Alarm != name || kind != "" && kind != "StateUpdate" || hasFrom && c.At.Before(from) || hasTo && c.At.After(to) {
			continue
		}
		data := obj("version", "1.0", "oldState", obj("stateValue", c.From), "newState", obj("stateValue", c.To, "stateReason", c.Reason))
		text, err := document.Marshal(data)
		if err != nil {
			return nil, err
		}
		out = append(out, obj("AlarmName", c.Alarm, "AlarmType", "MetricAlarm", "Timestamp", c.At, "HistoryItemType", "StateUpdate", "HistorySummary", fmt.Sprintf("Alarm updated from %s to %s", c.From, c.To), "HistoryData", string(text)))
	}
	if text(r.input, "ScanBy") == "TimestampAscending" {
		slices.Reverse(out)
	}
	if n := integer(r.input, "MaxRecords", 100); int64(len(out)) > n {
		out = out[:n]
	}
	return obj("AlarmHistoryItems", out), nil
}

func setAlarmState(s *Sandbox, r *request) (*document.Object, error) {
	a := s.world.Alarms[text(r.input, "AlarmName")]
	if a == nil {
		return nil, refuse(http.StatusNotFound, "ResourceNotFound", "Alarm %s does not exist", text(r.input, "AlarmName"))
	}
	s.world.setAlarm(a, text(r.input, "StateValue"), text(r.input, "StateReason"), r.now)
	s.touch(r, a.Name, "AWS::CloudWatch::Alarm")
	return nil, nil
}

func putDashboard(s *Sandbox, r *request) (*document.Object, error) {
	body := text(r.input, "DashboardBody")
	v, err := document.Parse([]byte(body))
	o, ok := v.(*document.Object)
	if err != nil || !ok {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterInput", "The field DashboardBody must be a valid JSON object")
	}
	if _, ok := o.Get("widgets"); !ok {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterInput", "The dashboard body is invalid, there is 1 validation error: should have required property 'widgets'")
	}
	s.world.Boards[text(r.input, "DashboardName")] = body
	s.touch(r, text(r.input, "DashboardName"), "AWS::CloudWatch::Dashboard")
	return obj("DashboardValidationMessages", document.List{}), nil
}

func dashboardARN(name string) string {
	return fmt.Sprintf("arn:aws:cloudwatch::%s:dashboard/%s", accountID, name)
}

func getDashboard(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "DashboardName")
	body, ok := s.world.Boards[name]
	if !ok {
		return nil, refuse(http.StatusNotFound, "ResourceNotFound", "Dashboard %s does not exist", name)
	}
	return obj("DashboardArn", dashboardARN(name), "DashboardBody", body, "DashboardName", name), nil
}

func listDashboards(s *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	for name, body := range s.world.Boards {
		if strings.HasPrefix(name, text(r.input, "DashboardNamePrefix")) {
			out = append(out, obj("DashboardName", name, "DashboardArn", dashboardARN(name), "LastModified", s.world.Born, "Size", int64(len(body))))
		}
	}
	slices.SortFunc(out, func(a, b any) int {
		return strings.Compare(text(a.(*document.Object), "DashboardName"), text(b.(*document.Object), "DashboardName"))
	})
	return obj("DashboardEntries", out), nil
}
