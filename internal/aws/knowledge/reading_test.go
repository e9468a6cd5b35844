package knowledge_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

var now = time.Date(2026, 11, 24, 8, 2, 0, 0, time.UTC)

func parsed(t *testing.T, text string) *document.Object {
	t.Helper()
	v, err := document.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	o, ok := v.(*document.Object)
	if !ok {
		t.Fatalf("%s is no object", text)
	}
	return o
}

func report(rows ...string) string {
	header := "user,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date"
	return `{"Content":"` + base64.StdEncoding.EncodeToString([]byte(header+"\n"+strings.Join(rows, "\n")+"\n")) + `"}`
}

const (
	rootFine = "<root_account>,not_supported,2026-06-24T08:02:00+00:00,true,false,N/A,N/A"
	userFine = "deploy,false,N/A,false,true,2026-10-14T08:02:00+00:00,2026-11-24T05:02:00+00:00"
)

// TestReadings walks the cells of the table of default readings, and what each says.
func TestReadings(t *testing.T) {
	flapping := func(n int) string {
		var items []string
		for i := range n {
			items = append(items, fmt.Sprintf(`{"AlarmName":"errors","HistoryItemType":"StateUpdate","HistorySummary":"Alarm updated from OK to ALARM","Timestamp":"2026-11-23T0%d:00:00+00:00"}`, i))
		}
		return `{"AlarmHistoryItems":[` + strings.Join(items, ",") + `]}`
	}
	for _, c := range []struct {
		key, input, answer string
		want               procedures.Verdict
		says               string
	}{
		{"lambda GetFunction", `{}`, `{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"Successful"}}`, procedures.Passed, "f is Active and its last update was Successful."},
		{"lambda GetFunctionConfiguration", `{}`, `{"FunctionName":"f","State":"Active","LastUpdateStatus":"Successful"}`, procedures.Passed, "f is Active and its last update was Successful."},
		{"lambda GetFunctionConfiguration", `{}`, `{"FunctionName":"f","State":"Pending"}`, procedures.Warned, "Pending"},
		{"lambda GetFunction", `{}`, `{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"InProgress"}}`, procedures.Warned, "f: state Active, last update InProgress."},
		{"lambda GetFunction", `{}`, `{"Configuration":{"FunctionName":"f","State":"Inactive","LastUpdateStatus":"Successful"}}`, procedures.Warned, "Inactive"},
		{"lambda GetFunction", `{}`, `{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"Failed","LastUpdateStatusReason":"No image."}}`, procedures.Failed, "f: state Active, last update Failed. No image."},
		{"lambda GetFunction", `{}`, `{"Configuration":{"FunctionName":"f","State":"Failed","StateReason":"No role."}}`, procedures.Failed, "No role."},
		{"lambda GetFunction", `{}`, `{"Configuration":{"FunctionName":"f"}}`, procedures.NoData, "no state"},

		{"dynamodb DescribeTable", `{}`, `{"Table":{"TableName":"t","TableStatus":"ACTIVE","ItemCount":48211,"TableSizeBytes":13002342}}`, procedures.Passed, "t is ACTIVE · 48,211 items · 13 MB"},
		{"dynamodb DescribeTable", `{}`, `{"Table":{"TableName":"t","TableStatus":"UPDATING"}}`, procedures.Warned, "t is UPDATING."},
		{"dynamodb DescribeTable", `{}`, `{"Table":{"TableName":"t","TableStatus":"CREATING"}}`, procedures.Warned, "t is CREATING."},
		{"dynamodb DescribeTable", `{}`, `{"Table":{"TableName":"t","TableStatus":"INACCESSIBLE_ENCRYPTION_CREDENTIALS"}}`, procedures.Failed, "INACCESSIBLE"},
		{"dynamodb DescribeTable", `{}`, `{}`, procedures.NoData, "no table status"},

		{"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[{"AlarmName":"a","StateValue":"OK"},{"AlarmName":"b","StateValue":"OK"}]}`, procedures.Passed, "2 alarms, none in ALARM."},
		{"cloudwatch DescribeAlarms", `{"StateValue":"ALARM"}`, `{"MetricAlarms":[]}`, procedures.Passed, "No alarm is in ALARM."},
		{"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[{"AlarmName":"a","StateValue":"INSUFFICIENT_DATA"}]}`, procedures.Warned, "1 alarm without enough data: a."},
		{"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[{"AlarmName":"network-visualizer-high-error-rate","StateValue":"ALARM","StateUpdatedTimestamp":"2026-11-24T07:44:00+00:00"}]}`, procedures.Failed, "1 alarm is in ALARM: network-visualizer-high-error-rate, since 07:44."},
		{"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[{"AlarmName":"old","StateValue":"ALARM","StateUpdatedTimestamp":"2026-11-20T07:44:00+00:00"}]}`, procedures.Failed, "old, since 20 November 07:44."},
		{"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[],"CompositeAlarms":[{"AlarmName":"c","StateValue":"ALARM"}]}`, procedures.Failed, "1 alarm is in ALARM: c."},
		{"cloudwatch DescribeAlarms", `{}`, `{"MetricAlarms":[]}`, procedures.NoData, "No alarm is defined."},
		{"cloudwatch DescribeAlarms", `{"AlarmNamePrefix":"x"}`, `{"MetricAlarms":[]}`, procedures.NoData, "No alarm matches."},

		{"cloudwatch GetMetricStatistics", `{"MetricName":"Errors","Dimensions":[{"Name":"FunctionName","Value":"api"}]}`, `{"Label":"Errors","Datapoints":[]}`, procedures.NoData, "Errors of api has no datapoints in this time."},

		{"logs FilterLogEvents", `{"logGroupName":"g","filterPattern":"ERROR"}`, `{"events":[]}`, procedures.Passed, "Nothing in g matches ERROR."},
		{"logs FilterLogEvents", `{"logGroupName":"g","filterPattern":"ERROR"}`, `{"events":[{},{}]}`, procedures.Warned, "2 events in g match ERROR."},
		{"logs FilterLogEvents", `{"logGroupName":"g"}`, `{"events":[{},{}]}`, procedures.Info, "2 events in g."},

		{"iam GetCredentialReport", `{}`, report(rootFine, userFine), procedures.Passed, "1 user: no key older than 90 days, MFA wherever there is a password."},
		{"iam GetCredentialReport", `{}`, report(rootFine, "deploy,false,N/A,false,true,2025-10-20T08:02:00+00:00,2026-11-24T05:02:00+00:00"), procedures.Warned, "deploy has a key of 400 days."},
		{"iam GetCredentialReport", `{}`, report(rootFine, "deploy,false,N/A,false,true,2026-10-14T08:02:00+00:00,2026-07-27T08:02:00+00:00"), procedures.Warned, "deploy has a key that was not used for 120 days."},
		{"iam GetCredentialReport", `{}`, report(rootFine, "deploy,false,N/A,false,true,2026-10-14T08:02:00+00:00,N/A"), procedures.Warned, "deploy has a key that was never used."},
		{"iam GetCredentialReport", `{}`, report(rootFine, "oncall,true,2026-11-23T08:02:00+00:00,false,false,N/A,N/A"), procedures.Warned, "oncall has a console password and no MFA."},
		{"iam GetCredentialReport", `{}`, report(rootFine, "oncall,true,no_information,true,false,N/A,N/A"), procedures.Warned, "oncall has a console password that was never used."},
		{"iam GetCredentialReport", `{}`, report("<root_account>,not_supported,N/A,true,true,2024-11-24T08:02:00+00:00,N/A", userFine), procedures.Failed, "the root user has an access key."},
		{"iam GetCredentialReport", `{}`, report("<root_account>,not_supported,N/A,false,false,N/A,N/A", userFine), procedures.Failed, "the root user has no MFA."},
		{"iam GetCredentialReport", `{}`, `{"Content":"%"}`, procedures.NoData, "cannot be read"},
		{"iam GenerateCredentialReport", `{}`, `{"State":"STARTED"}`, procedures.Info, "STARTED: wait before it is read"},
		{"iam GenerateCredentialReport", `{}`, `{"State":"COMPLETE"}`, procedures.Info, "The report is there."},

		{"ecr DescribeImageScanFindings", `{}`, `{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findingSeverityCounts":{"LOW":3}}}`, procedures.Passed, "r:latest has no CRITICAL and no HIGH finding."},
		{"ecr DescribeImageScanFindings", `{}`, `{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findingSeverityCounts":{"HIGH":1}}}`, procedures.Warned, "r:latest has 1 HIGH finding."},
		{"ecr DescribeImageScanFindings", `{}`, `{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findingSeverityCounts":{"CRITICAL":1,"HIGH":2}}}`, procedures.Failed, "r:latest has 1 CRITICAL and 2 HIGH findings."},
		{"ecr DescribeImageScanFindings", `{}`, `{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"IN_PROGRESS"}}`, procedures.NoData, "The scan of r:latest is IN_PROGRESS."},

		{"cloudtrail LookupEvents", `{}`, `{"Events":[]}`, procedures.Passed, "No event in this time."},
		{"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"DescribeTable","Username":"x"}]}`, procedures.Passed, "1 event, none of them"},
		{"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"DeleteBucket","Username":"x","EventTime":"2026-11-23T01:00:00+00:00"}]}`, procedures.Warned, "1 sensitive event: DeleteBucket by x at 2026-11-23T01:00:00."},
		{"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"PutUserPolicy","Username":"x"}]}`, procedures.Warned, "PutUserPolicy by x"},
		{"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"GetBucketPolicy","ReadOnly":"true","Username":"x"}]}`, procedures.Passed, "1 event"},
		{"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"ConsoleLogin","Username":"root"}]}`, procedures.Warned, "ConsoleLogin by root"},

		{"ce GetCostAndUsage", `{"Granularity":"DAILY"}`, `{"ResultsByTime":[{"Total":{"BlendedCost":{"Amount":"1000","Unit":"USD"}}},{"Total":{"BlendedCost":{"Amount":"1100","Unit":"USD"}}}]}`, procedures.Info, "2,100.00 USD in 2 days; the last day 1,100.00, 10 % above the one before."},
		{"ce GetCostAndUsage", `{"Granularity":"MONTHLY"}`, `{"ResultsByTime":[{"Total":{},"Groups":[{"Keys":["Lambda"],"Metrics":{"BlendedCost":{"Amount":"1","Unit":"USD"}}},{"Keys":["DynamoDB"],"Metrics":{"BlendedCost":{"Amount":"3","Unit":"USD"}}}]}]}`, procedures.Info, "4.00 USD in 1 month; most of it DynamoDB, 75 %."},
		{"ce GetCostAndUsage", `{}`, `{"ResultsByTime":[]}`, procedures.NoData, "No costs in this time."},
		{"ce GetAnomalies", `{}`, `{"Anomalies":[]}`, procedures.Passed, "No cost anomaly."},
		{"ce GetAnomalies", `{}`, `{"Anomalies":[{"DimensionValue":"Amazon DynamoDB","Impact":{"TotalImpact":211.75}}]}`, procedures.Warned, "1 cost anomaly: Amazon DynamoDB, 211.75 USD more than expected."},

		{"cloudfront GetDistribution", `{}`, `{"Distribution":{"Id":"E1","Status":"Deployed","DistributionConfig":{"Enabled":true}}}`, procedures.Passed, "E1 is Deployed and enabled."},
		{"cloudfront GetDistribution", `{}`, `{"Distribution":{"Id":"E1","Status":"InProgress","DistributionConfig":{"Enabled":true}}}`, procedures.Warned, "E1 is InProgress."},
		{"cloudfront GetDistribution", `{}`, `{"Distribution":{"Id":"E1","Status":"Deployed","DistributionConfig":{"Enabled":false}}}`, procedures.Warned, "E1 is Deployed and disabled."},
		{"cloudfront GetDistribution", `{}`, `{}`, procedures.NoData, "no status"},

		{"s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{"PolicyStatus":{"IsPublic":false}}`, procedures.Passed, "The policy of b does not make it public."},
		{"s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{"PolicyStatus":{"IsPublic":true}}`, procedures.Failed, "The policy of b makes it public."},
		{"s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{}`, procedures.NoData, "does not say"},

		{"s3 GetPublicAccessBlock", `{"Bucket":"b"}`, `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}`, procedures.Passed, "b blocks public access."},
		{"s3 GetPublicAccessBlock", `{"Bucket":"b"}`, `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":false}}`, procedures.Failed, "b does not block all public access: BlockPublicPolicy, RestrictPublicBuckets off."},
		{"s3 GetPublicAccessBlock", `{"Bucket":"b"}`, `{}`, procedures.NoData, "does not say"},

		{"dynamodb DescribeBackup", `{}`, `{"BackupDescription":{"BackupDetails":{"BackupName":"n","BackupStatus":"AVAILABLE","BackupSizeBytes":1200},"SourceTableDetails":{"ItemCount":1234}}}`, procedures.Passed, "n is AVAILABLE · 1,234 items · 1.2 kB."},
		{"dynamodb DescribeBackup", `{}`, `{"BackupDescription":{"BackupDetails":{"BackupName":"n","BackupStatus":"CREATING"}}}`, procedures.Warned, "n is CREATING."},
		{"dynamodb DescribeBackup", `{}`, `{"BackupDescription":{"BackupDetails":{"BackupName":"n","BackupStatus":"DELETED"}}}`, procedures.Failed, "n is DELETED."},
		{"dynamodb DescribeBackup", `{}`, `{}`, procedures.NoData, "no status"},

		{"support DescribeTrustedAdvisorCheckResult", `{}`, `{"result":{"checkId":"a","status":"ok"}}`, procedures.Passed, "Check a is ok."},
		{"support DescribeTrustedAdvisorCheckResult", `{}`, `{"result":{"checkId":"a","status":"warning","resourcesSummary":{"resourcesFlagged":1}}}`, procedures.Warned, "Check a: warning, 1 resource flagged."},
		{"support DescribeTrustedAdvisorCheckResult", `{}`, `{"result":{"checkId":"a","status":"error","resourcesSummary":{"resourcesFlagged":2}}}`, procedures.Failed, "Check a is red: 2 resources flagged."},
		{"support DescribeTrustedAdvisorCheckResult", `{"checkId":"a"}`, `{"result":{"checkId":"a","status":"not_available"}}`, procedures.NoData, "Check a has no result yet."},

		{"events ListRules", `{}`, `{"Rules":[{"Name":"r","State":"ENABLED"}]}`, procedures.Passed, "1 rule, all ENABLED."},
		{"events ListRules", `{}`, `{"Rules":[{"Name":"r","State":"DISABLED"},{"Name":"s","State":"ENABLED"}]}`, procedures.Warned, "1 rule is disabled: r."},
		{"events ListRules", `{}`, `{"Rules":[]}`, procedures.Warned, "No rule matches."},

		{"dynamodb ListBackups", `{}`, `{"BackupSummaries":[{"BackupName":"old","BackupStatus":"AVAILABLE","BackupCreationDateTime":"2026-11-20T02:30:00+00:00"},{"BackupName":"new","BackupStatus":"AVAILABLE","BackupCreationDateTime":"2026-11-24T02:30:00+00:00"}]}`, procedures.Passed, "Newest backup: new, 5 h old, AVAILABLE."},
		{"dynamodb ListBackups", `{}`, `{"BackupSummaries":[{"BackupName":"old","BackupStatus":"AVAILABLE","BackupCreationDateTime":"2026-11-23T05:30:00+00:00"}]}`, procedures.Warned, "old, 26 h old, AVAILABLE; it should not be older than 26 h."},
		{"dynamodb ListBackups", `{}`, `{"BackupSummaries":[{"BackupName":"new","BackupStatus":"CREATING","BackupCreationDateTime":"2026-11-24T08:00:00+00:00"}]}`, procedures.Warned, "new, 2 min old, CREATING."},
		{"dynamodb ListBackups", `{}`, `{"BackupSummaries":[]}`, procedures.Failed, "There is no backup in this time."},

		{"cloudwatch GetDashboard", `{}`, `{"DashboardName":"d","DashboardBody":"{\"widgets\":[{}]}"}`, procedures.Info, "d has 1 widget."},
		{"cloudwatch DescribeAlarmHistory", `{}`, flapping(5), procedures.Info, "5 changes of state, the last on 23 November at 04:00: errors from OK to ALARM."},
		{"cloudwatch DescribeAlarmHistory", `{}`, flapping(6), procedures.Warned, "6 changes of state of errors on 23 November: the alarm flaps."},
		{"cloudwatch DescribeAlarmHistory", `{}`, `{"AlarmHistoryItems":[{"HistoryItemType":"ConfigurationUpdate"}]}`, procedures.Info, "No change of state in this time."},

		// Operations without a reading of their own.
		{"s3 ListObjectsV2", `{}`, `{"Contents":[{"Size":1500,"LastModified":"2026-11-20T00:00:00+00:00"},{}]}`, procedures.Info, "2 objects, 1.5 kB in all; none is older than 365 days."},
		{"s3 ListObjectsV2", `{}`, `{"IsTruncated":true,"Contents":[{"Size":1500,"LastModified":"2026-11-20T00:00:00+00:00"},{"Size":2000000,"LastModified":"2024-11-20T00:00:00+00:00"}]}`, procedures.Info, "2 objects, 2 MB in all, and there are more; 1 of them, 2 MB, older than 365 days."},
		{"s3 ListObjectsV2", `{}`, `{"CommonPrefixes":[{},{}]}`, procedures.Info, "The answer has no objects, and 2 common prefixes."},
		{"s3 ListObjects", `{}`, `{"Contents":[]}`, procedures.Info, "The answer has no objects."},
		{"s3 ListParts", `{}`, `{"Parts":[{}]}`, procedures.Info, "The answer has 1 part."},
		{"s3 ListBuckets", `{}`, `{"Buckets":[]}`, procedures.Info, "The answer has no buckets."},
		{"ce GetReservationPurchaseRecommendation", `{}`, `{"Recommendations":[{}]}`, procedures.Passed, "No reservation is recommended: as it is used, on demand is cheapest."},
		{"ce GetReservationPurchaseRecommendation", `{}`, `{"Recommendations":[{"RecommendationDetails":[{},{}],"RecommendationSummary":{"TotalEstimatedMonthlySavingsAmount":"1312.48","CurrencyCode":"USD"}},{"RecommendationDetails":[{}],"RecommendationSummary":{"TotalEstimatedMonthlySavingsAmount":"x"}}]}`, procedures.Warned, "3 reservations are recommended: 1,312.48 USD would be saved a month."},
		{"iam ListPolicies", `{}`, `{"Policies":[{}]}`, procedures.Info, "The answer has 1 policy."},
		{"dynamodb CreateBackup", `{"TableName":"t","BackupName":"b"}`, `{"BackupDetails":{"BackupStatus":"CREATING"}}`, procedures.Info, "Asked for: creates the backup b of the table t; BackupStatus is CREATING."},
		{"lambda UpdateFunctionConfiguration", `{"FunctionName":"f","MemorySize":2048}`, `{"FunctionName":"f","State":"Active","LastUpdateStatus":"InProgress"}`, procedures.Info, "Asked for: changes the configuration of the function f: memory to 2048 MB; LastUpdateStatus is InProgress."},
		{"cloudwatch PutDashboard", `{"DashboardName":"d"}`, `{}`, procedures.Info, "Done: replaces the dashboard d."},
	} {
		service, operation, _ := strings.Cut(c.key, " ")
		got := knowledge.Of(service, operation).Judge(parsed(t, c.input), parsed(t, c.answer), now, nil)
		if got == nil || got.Verdict != c.want || !strings.Contains(got.Reason, c.says) {
			t.Errorf("%s of %s: %+v, want %s with %q", c.key, c.answer, got, c.want, c.says)
		}
	}
}

// TestErrorsThatAreAnswers has the cells of the table in which a service's error is not an error.
func TestErrorsThatAreAnswers(t *testing.T) {
	for _, c := range []struct {
		key, code string
		want          procedures.Verdict
		advice        string
	}{
		{"s3 GetBucketPolicyStatus", "NoSuchBucketPolicy", procedures.Passed, ""},
		{"s3 GetBucketPolicyStatus", "NoSuchBucket", procedures.Errored, ""},
		{"s3 GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", procedures.Warned, "account's own block"},
		{"support DescribeTrustedAdvisorCheckResult", "SubscriptionRequiredException", procedures.Unavailable, "Support plan"},
		{"s3control GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", procedures.Warned, "Each bucket"},
		{"s3 GetBucketPolicy", "NoSuchBucketPolicy", procedures.Passed, ""},
		{"cloudwatch GetDashboard", "ResourceNotFound", procedures.NoData, ""},
		{"iam GetCredentialReport", "ReportInProgress", procedures.NoData, "Wait"},
		{"iam GetCredentialReport", "ReportNotPresent", procedures.NoData, "generate-credential-report"},
		{"logs FilterLogEvents", "ResourceNotFoundException", procedures.Errored, ""},
		{"dynamodb UpdateTable", "ResourceInUseException", procedures.Errored, "not over yet"},
		{"iam ListUsers", "AccessDenied", procedures.Errored, "lacks a permission"},
		{"ec2 DescribeInstances", "UnauthorizedOperation", procedures.Errored, "lacks a permission"},
		{"ec2 DescribeInstances", "RequestExpired", procedures.Errored, "aws sso login"},
		{"iam ListUsers", "ExpiredToken", procedures.Errored, "aws sso login"},
		{"iam ListUsers", "Throttling", procedures.Errored, "wait a minute"},
		{"ec2 DescribeInstances", "RequestLimitExceeded", procedures.Errored, "wait a minute"},
		{"lambda Invoke", "TooManyRequestsException", procedures.Errored, "wait a minute"},
		{"ec2 TerminateInstances", "SandboxNotImplemented", procedures.Unavailable, "real account"},
	} {
		service, operation, _ := strings.Cut(c.key, " ")
		got := knowledge.Of(service, operation).JudgeError(c.code, "message")
		if got.Verdict != c.want || !strings.Contains(got.Advice, c.advice) || c.advice == "" && got.Advice != "" || got.Reason == "" {
			t.Errorf("%s of %s: %+v", c.code, c.key, got)
		}
	}
}

// datapoints are the values of consecutive periods, the newest first.
func datapoints(statistic, unit string, from time.Time, period time.Duration, values ...float64) string {
	var points []string
	for i := len(values) - 1; i >= 0; i-- {
		value := fmt.Sprintf("%q:%g", statistic, values[i])
		if statistic == "p95" {
			value = fmt.Sprintf(`"ExtendedStatistics":{"p95":%g}`, values[i])
		}
		points = append(points, fmt.Sprintf(`{"Timestamp":%q,%s,"Unit":%q}`, from.Add(time.Duration(i)*period).Format(time.RFC3339), value, unit))
	}
	return `{"Label":"M","Datapoints":[` + strings.Join(points, ",") + `]}`
}

func TestMetricSentences(t *testing.T) {
	hours := func(n int) time.Time { return now.Add(-time.Duration(n) * time.Hour) }
	for _, c := range []struct{ name, answer, statistic, want string }{
		{"one sum", datapoints("Sum", "Count", hours(24), 24*time.Hour, 2), "Sum", "M of api: 2 in 24 h."},
		{"nothing happened", datapoints("Sum", "Count", hours(24), 24*time.Hour, 0), "Sum", "M of api: none in 24 h."},
		{"few in many periods", datapoints("Sum", "Count", hours(24), time.Hour, 0, 2, 0, 0, 1, 0), "Sum", "M of api: 3 in 6 h, at most 2 an hour."},
		{"rising", datapoints("Sum", "Count", hours(4), time.Hour, 1000, 1000, 1500, 1500), "Sum", "M of api: 5,000 in 4 h, 1,000 to 1,500 an hour, rising: the second half is 50 % above the first."},
		{"the last period is not over", datapoints("Sum", "Count", hours(5).Add(50*time.Minute), time.Hour, 1000, 1010, 1000, 1010, 20), "Sum", "M of api: 4,040 in 4 h, 1,000 to 1,010 an hour, steady."},
		{"falling bytes", datapoints("Sum", "Bytes", hours(4), time.Hour, 4000, 4000, 2000, 2000), "Sum", "M of api: 12 kB in 4 h, 2 kB to 4 kB an hour, falling: the second half is 50 % below the first."},
		{"one level", datapoints("Average", "Milliseconds", hours(1), time.Hour, 812.4), "Average", "M of api, Average: 812 ms in the last hour."},
		{"levels", datapoints("p95", "Milliseconds", hours(96), 24*time.Hour, 150, 171.26, 190, 182), "p95", "M of api, p95: 182 ms on the last day, 150 to 190 ms in 4 days, rising: the second half is 16 % above the first."},
		{"a level that stays", datapoints("Average", "Percent", hours(3), time.Hour, 3, 3, 3), "Average", "M of api, Average: 3 % in the last hour, the same for 3 h."},
		{"tripled", datapoints("Average", "None", hours(4), time.Hour, 1, 1, 3, 3), "Average", "M of api, Average: 3 in the last hour, 1 to 3 in 4 h, rising: the second half is 3 times the first."},
		{"small", datapoints("Average", "Count", hours(1), time.Hour, 0.0523), "Average", "M of api, Average: 0.05 in the last hour."},
	} {
		period := "3600"
		if strings.Contains(c.name, "one sum") || c.name == "nothing happened" || c.name == "levels" {
			period = "86400"
		}
		list := "Statistics"
		if c.statistic == "p95" {
			list = "ExtendedStatistics"
		}
		input := parsed(t, fmt.Sprintf(`{"MetricName":"M","Dimensions":[{"Name":"FunctionName","Value":"api"}],"Period":%s,%q:[%q]}`, period, list, c.statistic))
		input.Set("EndTime", now)
		got := knowledge.Of("cloudwatch", "GetMetricStatistics").Judge(input, parsed(t, c.answer), now, nil)
		if got == nil || got.Verdict != procedures.Info || got.Reason != c.want {
			t.Errorf("%s:\n got %+v\nwant %s", c.name, got, c.want)
		}
	}
}

func TestMaximumIsSaidBesideTheAverage(t *testing.T) {
	input := parsed(t, `{"MetricName":"Duration","Period":86400,"Statistics":["Average","Maximum"]}`)
	answer := parsed(t, `{"Label":"Duration","Datapoints":[{"Timestamp":"2026-11-22T08:02:00+00:00","Average":820.5,"Maximum":1400.0,"Unit":"Milliseconds"},{"Timestamp":"2026-11-23T08:02:00+00:00","Average":810.0,"Maximum":1190.0,"Unit":"Milliseconds"}]}`)
	got := knowledge.Of("cloudwatch", "GetMetricStatistics").Judge(input, answer, now, nil)
	if want := "Duration, Average: 810 ms on the last day, 810 to 820 ms in 2 days; at most 1,400 ms."; got.Reason != want && got.Reason != strings.Replace(want, "820", "821", 1) {
		t.Errorf("got %q, want %q", got.Reason, want)
	}
}

func TestLimitsAreVariables(t *testing.T) {
	set := func(name, value string) func(string) (string, bool) {
		return func(n string) (string, bool) { return value, n == name }
	}
	backup := parsed(t, `{"BackupSummaries":[{"BackupName":"old","BackupStatus":"AVAILABLE","BackupCreationDateTime":"2026-11-22T08:00:00+00:00"}]}`)
	for _, c := range []struct {
		operation string
		answer    *document.Object
		limit     knowledge.Threshold
		value     string
		want      procedures.Verdict
	}{
		{"dynamodb ListBackups", backup, knowledge.BackupHours, "", procedures.Warned},
		{"dynamodb ListBackups", backup, knowledge.BackupHours, "72", procedures.Passed},
		{"dynamodb ListBackups", backup, knowledge.BackupHours, "three days", procedures.Errored},
		{"iam GetCredentialReport", parsed(t, report(rootFine, userFine)), knowledge.KeyDays, "30", procedures.Warned},
		{"iam GetCredentialReport", parsed(t, report(rootFine, userFine)), knowledge.KeyDays, "-1", procedures.Errored},
		{"cloudwatch DescribeAlarmHistory", parsed(t, `{"AlarmHistoryItems":[{"AlarmName":"a","Timestamp":"2026-11-22T08:00:00+00:00"},{"AlarmName":"a","Timestamp":"2026-11-22T09:00:00+00:00"}]}`), knowledge.AlarmChanges, "1", procedures.Warned},
		{"cloudwatch DescribeAlarmHistory", parsed(t, `{"AlarmHistoryItems":[{"AlarmName":"a","Timestamp":"2026-11-22T08:00:00+00:00"},{"AlarmName":"a","Timestamp":"2026-11-22T09:00:00+00:00"}]}`), knowledge.AlarmChanges, "2", procedures.Info},
	} {
		service, operation, _ := strings.Cut(c.operation, " ")
		got := knowledge.Of(service, operation).Judge(&document.Object{}, c.answer, now, set(c.limit.Name, c.value))
		if got == nil || got.Verdict != c.want {
			t.Errorf("%s with %s=%q: %+v, want %s", c.operation, c.limit.Name, c.value, got, c.want)
		}
	}
}
