package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestLineIsBoundToWhereItGoes has lines that go to another place by an option, a variable or the environment.
func TestLineIsBoundToWhereItGoes(t *testing.T) {
	bound := func(e procedures.Environment, variables map[string]string, line string) string {
		t.Helper()
		members, err := New(Options{Environment: e}).Bound(t.Context(), &procedures.Invocation{
			Args: strings.Fields(line), Env: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		})
		if err != nil || members == nil {
			t.Fatalf("%s: %v, %v", line, members, err)
		}
		var out []string
		for _, m := range members {
			out = append(out, m.Name+"="+m.Value)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	sandbox := procedures.Environment{Name: "sandbox", Account: "sandbox", Region: "eu-central-1"}
	const line = "aws dynamodb create-backup --table-name orders --backup-name before"
	usual := bound(sandbox, nil, line)
	other := sandbox
	other.Region = "us-west-2"
	for what, now := range map[string]string{
		"an option":       bound(sandbox, nil, line+" --region us-east-1"),
		"a variable":      bound(sandbox, map[string]string{"AWS_REGION": "us-east-1"}, line),
		"another one":     bound(sandbox, map[string]string{"AWS_DEFAULT_REGION": "us-east-1"}, line),
		"the environment": bound(other, nil, line),
		"an address":      bound(sandbox, nil, line+" --endpoint-url http://127.0.0.1:1"),
	} {
		if now == usual || usual == "" {
			t.Errorf("by %s it is bound to %q, else to %q", what, now, usual)
		}
	}
	if a, b := bound(sandbox, nil, "aws s3 cp a s3://b/c"), bound(other, nil, "aws s3 cp a s3://b/c"); a == b || a == "" {
		t.Errorf("a transfer is bound to %q, and to %q", a, b)
	}
	if got := withoutSession("arn:aws:sts::1:assumed-role/admin/anna"); got != "arn:aws:sts::1:assumed-role/admin" {
		t.Errorf("a role's caller is %s", got)
	}
}
