package knowledge

import (
	"github.com/opsbook/opsbook/internal/procedures"
)

// alarm makes the input of DescribeAlarms of that of a call that names one alarm.
const alarm = "{AlarmNames: [AlarmName]}"

// cloudwatchService is Amazon CloudWatch. Alarms and dashboards are put whole: what a call does not name is gone.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
func cloudwatchService() service {
	return service{
		operations: map[string]Operation{
			"DescribeAlarmsForMetric": survey{
				reads: "MetricAlarms[]: AlarmName, StateValue, StateUpdatedTimestamp, StateReason",
				list:  "MetricAlarms", kind: "alarm", kinds: "alarms", name: "AlarmName", good: "OK",
				state: "StateValue", since: "StateUpdatedTimestamp", reason: "StateReason",
				states: vocabularyOf(states{pass: "ok", warn: "insufficient data", fail: "alarm"}),
				none:   procedures.Judgement{Verdict: procedures.Warned, Reason: "No alarm watches this metric."},
			}.operation(),
			"GetMetricData": survey{
				reads: "MetricDataResults[]: Id, Label, Timestamps, Values, StatusCode",
				list:  "MetricDataResults", kind: "metric", kinds: "metrics", name: "Label|Id", each: judgeValues,
			}.operation(),
			"DescribeAlarms": {rule: judgeAlarms, resources: alarmVerdicts, hints: alarmHints},
			// Datapoints come in no order:
			// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
			"GetMetricStatistics": {
				Unordered: "Datapoints",
				rule:      judgeStatistics, resources: metricVerdicts, hints: statisticsHints,
			},
			"DescribeAlarmHistory": {
				rule: judgeHistory, resources: historyVerdicts, Thresholds: []Threshold{AlarmChanges, AlarmMinutes},
			},
			"GetDashboard": {
				rule: judgeDashboard, resources: widgetVerdicts,
				errors: map[string]procedures.Judgement{
					"ResourceNotFound": {Verdict: procedures.NoData, Reason: "There is no dashboard of this name."},
				},
			},
			// A dashboard that was not there before is deleted by the rollback; one that was
			// gets its body back.
			"PutDashboard": {
				sentence: "Replaces the dashboard {DashboardName}",
				change: Change{
					Kind: "dashboard", ReadOperation: "GetDashboard", ReadWith: "{DashboardName: DashboardName}",
					Excluded: []string{"DashboardName"}, Volatile: []string{"DashboardArn"},
					NoWait:   atOnce,
					Restores: true, Rollback: "DeleteDashboards",
					RollbackWith: "{DashboardNames: [input.DashboardName]}",
				},
			},
			// The read is of the first dashboard, and so is the rollback: a call with several
			// names is rolled back in part only.
			"DeleteDashboards": {change: Change{
				Kind: "dashboard", ReadOperation: "GetDashboard", ReadWith: "{DashboardName: DashboardNames[0]}",
				Deletes:      true,
				NoWait:       atOnce,
				Rollback:     "PutDashboard",
				RollbackWith: "{DashboardName: before.DashboardName, DashboardBody: before.DashboardBody}",
			}},
			// ActionsEnabled is true where the call does not name it, which is why it is a
			// default. Tags are ignored when an existing alarm is put:
			// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
			"PutMetricAlarm": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: alarm, ReadAt: "MetricAlarms[0]",
				Excluded: []string{"AlarmName", "Tags"}, Defaults: map[string]string{"ActionsEnabled": "true"},
				Replaces: true, Volatile: []string{"StateValue"},
				NoWait:   atOnce,
				Restores: true, Rollback: "DeleteAlarms", RollbackWith: "{AlarmNames: [input.AlarmName]}",
			}},
			// Composite alarms are not read here, so that deleting one has no rollback.
			"DeleteAlarms": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}",
				ReadAt:   "MetricAlarms[0]",
				Deletes:  true,
				NoWait:   atOnce,
				Rollback: "PutMetricAlarm", RollbackWith: alarmAgain,
			}},
			// The alarm evaluates on; only its actions stop.
			"DisableAlarmActions": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}",
				ReadAt:   "MetricAlarms[0]",
				Volatile: []string{"StateValue"}, predict: predictValue("ActionsEnabled", "false"),
				NoWait:   atOnce,
				Rollback: "EnableAlarmActions", RollbackWith: "{AlarmNames: input.AlarmNames}",
			}},
			// An alarm that is in ALARM does not act again when its actions are enabled: it
			// acts on a change of state.
			"EnableAlarmActions": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}",
				ReadAt:   "MetricAlarms[0]",
				Volatile: []string{"StateValue"}, predict: predictValue("ActionsEnabled", "true"),
				NoWait:   atOnce,
				Rollback: "DisableAlarmActions", RollbackWith: "{AlarmNames: input.AlarmNames}",
			}},
			// The state that is set lasts until the next evaluation, often only seconds.
			"SetAlarmState": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: alarm, ReadAt: "MetricAlarms[0]",
				Excluded:   []string{"AlarmName", "StateReason", "StateReasonData"},
				NoWait:     atOnce,
				NoRollback: "the next evaluation sets the alarm's own state again",
			}},
			// A metric may need some minutes before it is listed, and values expire after 15
			// months.
			"PutMetricData": {
				tellingRead: "ListMetrics",
				change: Change{
					Kind: "namespace", NotRead: "a value changes nothing that is there",
					NoWait:     "AWS shows it within two minutes",
					NoRollback: "CloudWatch deletes no values; they expire",
				},
			},
		},
	}
}

// alarmAgain makes of an alarm as it is read the input that puts it.
const alarmAgain = "before.{AlarmName: AlarmName, AlarmDescription: AlarmDescription, ActionsEnabled: " +
	"ActionsEnabled, OKActions: OKActions, AlarmActions: AlarmActions, InsufficientDataActions: InsufficientDataActions, " +
	"MetricName: MetricName, Namespace: Namespace, Statistic: Statistic, ExtendedStatistic: ExtendedStatistic, " +
	"Dimensions: Dimensions, Period: Period, Unit: Unit, EvaluationPeriods: EvaluationPeriods, " +
	"DatapointsToAlarm: DatapointsToAlarm, Threshold: Threshold, ComparisonOperator: ComparisonOperator, " +
	"TreatMissingData: TreatMissingData, Metrics: Metrics}"
