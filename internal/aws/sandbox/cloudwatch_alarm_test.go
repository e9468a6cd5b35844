package sandbox

import (
	"testing"
	"time"
)

func TestAlarmsHaveAHistory(t *testing.T) {
	e := newEstate(t)
	count := "cloudwatch describe-alarm-history --alarm-name network-visualizer-api-latency --query 'length(AlarmHistoryItems)'"
	e.expect(count, "2")
	e.says("cloudwatch set-alarm-state --alarm-name network-visualizer-api-latency --state-value ALARM --state-reason slow")
	e.expect(count, "3")
	e.expect("cloudwatch describe-alarm-history --alarm-name network-visualizer-api-latency --query "+
		"AlarmHistoryItems[0].HistorySummary --output text", "Alarm updated from OK to ALARM")
	e.expect("cloudwatch describe-alarms --alarm-types CompositeAlarm --query CompositeAlarms[].StateValue --output text", "ALARM")
	e.expect("cloudwatch describe-alarm-history --alarm-types CompositeAlarm --query "+
		"AlarmHistoryItems[0].HistorySummary --output text", "Alarm updated from OK to ALARM")
	e.later(time.Minute)
	e.says("cloudwatch set-alarm-state --alarm-name network-visualizer-api-latency --state-value OK --state-reason fine")
	e.expect("cloudwatch describe-alarms --alarm-types CompositeAlarm --query CompositeAlarms[].StateValue --output text", "OK")
	e.refuses("ValidationError",
		"cloudwatch set-alarm-state --alarm-name network-visualizer-api-latency --state-value LOUD --state-reason x",
		"Value 'LOUD' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [OK, ALARM, INSUFFICIENT_DATA]")
	e.refuses("ResourceNotFound", "cloudwatch set-alarm-state --alarm-name alarm-xxxx --state-value OK --state-reason x")
}
