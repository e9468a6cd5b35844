package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSecretsManagerVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"secretsmanager DescribeSecret", `{"SecretId":"db"}`,
			`{"Name":"db","LastChangedDate":"2026-11-12T08:00:00+00:00","NextRotationDate":"2026-12-12T08:00:00+00:00"}`,
			procedures.Passed, "db: 12 days old.",
		},
		{
			"secretsmanager DescribeSecret", `{"SecretId":"db"}`,
			`{"Name":"db","LastChangedDate":"2026-01-12T08:00:00+00:00"}`,
			procedures.Warned, "it should not be older than 90 days",
		},
		{
			"secretsmanager DescribeSecret", `{"SecretId":"db"}`,
			`{"Name":"db","LastChangedDate":"2026-01-12T08:00:00+00:00","NextRotationDate":"2026-11-02T08:00:00+00:00"}`,
			procedures.Failed, "db: its rotation is overdue since 2 November.",
		},
		{
			"secretsmanager ListSecrets", `{}`,
			`{"SecretList":[{"Name":"db","LastChangedDate":"2026-11-12T08:00:00+00:00"}]}`,
			procedures.Passed, "db: 12 days old.",
		},
		{
			"secretsmanager ListSecrets", `{}`,
			`{"SecretList":[{"Name":"db","DeletedDate":"2026-11-12T08:00:00+00:00"}]}`,
			procedures.Failed, "db: deleted on 12 November.",
		},
	})
}
