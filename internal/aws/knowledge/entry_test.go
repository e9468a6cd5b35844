package knowledge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestOverlayNamesOperations(t *testing.T) {
	for _, key := range knowledge.Keys() {
		service, operation, _ := strings.Cut(key, " ")
		s, err := models.Load(service)
		if err != nil || s.Operation(operation) == nil {
			t.Errorf("%s is no operation of the models", key)
		}
	}
}

// TestEveryOperationHasAnEffect walks all models and counts those whose IAM action is known.
func TestEveryOperationHasAnEffect(t *testing.T) {
	known, all := 0, 0
	for _, service := range models.Services() {
		s, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range s.Operations {
			e := knowledge.Of(service, op.Name)
			all++
			if len(e.Actions) > 0 {
				known++
			}
			switch e.Effect {
			case procedures.EffectRead, procedures.EffectChange, procedures.EffectDestroy:
			default:
				t.Errorf("%s %s has the effect %q", service, op.Name, e.Effect)
			}
			if e.Does(&document.Object{}) == "" {
				t.Errorf("%s %s has no sentence", service, op.Name)
			}
		}
	}
	if known < 17_500 {
		t.Errorf("%d of %d operations have an IAM action; there were more", known, all)
	}
	t.Logf("%d of %d operations have an IAM action", known, all)
}

func TestEffects(t *testing.T) {
	for key, want := range map[string]procedures.Effect{
		"dynamodb DescribeTable": procedures.EffectRead, "dynamodb CreateBackup": procedures.EffectChange, "dynamodb DeleteTable": procedures.EffectDestroy, "ec2 StopInstances": procedures.EffectDestroy,
		"ec2 TerminateInstances": procedures.EffectDestroy, "lambda Invoke": procedures.EffectChange, "logs FilterLogEvents": procedures.EffectRead, "ce GetCostAndUsage": procedures.EffectRead, "rds ModifyDBInstance": procedures.EffectChange,
		"sqs PurgeQueue": procedures.EffectDestroy, "iam GenerateCredentialReport": procedures.EffectRead, "s3 ListObjectsV2": procedures.EffectRead, "s3 DeleteObject": procedures.EffectDestroy, "apigateway UpdateStage": procedures.EffectChange,
		"apigateway GetRestApis": procedures.EffectRead, "elbv2 DescribeTargetHealth": procedures.EffectRead, "ssm PutParameter": procedures.EffectChange, "iam AttachRolePolicy": procedures.EffectChange, "nothing Known": procedures.EffectChange,
	} {
		service, operation, _ := strings.Cut(key, " ")
		if got := knowledge.Of(service, operation).Effect; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestReadings(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 2, 0, 0, time.UTC)
	for _, c := range []struct {
		key, answer string
		want        procedures.Verdict
		says        string
	}{
		{"lambda GetFunction", `{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"Successful"}}`, procedures.Passed, "f is Active"},
		{"lambda GetFunction", `{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"Failed","LastUpdateStatusReason":"no image"}}`, procedures.Failed, "no image"},
		{"lambda GetFunctionConfiguration", `{"FunctionName":"f","State":"Pending"}`, procedures.Warned, "Pending"},
		{"dynamodb DescribeTable", `{"Table":{"TableName":"t","TableStatus":"ACTIVE","ItemCount":48211,"TableSizeBytes":13002342}}`, procedures.Passed, "48,211 items · 13 MB"},
		{"dynamodb DescribeTable", `{"Table":{"TableName":"t","TableStatus":"INACCESSIBLE_ENCRYPTION_CREDENTIALS"}}`, procedures.Failed, "INACCESSIBLE"},
		{"cloudwatch DescribeAlarms", `{"MetricAlarms":[{"AlarmName":"network-visualizer-high-error-rate","StateValue":"ALARM","StateUpdatedTimestamp":"2026-11-24T07:44:00+00:00"}]}`, procedures.Failed, "1 alarm in ALARM: network-visualizer-high-error-rate, since 07:44"},
		{"cloudwatch DescribeAlarms", `{"MetricAlarms":[],"CompositeAlarms":[{"AlarmName":"c","StateValue":"ALARM"}]}`, procedures.Failed, "1 alarm in ALARM: c"},
		{"cloudwatch DescribeAlarms", `{"MetricAlarms":[]}`, procedures.NoData, "No alarm is defined"},
		{"cloudwatch GetMetricStatistics", `{"Label":"Errors","Datapoints":[]}`, procedures.NoData, "no datapoints"},
		{"cloudwatch GetMetricStatistics", `{"Label":"Errors","Datapoints":[{"Timestamp":"2026-11-24T00:00:00+00:00","Sum":3.0,"Unit":"Count"}]}`, procedures.Info, "Errors, Sum: 3 count"},
		{"ecr DescribeImageScanFindings", `{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findingSeverityCounts":{"CRITICAL":1}}}`, procedures.Failed, "1 CRITICAL"},
		{"ecr DescribeImageScanFindings", `{"imageScanStatus":{"status":"IN_PROGRESS"}}`, procedures.NoData, "IN_PROGRESS"},
		{"cloudtrail LookupEvents", `{"Events":[{"EventName":"DeleteBucket","Username":"x","EventTime":"2026-11-23T01:00:00+00:00"}]}`, procedures.Warned, "DeleteBucket by x"},
		{"cloudfront GetDistribution", `{"Distribution":{"Id":"E1","Status":"Deployed","DistributionConfig":{"Enabled":true}}}`, procedures.Passed, "E1 is Deployed"},
		{"s3 GetBucketPolicyStatus", `{"PolicyStatus":{"IsPublic":true}}`, procedures.Failed, "public"},
		{"support DescribeTrustedAdvisorCheckResult", `{"result":{"checkId":"a","status":"error","resourcesSummary":{"resourcesFlagged":2}}}`, procedures.Failed, "2 resources"},
		{"events ListRules", `{"Rules":[{"Name":"r","State":"DISABLED"}]}`, procedures.Warned, "r"},
		{"dynamodb ListBackups", `{"BackupSummaries":[{"BackupName":"old","BackupStatus":"AVAILABLE","BackupCreationDateTime":"2026-11-20T02:30:00+00:00"},{"BackupName":"new","BackupStatus":"AVAILABLE","BackupCreationDateTime":"2026-11-24T02:30:00+00:00"}]}`, procedures.Passed, "new, 5 h old"},
		{"dynamodb ListBackups", `{"BackupSummaries":[]}`, procedures.Failed, "no backup"},
		{"ce GetAnomalies", `{"Anomalies":[]}`, procedures.Passed, "No cost anomaly"},
		{"iam GetCredentialReport", `{"Content":"dXNlcixtZmFfYWN0aXZlLHBhc3N3b3JkX2VuYWJsZWQKYSxmYWxzZSx0cnVlCg=="}`, procedures.Warned, "no MFA"},
	} {
		v, err := document.Parse([]byte(c.answer))
		if err != nil {
			t.Fatal(err)
		}
		service, operation, _ := strings.Cut(c.key, " ")
		got := knowledge.Of(service, operation).Read(&document.Object{}, v, now)
		if got == nil || got.Verdict != c.want || !strings.Contains(got.Reason, c.says) {
			t.Errorf("%s of %s: %+v, want %s with %q", c.key, c.answer, got, c.want, c.says)
		}
	}
}

// FuzzReadings gives every reading answers that no service would give.
func FuzzReadings(f *testing.F) {
	for _, s := range []string{`{}`, `{"Table":[]}`, `{"Datapoints":[{"Sum":"x"},null,3]}`, `{"Events":{"a":1}}`, `{"Content":"%%%"}`, `{"ResultsByTime":[{"Total":{"a":null}}]}`, `{"AlarmHistoryItems":[{}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		v, err := document.Parse([]byte(answer))
		if err != nil {
			return
		}
		for _, key := range knowledge.Keys() {
			service, operation, _ := strings.Cut(key, " ")
			knowledge.Of(service, operation).Read(&document.Object{}, v, time.Unix(0, 0))
		}
	})
}
