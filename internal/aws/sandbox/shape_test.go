package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// misshapen lists what of a value is not as its shape says: unknown members, types, enums, what is required.
func misshapen(s *models.Shape, v document.Value, path string) []string {
	bad := func(want string) []string { return []string{fmt.Sprintf("%s: %T, want %s", path, v, want)} }
	var out []string
	switch s.Type {
	case models.TypeStructure:
		o, ok := v.(*document.Object)
		if !ok {
			return bad("a structure")
		}
		for _, name := range s.Required {
			if _, ok := o.Get(name); !ok {
				out = append(out, path+"."+name+" is required")
			}
		}
		for name, inner := range o.All() {
			if m := s.Member(name); m == nil {
				out = append(out, path+"."+name+" is no member")
			} else {
				out = append(out, misshapen(m.Shape, inner, path+"."+name)...)
			}
		}
	case models.TypeList:
		l, ok := v.(document.List)
		if !ok {
			return bad("a list")
		}
		for i, inner := range l {
			out = append(out, misshapen(s.Element.Shape, inner, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case models.TypeMap:
		o, ok := v.(*document.Object)
		if !ok {
			return bad("a map")
		}
		for name, inner := range o.All() {
			out = append(out, misshapen(s.Value.Shape, inner, path+"."+name)...)
		}
	case models.TypeString:
		text, ok := v.(string)
		if !ok {
			return bad("a string")
		}
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) && text != "" {
			out = append(out, fmt.Sprintf("%s: %q is none of %s", path, text, strings.Join(s.Enum, ", ")))
		}
	case models.TypeInteger, models.TypeLong:
		if _, ok := v.(int64); !ok {
			return bad("a whole number")
		}
	case models.TypeDouble, models.TypeFloat:
		if _, ok := v.(float64); !ok {
			return bad("a number")
		}
	case models.TypeBoolean:
		if _, ok := v.(bool); !ok {
			return bad("a flag")
		}
	case models.TypeTimestamp:
		if _, ok := v.(time.Time); !ok {
			return bad("a moment")
		}
	case models.TypeBlob:
		if _, ok := v.([]byte); !ok {
			return bad("bytes")
		}
	}
	return out
}

// checkAnswers compares all answers of an estate with their shapes, and returns the operations that were answered.
func checkAnswers(t *testing.T, e *estateTest) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for _, a := range e.answered {
		name := a.request.service.Name + " " + a.request.operation
		seen[name] = true
		if a.request.op.Output == nil {
			if a.output.Len() > 0 {
				t.Errorf("%s answers %v, and has no output", name, a.output)
			}
			continue
		}
		output := a.output
		if output == nil {
			output = &document.Object{}
		}
		for _, problem := range misshapen(a.request.op.Output, output, "") {
			if !strings.Contains(problem, `LastUpdateStatusReasonCode: "Creating"`) { // AWS answers so, whatever the model says
				t.Errorf("%s: %s", name, problem)
			}
		}
	}
	return seen
}

// everything has a line for each operation of the sandbox, in an order in which all work.
const everything = `
sts get-caller-identity
lambda get-function --function-name network-visualizer-api-production
lambda get-function-configuration --function-name network-visualizer-api-production --qualifier '$LATEST'
lambda list-functions
lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 1024 --environment Variables={A=1}
lambda invoke --function-name network-visualizer-api-production out.json
lambda invoke --function-name network-visualizer-api-production --invocation-type Event out.json
dynamodb describe-table --table-name network-visualizer-topology
dynamodb list-tables
dynamodb create-backup --table-name network-visualizer-topology --backup-name one
dynamodb update-table --table-name network-visualizer-topology --billing-mode PAY_PER_REQUEST
later 10s
dynamodb describe-table --table-name network-visualizer-topology
dynamodb update-table --table-name network-visualizer-topology --billing-mode PROVISIONED --provisioned-throughput \
ReadCapacityUnits=10,WriteCapacityUnits=10
dynamodb describe-continuous-backups --table-name network-visualizer-topology
dynamodb describe-time-to-live --table-name network-visualizer-topology
dynamodb list-tags-of-resource --resource-arn arn:aws:dynamodb:us-east-1:123456789012:table/network-visualizer-topology
dynamodb scan --table-name network-visualizer-topology --max-items 3
dynamodb scan --table-name network-visualizer-topology --select COUNT
dynamodb get-item --table-name network-visualizer-topology --key '{"pk":{"S":"node#000007"},"sk":{"S":"meta"}}'
dynamodb list-backups
dynamodb describe-backup --backup-arn \
arn:aws:dynamodb:us-east-1:123456789012:table/network-visualizer-topology/backup/01234567890123-abc123
dynamodb restore-table-from-backup --target-table-name again --backup-arn \
arn:aws:dynamodb:us-east-1:123456789012:table/network-visualizer-topology/backup/01234567890123-abc123
dynamodb describe-table --table-name again
later 10s
dynamodb describe-table --table-name again
dynamodb delete-table --table-name again
dynamodb delete-backup --backup-arn \
arn:aws:dynamodb:us-east-1:123456789012:table/network-visualizer-topology/backup/01234567890123-abc123
cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm
cloudwatch describe-alarms-for-metric --metric-name Errors --namespace AWS/Lambda --dimensions \
Name=FunctionName,Value=network-visualizer-api-production
cloudwatch set-alarm-state --alarm-name network-visualizer-api-latency --state-value ALARM --state-reason test
cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm
cloudwatch describe-alarm-history --alarm-types MetricAlarm CompositeAlarm
cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --start-time 2026-09-20T00:00:00 \
--end-time 2026-09-21T00:00:00 --period 3600 --statistics Sum Average Minimum Maximum SampleCount
cloudwatch get-metric-statistics --namespace AWS/ApiGateway --metric-name Latency --dimensions \
Name=ApiName,Value=network-visualizer-api-production --start-time 2026-09-20T00:00:00 --end-time 2026-09-21T00:00:00 \
--period 3600 --extended-statistics p95
cloudwatch get-metric-statistics --namespace AWS/S3 --metric-name NumberOfObjects --dimensions \
Name=BucketName,Value=network-visualizer-data-production Name=StorageType,Value=AllStorageTypes --start-time \
2026-09-14T00:00:00 --end-time 2026-09-21T00:00:00 --period 86400 --statistics Average
cloudwatch list-metrics
guardduty list-detectors
guardduty get-detector --detector-id 12abc34d567e8fa901bc2d34e56789f0
guardduty list-findings --detector-id 12abc34d567e8fa901bc2d34e56789f0
guardduty get-findings --detector-id 12abc34d567e8fa901bc2d34e56789f0 --finding-ids 9ab2f1c0d3e44c5f8b6a7c8d9e0f1a2b
health describe-events --filter services=EC2,eventStatusCodes=open
cloudtrail describe-trails
cloudtrail get-trail-status --name network-visualizer-trail
logs describe-metric-filters --log-group-name /aws/lambda/network-visualizer-api-production
ecs list-task-definition-families --family-prefix api
ec2 describe-internet-gateways
ec2 describe-key-pairs --key-names deploy
cloudwatch put-metric-alarm --alarm-name made --metric-name Errors --namespace Shop --statistic Sum --period 60 --threshold 5 \
--evaluation-periods 2 --comparison-operator GreaterThanThreshold --dimensions Name=A,Value=b Name=C,Value=d --tags Key=a,Value=b
cloudwatch disable-alarm-actions --alarm-names made network-visualizer-api-latency
cloudwatch describe-alarms --alarm-names made network-visualizer-api-latency
cloudwatch enable-alarm-actions --alarm-names made network-visualizer-api-latency
cloudwatch delete-alarms --alarm-names made
ecr create-repository --repository-name made --image-tag-mutability IMMUTABLE
ecr describe-repositories --repository-names made
ecr delete-repository --repository-name made --force
s3api get-bucket-acl --bucket network-visualizer-data-production
s3api get-bucket-logging --bucket network-visualizer-data-production
s3api get-bucket-accelerate-configuration --bucket network-visualizer-data-production
cloudwatch put-dashboard --dashboard-name d --dashboard-body '{"widgets":[]}'
cloudwatch get-dashboard --dashboard-name d
cloudwatch list-dashboards
cloudwatch delete-dashboards --dashboard-names d
logs filter-log-events --log-group-name /aws/lambda/network-visualizer-api-production --filter-pattern GET --max-items 5
logs describe-log-groups
logs describe-log-streams --log-group-name /aws/lambda/network-visualizer-api-production --order-by LastEventTime \
--descending --max-items 2
logs get-log-events --log-group-name /aws/lambda/network-visualizer-api-production --log-stream-name STREAM --limit 5
iam generate-credential-report
later 10s
iam generate-credential-report
iam get-credential-report
iam list-users
iam get-user
iam list-access-keys --user-name deploy
iam get-access-key-last-used --access-key-id KEY
iam list-mfa-devices --user-name oncall
lambda get-account-settings
dynamodb describe-limits
iam simulate-principal-policy --policy-source-arn arn:aws:iam::123456789012:user/opsbook --action-names dynamodb:UpdateTable
iam list-account-aliases
ecr describe-repositories
ecr list-images --repository-name network-visualizer-app-production
ecr get-authorization-token
ecr describe-images --repository-name network-visualizer-app-production
ecr describe-image-scan-findings --repository-name network-visualizer-app-production --image-id imageTag=latest
cloudtrail lookup-events
ce get-cost-and-usage --time-period Start=2026-09-14,End=2026-09-21 --granularity DAILY --metrics BlendedCost \
--group-by Type=DIMENSION,Key=SERVICE
ce get-cost-and-usage --time-period Start=2026-07-01,End=2026-09-01 --granularity MONTHLY --metrics UnblendedCost
ce get-anomalies --date-interval StartDate=2026-09-14
ce get-reservation-purchase-recommendation --service DynamoDB
cloudfront get-distribution --id E2EXAMPLE1
cloudfront get-distribution-config --id E2EXAMPLE1
cloudfront list-distributions
cloudfront create-invalidation --distribution-id E2EXAMPLE1 --paths /index.html
cloudfront list-invalidations --distribution-id E2EXAMPLE1
cloudfront get-invalidation --distribution-id E2EXAMPLE1 --id INVALIDATION
support describe-trusted-advisor-checks --language en
support describe-trusted-advisor-check-result --check-id 7DAFEmoDos
support describe-trusted-advisor-check-summaries --check-ids 7DAFEmoDos
events list-rules
events describe-rule --name network-visualizer-backup-daily
events list-targets-by-rule --rule network-visualizer-backup-daily
apigateway get-account
apigateway get-rest-apis
apigateway get-rest-api --rest-api-id a1b2c3d4e5
apigateway get-stages --rest-api-id a1b2c3d4e5
apigateway update-stage --rest-api-id a1b2c3d4e5 --stage-name prod --patch-operations \
'op=replace,path=/*/*/throttling/burstLimit,value=4000' op=replace,path=/description,value=live op=replace,path=/variables/a,value=b
apigateway get-stage --rest-api-id a1b2c3d4e5 --stage-name prod
s3api list-buckets
s3api create-bucket --bucket made-here
s3api head-bucket --bucket made-here
s3api get-bucket-location --bucket made-here
s3api get-bucket-policy --bucket network-visualizer-data-production
s3api get-bucket-policy-status --bucket network-visualizer-data-production
s3api get-public-access-block --bucket made-here
s3api get-bucket-versioning --bucket made-here
s3api get-bucket-encryption --bucket made-here
s3api get-bucket-tagging --bucket network-visualizer-data-production
s3api put-object --bucket made-here --key a/b.txt --body in.txt --metadata x=y --tagging a=1 --content-type text/plain
s3api head-object --bucket made-here --key a/b.txt
s3api get-object --bucket made-here --key a/b.txt --range bytes=0-3 got.txt
s3api copy-object --bucket made-here --key c.txt --copy-source made-here/a/b.txt --storage-class STANDARD_IA
s3api list-objects --bucket made-here --delimiter /
s3api list-object-versions --bucket made-here
s3api list-objects-v2 --bucket made-here --fetch-owner
s3api get-object-tagging --bucket made-here --key c.txt
s3api put-object-tagging --bucket made-here --key c.txt --tagging 'TagSet=[{Key=k,Value=v}]'
s3api delete-object-tagging --bucket made-here --key c.txt
s3api create-multipart-upload --bucket made-here --key parts
s3api upload-part --bucket made-here --key parts --upload-id UPLOAD --part-number 1 --body in.txt
s3api upload-part-copy --bucket made-here --key parts --upload-id UPLOAD --part-number 2 --copy-source made-here/c.txt
s3api list-multipart-uploads --bucket made-here
s3api list-parts --bucket made-here --key parts --upload-id UPLOAD
s3api complete-multipart-upload --bucket made-here --key parts --upload-id UPLOAD --multipart-upload \
'{"Parts":[{"PartNumber":1,"ETag":PART}]}'
s3api create-multipart-upload --bucket made-here --key given-up
s3api abort-multipart-upload --bucket made-here --key given-up --upload-id UPLOAD
s3api delete-object --bucket made-here --key parts
s3api delete-objects --bucket made-here --delete Objects=[{Key=c.txt},{Key=a/b.txt}]
s3api delete-bucket --bucket made-here
cloudwatch get-metric-data --start-time 2026-09-20T00:00:00 --end-time 2026-09-20T06:00:00 --metric-data-queries \
'[{"Id":"e","MetricStat":{"Metric":{"Namespace":"AWS/Lambda","MetricName":"Errors"},"Period":3600,"Stat":"Sum"}}]'
lambda list-versions-by-function --function-name network-visualizer-api-production
lambda publish-version --function-name network-visualizer-api-production
lambda create-alias --function-name network-visualizer-api-production --name live --function-version 1
lambda list-aliases --function-name network-visualizer-api-production
lambda get-alias --function-name network-visualizer-api-production --name live
lambda update-alias --function-name network-visualizer-api-production --name live --function-version '$LATEST'
lambda delete-alias --function-name network-visualizer-api-production --name live
lambda put-function-concurrency --function-name network-visualizer-api-production --reserved-concurrent-executions 5
lambda get-function-concurrency --function-name network-visualizer-api-production
lambda delete-function-concurrency --function-name network-visualizer-api-production
iam list-attached-user-policies --user-name deploy
iam list-user-policies --user-name deploy
iam list-groups-for-user --user-name deploy
iam list-user-tags --user-name deploy
dynamodb query --table-name network-visualizer-topology --key-condition-expression 'pk = :p' \
--expression-attribute-values '{":p":{"S":"node#000007"}}'
logs start-query --log-group-name /aws/lambda/network-visualizer-api-production --start-time 1789900000 --end-time 1789990000 \
--query-string 'fields @timestamp, @message | filter @message like /GET/ | sort @timestamp desc | limit 5'
logs get-query-results --query-id QUERY
logs stop-query --query-id QUERY
logs create-log-group --log-group-name made-here
logs put-retention-policy --log-group-name made-here --retention-in-days 14
logs delete-retention-policy --log-group-name made-here
logs delete-log-group --log-group-name made-here
`

// TestEveryHandlerAnswersInItsShape executes every operation of the sandbox as a client does, and compares what each
// answers with the output shape of its model.
func TestEveryHandlerAnswersInItsShape(t *testing.T) {
	e := newEstate(t)
	e.write("in.txt", "hello, world\n")
	for line := range strings.Lines(strings.ReplaceAll(everything, "\\\n", "")) {
		line = strings.TrimSpace(line)
		if wait, ok := strings.CutPrefix(line, "later "); ok {
			d, err := time.ParseDuration(wait)
			if err != nil {
				t.Fatal(err)
			}
			e.later(d)
		} else if line != "" {
			e.says(e.filled(line))
		}
	}
	seen := checkAnswers(t, e)
	for _, name := range Operations() {
		if !seen[name] {
			t.Errorf("%s was not answered", name)
		}
	}
}

// filled puts identifiers that the sandbox gave into a line.
func (e *estateTest) filled(line string) string {
	for word, from := range map[string][2]string{
		" STREAM":       {"DescribeLogStreams", "logStreams[0].logStreamName"},
		" KEY":          {"ListAccessKeys", "AccessKeyMetadata[0].AccessKeyId"},
		" UPLOAD":       {"CreateMultipartUpload", "UploadId"},
		":PART":         {"UploadPart", "ETag"},
		" INVALIDATION": {"CreateInvalidation", "Invalidation.Id"},
		" QUERY":        {"StartQuery", "queryId"},
	} {
		if strings.Contains(line, word) {
			value := "'" + e.last(from[0], from[1]) + "'"
			if word == ":PART" {
				value = strconv.Quote(strings.Trim(value, "'")) // inside JSON
			}
			line = strings.ReplaceAll(line, word, word[:1]+value)
		}
	}
	return line
}

// last is a text in the last answer of an operation.
func (e *estateTest) last(operation, path string) string {
	for i := len(e.answered) - 1; i >= 0; i-- {
		if e.answered[i].request.operation != operation {
			continue
		}
		q, err := document.Compile(path)
		if err != nil {
			e.t.Fatal(err)
		}
		v, err := q.Search(e.answered[i].output)
		text, ok := v.(string)
		if err != nil || !ok {
			e.t.Fatalf("no %s of %s: %v", path, operation, err)
		}
		return text
	}
	e.t.Fatalf("nothing answered %s", operation)
	return ""
}

// TestHandlersKnowTheirMembers compares what each handler says that it takes with the model.
func TestHandlersKnowTheirMembers(t *testing.T) {
	for name, h := range handlers() {
		service, operation, _ := strings.Cut(name, " ")
		m, err := models.Load(service)
		if err != nil || m.Operation(operation) == nil {
			t.Errorf("%s is no operation: %v", name, err)
			continue
		}
		for _, taken := range strings.Fields(h.takes) {
			if m.Operation(operation).Input.Member(taken) == nil {
				t.Errorf("%s takes %s, which its input does not have", name, taken)
			}
		}
		if input := m.Operation(operation).Input; input != nil {
			for _, required := range input.Required {
				if !slices.Contains(strings.Fields(h.takes), required) {
					t.Errorf("%s does not take %s, which is required", name, required)
				}
			}
		}
	}
}
