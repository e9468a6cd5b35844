package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSupportVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"support DescribeTrustedAdvisorCheckResult", `{}`, `{"result":{"checkId":"a","status":"ok"}}`,
			procedures.Passed, "Check a is ok.",
		},
		{
			"support DescribeTrustedAdvisorCheckResult", `{}`,
			`{"result":{"checkId":"a","status":"warning","resourcesSummary":{"resourcesFlagged":1}}}`,
			procedures.Warned, "Check a: warning, 1 resource flagged.",
		},
		{
			"support DescribeTrustedAdvisorCheckResult", `{}`,
			`{"result":{"checkId":"a","status":"error","resourcesSummary":{"resourcesFlagged":2}}}`, procedures.Failed,
			"Check a is red: 2 resources flagged.",
		},
		{
			"support DescribeTrustedAdvisorCheckResult", `{"checkId":"a"}`,
			`{"result":{"checkId":"a","status":"not_available"}}`, procedures.NoData, "Check a has no result yet.",
		},
	})
}

func TestSupportResources(t *testing.T) {
	listed(t, []resourceCase{
		{
			"a result of Trusted Advisor", "support DescribeTrustedAdvisorCheckResult", `{"checkId":"c"}`,
			`{"result":{"checkId":"c","status":"warning","resourcesSummary":{"resourcesFlagged":2,"resourcesProcessed":1200}}}`,
			nil, []string{
				"warn Check c:  [Status=warning Flagged=2 Checked=1,200]",
			},
		},
	})
}

func TestSupportSummaries(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"support DescribeTrustedAdvisorCheckSummaries", `{"checkIds":["a"]}`,
			`{"summaries":[{"checkId":"a","status":"ok"}]}`,
			procedures.Passed, "a: ok.",
		},
		{
			"support DescribeTrustedAdvisorCheckSummaries", `{"checkIds":["a"]}`,
			`{"summaries":[{"checkId":"a","status":"error","resourcesSummary":{"resourcesFlagged":3}}]}`,
			procedures.Failed, "a: error, 3 flagged.",
		},
	})
}
