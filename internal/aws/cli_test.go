package aws_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/testenv"
)

// TestPrintsWhatTheCLIPrints runs lines with the AWS CLI of this machine and with ours against the same simulated account: standard
// output and exit status are the same. Standard error is not compared, as its words differ between versions of the CLI, and members that
// only newer models have are not asked for.
func TestPrintsWhatTheCLIPrints(t *testing.T) {
	cli := testenv.AWSCLI(t)
	noon := func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }
	account := httptest.NewServer(sandbox.New(sandbox.Options{Now: noon}))
	defer account.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	ours := aws.New(aws.Options{Environment: procedures.Environment{Name: "test", Region: "eu-central-1", Endpoint: account.URL}})
	const describe = "aws dynamodb describe-table --table-name network-visualizer-topology --query "
	for _, line := range []string{
		"aws sts get-caller-identity",
		"aws sts get-caller-identity --query Account --output text",
		"aws dynamodb list-tables --output yaml",
		describe + "Table.[KeySchema,CreationDateTime]",
		describe + "Table.[KeySchema,ProvisionedThroughput] --output table",
		describe + "Table.[KeySchema,ProvisionedThroughput] --output text",
		"aws dynamodb describe-table --table-name nowhere",
		"aws lambda list-functions --query Functions[].[FunctionName,Runtime] --output table",
		"aws cloudwatch describe-alarms --state-value ALARM",
		"aws s3 ls",
		"aws s3 ls s3://nowhere",
		"aws iam list-users --max-items 1",
		"aws dynamodb list-tables --no-such-option",
		"aws cloudwatch describe-alarms --query MetricAlarms[0].Nothing",
	} {
		theirs := exec.CommandContext(t.Context(), cli, append(strings.Fields(line)[1:], "--endpoint-url", account.URL)...)
		theirs.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_PAGER=",
			"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_DEFAULT_REGION=eu-central-1",
			"LC_ALL=C.UTF-8", "AWS_MAX_ATTEMPTS=1",
		}
		var failed bytes.Buffer
		theirs.Stderr = &failed
		out, err := theirs.Output()
		status := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if got := execute(t.Context(), ours, line); got.out != string(out) || got.status != status {
			t.Errorf("%s\nends with %d and prints\n%s%s\nThe AWS CLI ends with %d and prints\n%s%s", line, got.status, got.out, got.failed,
				status, out, failed.String())
		}
	}
}
