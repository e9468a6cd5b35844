package check

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// checkOperation says what is known of the operation besides its model.
// The rules are advice from AWS's documentation, for lines that are valid and still surprise: an alarm that is left
// out, a metric without datapoints, a call that answers before it is done.
func (c *call) checkOperation() {
	at := c.Words[0]
	switch c.Service.Name + " " + c.Operation.Name {
	case "cloudwatch DescribeAlarms":
		if !c.Has("AlarmTypes") && !c.Has("AlarmNames") && !c.Has("AlarmNamePrefix") && c.Waiter == nil {
			c.Find(procedures.SeverityNote, "composite-alarms", at, c.longer("--alarm-types MetricAlarm CompositeAlarm"),
				"This leaves composite alarms out; --alarm-types MetricAlarm CompositeAlarm has both.")
		}
	case "cloudwatch GetMetricStatistics":
		c.checkDimensions()
	case "dynamodb UpdateTable":
		if c.Has("ProvisionedThroughput") && !c.Has("BillingMode") {
			c.Find(procedures.SeverityWarning, "billing-mode", at, c.longer("--billing-mode PROVISIONED"),
				"A table that is on demand refuses this: it also needs --billing-mode PROVISIONED. A table that is "+
					"UPDATING refuses it, too.")
		}
	// Without MaxResults the CLI reads every page.
	case "cloudtrail LookupEvents":
		if c.Has("MaxResults") { // else the pages are read to their end, and the window is asked for
			c.Find(procedures.SeverityNote, "lookup-events", at, nil,
				"This looks up one attribute, in one region, of the last 90 days; at most 50 events come in one answer.")
		}
	case "apigateway UpdateStage":
		c.checkStage()
	}
	// AWS marks operations as deprecated in their models.
	if c.Operation.Deprecated {
		c.Find(procedures.SeverityNote, "deprecated", at, nil, "AWS has deprecated %s. %s",
			bind.Dashed(c.Operation.Name), c.Operation.DeprecatedMsg)
	}
	if c.entry.Slow && c.entry.Effect == procedures.EffectChange && c.Waiter == nil {
		c.Find(procedures.SeverityNote, "asynchronous", at, nil,
			"%s answers before it is done: wait for the result before going on.", bind.Dashed(c.Operation.Name))
	}
}

// checkDimensions says what a metric without dimensions is a number of.
// CloudWatch publishes some metrics for each dimension only: asking without one is no error, and has no datapoints.
func (c *call) checkDimensions() {
	if c.Has("Dimensions") {
		return
	}
	switch namespace := c.text("Namespace"); namespace {
	case "AWS/Lambda":
		c.Find(procedures.SeverityNote, "no-dimensions", c.Words[0], nil,
			"Without --dimensions %s is one number for all functions together.", c.input.Text("MetricName"))
	case "AWS/S3", "AWS/DynamoDB", "AWS/ApiGateway":
		c.Find(procedures.SeverityWarning, "no-dimensions", c.Words[0], nil,
			"%s has no %s without dimensions: there will be no datapoints.", namespace, c.input.Text("MetricName"))
	}
}

// checkStage checks the paths of a stage's patch operations: throttling stands under /*/*/throttling/.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
//
//	path=/throttle/rateLimit   becomes   path=/*/*/throttling/rateLimit
func (c *call) checkStage() {
	v, _ := c.input.Get("patchOperations")
	// Values and patch operations correspond only where each word is one operation.
	list, _ := v.(document.List)
	fix, wrong, first := map[int]string{}, []string{}, 0
	for _, g := range c.Given {
		if g.Option.Member == nil || g.Option.Member.Name != "patchOperations" || len(g.Values) != len(list) {
			continue
		}
		for i, value := range g.Values {
			o, _ := list[i].(*document.Object)
			path := o.Text("path")
			if !strings.HasPrefix(path, "/throttle/") && !strings.HasPrefix(path, "/throttling/") {
				continue
			}
			fixed := "/*/*/throttling/" + path[strings.LastIndexByte(path, '/')+1:]
			fix[value.Word] = "'" + strings.Trim(strings.Replace(c.Words[value.Word].Source, path, fixed, 1), "'\"") + "'"
			if first == 0 {
				first = value.Word
			}
			wrong = append(wrong, fmt.Sprintf("%s (should be %s)", path, fixed))
		}
	}
	if len(wrong) > 0 {
		c.Find(procedures.SeverityError, "stage-path", c.Words[first], fix,
			"A stage has no %s. An account's default quotas are a rate of 10,000 and a burst of 5,000.", strings.Join(wrong, " and no "))
	}
}
