package knowledge

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// written is a line that gives the members of an input.
func written(t *testing.T, input string) Written {
	t.Helper()
	v, err := document.Parse([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	o := v.(*document.Object)
	return Written{Has: func(member string) bool { _, ok := o.Get(member); return ok }, Known: o.Text, Shown: o}
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		service, operation, input string
		severity                  procedures.Severity // "" for no hint
		rule, text, add           string
	}{
		{
			"cloudwatch", "DescribeAlarms", `{}`, "note", "composite-alarms", "composite alarms out",
			"--alarm-types MetricAlarm CompositeAlarm",
		},
		{"cloudwatch", "DescribeAlarms", `{"AlarmTypes": ["MetricAlarm"]}`, "", "", "", ""},
		{"cloudwatch", "DescribeAlarms", `{"AlarmNames": ["x"]}`, "", "", "", ""},
		{"cloudwatch", "DescribeAlarms", `{"AlarmNamePrefix": "x"}`, "", "", "", ""},
		{
			"cloudwatch", "GetMetricStatistics", `{"Namespace": "AWS/Lambda", "MetricName": "Errors"}`, "note", "no-dimensions",
			"Without --dimensions Errors is one number for all functions", "",
		},
		{
			"cloudwatch", "GetMetricStatistics", `{"Namespace": "AWS/S3", "MetricName": "BucketSizeBytes"}`, "warning", "no-dimensions",
			"AWS/S3 has no BucketSizeBytes without dimensions", "",
		},
		{"cloudwatch", "GetMetricStatistics", `{"Namespace": "AWS/S3", "MetricName": "X", "Dimensions": []}`, "", "", "", ""},
		{"cloudwatch", "GetMetricStatistics", `{"Namespace": "Mine", "MetricName": "X"}`, "", "", "", ""},
		{"dynamodb", "UpdateTable", `{"ProvisionedThroughput": {}}`, "warning", "billing-mode", "on demand", "--billing-mode PROVISIONED"},
		{"dynamodb", "UpdateTable", `{"ProvisionedThroughput": {}, "BillingMode": "PROVISIONED"}`, "", "", "", ""},
		{"dynamodb", "UpdateTable", `{}`, "", "", "", ""},
		{"cloudtrail", "LookupEvents", `{"MaxResults": 5}`, "note", "lookup-events", "at most 50 events", ""},
		{"cloudtrail", "LookupEvents", `{}`, "", "", "", ""},
		{"apigateway", "UpdateStage", `{"patchOperations": [{"op": "replace", "path": "/*/*/throttling/rateLimit"}]}`, "", "", "", ""},
		{"apigateway", "UpdateStage", `{}`, "", "", "", ""},
		{"sqs", "ListQueues", `{}`, "", "", "", ""},
	} {
		hints := Of(c.service, c.operation).Hints(written(t, c.input))
		if c.severity == "" {
			if len(hints) > 0 {
				t.Errorf("%s %s: %+v", c.operation, c.input, hints)
			}
			continue
		}
		if len(hints) != 1 || hints[0].Severity != c.severity || hints[0].Rule != c.rule || !strings.Contains(hints[0].Text, c.text) ||
			hints[0].Add != c.add || len(hints[0].Replace) > 0 {
			t.Errorf("%s %s: %+v", c.operation, c.input, hints)
		}
	}
	hints := Of("apigateway", "UpdateStage").Hints(written(t,
		`{"patchOperations": [{"path": "/throttle/rateLimit"}, {"path": "/variables/x"},
		{"path": "/throttling/burstLimit"}]}`))
	if len(hints) != 1 || hints[0].Severity != procedures.SeverityError || !slices.Equal(hints[0].Replace, []Replacement{
		{
			"patchOperations", 0, "/throttle/rateLimit", "/*/*/throttling/rateLimit",
			"/throttle/rateLimit (should be /*/*/throttling/rateLimit)",
		},
		{
			"patchOperations", 2, "/throttling/burstLimit", "/*/*/throttling/burstLimit",
			"/throttling/burstLimit (should be /*/*/throttling/burstLimit)",
		},
	}) {
		t.Errorf("%+v", hints)
	}
}
