package main

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// findingsOf reads a block as a page has it: "rule" for each finding, with the corrected statement behind an arrow.
func findingsOf(t *testing.T, text string) []string {
	t.Helper()
	environment := procedures.Environment{Name: "sandbox", Account: "sandbox"}
	lib := runbook.OpenText("p.md", text, runbook.Options{Analyser: analyser(environment)})
	var out []string
	for _, m := range lib.Findings {
		said := m.Rule
		if m.Severity == procedures.SeverityError {
			said += "!"
		}
		if m.Corrected != "" {
			said += " → " + m.Corrected
		}
		out = append(out, said)
	}
	return out
}

// Each row is a block and what is said of it: an exclamation mark stands behind the rule of an error. What is right is silent, and what
// is corrected is a line that is right and means the same.
func TestWhatIsSaidOfLines(t *testing.T) {
	for _, rows := range [][][2]string{findingRowsOfAWS, findingRowsOfText, findingRowsOfPlaces} {
		for _, row := range rows {
			got := strings.Join(findingsOf(t, "# P\n\n## Q\n\n```bash\n"+row[0]+"\n```\n"), "; ")
			if got != row[1] {
				t.Errorf("%s\n\tis said %q, want %q", row[0], got, row[1])
			}
		}
	}
}

var findingRowsOfAWS = [][2]string{
	{"aws --version", ""},
	{"aws s3 ls", ""},
	// a list's comma, and a name in another spelling, are corrected
	{"aws dynamodb describe-limits --output jsn", "aws-enum!"},
	{"aws dynamodb describe-limits --output JSON", "aws-enum! → aws dynamodb describe-limits --output json"},
	{
		"aws dynamodb update-table --table-name t --billing-mode pay-per-request",
		"asynchronous; aws-enum! → aws dynamodb update-table --table-name t --billing-mode PAY_PER_REQUEST",
	},
	{"aws ecs describe-clusters --include TAGS,STATISTICS", "aws-enum! → aws ecs describe-clusters --include TAGS STATISTICS"},
	{"aws ecs describe-clusters --include TAGS,p99", "aws-enum!"},
	{"aws ecs describe-clusters --include TAGS STATISTICS", ""},
	// a value that AWS may have added is sent
	{"aws ecs describe-clusters --include CAPACITY", "aws-enum-unknown"},
	{"aws cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm --state-value LOUD", "aws-enum-unknown"},
	// another service, operation, option or member is a hint in words
	{"aws guardd list-detectors", "aws-service!"},
	{"aws iam get-access-key-info --access-key-id a", "aws-operation!"},
	{"aws dynamodb Describe-Limits", "aws-operation! → aws dynamodb describe-limits"},
	{"aws datasync describe-task-execution --task-arn a", "aws-required!; aws-option!"},
	{"aws ec2 describe-vpcs --vpcs-ids v", "aws-option!"},
	{"aws ec2 describe-vpcs --vpc_ids v", "aws-option! → aws ec2 describe-vpcs --vpc-ids v"},
	{"aws rds modify-db-instance --db-instance-identifier d --multi-az true", "asynchronous; aws-option!"},
	{"aws cloudtrail lookup-events --lookup-attributes AttributeKeys=EventName,AttributeValue=x", "aws-shorthand!"},
	{
		"aws ce get-anomalies --date-interval Start=2026-01-01,EndDate=2026-01-31",
		"aws-shorthand! → aws ce get-anomalies --date-interval StartDate=2026-01-01,EndDate=2026-01-31",
	},
	{
		"aws ce get-cost-and-usage --time-period Start=2026-01-01,End=2026-01-31 --granularity DAILY --metrics BlendedCost " +
			"--group-by Type=SERVICE",
		"aws-shorthand! → aws ce get-cost-and-usage --time-period Start=2026-01-01,End=2026-01-31 --granularity DAILY " +
			"--metrics BlendedCost --group-by Type=DIMENSION,Key=SERVICE",
	},
	// a correction that would leave an error is none
	{"aws ecs describe-clusters --include TAGS,STATISTICS --nothing", "aws-enum!; aws-option!"},
	// queries
	{
		"aws ecs describe-services --services s --query Services[0].status",
		"query-member! → aws ecs describe-services --services s --query services[0].status",
	},
	{"aws sts get-caller-identity --query User.Name", "query-member!"},
	{"aws rds describe-db-instances --query 'DBInstances[0].EarliestRestorableTime'", "query-member!"},
	{"aws ecs describe-services --services s --query services[0].status", ""},
	{
		"aws ec2 describe-addresses --query 'Addresses[?AssociationId==null].AllocationId'",
		"query-literal → aws ec2 describe-addresses --query 'Addresses[?AssociationId==`null`].AllocationId'",
	},
	{"aws ec2 describe-addresses --query \"Addresses[?AssociationId==null].AllocationId\"", "query-literal"},
	{"aws ec2 describe-volumes --query 'Volumes[?Encrypted==false].VolumeId'", "query-literal"},
	{"aws ec2 describe-volumes --query 'Volumes[?Encrypted==`false`].VolumeId'", ""},
	// what was left out, and what bash makes of braces
	{"aws ecs update-service ... --force-new-deployment", "asynchronous; left-out!"},
	{"aws elbv2 register-targets --target-group-arn a --targets Id=10.0.1.1{0,1,2}", ""},
	{
		"aws deploy create-deployment --application-name a --revision revisionType=S3,s3Location={bucket=b,key=k}",
		"brace-expansion! → aws deploy create-deployment --application-name a --revision " +
			"'revisionType=S3,s3Location={bucket=b,key=k}'",
	},
	// texts where the AWS CLI takes base64
	{
		"aws lambda invoke --function-name f --payload '{\"a\":1}' out.json",
		"raw-payload! → aws lambda invoke --function-name f --payload '{\"a\":1}' out.json --cli-binary-format raw-in-base64-out",
	},
	{"aws lambda invoke --function-name f --cli-binary-format raw-in-base64-out --payload '{\"a\":1}' out.json", ""},
	{"aws lambda invoke --function-name f --payload fileb://p.json out.json", "not-supplied"},
}

var findingRowsOfText = [][2]string{}

var findingRowsOfPlaces = [][2]string{}
