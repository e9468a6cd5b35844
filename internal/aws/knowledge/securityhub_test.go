package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSecurityHubVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{"securityhub GetFindings", `{}`, `{"Findings":[]}`, procedures.Passed, "There is no finding."},
		{
			"securityhub GetFindings", `{}`,
			`{"Findings":[{"Id":"1","Title":"Open port","Severity":{"Label":"HIGH"},"RecordState":"ACTIVE",` +
				`"Workflow":{"Status":"NEW"}}]}`,
			procedures.Warned, "Open port: HIGH.",
		},
		{
			"securityhub GetFindings", `{}`,
			`{"Findings":[{"Id":"1","Title":"Root key","Severity":{"Label":"CRITICAL"},"RecordState":"ACTIVE"},{"Id":"2",` +
				`"Title":"Old","Severity":{"Label":"CRITICAL"},"RecordState":"ARCHIVED"}]}`,
			procedures.Failed, "1 of 2 findings dealt with, or of low severity; Root key: CRITICAL.",
		},
	})
}
