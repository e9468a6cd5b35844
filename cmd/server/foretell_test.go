package main

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// TestWhatIsForetoldIsAnswered makes calls after it was foretold what the sandbox answers them with.
func TestWhatIsForetoldIsAnswered(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"lambda get-function --function-name network-visualizer-api-production": procedures.EstateAnswer,
		"lambda get-function --function-name billing":                           procedures.GrownAnswer,
		"ecs describe-services --cluster web --services api":                    procedures.GrownAnswer,
		"ecs describe-services --cluster web --services <service>":              procedures.GrownAnswer,
		"s3 ls s3://uploads/":                                                 procedures.GrownAnswer,
		"mq describe-broker --broker-id orders":                               procedures.SampleAnswer,
		"athena list-named-queries":                                           procedures.NoAnswer,
		"mq list-brokers":                                                     procedures.EmptyAnswer,
		"pinpoint get-campaigns --application-id x":                           procedures.NoAnswer,
		"glue start-job-run --job-name nightly":                               procedures.NoAnswer,
		"ec2 describe-instances --filters Name=tenancy,Values=x":              procedures.NoAnswer,
		"ec2 describe-instances --filters Name=instance-state-name,Values=on": procedures.EstateAnswer,
	} {
		step := oneStep(t, line)
		got := rehearses(&procedures.Procedure{}, step)
		var told runbook.Rehearsal
		told.Count(step.Analysis.Detail[0].Command, want)
		if got.Words() != told.Words() {
			t.Errorf("%s: it is foretold as %q, want %q", line, got.Words(), told.Words())
		}
		if strings.ContainsAny(line, "<") { // somebody has to fill that in first
			continue
		}
		world := sandbox.New(sandbox.Options{})
		environment := procedures.Environment{Name: "sandbox", Account: "sandbox"}
		command := aws.New(aws.Options{Environment: environment, Transport: world.Transport()})
		var answered string
		command.Run(t.Context(), &procedures.Invocation{
			Args: append([]string{"aws"}, strings.Fields(line)...), Stdin: strings.NewReader(""), Stdout: &strings.Builder{},
			Stderr: &strings.Builder{}, Now: time.Now, Note: func(string) {}, Report: func(c procedures.Call) {
				answered = cmp.Or(c.Simulated, procedures.EstateAnswer)
				if c.Code == "SandboxNotImplemented" {
					answered = procedures.NoAnswer
				}
			},
		})
		if answered != want {
			t.Errorf("%s: it is answered as %q, want %q", line, answered, want)
		}
	}
}

// oneStep is the step that a line of a runbook makes.
func oneStep(t *testing.T, line string) *procedures.Step {
	t.Helper()
	o := &options{Runbooks: runbookFolder(t, "# A\n\n```bash\naws "+line+"\n```\n")}
	lib, _, err := o.library()
	if err != nil {
		t.Fatal(err)
	}
	return lib.Procedures()[0].Steps[0]
}

// TestListSaysWhatCanBeRehearsed has a document of which the sandbox answers a part.
func TestListSaysWhatCanBeRehearsed(t *testing.T) {
	dir := runbookFolder(t, "# A\n\n```bash\naws ecs describe-services --cluster web --services api\n```\n\n"+
		"```bash\naws mq describe-broker --broker-id orders\n```\n\n```bash\naws glue start-job-run --job-name nightly\n```\n")
	status, out, said := cli(t, "--runbooks", dir, "list", "--coverage")
	for _, want := range []string{"1 of 3 calls (1 grown), 1 sample, 1 not simulated", "not simulated: glue start-job-run"} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("status %d, %s: the list is %s, want %s", status, said, out, want)
		}
	}
	_, out, _ = cli(t, "--runbooks", dir, "list", "--coverage", "--format", "json")
	if !strings.Contains(out, `"not_simulated": 1`) {
		t.Errorf("as JSON it is %s", out)
	}
}
