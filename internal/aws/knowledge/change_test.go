package knowledge_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// TestTheTableOfChangesNamesWhatThereIs walks the table against the models.
func TestTheTableOfChangesNamesWhatThereIs(t *testing.T) {
	for _, key := range declaredChanges() {
		service, operation, _ := strings.Cut(key, " ")
		s, err := models.Load(service)
		if err != nil || s.Operation(operation) == nil {
			t.Errorf("%s is no operation of the models", key)
			continue
		}
		op := s.Operation(operation)
		entry := knowledge.Of(service, operation)
		c := entry.Change()
		complain := func(format string, args ...any) { t.Errorf(key+": "+format, args...) }
		if !entry.Effect.Changes() {
			complain("it does not change anything")
		}
		if c.Kind == "" || entry.Sentence(&document.Object{}) == "" {
			complain("it has no kind or no sentence")
		}
		if (c.ReadOperation == "") == (c.NotRead == "") {
			complain("it has a reading or says why not: %q, %q", c.ReadOperation, c.NotRead)
		}
		if c.ReadOperation != "" {
			if s.Operation(c.ReadOperation) == nil || knowledge.Of(service, c.ReadOperation).Effect.Changes() {
				complain("%s is no reading", c.ReadOperation)
				continue
			}
			wants(complain, op, s.Operation(c.ReadOperation), c.ReadWith, "")
			if c.ReadAt != "" && !strings.Contains(c.ReadAt, "{") && !compiles(c.ReadAt) {
				complain("%s is no expression", c.ReadAt)
			}
		}
		if n := count(c.Waiter != "", c.Until != "", c.NoWait != ""); n != 1 {
			complain("it has a waiter, an expression or a reason: %d of them", n)
		}
		if c.Waiter != "" {
			w := s.Waiters[c.Waiter]
			if w == nil {
				complain("the models have no waiter %s", c.Waiter)
				continue
			}
			with := c.WaitWith
			if with == "" && w.Operation == c.ReadOperation {
				with = c.ReadWith
			}
			wants(complain, op, s.Operation(w.Operation), with, "")
		}
		if c.Until != "" && (c.ReadOperation == "" || !compiles(c.Until)) {
			complain("%s cannot be polled", c.Until)
		}
		if !c.HasRollback() && c.NoRollback == "" {
			complain("it has neither a way back nor a reason")
		}
		if c.Rollback != "" {
			if s.Operation(c.Rollback) == nil {
				complain("there is no operation %s", c.Rollback)
				continue
			}
			wants(complain, op, s.Operation(c.Rollback), c.RollbackWith, "input.")
		}
		for name := range c.Sets {
			if op.Input.Member(name) == nil && name != "Bucket" && name != "ExpectedBucketOwner" && name != "ContentMD5" && name != "ChecksumAlgorithm" {
				complain("it has no member %s", name)
			}
		}
		for _, name := range c.Whole {
			if op.Input.Member(name) == nil {
				complain("it has no member %s", name)
			}
		}
	}
	if n := len(declaredChanges()); n < 80 {
		t.Errorf("the table has %d rows; it had more", n)
	}
}

// declaredChanges are the operations of which is declared how they change something.
func declaredChanges() []string {
	return slices.DeleteFunc(knowledge.Declared(), func(key string) bool {
		service, operation, _ := strings.Cut(key, " ")
		return knowledge.Of(service, operation).Change().Kind == ""
	})
}

func count(all ...bool) (n int) {
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}

func compiles(expression string) bool {
	_, err := document.Compile(expression)
	return err == nil
}

// wants checks that an expression makes an input of another operation, of members that both have.
func wants(complain func(string, ...any), from, to *models.Operation, expression, prefix string) {
	if expression == "" {
		for _, name := range to.Input.Required {
			if from.Input.Member(name) == nil {
				complain("%s wants %s, which it does not have", to.Name, name)
			}
		}
		return
	}
	q, err := document.Compile(expression)
	if err != nil {
		complain("%s: %v", expression, err)
		return
	}
	sample := &document.Object{}
	for _, m := range from.Input.Members {
		sample.Set(m.Name, "x")
		if m.Shape.Type == models.TypeList {
			sample.Set(m.Name, document.List{"x"})
		}
	}
	var all document.Value = sample
	if prefix != "" {
		all = document.NewObject(document.Member{Name: "input", Value: sample}, document.Member{Name: "before", Value: sample}, document.Member{Name: "after", Value: sample})
	}
	v, err := q.Search(all)
	o, ok := v.(*document.Object)
	if err != nil || !ok {
		complain("%s makes %v (%v)", expression, v, err)
		return
	}
	for name := range o.All() {
		if to.Input.Member(name) == nil {
			complain("%s has no member %s", to.Name, name)
		}
	}
	for _, name := range to.Input.Required {
		if _, ok := o.Get(name); !ok {
			complain("%s wants %s, which %s does not give", to.Name, name, expression)
		}
	}
}

// typed is an operation's call, typed.
func typed(service string, op *models.Operation, input *document.Object) string {
	return strings.Join(append([]string{"aws", bind.CommandOf(service), bind.Dashed(op.Name)}, bind.Words(op, input)...), " ")
}

func TestWhatAChangeWillMakeDifferentAndTheWayBack(t *testing.T) {
	for _, c := range []struct {
		name, line, before string // before is the resource; empty for one that is not there
		differences        []string
		back               string // or the reason
	}{
		{"memory and timeout", "lambda update-function-configuration --function-name f --memory-size 2048 --timeout 900", `{"FunctionName":"f","Runtime":"python3.12","MemorySize":1024,"Timeout":300,"LastModified":"x"}`,
			[]string{"MemorySize: 1024 -> 2048", "Timeout: 300 -> 900"}, "aws lambda update-function-configuration --function-name f --timeout 300 --memory-size 1024"},
		{"only what changes", "lambda update-function-configuration --function-name f --memory-size 1024 --timeout 900", `{"MemorySize":1024,"Timeout":300}`,
			[]string{"Timeout: 300 -> 900"}, "aws lambda update-function-configuration --function-name f --timeout 300"},
		{"nothing", "lambda update-function-configuration --function-name f --memory-size 1024", `{"MemorySize":1024}`, nil, "it changes nothing that is known"},
		{"variables are not shown", `lambda update-function-configuration --function-name f --environment {"Variables":{"A":"2"}}`, `{"Environment":{"Variables":{"A":"1","B":"x"}}}`,
			[]string{"Environment.Variables.A: (not shown) -> another value (not shown)", "Environment.Variables.B: (not shown) -> "}, `aws lambda update-function-configuration --function-name f --environment {"Variables":{"A":"1","B":"x"}}`},
		{"to on-demand", "dynamodb update-table --table-name t --billing-mode PAY_PER_REQUEST", `{"Table":{"TableName":"t","ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":50,"WriteCapacityUnits":20}}}`,
			[]string{"ProvisionedThroughput.ReadCapacityUnits: 50 -> 0", "ProvisionedThroughput.WriteCapacityUnits: 20 -> 0", "BillingModeSummary.BillingMode: PROVISIONED -> PAY_PER_REQUEST"},
			`aws dynamodb update-table --table-name t --billing-mode PROVISIONED --provisioned-throughput {"ReadCapacityUnits":50,"WriteCapacityUnits":20}`},
		{"to provisioned", `dynamodb update-table --table-name t --billing-mode PROVISIONED --provisioned-throughput {"ReadCapacityUnits":5,"WriteCapacityUnits":5}`, `{"Table":{"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":0}}}`,
			[]string{"BillingModeSummary.BillingMode: PAY_PER_REQUEST -> PROVISIONED", "ProvisionedThroughput.ReadCapacityUnits: 0 -> 5", "ProvisionedThroughput.WriteCapacityUnits: 0 -> 5"}, "aws dynamodb update-table --table-name t --billing-mode PAY_PER_REQUEST"},
		{"capacity", `dynamodb update-table --table-name t --provisioned-throughput {"ReadCapacityUnits":100,"WriteCapacityUnits":20}`, `{"Table":{"ProvisionedThroughput":{"ReadCapacityUnits":50,"WriteCapacityUnits":20}}}`,
			[]string{"ProvisionedThroughput.ReadCapacityUnits: 50 -> 100"}, `aws dynamodb update-table --table-name t --provisioned-throughput {"ReadCapacityUnits":50,"WriteCapacityUnits":20}`},
		{"a backup", "dynamodb create-backup --table-name t --backup-name back", "", []string{"TableName:  -> t", "BackupName:  -> back"}, "aws dynamodb delete-backup --backup-arn …"},
		{"a restore", "dynamodb restore-table-from-backup --target-table-name test --backup-arn arn:aws:dynamodb:us-east-1:123456789012:table/x/backup/1", "", []string{"TableName:  -> test"}, "aws dynamodb delete-table --table-name test"},
		{"a deletion", "dynamodb delete-table --table-name t", `{"TableName":"t","TableStatus":"ACTIVE","TableId":"1"}`, []string{"TableName: t -> ", "TableId: 1 -> "}, "AWS cannot bring a deleted table back: only a backup of it, or its point-in-time recovery, can be restored into a new one"},
		{"throttling", "apigateway update-stage --rest-api-id a --stage-name prod --patch-operations op=replace,path=/*/*/throttling/rateLimit,value=8000 op=replace,path=/*/*/throttling/burstLimit,value=4000",
			`{"stageName":"prod","methodSettings":{"*/*":{"throttlingRateLimit":10000.0,"throttlingBurstLimit":4000}}}`, []string{"methodSettings.*/*.throttlingRateLimit: 10000 -> 8000"},
			`aws apigateway update-stage --rest-api-id a --stage-name prod --patch-operations [{"op":"replace","path":"/*/*/throttling/rateLimit","value":"10000"}]`},
		{"a dashboard", `cloudwatch put-dashboard --dashboard-name d --dashboard-body {"widgets":[{"type":"text","x":0}]}`, `{"DashboardName":"d","DashboardBody":"{\"widgets\":[{\"type\":\"metric\",\"x\":0}]}"}`,
			[]string{"DashboardBody.widgets[0].type: metric -> text"}, `aws cloudwatch put-dashboard --dashboard-name d --dashboard-body {"widgets":[{"type":"metric","x":0}]}`},
		{"a new dashboard", `cloudwatch put-dashboard --dashboard-name d --dashboard-body {"widgets":[]}`, "", nil, "aws cloudwatch delete-dashboards --dashboard-names d"},
		{"tasks", "ecs update-service --cluster c --service s --desired-count 4", `{"serviceName":"s","desiredCount":2,"runningCount":2}`, []string{"desiredCount: 2 -> 4"}, "aws ecs update-service --cluster c --service s --desired-count 2"},
		{"a database's class", "rds modify-db-instance --db-instance-identifier d --db-instance-class db.t3.large --apply-immediately", `{"DBInstanceIdentifier":"d","DBInstanceClass":"db.t3.small"}`,
			[]string{"DBInstanceClass: db.t3.small -> db.t3.large"}, "aws rds modify-db-instance --db-instance-identifier d --db-instance-class db.t3.small --apply-immediately"},
		{"instances", "ec2 stop-instances --instance-ids i-0123456789abcdef0", `{"State":"running"}`, []string{"State: running -> stopped"}, "aws ec2 start-instances --instance-ids i-0123456789abcdef0"},
		{"a group", "autoscaling set-desired-capacity --auto-scaling-group-name g --desired-capacity 5", `{"AutoScalingGroupName":"g","DesiredCapacity":3,"Instances":[]}`, []string{"DesiredCapacity: 3 -> 5"}, "aws autoscaling set-desired-capacity --auto-scaling-group-name g --desired-capacity 3"},
		{"a bucket's policy", `s3api put-bucket-policy --bucket b --policy {"Version":"2012-10-17"}`, `{"Policy":"{\"Version\":\"2008-10-17\"}"}`, []string{"Policy.Version: 2008-10-17 -> 2012-10-17"}, `aws s3api put-bucket-policy --bucket b --policy {"Version":"2008-10-17"}`},
		{"a bucket's first policy", `s3api put-bucket-policy --bucket b --policy {"Version":"2012-10-17"}`, "", []string{"Policy.Version:  -> 2012-10-17"}, "aws s3api delete-bucket-policy --bucket b"},
		{"a parameter", "ssm put-parameter --name /a --value 2 --overwrite", `{"Name":"/a","Type":"String","Value":"1","Version":3}`, []string{"Value: 1 -> 2"}, "aws ssm put-parameter --name /a --value 1 --type String --overwrite"},
		{"an alarm's actions", "cloudwatch disable-alarm-actions --alarm-names a", `{"AlarmName":"a","ActionsEnabled":true}`, []string{"ActionsEnabled: true -> false"}, "aws cloudwatch enable-alarm-actions --alarm-names a"},
		{"an access key", "iam update-access-key --user-name u --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive", `{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","Status":"Active"}`, []string{"Status: Active -> Inactive"}, "aws iam update-access-key --user-name u --access-key-id AKIAIOSFODNN7EXAMPLE --status Active"},
		{"a purge", "sqs purge-queue --queue-url https://q", `{"ApproximateNumberOfMessages":"12"}`, nil, "AWS cannot take back a purge: the messages are gone"},
		{"what a call does not name of an alarm is gone", "cloudwatch put-metric-alarm --alarm-name a --threshold 20 --metric-name Errors --namespace AWS/Lambda --statistic Sum --period 300 --evaluation-periods 1 --comparison-operator GreaterThanThreshold",
			`{"AlarmName":"a","ActionsEnabled":true,"AlarmActions":["arn:aws:sns:us-east-1:123456789012:oncall"],"OKActions":[],"MetricName":"Errors","Namespace":"AWS/Lambda","Statistic":"Sum","Period":300,"EvaluationPeriods":1,"Threshold":10.0,"ComparisonOperator":"GreaterThanThreshold"}`,
			[]string{"AlarmActions: arn:aws:sns:us-east-1:123456789012:oncall -> ", "Threshold: 10 -> 20"},
			"aws cloudwatch put-metric-alarm --alarm-name a --actions-enabled --ok-actions [] --alarm-actions arn:aws:sns:us-east-1:123456789012:oncall --metric-name Errors --namespace AWS/Lambda --statistic Sum --period 300 --evaluation-periods 1 --threshold 10 --comparison-operator GreaterThanThreshold"},
		{"what a call does not name of a rule is gone", "events put-rule --name r --schedule-expression rate(2hours)", `{"Name":"r","Arn":"arn:aws:events:us-east-1:123456789012:rule/r","ScheduleExpression":"rate(1hour)","State":"DISABLED","Description":"why","EventBusName":"default"}`,
			[]string{"ScheduleExpression: rate(1hour) -> rate(2hours)", "State: DISABLED -> ENABLED", "Description: why -> "}, "aws events put-rule --name r --schedule-expression rate(1hour) --state DISABLED --description why --event-bus-name default"},
		{"layers are read with more than they are set by", "lambda update-function-configuration --function-name f --layers arn:aws:lambda:us-east-1:123456789012:layer:a:2", `{"Layers":[{"Arn":"arn:aws:lambda:us-east-1:123456789012:layer:a:1","CodeSize":7}]}`,
			[]string{"Layers[arn:aws:lambda:us-east-1:123456789012:layer:a:1]: Arn: arn:aws:lambda:us-east-1:123456789012:layer:a:1; CodeSize: 7 -> ", "Layers[arn:aws:lambda:us-east-1:123456789012:layer:a:2]:  -> Arn: arn:aws:lambda:us-east-1:123456789012:layer:a:2"},
			"aws lambda update-function-configuration --function-name f --layers arn:aws:lambda:us-east-1:123456789012:layer:a:1"},
		{"a network is read with more than it is set by", "lambda update-function-configuration --function-name f --vpc-config SubnetIds=subnet-2,SecurityGroupIds=sg-1", `{"VpcConfig":{"SubnetIds":["subnet-1"],"SecurityGroupIds":["sg-1"],"VpcId":"vpc-1"}}`,
			[]string{"VpcConfig.SubnetIds: subnet-1 -> subnet-2", "VpcConfig.VpcId: vpc-1 -> "}, `aws lambda update-function-configuration --function-name f --vpc-config {"SubnetIds":["subnet-1"],"SecurityGroupIds":["sg-1"]}`},
		{"a password", "rds modify-db-instance --db-instance-identifier d --master-user-password new-password", `{"DBInstanceIdentifier":"d","DBInstanceClass":"db.t3.small"}`, nil, "AWS does not tell a password: set the one from before again"},
		{"a group of parameters", "rds modify-db-instance --db-instance-identifier d --db-parameter-group-name p2", `{"DBInstanceIdentifier":"d","DBParameterGroups":[{"DBParameterGroupName":"p1"}]}`, nil, "what DBParameterGroupName was before cannot be read"},
		{"storage", "rds modify-db-instance --db-instance-identifier d --allocated-storage 200 --apply-immediately", `{"DBInstanceIdentifier":"d","AllocatedStorage":100}`, []string{"AllocatedStorage: 100 -> 200"}, "AWS does not make the storage of a database smaller"},
		{"an attribute that was not set", `sqs set-queue-attributes --queue-url https://q --attributes VisibilityTimeout=60,KmsMasterKeyId=k`, `{"Attributes":{"VisibilityTimeout":"30"}}`,
			[]string{"Attributes.VisibilityTimeout: 30 -> 60", "Attributes.KmsMasterKeyId:  -> k"}, "Attributes.KmsMasterKeyId was not set before, and no call is known that takes it away again"},
		{"a tag that was there", "ec2 create-tags --resources i-1 --tags Key=Stage,Value=live", `{"Tags":[{"Key":"Stage","ResourceId":"i-1","Value":"test"}]}`, nil, `the tag Stage was "test" on i-1 before: aws ec2 create-tags sets it so again`},
		{"a new tag", "ec2 create-tags --resources i-1 --tags Key=Stage,Value=live", `{"Tags":[]}`, nil, `aws ec2 delete-tags --resources i-1 --tags [{"Key":"Stage","Value":"live"}]`},
		{"a policy that is attached", "iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess", `{"AttachedPolicies":[{"PolicyName":"ReadOnlyAccess","PolicyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}]}`, nil, "the policy was attached before already"},
		{"a policy", "iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess", `{"AttachedPolicies":[]}`, []string{"AttachedPolicies[arn:aws:iam::aws:policy/ReadOnlyAccess]:  -> attached"}, "aws iam detach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess"},
		{"a secure parameter is not shown", "ssm put-parameter --name /a --value hunter2 --type SecureString --overwrite", `{"Name":"/a","Type":"SecureString","Value":"AQICAHh"}`, []string{"Value: (not shown) -> another value (not shown)"}, "its value from before is encrypted and is not read here; AWS keeps it as the version before"},
		{"the task definition that it has", "ecs update-service --cluster c --service s --task-definition api:12", `{"serviceName":"s","taskDefinition":"arn:aws:ecs:us-east-1:123456789012:task-definition/api:12"}`, nil, "it changes nothing that is known"},
		{"what is not in the table", "glue update-crawler --name c --schedule x", `{"Crawler":{"Name":"c"}}`, nil, "no rollback is known"},
	} {
		parsed, err := bind.Parse(strings.Fields(c.line), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var before *document.Object
		if c.before != "" {
			v, err := document.Parse([]byte(c.before))
			if err != nil {
				t.Fatal(c.name, err)
			}
			before = v.(*document.Object)
		}
		change := knowledge.Of(parsed.Service.Name, parsed.Operation.Name).Change()
		if answer, _ := before.Get("Table"); answer != nil { // as it is read
			before = change.Resource(parsed.Input, before)
		}
		differences, _ := change.Predict(parsed.Input, before)
		var got []string
		for _, d := range differences {
			got = append(got, d.Path+": "+d.Before+" -> "+d.After)
		}
		if !slices.Equal(got, c.differences) {
			t.Errorf("%s makes different\n%q, want\n%q", c.name, got, c.differences)
		}
		op, with, why := change.RollbackCall(parsed.Input, before, nil)
		back := why
		if op != nil && why == "" {
			back = typed(parsed.Service.Name, op, with)
			words := append([]string{bind.CommandOf(parsed.Service.Name), bind.Dashed(op.Name)}, bind.Words(op, with)...)
			if _, err := bind.Parse(words, nil); err != nil && !strings.Contains(back, "…") { // what only the change returns is written as …
				t.Errorf("%s: the way back cannot be read: %v", c.name, err)
			}
		}
		if back != c.back {
			t.Errorf("%s: the way back is\n%s, want\n%s", c.name, back, c.back)
		}
	}
}
