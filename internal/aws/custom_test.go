package aws_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestTailFollowsUntilItIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(sandbox.Options{})
		c := aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: box.Transport()})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		started := time.Now()
		got := execute(ctx, c, "aws logs tail /aws/lambda/network-visualizer-discovery-production --since 1h --follow --format short")
		if took := time.Since(started); got.status != 130 || took != 3*time.Hour {
			t.Fatalf("ended with %d after %v: %s", got.status, took, got.failed)
		}
		events := strings.Split(strings.TrimSpace(got.out), "\n")
		seen := map[string]bool{}
		for _, e := range events {
			if seen[e] {
				t.Errorf("printed twice: %s", e)
			}
			seen[e] = true
		}
		if len(events) < 12 || len(got.calls) != 1 {
			t.Fatalf("%d events, %d calls", len(events), len(got.calls))
		}
		call := got.calls[0]
		if call.RuleVerdict.Verdict != procedures.Info || call.Requests != 2161-1 && call.Requests != 2161 ||
			!strings.HasPrefix(call.RuleVerdict.Reason, "Followed the log group /aws/lambda/network-visualizer-discovery-production: ") {
			t.Errorf("reported %d requests, %+v", call.Requests, call.RuleVerdict)
		}
	})
}

func TestTailIsReadBeforeItRuns(t *testing.T) {
	c := onSandbox(t)
	plan := c.Describe(words("aws logs tail /ecs/orders --follow --since 5m --filter-pattern ERROR"))
	if plan.Effect != procedures.EffectRead ||
		plan.Call.Does != "Prints the events of the log group /ecs/orders "+
			"since 5m that match ERROR, and those that come." || strings.Join(plan.Call.Actions, " ") != "logs:FilterLogEvents" {
		t.Errorf("plan %+v", plan.Call)
	}
	if len(plan.Findings) != 1 || plan.Findings[0].Rule != "follows" || plan.Findings[0].Severity != procedures.SeverityNote {
		t.Errorf("mistakes %+v", plan.Findings)
	}
	for since, wrong := range map[string]bool{
		"90m": false, "2026-01-31T12:00": false, "5h30m": true, "yesterday": true, "99999999999w": true, "${SINCE}": false,
	} {
		plan := c.Describe(words("aws logs tail /ecs/orders --since " + since))
		if got := len(plan.Findings) > 0; got != wrong {
			t.Errorf("--since %s: %+v", since, plan.Findings)
		}
	}
}

func TestAPasswordIsToldToBeASecret(t *testing.T) {
	var secrets []string
	got := execute(t.Context(), onSandbox(t), "aws ecr get-login-password --region us-east-1", func(inv *procedures.Invocation) {
		inv.Secret = func(value string, _ ...procedures.SecretKind) { secrets = append(secrets, value) }
	})
	if got.status != 0 || len(secrets) != 1 || got.out != secrets[0]+"\n" || !strings.HasPrefix(secrets[0], "sandbox-") {
		t.Fatalf("got %+v, secrets %q", got, secrets)
	}
	if call := got.calls[0]; call.Document != nil || strings.Contains(call.RuleVerdict.Reason, secrets[0]) ||
		!strings.Contains(call.RuleVerdict.Reason, "https://123456789012.dkr.ecr.us-east-1.amazonaws.com, good until ") {
		t.Errorf("reported %+v %+v", call, call.RuleVerdict)
	}
}

func TestWhatIsNotSupportedOffersItsLine(t *testing.T) {
	c := onSandbox(t)
	for _, line := range []string{
		"aws ecs execute-command --cluster c --task t --interactive --command /bin/sh",
		"aws ssm start-session --target i-1", "aws cloudformation package",
		"aws codeartifact login --tool npm --domain d --repository r", "aws cloudtrail validate-logs --trail-arn a",
		"aws --profile p sso login", "aws configure set region x", "aws configure", "aws emr create-cluster --name c",
		"aws deploy register --instance-name i", "aws iam wizard", "aws configure export-credentials --profile p",
	} {
		plan := c.Describe(words(line))
		if len(plan.Findings) != 1 || plan.Findings[0].Rule != "by-hand" || plan.Effect != procedures.EffectNone {
			t.Errorf("%s is planned as %+v", line, plan)
		}
		got := execute(t.Context(), c, line)
		if got.status != 127 || !strings.HasSuffix(got.failed, "Do it by hand: "+line+"\n") {
			t.Errorf("%s ended with %d: %s", line, got.status, got.failed)
		}
		if call := got.calls[0]; call.RuleVerdict.Verdict != procedures.Unavailable || !strings.HasSuffix(call.RuleVerdict.Advice, line) {
			t.Errorf("%s is reported as %+v", line, call.RuleVerdict)
		}
	}
}

// atHome gives the machine's user these two files, and no variables of AWS's.
func atHome(t testing.TB, config, credentials string) {
	t.Helper()
	home := t.TempDir()
	for name, text := range map[string]string{"config": config, "credentials": credentials} {
		if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, ".aws", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // restored afterwards
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, ".aws", "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, ".aws", "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

const (
	someConfig = "[default]\nregion = eu-west-1\noutput = text\n\n[profile other]\nregion = us-west-2\ns3 =\n   " +
		" max_concurrent_requests = 3\n"
	someCredentials = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " +
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)

// The answers are those of AWS CLI 2.36.7 with these files.
func TestConfigureShowsWhatIsConfigured(t *testing.T) {
	atHome(t, someConfig, someCredentials)
	c := aws.New(aws.Options{Environment: procedures.Environment{Name: "mine"}})
	const head = "NAME       : VALUE                    : TYPE             : LOCATION\n"
	for _, p := range []struct {
		line, out, failed string
		status            int
	}{
		{
			"aws configure list",
			head + "profile    : <not set>                : None             : None\naccess_key : " +
				"****************MPLE     : shared-credentials-file : \nsecret_key : ****************EKEY     : " +
				"shared-credentials-file : \nregion     : eu-west-1                : config-file      : ~/.aws/config\n", "", 0,
		},
		{
			"aws configure list --profile other",
			head + "profile    : other                    : manual           : --profile\naccess_key : <not set>     " +
				"           : None             : None\nsecret_key : <not set>                : None             : " +
				"None\nregion     : us-west-2                : config-file      : ~/.aws/config\n", "", 0,
		},
		{
			"aws configure list --profile nope",
			head + "profile    : nope                     : manual           : --profile\n",
			"\naws: [ERROR]: The config profile (nope) could not be found\n", 255,
		},
		{"aws configure get region", "eu-west-1\n", "", 0},
		{"aws configure get region --profile other", "us-west-2\n", "", 0},
		{"aws configure get profile.other.region", "us-west-2\n", "", 0},
		{"aws configure get default.region", "eu-west-1\n", "", 0},
		{"aws configure get other.region", "us-west-2\n", "", 0},
		{"aws configure get s3.max_concurrent_requests --profile other", "3\n", "", 0},
		{"aws configure get s3 --profile other", "", "varname (s3) must reference a value, not a section or sub-section.", 1},
		{"aws configure get nope", "", "", 1},
		{"aws configure get aws_access_key_id", "AKIAIOSFODNN7EXAMPLE\n", "", 0},
		{"aws configure get region --profile nope", "", "\naws: [ERROR]: The config profile (nope) could not be found\n", 255},
		// ours alone
		{
			"aws configure get aws_secret_access_key", "",
			"\naws: [ERROR]: aws_secret_access_key is a secret of the server: it is not shown\n", 253,
		},
	} {
		got := execute(t.Context(), c, p.line)
		got.out = strings.ReplaceAll(got.out, os.Getenv("AWS_CONFIG_FILE"), "~/.aws/config")
		if got.out != p.out || got.failed != p.failed || got.status != p.status {
			t.Errorf("%s\n got %q, %q, %d\nwant %q, %q, %d", p.line, got.out, got.failed, got.status, p.out, p.failed, p.status)
		}
	}
	t.Setenv("AWS_REGION", "us-east-2")
	if got := execute(t.Context(), c, "aws configure list"); !strings.HasSuffix(got.out,
		"region     : us-east-2                : env              : ['AWS_REGION', 'AWS_DEFAULT_REGION']\n") {
		t.Errorf("with a variable: %s", got.out)
	}
}

func TestConfigureOnTheSandboxReadsNothingOfTheMachine(t *testing.T) {
	atHome(t, someConfig, "[default]\naws_access_key_id = AKIAREALREALREAL\naws_secret_access_key = real\n")
	c := onSandbox(t)
	if got := execute(t.Context(), c, "aws configure get region"); got.out != "us-east-1\n" {
		t.Errorf("the region is %q", got.out)
	}
	if got := execute(t.Context(), c, "aws configure list"); strings.Contains(got.out, "REAL") ||
		!strings.Contains(got.out, "****************MPLE") {
		t.Errorf("listed %s", got.out)
	}
}

func TestSecretsOfAnswersAreTold(t *testing.T) {
	box := sandbox.New(sandbox.Options{Answer: secretAnswers})
	c := aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: box.Transport()})
	for _, p := range []struct{ line, want string }{
		{"aws secretsmanager get-secret-value --secret-id s", `{"password":"hunter2"}`}, // its leaves are the mask's
		{"aws ssm get-parameters --names a b --with-decryption", "decrypted"},
		{"aws ssm describe-parameters", ""},
	} {
		var secrets []string
		got := execute(t.Context(), c, p.line, func(inv *procedures.Invocation) {
			inv.Secret = func(v string, _ ...procedures.SecretKind) { secrets = append(secrets, v) }
		})
		if got.status != 0 || strings.Join(secrets, " ") != p.want {
			t.Errorf("%s: %d %s told %q, want %s", p.line, got.status, got.failed, secrets, p.want)
		}
	}
}

func TestAWaiterSaysWhatItWaitedFor(t *testing.T) {
	got := execute(t.Context(), onSandbox(t), "aws dynamodb wait table-not-exists --table-name network-visualizer-xxxx")
	if got.status != 0 || len(got.calls) != 1 || got.calls[0].RuleVerdict == nil ||
		*got.calls[0].RuleVerdict != (procedures.Judgement{
			Verdict: procedures.Passed, Reason: "Waited for network-visualizer-xxxx until table not exists.",
		}) {
		t.Errorf("status %d, %+v", got.status, got.calls)
	}
}

func TestEventsAreNotedWhereTheyAreCutOff(t *testing.T) {
	c := onSandbox(t)
	for line, want := range map[string]bool{"aws cloudtrail lookup-events": false, "aws cloudtrail lookup-events --max-results 50": true} {
		noted := false
		for _, m := range c.Describe(words(line)).Findings {
			noted = noted || m.Rule == "lookup-events"
		}
		if noted != want {
			t.Errorf("%s: noted %t", line, noted)
		}
	}
}

func TestHelpIsWhatTheModelsKnow(t *testing.T) {
	c := onSandbox(t)
	for line, want := range map[string][]string{
		"aws help":          {"\ndynamodb\n", "https://docs.aws.amazon.com/cli/latest/reference/index.html"},
		"aws dynamodb help": {"\ndescribe-table\n", "/reference/dynamodb/index.html"},
		"aws dynamodb update-table help": {
			"--table-name                         string (required)\n", "PROVISIONED | PAY_PER_REQUEST",
			"/reference/dynamodb/update-table.html",
		}, "aws s3 cp help": {"/reference/s3/cp.html"},
	} {
		got := execute(t.Context(), c, line)
		for _, part := range want {
			if got.status != 0 || !strings.Contains(got.out, part) {
				t.Errorf("%s ended with %d without %q: %.300s", line, got.status, part, got.out)
			}
		}
	}
	if got := execute(t.Context(), c, "aws dynamodb nothing help"); got.status != 252 {
		t.Errorf("help of nothing ended with %d", got.status)
	}
	if plan := c.Describe(words("aws dynamodb delete-table help")); plan.Effect != procedures.EffectNone || len(plan.Findings) > 0 {
		t.Errorf("help is planned as %+v", plan)
	}
}
