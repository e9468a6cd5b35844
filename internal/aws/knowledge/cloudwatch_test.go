package knowledge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// flapping is a history of an alarm with a number of changes of its state.
func flapping(n int) string {
	var items []string
	for i := range n {
		items = append(items, fmt.Sprintf(`{"AlarmName":"errors","HistoryItemType":"StateUpdate",`+
			`"HistorySummary":"Alarm updated from OK to ALARM","Timestamp":"2026-11-23T0%d:00:00+00:00"}`, i))
	}
	return `{"AlarmHistoryItems":[` + strings.Join(items, ",") + `]}`
}

func TestCloudWatchVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"cloudwatch DescribeAlarms", `{}`,
			`{"MetricAlarms":[{"AlarmName":"a","StateValue":"OK"},{"AlarmName":"b","StateValue":"OK"}]}`,
			procedures.Passed, "2 alarms, none in ALARM.",
		},
		{"cloudwatch DescribeAlarms", `{"StateValue":"ALARM"}`, `{"MetricAlarms":[]}`, procedures.Passed, "No alarm is in ALARM."},
		{
			"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[{"AlarmName":"a","StateValue":"INSUFFICIENT_DATA"}]}`,
			procedures.Warned, "1 alarm without enough data: a.",
		},
		{
			"cloudwatch DescribeAlarms", `{}`,
			`{"MetricAlarms":[{"AlarmName":"network-visualizer-high-error-rate","StateValue":"ALARM",` +
				`"StateUpdatedTimestamp":"2026-11-24T07:44:00+00:00"}]}`,
			procedures.Failed, "1 alarm is in ALARM: " +
				"network-visualizer-high-error-rate, " +
				"since 07:44.",
		},
		{
			"cloudwatch DescribeAlarms", `{}`,
			`{"MetricAlarms":[{"AlarmName":"old","StateValue":"ALARM","StateUpdatedTimestamp":"2026-11-20T07:44:00+00:00"}]}`,
			procedures.Failed, "old, since 20 November 07:44.",
		},
		{
			"cloudwatch DescribeAlarms", `{}`,
			`{"MetricAlarms":[],"CompositeAlarms":[{"AlarmName":"c","StateValue":"ALARM"}]}`, procedures.Failed, "1 alarm is in ALARM: c.",
		},
		{"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[]}`, procedures.NoData, "No alarm is defined."},
		{"cloudwatch DescribeAlarms", `{"AlarmNamePrefix":"x"}`, `{"MetricAlarms":[]}`, procedures.NoData, "No alarm matches."},
		{
			"cloudwatch GetMetricStatistics",
			`{"MetricName":"Errors","Dimensions":[{"Name":"FunctionName","Value":"api"}]}`,
			`{"Label":"Errors","Datapoints":[]}`, procedures.NoData, "Errors of api has no datapoints in this time.",
		},
		{"cloudwatch GetDashboard", `{}`, `{"DashboardName":"d","DashboardBody":"{\"widgets\":[{}]}"}`, procedures.Info, "d has 1 widget."},
		{
			"cloudwatch DescribeAlarmHistory", `{}`, flapping(5), procedures.Info,
			"5 changes of state, the last on 23 November at 04:00: errors from OK to ALARM.",
		},
		{
			"cloudwatch DescribeAlarmHistory", `{}`, flapping(6), procedures.Warned,
			"6 changes of state of errors on 23 November: the alarm flaps.",
		},
		{
			"cloudwatch DescribeAlarmHistory", `{}`,
			`{"AlarmHistoryItems":[{"HistoryItemType":"ConfigurationUpdate"}]}`, procedures.Info, "No change of state in this time.",
		},
		{"cloudwatch PutDashboard", `{"DashboardName":"d"}`, `{}`, procedures.Info, "Done: replaces the dashboard d."},
	})
}

func TestCloudWatchResources(t *testing.T) {
	listed(t, []resourceCase{
		{"a dashboard", "cloudwatch GetDashboard", `{}`,
			`{"DashboardBody":"{\"widgets\":[{\"type\":\"metric\",\"properties\":` +
				`{\"title\":\"Latency\",\"metrics\":[[\"AWS/ApiGateway\",\"Latency\"],[\"...\",{}],[7]]}},` +
				`{\"type\":\"text\",\"properties\":{\"markdown\":\"Hello\"}},` +
				`{\"type\":\"alarm\",\"properties\":{\"alarms\":[1,2]}},` +
				`{\"type\":\"log\",\"properties\":{\"query\":\"SOURCE x\"}},{},null]}"}`,
			nil, []string{
				"info Widget Latency:  [Type=metric Shows=AWS/ApiGateway Latency]",
				"info Widget text:  [Type=text Shows=Hello]", "info Widget alarm:  [Type=alarm Shows=2 alarms]",
				"info Widget log:  [Type=log Shows=SOURCE x]", "info Widget without a title:  [Type= Shows=]",
			}},
		{"a dashboard that is no JSON", "cloudwatch GetDashboard", `{}`, `{"DashboardBody":"{"}`, nil, nil},
	})
}

func TestCloudWatchRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{"a dashboard",
			`cloudwatch put-dashboard --dashboard-name d --dashboard-body {"widgets":[{"type":"text","x":0}]}`,
			`{"DashboardName":"d","DashboardBody":"{\"widgets\":[{\"type\":\"metric\",\"x\":0}]}"}`,
			[]string{"DashboardBody.widgets[0].type: metric -> text"},
			`aws cloudwatch put-dashboard --dashboard-name d --dashboard-body {"widgets":[{"type":"metric","x":0}]}`},
		{
			"a new dashboard", `cloudwatch put-dashboard --dashboard-name d --dashboard-body {"widgets":[]}`, "", nil,
			"aws cloudwatch delete-dashboards --dashboard-names d",
		},
		{
			"an alarm's actions", "cloudwatch disable-alarm-actions --alarm-names a",
			`{"AlarmName":"a","ActionsEnabled":true}`, []string{"ActionsEnabled: true -> false"},
			"aws cloudwatch enable-alarm-actions --alarm-names a",
		},
		{"what a call does not name of an alarm is gone",
			"cloudwatch put-metric-alarm --alarm-name a --threshold 20 --metric-name Errors --namespace AWS/Lambda " +
				"--statistic Sum --period 300 --evaluation-periods 1 --comparison-operator GreaterThanThreshold",
			`{"AlarmName":"a","ActionsEnabled":true,"AlarmActions":["arn:aws:sns:us-east-1:123456789012:oncall"],` +
				`"OKActions":[],"MetricName":"Errors","Namespace":"AWS/Lambda","Statistic":"Sum","Period":300,` +
				`"EvaluationPeriods":1,"Threshold":10.0,"ComparisonOperator":"GreaterThanThreshold"}`,
			[]string{"AlarmActions: arn:aws:sns:us-east-1:123456789012:oncall -> ", "Threshold: 10 -> 20"},
			"aws cloudwatch put-metric-alarm --alarm-name a --actions-enabled --ok-actions [] --alarm-actions " +
				"arn:aws:sns:us-east-1:123456789012:oncall --metric-name Errors --namespace AWS/Lambda --statistic " +
				"Sum --period 300 --evaluation-periods 1 --threshold 10 --comparison-operator GreaterThanThreshold"},
	})
}
