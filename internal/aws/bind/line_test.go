package bind

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// someFiles are what file:// and fileb:// find.
var someFiles = fstest.MapFS{
	"policy.json": {Data: []byte("{\"Version\": \"2012-10-17\"}\n")}, "key.bin": {Data: []byte{0, 1, 255}},
	"input.json":  {Data: []byte(`{"TableName": "from-file", "Limit": 3}`)},
	"input.yaml":  {Data: []byte("TableName: from-yaml\nKeySchema:\n- AttributeName: id\n  KeyType: HASH\n")},
	"broken.json": {Data: []byte("{")}, "word.txt": {Data: []byte("a word")},
}

// words cuts a line at its spaces; _ stands for one inside of a word.
func words(line string) []string {
	out := strings.Fields(line)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "·", " ")
	}
	return out
}

// shown is an input as JSON, moments and bytes as they are shown.
func shown(v document.Value) document.Value {
	switch v := v.(type) {
	case time.Time:
		return protocol.Show(v)
	case []byte:
		return "b64:" + base64.StdEncoding.EncodeToString(v)
	case document.List:
		out := document.List{}
		for _, item := range v {
			out = append(out, shown(item))
		}
		return out
	case *document.Object:
		out := &document.Object{}
		for name, inner := range v.All() {
			out.Set(name, shown(inner))
		}
		return out
	}
	return v
}

// TestLinesAreBound compares the inputs that lines give.
func TestLinesAreBound(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		// texts, numbers, booleans, lists
		{"lambda get-function --function-name f", `{"FunctionName":"f"}`},
		{"lambda get-function --function-name=f=g", `{"FunctionName":"f=g"}`},
		{"lambda get-function --function-n f", `{"FunctionName":"f"}`},
		{"--region x lambda --output text get-function --function-name f", `{"FunctionName":"f"}`},
		{
			"lambda update-function-configuration --function-name f --memory-size 512",
			`{"FunctionName":"f","MemorySize":512}`,
		},
		{
			"autoscaling set-desired-capacity --auto-scaling-group-name g --desired -1",
			`{"AutoScalingGroupName":"g","DesiredCapacity":-1}`,
		},
		{"ec2 describe-instances --instance-ids i-1 i-2", `{"InstanceIds":["i-1","i-2"]}`},
		{"ec2 describe-instances --instance-ids []", `{"InstanceIds":[]}`},
		{`ec2 describe-instances --instance-ids ["i-1","i-2"]`, `{"InstanceIds":["i-1","i-2"]}`},
		{"ec2 describe-instances --instance-ids i-1,i-2", `{"InstanceIds":["i-1,i-2"]}`},
		{"ec2 run-instances --count 2:3 --dry-run", `{"DryRun":true,"MinCount":2,"MaxCount":3}`},
		{
			"ec2 run-instances --no-dry-run --image-id ami-1",
			`{"ImageId":"ami-1","DryRun":false,"MinCount":1,"MaxCount":1}`,
		},
		{
			"ec2 modify-vpc-attribute --vpc-id v --enable-dns-support",
			`{"EnableDnsSupport":{"Value":true},"VpcId":"v"}`,
		},
		{
			"ec2 modify-vpc-attribute --vpc-id v --no-enable-dns-support",
			`{"VpcId":"v","EnableDnsSupport":{"Value":false}}`,
		},
		{
			"cloudwatch get-metric-statistics --namespace n --metric-name m --start-time 2026-01-01 --end-time " +
				"2026-01-02T03:04:05Z --period 60 --statistics Average Maximum",
			`{"Namespace":"n","MetricName":"m","StartTime":"2026-01-01T00:00:00+00:00","EndTime":"2026-01-02T03:04:05+00:00",` +
				`"Period":60,"Statistics":["Average","Maximum"]}`,
		},
		{
			"cloudwatch get-metric-statistics --namespace n --metric-name m --start-time 1767225600 --end-time " +
				"2026-01-02T03:04:05+02:00 --period 60",
			`{"Namespace":"n","MetricName":"m","StartTime":"2026-01-01T00:00:00+00:00","EndTime":"2026-01-02T01:04:05+00:00",` +
				`"Period":60}`,
		},
		// shorthand
		{
			"ec2 describe-instances --filters Name=tag:Name,Values=a,b Name=state,Values=c",
			`{"Filters":[{"Name":"tag:Name","Values":["a","b"]},{"Name":"state","Values":["c"]}]}`,
		},
		{
			"dynamodb update-table --table-name t --provisioned-throughput ReadCapacityUnits=1,WriteCapacityUnits=2",
			`{"TableName":"t","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}}`,
		},
		{
			"ce get-cost-and-usage --time-period Start=2026-01-01,End=2026-02-01 --granularity DAILY --metrics M --group-by " +
				"Type=DIMENSION,Key=SERVICE",
			`{"TimePeriod":{"Start":"2026-01-01","End":"2026-02-01"},"Granularity":"DAILY","Metrics":["M"],` +
				`"GroupBy":[{"Type":"DIMENSION","Key":"SERVICE"}]}`,
		},
		{
			"ecs run-task --task-definition d --overrides containerOverrides=[{name=app,command=[a,b],environment=[{name=A," +
				"value=1},{name=B,value=2}]}]",
			`{"overrides":{"containerOverrides":[{"name":"app","command":["a","b"],"environment":[{"name":"A","value":"1"},` +
				`{"name":"B","value":"2"}]}]},"taskDefinition":"d"}`,
		},
		{
			`lambda update-function-configuration --function-name f --environment Variables={A=1,B='two,three'}`,
			`{"FunctionName":"f","Environment":{"Variables":{"A":"1","B":"two,three"}}}`,
		},
		{
			`lambda update-function-configuration --function-name f --environment {"Variables":{"A":"1"}}`,
			`{"FunctionName":"f","Environment":{"Variables":{"A":"1"}}}`,
		},
		{
			"ec2 create-tags --resources i-1 --tags Key=Name,Value=a·b Key=Empty,Value=",
			`{"Resources":["i-1"],"Tags":[{"Key":"Name","Value":"a b"},{"Key":"Empty","Value":""}]}`,
		},
		{"ssm put-parameter --name n --value @word", `{"Name":"n","Value":"@word"}`},
		{
			"ec2 create-tags --resources i-1 --tags Key=Name,Value@=file://word.txt",
			`{"Resources":["i-1"],"Tags":[{"Key":"Name","Value":"a word"}]}`,
		},
		// files and blobs
		{
			"iam create-role --role-name r --assume-role-policy-document file://policy.json",
			`{"RoleName":"r","AssumeRolePolicyDocument":"{\"Version\": \"2012-10-17\"}\n"}`,
		},
		{"kms encrypt --key-id k --plaintext fileb://key.bin", `{"KeyId":"k","Plaintext":"b64:AAH/"}`},
		{"kms encrypt --key-id k --plaintext aGVsbG8=", `{"KeyId":"k","Plaintext":"b64:aGVsbG8="}`},
		{
			"kms encrypt --key-id k --plaintext hello --cli-binary-format raw-in-base64-out",
			`{"KeyId":"k","Plaintext":"b64:aGVsbG8="}`,
		},
		{
			"lambda invoke --function-name f --payload {\"a\":1} out.json --cli-binary-format raw-in-base64-out",
			`{"FunctionName":"f","Payload":"b64:eyJhIjoxfQ=="}`,
		},
		{"dynamodb scan --cli-input-json file://input.json", `{"TableName":"from-file","Limit":3}`},
		{"dynamodb scan --table-name mine --cli-input-json file://input.json", `{"TableName":"mine","Limit":3}`},
		{`dynamodb scan --cli-input-json {"TableName":"here"}`, `{"TableName":"here"}`},
		{
			"dynamodb create-table --cli-input-yaml file://input.yaml --attribute-definitions []",
			`{"AttributeDefinitions":[],"TableName":"from-yaml","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`,
		},
		{
			`dynamodb get-item --table-name t --key {"id":{"S":"1"},"n":{"N":"2"},"b":{"B":"aGk="}}`,
			`{"TableName":"t","Key":{"id":{"S":"1"},"n":{"N":"2"},"b":{"B":"b64:aGk="}}}`,
		},
		{
			"cloudfront create-invalidation --distribution-id E --invalidation-batch Paths={Quantity=1,Items=[/*]},CallerReference=x",
			`{"DistributionId":"E","InvalidationBatch":{"Paths":{"Quantity":1,"Items":["/*"]},"CallerReference":"x"}}`,
		},
		{"route53 list-resource-record-sets --hosted-zone-id /hostedzone/Z1", `{"HostedZoneId":"Z1"}`},
		{
			"ec2 authorize-security-group-ingress --group-id sg-1 --protocol tcp --port 22-25 --cidr 10.0.0.0/8",
			`{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"tcp","FromPort":22,"ToPort":25,"IpRanges":[{"CidrIp":"10.0.0.0/8"}]}]}`,
		},
		{
			"deploy create-deployment --application-name a --s3-location bucket=b,key=k,bundleType=zip",
			`{"applicationName":"a","revision":{"revisionType":"S3","s3Location":{"bucket":"b","key":"k","bundleType":"zip"}}}`,
		},
		{"rekognition detect-labels --image-bytes fileb://key.bin", `{"Image":{"Bytes":"b64:AAH/"}}`},
		{
			"eks create-cluster --name c --role-arn r --resources-vpc-config subnetIds=a --kubernetes-version 1.30",
			`{"name":"c","version":"1.30","roleArn":"r","resourcesVpcConfig":{"subnetIds":["a"]}}`,
		},
	} {
		l, err := Parse(words(c.line), someFiles)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		text, err := document.Marshal(shown(l.Input))
		if err != nil || !sameJSON(string(text), c.want) {
			t.Errorf("%s\n got %s, %v\nwant %s", c.line, text, err, c.want)
		}
	}
}

// sameJSON compares documents, whatever the order of their members.
func sameJSON(a, b string) bool {
	x, errX := document.Parse([]byte(a))
	y, errY := document.Parse([]byte(b))
	return errX == nil && errY == nil && document.Equal(x, y)
}

func TestLinesAreRefused(t *testing.T) {
	const wrong = "An error occurred (ParamValidation): "
	for _, c := range []struct {
		line, message string // the message's first line
		status        int
		usage         bool
	}{
		{"", wrong + "the following arguments are required: command", ExitUsage, true},
		{"nosuch list", wrong + "argument command: Found invalid choice 'nosuch'", ExitUsage, true},
		{"ec2", wrong + "the following arguments are required: operation", ExitUsage, true},
		{"ec2 describe-instance", wrong + "argument operation: Found invalid choice 'describe-instance'", ExitUsage, true},
		{"lambda get-function", wrong + "the following arguments are required: --function-name", ExitUsage, true},
		{"lambda get-function --function-name", wrong + "argument --function-name: expected one argument", ExitUsage, true},
		{"lambda get-function --function-name f --nope", "Unknown options: --nope", ExitUsage, false},
		{"lambda get-function --function-name f extra", "Unknown options: extra", ExitUsage, false},
		{"ec2 describe-instances --max 5", wrong + "ambiguous option: --max could match --max-results, --max-items", ExitUsage, true},
		{"ec2 describe-instances --output wide", wrong + "argument --output: Found invalid choice 'wide'", ExitUsage, true},
		{
			"ec2 describe-instances --query [",
			wrong + "Bad value for --query [: Invalid jmespath expression: Incomplete expression:", ExitUsage, false,
		},
		{
			"ec2 describe-instances --endpoint-url localhost",
			wrong + "Bad value for --endpoint-url \"localhost\": scheme is missing.  Must be of the form " +
				"http://<hostname>/ or https://<hostname>/", ExitUsage, false,
		},
		{"ec2 describe-instances --max-items x", wrong + "argument --max-items: invalid int value: 'x'", ExitUsage, true},
		{
			"ec2 describe-instances --no-paginate --page-size 5 --starting-token x",
			wrong + "Cannot specify --no-paginate along with pagination arguments: --starting-token, --page-size", ExitUsage, false,
		},
		{
			"lambda update-function-configuration --function-name f --memory-size many",
			"invalid literal for int() with base 10: 'many'", ExitGeneral, false,
		},
		{
			"dynamodb update-table --table-name t --provisioned-throughput ReadCapacityUnits",
			wrong + "Error parsing parameter '--provisioned-throughput': Expected: '=', received: 'EOF' for input:", ExitUsage, false,
		},
		{
			"dynamodb get-item --table-name t --key {",
			wrong + "Error parsing parameter '--key': Invalid JSON: Expecting property name enclosed in double " +
				"quotes: line 1 column 2 (char 1)", ExitUsage, false,
		},
		{"kms encrypt --key-id k --plaintext hello", "Invalid base64: \"hello\"", ExitGeneral, false},
		{
			"ec2 describe-instances --query a·b",
			wrong + "Bad value for --query a b: Unexpected token: b: Parse error at column 2, token \"b\" " +
				"(UNQUOTED_IDENTIFIER), for expression:", ExitUsage, false,
		},
		{
			"kms encrypt --key-id k --plaintext fileb://none",
			wrong + "Error parsing parameter '--plaintext': Unable to load paramfile fileb://none: [Errno 2] No such " +
				"file or directory: 'none'", ExitUsage, false,
		},
		{"s3api list-objects-v2 --bucket Not_A_Bucket!", wrong + "Parameter validation failed:", ExitUsage, false},
		{"dynamodb describe-table --table-name ", wrong + "argument --table-name: expected one argument", ExitUsage, true},
		{
			"cloudwatch get-metric-statistics --namespace n --metric-name m --start-time x --end-time y --period 60",
			wrong + "Parameter validation failed:", ExitUsage, false,
		},
		{"dynamodb wait table-exist --table-name t", wrong + "argument subcommand: Found invalid choice 'table-exist'", ExitUsage, true},
		{
			"dynamodb scan --cli-input-json file://broken.json",
			wrong + "Error parsing parameter 'cli-input-json': Invalid JSON received.", ExitUsage, false,
		},
		{
			"deploy create-deployment --application-name a --s3-location bucket=b,key=k",
			wrong + "--s3-location must specify bucket, key and bundleType.", ExitUsage, false,
		},
		{"emr list-instance-groups", wrong + "argument operation: Found invalid choice 'list-instance-groups'", ExitUsage, true},
		{"logs tai x", wrong + "argument operation: Found invalid choice 'tai'", ExitUsage, true},
	} {
		l, err := Parse(words(c.line), someFiles)
		var refused *Error
		if !errors.As(err, &refused) {
			t.Errorf("%s was bound: %+v, %v", c.line, l, err)
			continue
		}
		first, _, _ := strings.Cut(refused.Message, "\n")
		if first != c.message || refused.Status != c.status || refused.Usage != c.usage {
			t.Errorf("%s\n got %q, %d, usage %v\nwant %q, %d, usage %v", c.line, first, refused.Status, refused.Usage,
				c.message, c.status, c.usage)
		}
	}
}

func TestPagingOfALine(t *testing.T) {
	for line, want := range map[string]Paging{
		"dynamodb list-tables":                                              {Auto: true},
		"dynamodb list-tables --max-items 5 --page-size 2":                  {Auto: true, MaxItems: 5, Limited: true, PageSize: 2},
		"dynamodb list-tables --starting-token abc":                         {Auto: true, StartingToken: "abc"},
		"dynamodb list-tables --no-paginate":                                {},
		`dynamodb list-tables --cli-input-json {"Limit":3}`:                 {},
		"dynamodb list-tables --max-items 0":                                {Auto: true, Limited: true},
		"route53 list-hosted-zones --no-paginate --max-items 0":             {}, // where it is a member of the input
		"dynamodb list-tables --limit 3":                                    {}, // one of the pages' own members
		"dynamodb list-tables --exclusive-start-table-name t --max-items 5": {},
		"lambda get-function --function-name f":                             {},
	} {
		l, err := Parse(words(line), nil)
		if err != nil {
			if !strings.Contains(line, "exclusive") {
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		if l.Paging != want {
			t.Errorf("%s: %+v, want %+v", line, l.Paging, want)
		}
		if limit := strings.HasSuffix(line, "--max-items 0"); limit == want.Auto && limit != (l.Warning != "") {
			t.Errorf("%s: warned of %q", line, l.Warning)
		}
	}
}

func TestSkeletonsAndOutfiles(t *testing.T) {
	for line, want := range map[string][2]string{
		"dynamodb create-table --generate-cli-skeleton":                           {"input", ""},
		"dynamodb create-table --generate-cli-skeleton yaml-input":                {"yaml-input", ""},
		"dynamodb list-tables --generate-cli-skeleton output":                     {"output", ""},
		"s3api get-object --bucket b --key k out.bin":                             {"", "out.bin"},
		"lambda invoke --function-name f /dev/stdout":                             {"", "/dev/stdout"},
		"dynamodb wait table-exists --table-name t --generate-cli-skeleton=input": {"input", ""},
	} {
		l, err := Parse(words(line), nil)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if got := [2]string{l.Skeleton, l.Outfile}; got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestNamesOfCommands(t *testing.T) {
	for name, want := range map[string]string{
		"DescribeDBInstances": "describe-db-instances", "GetCostAndUsage": "get-cost-and-usage",
		"ListObjectsV2": "list-objects-v2", "CreateOpenIDConnectProvider": "create-open-id-connect-provider",
		"ListHITsForQualificationType": "list-hits-for-qualification-type",
		"ExecutePartiQLStatement":      "execute-partiql-statement",
		"DescribeCachediSCSIVolumes":   "describe-cached-iscsi-volumes", "SetIPAddressType": "set-ip-address-type",
		"GetWebACLForResource": "get-web-acl-for-resource", "targetGroupARNs": "target-group-arns", "VPCId": "vpc-id",
		"GetOTelEnrichment": "get-o-tel-enrichment", "EnableMFADevice": "enable-mfa-device",
	} {
		if got := Dashed(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	for command, folder := range map[string]string{
		"s3api": "s3", "configservice": "config", "deploy": "codedeploy", "agent-toolkit": "agenttoolkit", "s3": "",
		"sdb": "", "ec2": "ec2",
	} {
		if got := Folder(command); got != folder {
			t.Errorf("%s is the folder %q, want %q", command, got, folder)
		}
	}
}

var _ Files = someFiles // MapFS opens files

var _ fs.FS = someFiles
