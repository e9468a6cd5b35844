package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// growsWith are calls that name something of each kind that grows by name in a service with handlers: a reading of it alone, a
// list that has it, what creates it, and what ends it.
var growsWith = []struct{ kind, reads, list, creates, ends string }{
	{
		"lambda function", `GetFunction {"FunctionName":"NAME"}`, `ListFunctions {}`, `CreateFunction {"FunctionName":"NAME"}`, "",
	},
	{
		"dynamodb table", `DescribeTable {"TableName":"NAME"}`, `ListTables {}`,
		`RestoreTableFromBackup {"TargetTableName":"NAME","BackupArn":"arn"}`, `DeleteTable {"TableName":"NAME"}`,
	},
	{
		"s3 bucket", `GetBucketLocation {"Bucket":"NAME"}`, `ListBuckets {}`, `CreateBucket {"Bucket":"NAME"}`, "",
	},
	{"cloudfront distribution", `GetDistribution {"Id":"NAME"}`, `ListDistributions {}`, "", ""},
	{
		"ecr repository", `DescribeImages {"repositoryName":"NAME"}`, `DescribeRepositories {}`,
		`CreateRepository {"repositoryName":"NAME"}`, "",
	},
	{"iam user", `GetUser {"UserName":"NAME"}`, `ListUsers {}`, `CreateUser {"UserName":"NAME"}`, ""},
	{
		"logs group", `DescribeLogStreams {"logGroupName":"NAME"}`, `DescribeLogGroups {}`, `CreateLogGroup {"logGroupName":"NAME"}`,
		`DeleteLogGroup {"logGroupName":"NAME"}`,
	},
	{
		"cloudwatch alarm", `SetAlarmState {"AlarmName":"NAME","StateValue":"OK","StateReason":"x"}`, `DescribeAlarms {}`,
		`PutMetricAlarm {"AlarmName":"NAME"}`, "",
	},
}

// split is a call's operation and input, of a name.
func split(call, name string) (operation, input string) {
	operation, input, _ = strings.Cut(call, " ")
	return operation, strings.ReplaceAll(input, "NAME", name)
}

// namedIn is a call as a runbook has it.
func namedIn(t *testing.T, service, call, name string) Named {
	t.Helper()
	operation, input := split(call, name)
	v, err := document.Parse([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return Named{Service: service, Operation: operation, Input: v.(*document.Object), From: "orders.md:7"}
}

// TestNamesGrowInServicesWithHandlers: what a runbook names is there, also for a list and for a client; what a line is to create is
// not, nor a mask, nor what only a client names; and what was deleted does not come back.
func TestNamesGrowInServicesWithHandlers(t *testing.T) {
	for _, s := range simulations() {
		for _, g := range s.grows {
			if !slices.ContainsFunc(growsWith, func(c struct{ kind, reads, list, creates, ends string }) bool { return c.kind == g.kind }) {
				t.Errorf("no case names a %s", g.kind)
			}
		}
	}
	for _, c := range growsWith {
		service, _, _ := strings.Cut(c.kind, " ")
		id := func(name string) string {
			if service == "cloudfront" { // the service gives the names
				return "E" + strings.ToUpper(hexOf(13, name))
			}
			return name
		}
		s := New(Options{Named: func() []Named {
			all := []Named{namedIn(t, service, c.reads, id("orders"))}
			if c.creates != "" {
				all = append(all, namedIn(t, service, c.creates, "orders-new"))
			}
			return all
		}})
		answers := func(call, name string, inside bool) (mark string, ok bool) {
			operation, input := split(call, id(name))
			_, mark, err := s.marked(t, service, operation, input, inside)
			return mark, err == nil
		}
		before := s.world.Serial
		if mark, ok := answers(c.reads, "orders", false); !ok || mark != knowledge.Grown {
			t.Errorf("%s: what a runbook names is answered %v, marked %q", c.kind, ok, mark)
		}
		if s.world.Serial != before && !strings.HasPrefix(c.reads, "Set") {
			t.Errorf("%s: a reading changes the world", c.kind)
		}
		operation, input := split(c.list, "")
		out, _, err := s.marked(t, service, operation, input, false)
		if err != nil || !strings.Contains(document.PythonText(out), id("orders")) {
			t.Errorf("%s: a list does not have it: %v", c.kind, err)
		}
		for name, what := range map[string]string{"orders-new": "what a line is to create", "orders-xxxx": "a mask"} {
			if _, ok := answers(c.reads, name, true); ok && service != "cloudfront" {
				t.Errorf("%s: %s is there", c.kind, what)
			}
		}
		if _, ok := answers(c.reads, "client", false); ok {
			t.Errorf("%s: a client makes something grow", c.kind)
		}
		if mark, ok := answers(c.reads, "line", true); !ok || mark != knowledge.Grown {
			t.Errorf("%s: a line does not", c.kind)
		}
		answers(c.reads, "restored", true)
		if c.kind == "logs group" || c.kind == "s3 bucket" { // of the others nothing is created here, but by what tests of their own do
			if _, ok := answers(c.creates, "restored", true); !ok {
				t.Errorf("%s: one that only a name made is an obstacle", c.kind)
			}
			if mark, ok := answers(c.reads, "restored", true); !ok || mark != "" {
				t.Errorf("%s: what a call created is marked %q", c.kind, mark)
			}
		}
		if c.ends == "" {
			continue
		}
		if _, ok := answers(c.ends, "line", true); !ok {
			t.Errorf("%s: it cannot be deleted", c.kind)
		}
		s.world.settle(s.now().Add(settling * 2))
		if _, ok := answers(c.reads, "line", true); ok {
			t.Errorf("%s: what was deleted grows again", c.kind)
		}
	}
}

// TestGrowingsKnowTheirMembers compares what names something with the models: each member is one of an operation that the
// sandbox has, and what creates is an operation of the service.
func TestGrowingsKnowTheirMembers(t *testing.T) {
	for _, s := range simulations() {
		for _, g := range s.grows {
			m, err := models.Load(s.service)
			if err != nil {
				t.Fatal(err)
			}
			for _, member := range strings.Fields(g.by) {
				if !slices.ContainsFunc(m.OperationNames(), func(name string) bool {
					op := m.Operation(name)
					return op.Input != nil && op.Input.Member(member) != nil
				}) {
					t.Errorf("%s: no operation takes %s", g.kind, member)
				}
			}
			for operation, member := range g.creates {
				if op := m.Operation(operation); op == nil || op.Input.Member(member) == nil {
					t.Errorf("%s is created by %s of %s, which there is not", g.kind, member, operation)
				}
			}
		}
	}
}

// TestFaultsBreakWhatHasGrown: each of these faults is seen by a call that names what only a runbook named.
func TestFaultsBreakWhatHasGrown(t *testing.T) {
	for _, c := range []struct{ fault, call, healthy, broken string }{
		{"failed-update", `lambda GetFunctionConfiguration {"FunctionName":"orders"}`, "Successful", "'Failed'"},
		{"table-updating", `dynamodb DescribeTable {"TableName":"orders"}`, "ACTIVE", "UPDATING"},
		{"public-bucket", `s3 GetPublicAccessBlock {"Bucket":"orders"}`, "True", "False"},
		{"log-errors", `logs FilterLogEvents {"logGroupName":"/ecs/orders","filterPattern":"ERROR"}`, "'events': []", "[ERROR]"},
		{"alarm", `cloudwatch DescribeAlarms {"AlarmNames":["orders-5xx"]}`, "'OK'", "'ALARM'"},
		{
			"error-rate", `cloudwatch GetMetricStatistics {"Namespace":"AWS/ApplicationELB","MetricName":"HTTPCode_Target_5XX_Count",` +
				`"Dimensions":[{"Name":"LoadBalancer","Value":"app/orders/1"}],"StartTime":"START","EndTime":"END","Period":300,` +
				`"Statistics":["Sum"]}`, "'Sum': 0.0", "'Sum': 15.0",
		},
	} {
		s := New(Options{})
		service, call, _ := strings.Cut(c.call, " ")
		operation, input := split(call, "")
		now := s.now().UTC()
		input = strings.NewReplacer("START", now.Add(-15*time.Minute).Format(time.RFC3339), "END", now.Format(time.RFC3339)).Replace(input)
		for _, want := range []string{c.healthy, c.broken, c.healthy} {
			out, mark, err := s.marked(t, service, operation, input, true)
			if got := document.PythonText(out); err != nil || mark != knowledge.Grown || !strings.Contains(got, want) {
				t.Errorf("%s: %s is %.300s (%v, marked %q), want %s in it", c.fault, c.call, got, err, mark, want)
			}
			if err := s.SetFault(t.Context(), c.fault, want == c.healthy); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestObjectsGrowInGrownBuckets: what a runbook lists or reads in a bucket that it named is there, and is gone once it is deleted.
// Buckets of the estate have what they have.
func TestObjectsGrowInGrownBuckets(t *testing.T) {
	s := New(Options{})
	has := func(operation, input string) bool {
		out, _, err := s.marked(t, "s3", operation, input, true)
		return err == nil && (operation != "ListObjectsV2" || len(items(out, "Contents")) > 0)
	}
	for _, call := range []string{
		`ListObjectsV2 {"Bucket":"orders-backup"}`, `ListObjectsV2 {"Bucket":"orders-backup","Prefix":"db/"}`,
		`ListObjectsV2 {"Bucket":"orders-backup","Prefix":"dumps/2026"}`, `HeadObject {"Bucket":"orders-backup","Key":"db/newest.dump"}`,
		`ListObjectsV2 {"Bucket":"orders-backup","Prefix":"db/newest.dump"}`,
		`CopyObject {"Bucket":"elsewhere","Key":"a","CopySource":"orders-backup/config.json"}`,
	} {
		if operation, input := split(call, ""); !has(operation, input) {
			t.Errorf("%s finds nothing", call)
		}
	}
	// What was there before can be brought back.
	out, _, err := s.marked(t, "s3", "ListObjectVersions", `{"Bucket":"orders-backup","Prefix":"db/newest.dump"}`, true)
	versions := objects(out, "Versions")
	if err != nil || len(versions) != 2 {
		t.Fatalf("the versions are %v, %v", versions, err)
	}
	if before := text(versions[1], "VersionId"); !has("CopyObject", `{"Bucket":"orders-backup","Key":"db/newest.dump",`+
		`"CopySource":"orders-backup/db/newest.dump?versionId=`+before+`"}`) {
		t.Errorf("the versions are %v, %v", versions, err)
	}
	if has("GetObject", `{"Bucket":"orders-backup","Key":"db/newest.dump","VersionId":"0123"}`) {
		t.Error("a version is there that was never listed")
	}
	if !has("DeleteObject", `{"Bucket":"orders-backup","Key":"db/newest.dump"}`) ||
		has("HeadObject", `{"Bucket":"orders-backup","Key":"db/newest.dump"}`) {
		t.Error("an object that was deleted is there")
	}
	if has("HeadObject", `{"Bucket":"network-visualizer-data-production","Key":"db/newest.dump"}`) {
		t.Error("an object grew in a bucket of the estate")
	}
}

// TestItemsOfGrownTables: a table that a runbook names has the key that it is asked by, and an item for it.
func TestItemsOfGrownTables(t *testing.T) {
	s := New(Options{})
	out, mark, err := s.marked(t, "dynamodb", "GetItem", `{"TableName":"orders","Key":{"orderId":{"S":"o-17"}}}`, true)
	if got := document.PythonText(out); err != nil || mark != knowledge.Grown || !strings.Contains(got, "o-17") ||
		!strings.Contains(got, "ACTIVE") {
		t.Errorf("the item is %s, marked %q, %v", got, mark, err)
	}
	for _, call := range []string{`DescribeTable {"TableName":"orders"}`, `Scan {"TableName":"orders","Limit":2}`} {
		operation, input := split(call, "")
		out, _, err := s.marked(t, "dynamodb", operation, input, true)
		if err != nil || !strings.Contains(document.PythonText(out), "orderId") {
			t.Errorf("%s does not know the key: %s, %v", call, document.PythonText(out), err)
		}
	}
	out, _, err = s.marked(t, "dynamodb", "Query", `{"TableName":"orders","KeyConditionExpression":"#k = :v",`+
		`"ExpressionAttributeNames":{"#k":"orderId"},"ExpressionAttributeValues":{":v":{"S":"o-18"}}}`, true)
	if err != nil || len(items(out, "Items")) != 1 || !strings.Contains(document.PythonText(out), "o-18") {
		t.Errorf("a query finds %s, %v", document.PythonText(out), err)
	}
	// A page goes on where the last one ended.
	out, _, _ = s.marked(t, "dynamodb", "Scan", `{"TableName":"orders","Limit":2}`, true)
	last, _ := out.Get("LastEvaluatedKey")
	text, err := document.Marshal(last)
	if err != nil {
		t.Fatal(err)
	}
	next, _, err := s.marked(t, "dynamodb", "Scan", `{"TableName":"orders","Limit":2,"ExclusiveStartKey":`+string(text)+`}`, true)
	if err != nil || document.PythonText(next) == document.PythonText(out) || len(items(next, "Items")) != 2 {
		t.Errorf("the next page is %s, %v", document.PythonText(next), err)
	}
}

// TestVersionsOfGrownFunctions rolls an alias back, as runbooks do: the version before is there, and one that is not is refused.
func TestVersionsOfGrownFunctions(t *testing.T) {
	s := New(Options{})
	for _, c := range []struct{ call, want string }{
		{`ListVersionsByFunction {"FunctionName":"orders"}`, "'Version': '3'"},
		{`GetAlias {"FunctionName":"orders","Name":"live"}`, "'FunctionVersion': '3'"},
		{`UpdateAlias {"FunctionName":"orders","Name":"live","FunctionVersion":"2"}`, "'FunctionVersion': '2'"},
		{`ListAliases {"FunctionName":"orders"}`, "'FunctionVersion': '2'"},
		{`GetFunctionConfiguration {"FunctionName":"orders:live"}`, "Successful"},
		{`UpdateAlias {"FunctionName":"orders","Name":"live","FunctionVersion":"4"}`, "ResourceNotFoundException"},
		{`PublishVersion {"FunctionName":"orders"}`, "'Version': '4'"},
		{`UpdateAlias {"FunctionName":"orders","Name":"live","FunctionVersion":"4"}`, "'FunctionVersion': '4'"},
		{`GetAlias {"FunctionName":"orders","Name":"canary"}`, "ResourceNotFoundException"},
		{`GetFunctionConcurrency {"FunctionName":"orders"}`, "{}"},
		{`PutFunctionConcurrency {"FunctionName":"orders","ReservedConcurrentExecutions":0}`, "0"},
		{`GetFunctionConcurrency {"FunctionName":"orders"}`, "'ReservedConcurrentExecutions': 0"},
	} {
		operation, input := split(c.call, "")
		out, _, err := s.marked(t, "lambda", operation, input, true)
		got := document.PythonText(out)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s is %s, want %s in it", c.call, got, c.want)
		}
	}
}
