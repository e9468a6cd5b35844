package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCloudFrontVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"cloudfront GetDistribution", `{}`,
			`{"Distribution":{"Id":"E1","Status":"Deployed","DistributionConfig":{"Enabled":true}}}`, procedures.Passed,
			"E1 is Deployed and enabled.",
		},
		{
			"cloudfront GetDistribution", `{}`,
			`{"Distribution":{"Id":"E1","Status":"InProgress","DistributionConfig":{"Enabled":true}}}`,
			procedures.Warned, "E1 is InProgress.",
		},
		{
			"cloudfront GetDistribution", `{}`,
			`{"Distribution":{"Id":"E1","Status":"Deployed","DistributionConfig":{"Enabled":false}}}`,
			procedures.Warned, "E1 is Deployed and disabled.",
		},
		{"cloudfront GetDistribution", `{}`, `{}`, procedures.NoData, "no status"},
	})
}
