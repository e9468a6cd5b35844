package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/testenv"
)

// broken says what a fault makes of the steps that look at what it breaks.
type broken struct {
	fault    string
	pack     string // PROCEDURE#STEP of the shipped pack; empty where none looks at it
	document string // of the document
	status   int    // of opsbook run
	says     string // verdict and reason
}

const (
	healthCheck = "morning-health-check"
	apiFunction = "network-visualizer-api-production"
)

var brokenChecks = []broken{
	{"alarm", healthCheck + "#alarms", healthCheck + "#check-cloudwatch-alarms", 1, "in ALARM: network-visualizer-high-error-rate, since "},
	{
		"failed-update", healthCheck + "#lambda-functions", healthCheck + "#check-all-lambda-functions", 1,
		"fail: " + apiFunction + ": state Active, last update Failed",
	},
	{
		"table-updating", healthCheck + "#dynamodb-table", healthCheck + "#check-dynamodb-table", 0,
		"warn: network-visualizer-topology is UPDATING.",
	},
	{
		"unhealthy-api", healthCheck + "#the-api-answers", healthCheck + "#check-api-gateway-health", 1,
		"fail: https://api.network-visualizer.com/health answered 503",
	},
	{
		"unreachable-api", healthCheck + "#the-api-answers", healthCheck + "#check-api-gateway-health", 2,
		"error: https://api.network-visualizer.com/health could not be reached: Failed to connect",
	},
	{
		"not-deployed", healthCheck + "#cloudfront-distribution", healthCheck + "#check-cloudfront-distribution", 0,
		"warn: E2EXAMPLE1 is InProgress.",
	},
	{"error-rate", healthCheck + "#errors-of-the-last-day", "", 1, " errors in 24 hours; fewer than 50 are expected."},
	// which the document has to be corrected for
	{"error-rate", "", "production-deployment-high-risk#post-deployment-verification", 1, "fail: "},
	{
		"log-errors", "log-review#errors-of-the-api-function", "log-review#review-critical-errors-from-last-24-hours",
		0, " in /aws/lambda/network-visualizer-api-production match ERROR.",
	},
	{
		"no-datapoints", healthCheck + "#errors-of-the-last-day", healthCheck + "#check-yesterdays-error-rate", 0,
		" has no datapoints in this time.",
	},
	{"old-keys", "", "security-review#check-for-unused-iam-roles", 0, "warn: deploy has a key of 400 days."},
	{"no-mfa", "", "security-review#check-for-unused-iam-roles", 0, "warn: oncall has a console password and no MFA."},
	{"root-key", "", "security-review#check-for-unused-iam-roles", 1, "fail: the root user has an access key."},
	{
		"critical-finding", "", "security-review#check-ecr-scan-results", 1,
		"fail: network-visualizer-app-production:latest has 1 CRITICAL and 0 HIGH findings.",
	},
	{"high-finding", "", "security-review#check-ecr-scan-results", 0, "warn: network-visualizer-app-production:latest has 1 HIGH finding."},
	{
		"scan-pending", "", "security-review#check-ecr-scan-results", 0,
		"nodata: The scan of network-visualizer-app-production:latest is IN_PROGRESS.",
	},
	{"bucket-deleted", "", "security-review#check-for-suspicious-api-calls", 0, "warn: 1 sensitive event: DeleteBucket by contractor at "},
	{
		"cost-anomaly", "", "cost-review#check-for-cost-anomalies", 0,
		"warn: 1 cost anomaly: Amazon DynamoDB, 211.75 USD more than expected.",
	},
	{
		"public-bucket", "", "security-audit#check-for-public-s3-buckets", 1,
		"fail: The policy of network-visualizer-data-production makes it public.",
	},
	{"advisor-red", "", "security-audit#run-aws-trusted-advisor-checks", 1, "fail: Check MFA on Root Account is red: 1 resource flagged."},
	{
		"advisor-yellow", "", "security-audit#run-aws-trusted-advisor-checks", 0,
		"warn: Check IAM Access Key Rotation: warning, 2 resources flagged.",
	},
	{
		"advisor-silent", "", "security-audit#run-aws-trusted-advisor-checks", 0,
		"nodata: Check Amazon S3 Bucket Permissions has no result yet.",
	},
	{"no-support-plan", "", "security-audit#run-aws-trusted-advisor-checks", 2, "unavailable: "},
	{"stale-backup", "", "daily-backups#verify-latest-backup", 1, "fail: There is no backup in this time."},
	{"no-backups", "", "daily-backups#verify-latest-backup", 1, "fail: There is no backup in this time."},
	{"rule-disabled", "", "daily-backups#check-backup-schedule", 0, "warn: 1 rule is disabled: network-visualizer-backup-daily."},
	{"flapping-alarm", "", "alert-tuning#get-alarm-history", 0, "warn: 12 changes of state of network-visualizer-high-error-rate on "},
	{
		"denied", healthCheck + "#dynamodb-table", healthCheck + "#check-dynamodb-table", 2,
		"is not authorized to perform: dynamodb:DescribeTable because no identity-based policy allows the dynamodb:DescribeTable action.",
	},
	{
		"denied", healthCheck + "#alarms", healthCheck + "#check-cloudwatch-alarms", 2,
		"The identity lacks a permission: the message names the action; add it to the identity's policy.",
	},
	{
		"expired-token", healthCheck + "#dynamodb-table", healthCheck + "#check-dynamodb-table", 2,
		"error: ExpiredTokenException: The security token included in the request is expired.",
	},
	{
		"expired-token", healthCheck + "#alarms", healthCheck + "#check-cloudwatch-alarms", 2,
		"The credentials have expired. Renew them on the server, then run the step again: aws login",
	},
	{"throttled", healthCheck + "#dynamodb-table", healthCheck + "#check-dynamodb-table", 2, "error: ThrottlingException: Rate exceeded."},
	{
		"throttled", healthCheck + "#alarms", healthCheck + "#check-cloudwatch-alarms", 2,
		"AWS refuses this many requests for now: wait a minute, then run the step again.",
	},
	{"slow", healthCheck + "#dynamodb-table", healthCheck + "#check-dynamodb-table", 0, "(2s)"},
}

// TestFaultsTurnChecksOfThePack runs the steps of the shipped pack that look at what a fault breaks: healthy first, then
// broken. The clock is the bubble's, so that what is slow, or tried again, takes no time.
func TestFaultsTurnChecksOfThePack(t *testing.T) {
	for _, b := range brokenChecks {
		if b.pack != "" {
			t.Run(b.fault, func(t *testing.T) { b.check(t, b.pack) })
		}
	}
}

// TestFaultsTurnChecksOfTheDocument does the same with the steps of the unedited document, with its mistaken lines corrected.
func TestFaultsTurnChecksOfTheDocument(t *testing.T) {
	dir := runbookFolder(t, string(testenv.Document(t)))
	for _, b := range brokenChecks {
		if b.document != "" {
			t.Run(b.fault, func(t *testing.T) { b.check(t, b.document, "--runbooks", dir, "--corrected") })
		}
	}
}

func (b broken) check(t *testing.T, step string, args ...string) {
	args = append([]string{"run", step}, args...)
	if strings.Contains(step, "cloudfront") {
		args = append(args, "--set", "CLOUDFRONT_DIST_ID=E2EXAMPLE1")
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(aMorning)) // of the bubble
		if status, _, stderr := cli(t, args...); status != 0 || strings.Contains(stderr, b.says) {
			t.Errorf("%v in health: status %d, %s", args, status, stderr)
		}
		args := append(args, "--fault", b.fault)
		if status, _, stderr := cli(t, args...); status != b.status || !strings.Contains(stderr, b.says) {
			t.Errorf("%v: status %d, %s; want %d and %q", args, status, stderr, b.status, b.says)
		}
	})
}

// aMorning is a moment of a working day.
var aMorning = time.Date(2026, 9, 21, 8, 0, 0, 0, time.UTC)

// TestEveryFaultIsTested compares the tables with what the sandbox has. Faults that name the line which sees them are walked in the
// sandbox's own tests.
func TestEveryFaultIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, b := range brokenChecks {
		tested[b.fault] = true
	}
	for _, c := range packChecks {
		tested[c.fault] = true
	}
	all, err := sandbox.New(sandbox.Options{}).Faults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if !tested[f.Name] && f.Sees == "" {
			t.Errorf("the fault %s turns no check of a test", f.Name)
		}
		delete(tested, f.Name)
	}
	for name := range tested {
		t.Errorf("the sandbox has no fault %s", name)
	}
}
