package knowledge_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestErrorsThatAreAnswers has the cells of the table in which a service's error is not an error.
func TestErrorsThatAreAnswers(t *testing.T) {
	for _, c := range []struct {
		key, code string
		want      procedures.Verdict
		advice    string
	}{
		{"s3 GetBucketPolicyStatus", "NoSuchBucketPolicy", procedures.Passed, ""},
		{"s3 GetBucketPolicyStatus", "NoSuchBucket", procedures.Errored, ""},
		{"s3 GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", procedures.Warned, "account's own block"},
		{"support DescribeTrustedAdvisorCheckResult", "SubscriptionRequiredException", procedures.Unavailable, "Support plan"},
		{"s3control GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", procedures.Warned, "Each bucket"},
		{"s3 GetBucketPolicy", "NoSuchBucketPolicy", procedures.Passed, ""},
		{"cloudwatch GetDashboard", "ResourceNotFound", procedures.NoData, ""},
		{"iam GetCredentialReport", "ReportInProgress", procedures.NoData, "Wait"},
		{"iam GetCredentialReport", "ReportNotPresent", procedures.NoData, "generate-credential-report"},
		{"logs FilterLogEvents", "ResourceNotFoundException", procedures.Errored, ""},
		{"dynamodb UpdateTable", "ResourceInUseException", procedures.Errored, "not over yet"},
		{"iam ListUsers", "AccessDenied", procedures.Errored, "lacks a permission"},
		{"ec2 DescribeInstances", "UnauthorizedOperation", procedures.Errored, "lacks a permission"},
		{"ec2 DescribeInstances", "RequestExpired", procedures.Errored, "aws sso login"},
		{"iam ListUsers", "ExpiredToken", procedures.Errored, "aws sso login"},
		{"iam ListUsers", "Throttling", procedures.Errored, "wait a minute"},
		{"ec2 DescribeInstances", "RequestLimitExceeded", procedures.Errored, "wait a minute"},
		{"lambda Invoke", "TooManyRequestsException", procedures.Errored, "wait a minute"},
		{"ec2 TerminateInstances", "SandboxNotImplemented", procedures.Unavailable, "real account"},
	} {
		service, operation, _ := strings.Cut(c.key, " ")
		got := knowledge.Of(service, operation).JudgeError(c.code, "message")
		if got.Verdict != c.want || !strings.Contains(got.Advice, c.advice) || c.advice == "" && got.Advice != "" || got.Reason == "" {
			t.Errorf("%s of %s: %+v", c.code, c.key, got)
		}
	}
}

func TestErrorsOfResources(t *testing.T) {
	cases := []struct{ key, code, want, says string }{
		{"s3 GetBucketPolicyStatus", "NoSuchBucketPolicy", "pass Bucket b:  [Policy=none]", "b has no policy, so none makes it public."},
		{
			"s3 GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration",
			"warn Bucket b: b does not block public access itself [Public access block=none]", "b does not block public access itself.",
		},
		{"s3 GetBucketPolicyStatus", "AccessDenied", "error Bucket b: AccessDenied: no [Policy=AccessDenied]", "AccessDenied: no"},
		{"s3 GetBucketPolicyStatus", "NoSuchBucket", "error Bucket b: NoSuchBucket: no [Policy=NoSuchBucket]", "NoSuchBucket: no"},
		{"s3 HeadBucket", "AccessDenied", "", "AccessDenied: no"},
	}
	for _, c := range cases {
		service, operation, _ := strings.Cut(c.key, " ")
		o := knowledge.Of(service, operation)
		reading := o.JudgeError(c.code, "no")
		got := strings.Join(lines(o.ResourceVerdictsOfError(parsed(t, `{"Bucket":"b"}`), c.code, &reading)), "\n")
		if got != c.want || reading.Reason != c.says {
			t.Errorf("%s: %s; %s", c.code, got, reading.Reason)
		}
	}
}
