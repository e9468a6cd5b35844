package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSTSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"sts GetCallerIdentity", `{}`,
			`{"Account":"123456789012","Arn":"arn:aws:sts::123456789012:assumed-role/deployer/ana"}`,
			procedures.Info, "123456789012 as assumed-role/deployer/ana.",
		},
		{
			"sts GetCallerIdentity", `{}`,
			`{"Account":"123456789012","Arn":"arn:aws:iam::123456789012:root"}`,
			procedures.Warned, "123456789012 as root",
		},
	})
}
