package sandbox

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// quoted is a word of a line as it is.
func quoted(text string) string { return "'" + text + "'" }

const (
	tableName  = "network-visualizer-topology"
	exampleARN = "arn:aws:dynamodb:us-east-1:123456789012:table/network-visualizer-topology/backup/01234567890123-abc123"
)

// expect compares what a line prints.
func (e *estateTest) expect(line, want string) {
	e.t.Helper()
	if got := e.says(line); got != want {
		e.t.Errorf("aws %s:\n got %q\nwant %q", line, got, want)
	}
}

func TestBackupAndRestore(t *testing.T) {
	e := newEstate(t)
	arn := e.says("dynamodb create-backup --table-name " + tableName + " --backup-name mine --query BackupDetails.BackupArn --output text")
	newest := "dynamodb list-backups --table-name " + tableName +
		" --query 'sort_by(BackupSummaries,&BackupCreationDateTime)[-1].[BackupName,BackupStatus]' --output text"
	e.expect(newest, "mine\tCREATING")
	e.refuses("BackupInUseException", "dynamodb restore-table-from-backup --target-table-name again --backup-arn "+arn)
	e.later(settling)
	e.expect(newest, "mine\tAVAILABLE")
	e.expect("dynamodb restore-table-from-backup --target-table-name again --backup-arn "+arn+
		" --query TableDescription.[TableStatus,ItemCount,RestoreSummary.RestoreInProgress] --output text", "CREATING\t0\tTrue")
	e.refuses("TableAlreadyExistsException", "dynamodb restore-table-from-backup --target-table-name again --backup-arn "+arn)
	e.refuses("ResourceInUseException", "dynamodb delete-table --table-name again", "Table is being created: again")
	e.refuses("ResourceNotFoundException", "dynamodb scan --table-name again --select COUNT")
	e.later(restoring)
	e.expect("dynamodb describe-table --table-name again --query "+
		"Table.[TableStatus,ItemCount,RestoreSummary.RestoreInProgress] --output text", "ACTIVE\t48211\tFalse")
	if a, b := e.says("dynamodb scan --table-name again --max-items 3 --query Items"),
		e.says("dynamodb scan --table-name "+tableName+" --max-items 3 --query Items"); a != b || !strings.Contains(a, "node#000002") {
		t.Errorf("the restored table has other items:\n%s\n%s", a, b)
	}
	e.expect("dynamodb delete-table --table-name again --query TableDescription.TableStatus --output text", "DELETING")
	e.refuses("ResourceInUseException", "dynamodb delete-table --table-name again", "Table is being deleted")
	e.later(settling + time.Second)
	e.refuses("ResourceNotFoundException", "dynamodb describe-table --table-name again",
		"Requested resource not found: Table: again not found")
	e.expect("dynamodb list-tables --query TableNames --output text", tableName)
	e.refuses("BackupNotFoundException", "dynamodb describe-backup --backup-arn "+strings.Replace(exampleARN, "abc123", "abc124", 1))
}

func TestBackupsAreMadeEveryDay(t *testing.T) {
	e := newEstate(t)
	newest := "dynamodb list-backups --query 'sort_by(BackupSummaries,&BackupCreationDateTime)[-1].BackupName' --output text"
	e.expect(newest, "topology-daily-20260921")
	e.later(24 * time.Hour)
	e.expect(newest, "topology-daily-20260922")
	e.expect("dynamodb list-backups --query 'length(BackupSummaries)'", "7")
	e.says("dynamodb delete-backup --backup-arn " + exampleARN)
	e.expect(newest, "topology-daily-20260921")
}

func TestUpdatesOfATable(t *testing.T) {
	e := newEstate(t)
	update := "dynamodb update-table --table-name " + tableName
	mode := "dynamodb describe-table --table-name " + tableName +
		" --query Table.[TableStatus,BillingModeSummary.BillingMode,ProvisionedThroughput.ReadCapacityUnits] --output text"
	e.expect(mode, "ACTIVE\tNone\t50")
	e.refuses("ValidationException", update+" --provisioned-throughput ReadCapacityUnits=50,WriteCapacityUnits=25", "will not change")
	e.refuses("ValidationException", update, "At least one of ProvisionedThroughput, BillingMode")
	e.refuses("ValidationException", update+" --billing-mode PROVISIONED", "must both be specified")
	for n := range 4 {
		e.says(update + " --billing-mode PAY_PER_REQUEST")
		e.expect(mode, "UPDATING\t"+map[bool]string{true: "None", false: "None"}[n == 0]+"\t"+strconv.Itoa(50+n))
		e.refuses("ResourceInUseException",
			update+" --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=50", "Table is being updated: "+tableName)
		e.later(settling)
		e.expect(mode, "ACTIVE\tPAY_PER_REQUEST\t0")
		e.refuses("ValidationException", update+" --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=50",
			"when BillingMode is PAY_PER_REQUEST")
		e.says(update +
			" --billing-mode PROVISIONED --provisioned-throughput WriteCapacityUnits=25,ReadCapacityUnits=" + strconv.Itoa(51+n))
		e.later(settling)
		e.expect(mode, "ACTIVE\tPROVISIONED\t"+strconv.Itoa(51+n))
	}
	e.refuses("LimitExceededException", update+" --billing-mode PAY_PER_REQUEST", "four times in a rolling 24 hour window")
	e.later(24 * time.Hour)
	e.says(update + " --billing-mode PAY_PER_REQUEST")
	e.refuses("ValidationException", "dynamodb create-backup --table-name "+tableName+" --backup-name 'my backup'",
		"1 validation error detected: Value 'my backup' at 'backupName' failed to satisfy constraint: Member must "+
			"satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
}

func TestDecreasesAreCounted(t *testing.T) {
	e := newEstate(t)
	for _, units := range []string{"40", "30"} {
		e.says("dynamodb update-table --table-name " + tableName +
			" --provisioned-throughput WriteCapacityUnits=25,ReadCapacityUnits=" + units)
		e.later(settling)
	}
	decreases := "dynamodb describe-table --table-name " + tableName + " --query Table.ProvisionedThroughput.NumberOfDecreasesToday"
	e.expect(decreases, "2")
	e.later(24 * time.Hour)
	e.expect(decreases, "0")
}

func TestDeletionProtection(t *testing.T) {
	e := newEstate(t)
	e.refuses("ValidationException", "dynamodb delete-table --table-name "+tableName, "protected against deletion")
	e.says("dynamodb update-table --table-name " + tableName + " --no-deletion-protection-enabled")
	e.later(settling)
	e.says("dynamodb delete-table --table-name " + tableName)
	e.later(settling + time.Second)
	e.expect("dynamodb list-tables --query 'length(TableNames)'", "0")
	e.expect("dynamodb list-backups --query 'length(BackupSummaries)'", "7") // which a deletion leaves
}

func TestUpdateOfAFunction(t *testing.T) {
	e := newEstate(t)
	name := " --function-name network-visualizer-api-production"
	status := "lambda get-function-configuration" + name + " --query [LastUpdateStatus,MemorySize] --output text"
	e.expect(status, "Successful\t512")
	revision := e.says("lambda get-function-configuration" + name + " --query RevisionId --output text")
	e.says("lambda update-function-configuration" + name + " --memory-size 2048 --timeout 900")
	e.expect(status, "InProgress\t2048")
	e.refuses("ResourceConflictException", "lambda update-function-configuration"+name+" --memory-size 1024",
		"An update is in progress for resource")
	e.later(settling)
	e.expect(status, "Successful\t2048")
	e.refuses("PreconditionFailedException", "lambda update-function-configuration"+name+" --memory-size 1024 --revision-id "+revision)
	e.refuses("InvalidParameterValueException", "lambda update-function-configuration"+name+" --timeout 901", "less than or equal to 900")
	e.refuses("ResourceNotFoundException", "lambda get-function --function-name nothing",
		"Function not found: arn:aws:lambda:us-east-1:123456789012:function:nothing")
	e.expect("cloudtrail lookup-events --lookup-attributes "+
		"AttributeKey=EventName,AttributeValue=UpdateFunctionConfiguration --query 'length(Events)'", "1")
}

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
	e.refuses("ResourceNotFound", "cloudwatch set-alarm-state --alarm-name nothing --state-value OK --state-reason x")
}

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

func TestDashboards(t *testing.T) {
	e := newEstate(t)
	e.refuses("ResourceNotFound", "cloudwatch get-dashboard --dashboard-name d", "Dashboard d does not exist")
	e.says(`cloudwatch put-dashboard --dashboard-name d --dashboard-body '{"widgets":[]}'`)
	e.expect("cloudwatch get-dashboard --dashboard-name d --query DashboardBody --output text", `{"widgets":[]}`)
	e.refuses("InvalidParameterInput", "cloudwatch put-dashboard --dashboard-name d --dashboard-body '{}'", "widgets")
	e.refuses("InvalidParameterInput", "cloudwatch put-dashboard --dashboard-name d --dashboard-body '{'")
	e.expect("cloudwatch get-dashboard --dashboard-name d --query DashboardBody --output text", `{"widgets":[]}`)
	e.says("cloudwatch delete-dashboards --dashboard-names d")
	e.refuses("ResourceNotFound", "cloudwatch get-dashboard --dashboard-name d")
}

func TestUpdateOfAStage(t *testing.T) {
	e := newEstate(t)
	stage := " --rest-api-id a1b2c3d4e5 --stage-name prod"
	limits := "apigateway get-stage" + stage + ` --query ` +
		`'methodSettings."*/*".[throttlingBurstLimit,throttlingRateLimit]' --output text`
	e.expect(limits, "5000\t10000.0")
	e.refuses("BadRequestException", "apigateway update-stage"+stage+
		" --patch-operations op=replace,path=/throttle/burstLimit,value=10000",
		"Invalid patch path '/throttle/burstLimit' specified for op 'replace'")
	e.refuses("BadRequestException", "apigateway update-stage"+stage+
		" --patch-operations op=replace,path=/*/*/throttling/burstLimit,value=4000 "+
		"op=replace,path=/throttle/rateLimit,value=1", "/throttle/rateLimit")
	e.expect(limits, "5000\t10000.0") // all of the patches or none
	e.says("apigateway update-stage" + stage +
		" --patch-operations op=replace,path=/*/*/throttling/burstLimit,value=4000 " +
		"op=replace,path=/*/*/throttling/rateLimit,value=8000 op=replace,path=/~1topology/GET/throttling/rateLimit,value=5")
	e.expect(limits, "4000\t8000.0")
	e.expect("apigateway get-stage"+stage+
		` --query 'methodSettings."/topology/GET".[throttlingBurstLimit,throttlingRateLimit]' --output text`, "4000\t5.0")
	e.refuses("NotFoundException", "apigateway get-stage --rest-api-id nothing --stage-name prod",
		"Invalid API identifier specified 123456789012:nothing")
	e.refuses("NotFoundException", "apigateway get-stage --rest-api-id a1b2c3d4e5 --stage-name production",
		"Invalid stage identifier specified")
}

func TestCredentialReport(t *testing.T) {
	e := newEstate(t)
	e.refuses("ReportNotPresent", "iam get-credential-report")
	e.expect("iam generate-credential-report --query State --output text", "STARTED")
	e.refuses("ReportInProgress", "iam get-credential-report")
	e.expect("iam generate-credential-report --query State --output text", "INPROGRESS")
	e.later(settling)
	e.expect("iam generate-credential-report --query State --output text", "COMPLETE")
	e.says("iam get-credential-report")
	e.later(5 * time.Hour)
	e.refuses("ReportExpired", "iam get-credential-report")
	e.expect("iam generate-credential-report --query State --output text", "STARTED")
}

func TestLogPatterns(t *testing.T) {
	e := newEstate(t)
	if err := e.sandbox.SetFault(t.Context(), "log-errors", true); err != nil {
		t.Fatal(err)
	}
	count := func(pattern string) int {
		n, err := strconv.Atoi(e.says("logs filter-log-events --log-group-name " +
			"/aws/lambda/network-visualizer-api-production --start-time 1789900000000 --query 'length(events)' " +
			"--filter-pattern " + quoted(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	all, errors, info := count(""), count("ERROR"), count("INFO")
	for pattern, want := range map[string]int{
		"?ERROR ?INFO": errors + info, `"[ERROR]"`: errors, "ERROR INFO": 0, "%ERROR|INFO%": errors + info,
		`{ $.level = "ERROR" }`: 0, "ERROR topology": errors, "error": 0,
	} {
		if got := count(pattern); got != want || errors == 0 || info == 0 {
			t.Errorf("%s matches %d of %d events, want %d", pattern, got, all, want)
		}
	}
	if got, want := count("INFO -START"), info; got != want {
		t.Errorf("INFO -START matches %d events, want %d", got, want)
	}
	e.refuses("InvalidParameterException",
		`logs filter-log-events --log-group-name /aws/lambda/network-visualizer-api-production --filter-pattern '"open'`,
		"Invalid filter pattern")
	e.refuses("ResourceNotFoundException", "logs filter-log-events --log-group-name /aws/lambda/nothing",
		"The specified log group does not exist.")
}

// TestPagesAreWhole reads lists a few entries at a time, and compares with the whole.
func TestPagesAreWhole(t *testing.T) {
	e := newEstate(t)
	for line, size := range map[string]int{
		"lambda list-functions": 1, "dynamodb list-backups": 2, "dynamodb list-tables": 1,
		"cloudwatch describe-alarms": 1, "cloudwatch describe-alarm-history": 1, "iam list-users": 1, "events list-rules": 2,
		"cloudtrail lookup-events": 2, "s3api list-objects-v2 --bucket network-visualizer-data-production": 4,
		"s3api list-objects --bucket network-visualizer-data-production": 4, "s3api list-buckets": 2,
		"logs filter-log-events --log-group-name " +
			"/aws/lambda/network-visualizer-api-production --start-time 1789980000000": 7, "logs describe-log-groups": 1,
		"logs describe-log-streams --log-group-name /aws/lambda/network-visualizer-api-production":                        9,
		"ecr describe-image-scan-findings --repository-name network-visualizer-app-production --image-id imageTag=latest": 1,
	} {
		whole := e.says(line)
		before := len(e.answered)
		if paged := e.says(line + " --page-size " + strconv.Itoa(size)); paged != whole {
			t.Errorf("aws %s by pages of %d:\n%s\nat once:\n%s", line, size, paged, whole)
		}
		if n := len(e.answered) - before; n < 2 && !strings.Contains(line, "list-tables") && !strings.Contains(line, "scan-findings") {
			t.Errorf("aws %s by pages of %d took %d calls", line, size, n)
		}
	}
	for code, line := range map[string]string{
		"InvalidNextToken":          "cloudwatch describe-alarms --no-paginate --next-token x",
		"InvalidParameterException": "logs describe-log-groups --no-paginate --next-token x",
		"InvalidNextTokenException": "cloudtrail lookup-events --no-paginate --next-token x",
		"ValidationError":           "iam list-users --no-paginate --marker x",
	} {
		e.refuses(code, line)
	}
}

func TestInvalidations(t *testing.T) {
	e := newEstate(t)
	id := e.says("cloudfront create-invalidation --distribution-id E2EXAMPLE1 --paths '/*' --query Invalidation.Id --output text")
	status := "cloudfront get-invalidation --distribution-id E2EXAMPLE1 --query Invalidation.Status --output text --id " + id
	e.expect(status, "InProgress")
	e.expect("cloudfront get-distribution --id E2EXAMPLE1 --query Distribution.InProgressInvalidationBatches", "1")
	e.later(settling)
	e.expect(status, "Completed")
	e.expect("cloudfront get-distribution --id E2EXAMPLE1 --query Distribution.InProgressInvalidationBatches", "0")
}
