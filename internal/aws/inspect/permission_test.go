package inspect

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// asking is a line whose permissions are asked for in the sandbox.
func asking(t *testing.T, world *sandbox.Sandbox, line string) []procedures.Permission {
	t.Helper()
	c := &session.Connector{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: world.Transport()}
	in, why := prepare(c, &procedures.Invocation{
		Args: append([]string{"aws"}, strings.Fields(line)...), Stdout: io.Discard, Stderr: io.Discard, Now: time.Now,
	})
	if in == nil {
		t.Fatal(why)
	}
	return in.permissions(t.Context(), in.entry)
}

func TestPermissionsAreSeenBeforehand(t *testing.T) {
	const line = "lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 512"
	world := sandbox.New(sandbox.Options{})
	if got := asking(t, world, line); len(got) != 1 || got[0].Action != "lambda:UpdateFunctionConfiguration" ||
		got[0].Allowed == nil || !*got[0].Allowed {
		t.Errorf("with everything allowed: %+v", got)
	}
	if err := world.SetFault(t.Context(), "read-only", true); err != nil {
		t.Fatal(err)
	}
	if got := asking(t, world, line); len(got) != 1 || got[0].Allowed == nil || *got[0].Allowed ||
		got[0].Reason != "none of this identity's policies allows it; one of the resource itself could" {
		t.Errorf("with credentials that only read: %+v", got)
	}
	if err := world.SetFault(t.Context(), "denied", true); err != nil {
		t.Fatal(err)
	}
	if got := asking(t, world, line); len(got) != 1 || got[0].Allowed != nil ||
		got[0].Reason != "this identity may not ask IAM (iam:SimulatePrincipalPolicy)" {
		t.Errorf("where IAM may not be asked: %+v", got)
	}
}

func TestResourcesOfACallAreNamed(t *testing.T) {
	who := caller{partition: "aws", account: "123456789012"}
	for _, c := range []struct {
		line, arn string
		exact     bool
	}{
		{
			"lambda update-function-configuration --function-name f --memory-size 512",
			"arn:aws:lambda:us-east-1:123456789012:function:f", true,
		},
		{
			"lambda update-function-configuration --function-name arn:aws:lambda:eu-west-1:123456789012:function:f " +
				"--memory-size 512", "arn:aws:lambda:eu-west-1:123456789012:function:f", true,
		},
		{"dynamodb update-table --table-name t --billing-mode PAY_PER_REQUEST", "arn:aws:dynamodb:us-east-1:123456789012:table/t", true},
		{"dynamodb delete-table --table-name t --region eu-central-1", "arn:aws:dynamodb:eu-central-1:123456789012:table/t", true},
		{"cloudwatch put-dashboard --dashboard-name d --dashboard-body {}", "arn:aws:cloudwatch::123456789012:dashboard/d", true},
		{"s3api put-bucket-policy --bucket b --policy {}", "arn:aws:s3:::b", true},
		{"s3api delete-object --bucket b --key a/b.txt", "arn:aws:s3:::b/a/b.txt", true},
		{"apigateway update-stage --rest-api-id a1 --stage-name prod", "arn:aws:apigateway:us-east-1::/restapis/a1/stages/prod", true},
		{"ecs update-service --cluster c --service s --desired-count 2", "arn:aws:ecs:us-east-1:123456789012:service/c/s", true},
		{"rds modify-db-instance --db-instance-identifier d --allocated-storage 20", "arn:aws:rds:us-east-1:123456789012:db:d", true},
		{"sqs purge-queue --queue-url https://sqs.us-east-1.amazonaws.com/123456789012/q", "arn:aws:sqs:us-east-1:123456789012:q", true},
		{"sns publish --topic-arn arn:aws:sns:us-east-1:123456789012:t --message m", "arn:aws:sns:us-east-1:123456789012:t", true},
		{"ssm put-parameter --name /app/limit --value 5", "arn:aws:ssm:us-east-1:123456789012:parameter/app/limit", true},
		{
			"cloudformation update-stack --stack-name s --use-previous-template",
			"arn:aws:cloudformation:us-east-1:123456789012:stack/s/*", false,
		},
	} {
		connector := &session.Connector{Environment: procedures.Environment{Account: "sandbox"}}
		in, why := prepare(connector, &procedures.Invocation{Args: append([]string{"aws"}, strings.Fields(c.line)...)})
		if in == nil {
			t.Fatal(c.line, why)
		}
		arns, exact := in.resources(t.Context(), in.entry.Actions[0], in.entry, who)
		if len(arns) != 1 || arns[0] != c.arn || exact != c.exact {
			t.Errorf("%s works on %v (exactly: %t), want %s (%t)", c.line, arns, exact, c.arn, c.exact)
		}
	}
}
