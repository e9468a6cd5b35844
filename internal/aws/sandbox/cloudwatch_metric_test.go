package sandbox

import (
	"strconv"
	"strings"
	"testing"
)

// TestRaisedAlarmIsInTheMetric finds the errors that the alarm is about.
func TestRaisedAlarmIsInTheMetric(t *testing.T) {
	e := newEstate(t)
	errors := "cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --dimensions " +
		"Name=FunctionName,Value=network-visualizer-api-production --start-time 2026-09-21T11:30:00 --end-time " +
		"2026-09-21T12:00:00 --period 1800 --statistics Sum --query Datapoints[].Sum --output text"
	e.expect(errors, "0.0")
	if err := e.sandbox.SetFault(t.Context(), "alarm", true); err != nil {
		t.Fatal(err)
	}
	e.expect(errors, "37.0")
	if reason := e.says("cloudwatch describe-alarms --state-value ALARM " +
		"--query MetricAlarms[].StateReason --output text"); !strings.Contains(reason, "[37.0 ") {
		t.Errorf("the alarm's reason is %q", reason)
	}
}

func TestMetricsHaveADailyShape(t *testing.T) {
	e := newEstate(t)
	at := func(hour string) float64 {
		text := e.says("cloudwatch get-metric-statistics --namespace AWS/ApiGateway --metric-name Count --dimensions " +
			"Name=ApiName,Value=network-visualizer-api-production --start-time 2026-09-17T" + hour +
			":00:00 --end-time 2026-09-17T" + hour + ":59:00 --period 3600 --statistics Sum --query Datapoints[0].Sum")
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if night, day := at("03"), at("15"); day < 3*night {
		t.Errorf("%g requests at 3, %g at 15", night, day)
	}
	for line, want := range map[string]string{
		"--namespace AWS/S3 --metric-name NumberOfObjects --period 86400 --statistics Sum": "[]",
		// both dimensions are wanted
		"--namespace AWS/S3 --metric-name NumberOfObjects --dimensions " +
			"Name=BucketName,Value=network-visualizer-data-production --period 86400 --statistics Average": "[]",
		"--namespace AWS/Lambda --metric-name Invocations --unit Bytes --period 86400 --statistics Sum": "[]",
		"--namespace AWS/Nothing --metric-name Errors --period 86400 --statistics Sum":                  "[]",
	} {
		e.expect("cloudwatch get-metric-statistics --start-time 2026-09-14 --end-time 2026-09-21 --query Datapoints "+line, want)
	}
	e.refuses("InvalidParameterCombination",
		"cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --start-time 2026-09-01 "+
			"--end-time 2026-09-21 --period 60 --statistics Sum", "exceeds the limit of 1,440")
	e.refuses("ValidationError",
		"cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --start-time 2026-09-01 "+
			"--end-time 2026-09-21 --period 86400 --statistics Average,Maximum", "Value '[Average,Maximum]' at 'statistics'")
}
