package aws_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestACallWithAWrongProfile ends as the AWS CLI ends, says the cause on the page, and sends nothing.
func TestACallWithAWrongProfile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	text := "[profile half]\naws_access_key_id = AKIA1\n[profile odd]\ncredential_process = echo rubbish\n"
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for profile, want := range map[string]string{
		"half": "Partial credentials found in config-file, missing: aws_secret_access_key",
		"odd":  "Expecting value: line 1 column 1 (char 0)",
	} {
		for _, words := range []string{"aws sts get-caller-identity", "aws s3 ls"} {
			wire, out, call := &counting{}, &bytes.Buffer{}, procedures.Call{}
			command := aws.New(aws.Options{
				Environment: procedures.Environment{Name: "x", Region: "eu-west-1", Profile: profile}, Transport: wire,
			})
			status := command.Run(t.Context(), &procedures.Invocation{
				Args: strings.Fields(words), Stdout: out, Stderr: out, Now: time.Now, Report: func(c procedures.Call) { call = c },
			})
			if status != 255 || out.String() != "\naws: [ERROR]: "+want+"\n" || wire.requests.Load() != 0 {
				t.Errorf("%s with %s: %d, %q", words, profile, status, out)
			}
			if call.RuleVerdict == nil || !strings.Contains(call.RuleVerdict.Reason, want) || call.RuleVerdict.Advice == "" {
				t.Errorf("%s with %s: %+v", words, profile, call.RuleVerdict)
			}
		}
	}
}

// TestProgramsCallWhereTheEnvironmentSays has no address of the machine's go before the environment's.
func TestProgramsCallWhereTheEnvironmentSays(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": "http://other.example.com", "AWS_ENDPOINT_URL_STS": "http://other.example.com",
		"AWS_ENDPOINT_URL_S3": "http://other.example.com", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_CA_BUNDLE": "kept",
	} {
		t.Setenv(name, value)
	}
	command := aws.New(aws.Options{Environment: procedures.Environment{Name: "x", Region: "eu-west-1", Endpoint: "http://own.example.com"}})
	given, err := command.Variables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range given {
		if strings.Contains(value, "other") || strings.HasPrefix(name, "AWS_IGNORE") {
			t.Errorf("a program is given %s=%s", name, value)
		}
	}
	if given["AWS_ENDPOINT_URL"] != "http://own.example.com" || given["AWS_CA_BUNDLE"] != "kept" {
		t.Errorf("a program is given %v", given)
	}
}
