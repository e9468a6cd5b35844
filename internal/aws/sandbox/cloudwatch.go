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
	"cloudwatch DescribeAlarms":          {"AlarmNames AlarmNamePrefix AlarmTypes StateValue MaxRecords NextToken", describeAlarms},
	"cloudwatch DescribeAlarmsForMetric": {"MetricName Namespace Dimensions", describeAlarmsForMetric},
	"cloudwatch DescribeAlarmHistory":    {"AlarmName AlarmTypes HistoryItemType StartDate EndDate MaxRecords NextToken ScanBy", describeAlarmHistory},
	"cloudwatch SetAlarmState":           {"AlarmName StateValue StateReason", setAlarmState},
	"cloudwatch PutDashboard":            {"DashboardName DashboardBody", putDashboard},
	"cloudwatch GetDashboard":            {"DashboardName", getDashboard},
	"cloudwatch ListDashboards":          {"DashboardNamePrefix NextToken", listDashboards},
	"cloudwatch DeleteDashboards":        {"DashboardNames", deleteDashboards},
}

var noToken = serviceError{"InvalidNextToken", "The next token specified is invalid.", http.StatusBadRequest}

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

// parents are the alarms that the estate's one composite alarm stands on.
var parents = []string{estate + "-high-error-rate", estate + "-api-latency"}

const compositeName = estate + "-service-health"

// composite is the estate's one composite alarm: in ALARM when the error rate or the latency is.
func (s *Sandbox) composite() *document.Object {
	state, reason, updated := "OK", fmt.Sprintf("%s was created and its alarm rule evaluates to OK", alarmARN(compositeName)), s.world.Born.Add(-50*time.Hour).Truncate(time.Minute)
	if all := s.compositeChanges(s.world.Changes); len(all) > 0 {
		last := all[len(all)-1]
		state, reason, updated = last.To, last.Reason, last.At
	}
	return obj(
		"ActionsEnabled", true, "AlarmActions", document.List{}, "AlarmArn", alarmARN(compositeName), "AlarmConfigurationUpdatedTimestamp", s.world.Born.AddDate(0, -3, 0), "AlarmDescription", "Errors or slow answers",
		"AlarmName", compositeName, "AlarmRule", fmt.Sprintf("ALARM(%q) OR ALARM(%q)", parents[0], parents[1]), "InsufficientDataActions", document.List{}, "OKActions", document.List{},
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
		before := len(red) > 0
		if delete(red, c.Alarm); c.To == "ALARM" {
			red[c.Alarm] = true
		}
		if after := len(red) > 0; after != before {
			from, to := "OK", "ALARM"
			if before {
				from, to = to, from
			}
			out = append(out, alarmChange{compositeName, from, to, fmt.Sprintf("%s transitioned to %s at %s", alarmARN(c.Alarm), c.To, c.At.Format("Monday 02 January, 2006 15:04:05 UTC")), c.At})
		}
	}
	return out
}

func describeAlarms(s *Sandbox, r *request) (*document.Object, error) {
	names, prefix, state, types := texts(r.input, "AlarmNames"), text(r.input, "AlarmNamePrefix"), text(r.input, "StateValue"), texts(r.input, "AlarmTypes")
	if len(names) > 0 && prefix != "" {
		return nil, refuse(http.StatusBadRequest, "ValidationError", "AlarmNamePrefix and AlarmNames cannot be specified together")
	}
	wanted := func(kind, name, value string) bool {
		return (slices.Contains(types, kind) || len(types) == 0 && kind == "MetricAlarm") && (len(names) == 0 || slices.Contains(names, name)) && strings.HasPrefix(name, prefix) && (state == "" || state == value)
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

// history is what happened to the alarms: one was raised nine days ago, one had no data for three hours, what the flapping fault adds, and what was done to it here.
func (s *Sandbox) history(now time.Time) []alarmChange {
	name := estate + "-high-error-rate"
	const high = "Threshold Crossed: 1 datapoint [14.0] was greater than the threshold (10.0)."
	const low = "Threshold Crossed: 1 datapoint [2.0] was not greater than the threshold (10.0)."
	at := s.world.Born.Add(-9*24*time.Hour - 5*time.Hour).Truncate(time.Minute)
	changes := []alarmChange{{name, "OK", "ALARM", high, at}, {name, "ALARM", "OK", low, at.Add(25 * time.Minute)}}
	at = s.world.Born.Add(-50 * time.Hour).Truncate(time.Minute)
	changes = append(changes,
		alarmChange{estate + "-api-latency", "OK", "INSUFFICIENT_DATA", "Insufficient Data: 3 datapoints were unknown.", at.Add(-3 * time.Hour)},
		alarmChange{estate + "-api-latency", "INSUFFICIENT_DATA", "OK", "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching].", at},
	)
	if s.world.Faults["flapping-alarm"] {
		at = now.Add(-2 * time.Hour).Truncate(time.Minute)
		for i := range 6 {
			changes = append(changes, alarmChange{name, "OK", "ALARM", high, at.Add(time.Duration(i) * 15 * time.Minute)}, alarmChange{name, "ALARM", "OK", low, at.Add(time.Duration(i)*15*time.Minute + 7*time.Minute)})
		}
	}
	changes = append(changes, s.world.Changes...)
	slices.SortStableFunc(changes, func(a, b alarmChange) int { return a.At.Compare(b.At) })
	return append(changes, s.compositeChanges(changes)...)
}

func describeAlarmHistory(s *Sandbox, r *request) (*document.Object, error) {
	name, kind, types := text(r.input, "AlarmName"), text(r.input, "HistoryItemType"), texts(r.input, "AlarmTypes")
	from, hasFrom := moment(r.input, "StartDate")
	to, hasTo := moment(r.input, "EndDate")
	var found []alarmChange
	for _, c := range s.history(r.now) {
		typed := slices.Contains(types, c.kind()) || len(types) == 0 && (name != "" || c.kind() == "MetricAlarm")
		if !typed || name != "" && c.Alarm != name || kind != "" && kind != "StateUpdate" || hasFrom && c.At.Before(from) || hasTo && c.At.After(to) {
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
		out = append(out, obj("AlarmName", c.Alarm, "AlarmType", c.kind(), "Timestamp", c.At, "HistoryItemType", "StateUpdate", "HistorySummary", fmt.Sprintf("Alarm updated from %s to %s", c.From, c.To), "HistoryData", string(data)))
	}
	return obj("AlarmHistoryItems", out, "NextToken", next), nil
}

// newState is the state that an alarm came to, with what it had looked at where that is a metric.
func (s *Sandbox) newState(c alarmChange) *document.Object {
	o := obj("stateValue", c.To, "stateReason", c.Reason)
	if a := s.world.Alarms[c.Alarm]; a != nil {
		o.Set("stateReasonData", obj("version", "1.0", "queryDate", c.At.Format("2006-01-02T15:04:05.000-0700"), "statistic", a.Statistic, "period", a.Period, "threshold", a.Threshold))
	}
	return o
}

func (c alarmChange) kind() string {
	if c.Alarm == compositeName {
		return "CompositeAlarm"
	}
	return "MetricAlarm"
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
	s.world.Boards[text(r.input, "DashboardName")] = board{body, r.now.Truncate(time.Second)}
	s.touch(r, text(r.input, "DashboardName"), "AWS::CloudWatch::Dashboard")
	return obj("DashboardValidationMessages", document.List{}), nil
}

func dashboardARN(name string) string {
	return fmt.Sprintf("arn:aws:cloudwatch::%s:dashboard/%s", accountID, name)
}

func getDashboard(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "DashboardName")
	b, ok := s.world.Boards[name]
	if !ok {
		return nil, refuse(http.StatusNotFound, "ResourceNotFound", "Dashboard %s does not exist", name)
	}
	body := b.Body
	if s.world.Faults["redrawn-dashboard"] {
		body = redrawn(body)
	}
	return obj("DashboardArn", dashboardARN(name), "DashboardBody", body, "DashboardName", name), nil
}

// redrawn is a dashboard into which somebody has drawn a text, in the console.
func redrawn(body string) string {
	v, err := document.Parse([]byte(body))
	o, ok := v.(*document.Object)
	if err != nil || !ok {
		return body
	}
	widgets, _ := o.Get("widgets")
	all, _ := widgets.(document.List)
	note := obj("type", "text", "x", int64(0), "y", int64(90), "width", int64(24), "height", int64(2), "properties", obj("markdown", "Ask Kim before you touch this"))
	o.Set("widgets", append(slices.Clone(all), note))
	data, err := document.Marshal(o)
	if err != nil {
		return body
	}
	return string(data)
}

func listDashboards(s *Sandbox, r *request) (*document.Object, error) {
	names := slices.DeleteFunc(sortedKeys(s.world.Boards), func(name string) bool { return !strings.HasPrefix(name, text(r.input, "DashboardNamePrefix")) })
	page, next, err := cut(r, names, paging{"NextToken", "", 1000, noToken})
	if err != nil {
		return nil, err
	}
	return obj("DashboardEntries", list(page, func(name string) any {
		b := s.world.Boards[name]
		return obj("DashboardName", name, "DashboardArn", dashboardARN(name), "LastModified", b.Put, "Size", int64(len(b.Body)))
	}), "NextToken", next), nil
}

func deleteDashboards(s *Sandbox, r *request) (*document.Object, error) {
	names := texts(r.input, "DashboardNames")
	for _, name := range names {
		if _, ok := s.world.Boards[name]; !ok {
			return nil, refuse(http.StatusNotFound, "ResourceNotFound", "Dashboard %s does not exist", name)
		}
	}
	for _, name := range names {
		delete(s.world.Boards, name)
	}
	s.touch(r, strings.Join(names, ","), "AWS::CloudWatch::Dashboard")
	return nil, nil
}
