package aws_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestTokensAreTheCLIs compares signed tokens with those of the AWS CLI 2.36.7 at the same moment, with the same key.
func TestTokensAreTheCLIs(t *testing.T) {
	const signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260921%2Fus-east-1%2F"
	for line, want := range map[string]string{
		"aws rds generate-db-auth-token --hostname db.example.com --port 3306 --username jane@x": "db.example.com:3306/?" +
			"Action=connect&DBUser=jane%40x&" + signed + "rds-db%2Faws4_request&X-Amz-Date=20260921T123456Z&X-Amz-Expires=900&" +
			"X-Amz-SignedHeaders=host&X-Amz-Signature=8c6a413afab846f29e73594aa3aaadcb8335d90837ce8be8300d8592cfa45432\n",
		"aws dsql generate-db-connect-admin-auth-token --hostname abc.dsql.us-east-1.on.aws --expires-in 60 --region us-east-1": "abc." +
			"dsql.us-east-1.on.aws/?Action=DbConnectAdmin&" + signed + "dsql%2Faws4_request&X-Amz-Date=20260921T123456Z&X-Amz-Expires=60&" +
			"X-Amz-SignedHeaders=host&X-Amz-Signature=933a7dbf4ac4a6140dec6e9dd1741d2f179e242bb9594747e711d93913e20d0d\n",
		"aws eks get-token --cluster-name prod --query status.token --output text": "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString(
			[]byte("https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&"+signed+
				"sts%2Faws4_request&X-Amz-Date=20260921T123456Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&"+
				"X-Amz-Signature=e206ba5075cf9142dfe20a986b73be12b43f65334c0b456a17512efb0cde8f6f")) + "\n\n",
	} {
		var secrets []string
		got := execute(t.Context(), onSandbox(t), line, func(inv *procedures.Invocation) {
			inv.Now = func() time.Time { return time.Date(2026, 9, 21, 12, 34, 56, 0, time.UTC) }
			inv.Secret = func(value string, _ ...procedures.SecretKind) { secrets = append(secrets, value) }
		})
		if got.status != 0 || got.out != want {
			t.Errorf("%s ended with %d\n%s%s\nwant\n%s", line, got.status, got.out, got.failed, want)
		}
		if len(secrets) != 1 || secrets[0] != strings.TrimSpace(got.out) {
			t.Errorf("%s: %d secrets are told", line, len(secrets))
		}
	}
}
