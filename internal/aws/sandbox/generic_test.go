package sandbox

import (
	"errors"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// TestOperationsWithoutHandler walks every operation of every service that the sandbox does not have: what it answers is of
// the right shape, is about nothing, and is marked; everything else it refuses. What changes something it always refuses.
func TestOperationsWithoutHandler(t *testing.T) {
	empty, refused := 0, 0
	for _, service := range models.Services() {
		s, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			name := service + " " + op.Name
			if _, ok := handlers()[name]; ok {
				continue
			}
			if _, _, ok := actOf(service, op.Name); ok {
				continue
			}
			r := &request{service: s, operation: op.Name, op: op, input: &document.Object{}}
			output, err := generic(r)
			var e *serviceError
			if errors.As(err, &e) {
				refused++
				if e.Code != "SandboxNotImplemented" || output != nil || r.mark != "" ||
					!strings.Contains(e.Message, "does not simulate "+name) {
					t.Errorf("%s is refused with %v", name, e)
				}
				continue
			}
			empty++
			if r.mark != knowledge.EmptyAnswer {
				t.Errorf("%s is answered, and not marked", name)
			}
			if knowledge.Of(service, op.Name).Effect.Changes() {
				t.Errorf("%s changes something, and is answered", name)
			}
			for _, problem := range misshapen(op.Output, output, "") {
				t.Errorf("%s: %s", name, problem)
			}
			for member, v := range output.All() {
				if l, ok := v.(document.List); ok && len(l) > 0 {
					t.Errorf("%s: %s has something in it", name, member)
				}
			}
		}
	}
	t.Logf("%d operations are answered with nothing, %d are refused", empty, refused)
	if empty < 1500 || refused < 10_000 {
		t.Errorf("%d operations are answered with nothing, and %d refused: it is not everything that was walked", empty, refused)
	}
}

// TestNothingOfANamedThing lists what a thing has, of a service that the sandbox has and of one that it lacks.
func TestNothingOfANamedThing(t *testing.T) {
	for of, want := range map[string]bool{
		`rds DescribeDBLogFiles {"DBInstanceIdentifier":"orders"}`:   true,
		`rds DescribeDBLogFiles {"DBInstanceIdentifier":"<name>"}`:   false,
		`rds DescribeDBLogFiles {}`:                                  false,
		`apigateway GetResources {"restApiId":"a1b2c3d4e5"}`:         true,
		`mq ListUsers {"BrokerId":"orders"}`:                         false,
		`rds DownloadDBLogFilePortion {"DBInstanceIdentifier":"or"}`: false,
	} {
		words := strings.SplitN(of, " ", 3)
		s, err := models.Load(words[0])
		if err != nil {
			t.Fatal(err)
		}
		input, err := document.Parse([]byte(words[2]))
		if err != nil {
			t.Fatal(err)
		}
		named, _ := input.(*document.Object)
		r := &request{service: s, operation: words[1], op: s.Operation(words[1]), input: named}
		if _, err := generic(r); (err == nil) != want || want && r.mark != knowledge.EmptyAnswer {
			t.Errorf("%s: %v, marked as %q", of, err, r.mark)
		}
	}
}

// TestEmptyAnswersAreSaid sends one through a client, as a script does.
func TestEmptyAnswersAreSaid(t *testing.T) {
	e := newEstate(t)
	for line, want := range map[string]string{
		"mq list-brokers": `{
    "BrokerSummaries": []
}`,
		"mq list-brokers --query BrokerSummaries[].BrokerName --output text": "",
		"redshift describe-clusters --query 'length(Clusters)'":              "0",
	} {
		calls := e.calls(line)
		if len(calls) != 1 || calls[0].stdout != want || calls[0].reading == nil ||
			!strings.Contains(calls[0].reading.Reason, "does not simulate") {
			t.Errorf("aws %s: %+v", line, calls)
		}
		if len(calls) == 1 && !strings.Contains(strings.Join(calls[0].notes, "\n"), "does not simulate") {
			t.Errorf("aws %s notes %q", line, calls[0].notes)
		}
	}
	for _, line := range []string{
		"ec2 create-vpc --cidr-block 10.0.0.0/16", "redshift reboot-cluster --cluster-identifier x",
		"ecs put-cluster-capacity-providers --cluster main --capacity-providers --default-capacity-provider-strategy",
		"iam create-user --user-name x", "rds modify-db-instance --db-instance-identifier x --monitoring-role-arn y --domain z",
		"dynamodb put-item --table-name network-visualizer-topology --item {}",
		"mq reboot-broker --broker-id x", "lambda delete-function --function-name network-visualizer-api-production",
		"lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 256 " +
			"--kms-key-arn arn:aws:kms:us-east-1:123456789012:key/x",
	} {
		e.refuses("SandboxNotImplemented", line, "does not simulate")
	}
	if memory := e.says("lambda get-function-configuration --function-name network-visualizer-api-production --query " +
		"MemorySize"); memory != "512" {
		t.Errorf("what was refused was done: %s", memory)
	}
}
