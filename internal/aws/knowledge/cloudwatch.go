package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// alarm makes the input of DescribeAlarms of that of a call that names one alarm.
const alarm = "{AlarmNames: [AlarmName]}"

// cloudwatchService is Amazon CloudWatch. Alarms and dashboards are put whole: what a call does not name is gone.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
func cloudwatchService() service {
	return service{
		operations: map[string]Operation{
			"DescribeAlarms": {rule: judgeAlarms, resources: alarmVerdicts},
			"GetMetricStatistics": {
				Unordered: "Datapoints",
				rule:      judgeStatistics, resources: metricVerdicts,
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
			"DeleteDashboards": {change: Change{
				Kind: "dashboard", ReadOperation: "GetDashboard", ReadWith: "{DashboardName: DashboardNames[0]}",
				Deletes:      true,
				NoWait:       atOnce,
				Rollback:     "PutDashboard",
				RollbackWith: "{DashboardName: before.DashboardName, DashboardBody: before.DashboardBody}",
			}},
			"PutMetricAlarm": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: alarm, ReadAt: "MetricAlarms[0]",
				Excluded: []string{"AlarmName", "Tags"}, Defaults: map[string]string{"ActionsEnabled": "true"},
				Replaces: true, Volatile: []string{"StateValue"},
				NoWait:   atOnce,
				Restores: true, Rollback: "DeleteAlarms", RollbackWith: "{AlarmNames: [input.AlarmName]}",
			}},
			"DeleteAlarms": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}",
				ReadAt:   "MetricAlarms[0]",
				Deletes:  true,
				NoWait:   atOnce,
				Rollback: "PutMetricAlarm", RollbackWith: alarmAgain,
			}},
			"DisableAlarmActions": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}",
				ReadAt:   "MetricAlarms[0]",
				Volatile: []string{"StateValue"}, predict: predictValue("ActionsEnabled", "false"),
				NoWait:   atOnce,
				Rollback: "EnableAlarmActions", RollbackWith: "{AlarmNames: input.AlarmNames}",
			}},
			"EnableAlarmActions": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}",
				ReadAt:   "MetricAlarms[0]",
				Volatile: []string{"StateValue"}, predict: predictValue("ActionsEnabled", "true"),
				NoWait:   atOnce,
				Rollback: "DisableAlarmActions", RollbackWith: "{AlarmNames: input.AlarmNames}",
			}},
			"SetAlarmState": {change: Change{
				Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: alarm, ReadAt: "MetricAlarms[0]",
				Excluded:   []string{"AlarmName", "StateReason", "StateReasonData"},
				NoWait:     atOnce,
				NoRollback: "the next evaluation sets the alarm's own state again",
			}},
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
