package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestConfigVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"config DescribeComplianceByConfigRule", `{}`,
			`{"ComplianceByConfigRules":[{"ConfigRuleName":"ssh","Compliance":{"ComplianceType":"COMPLIANT"}}]}`,
			procedures.Passed, "ssh: COMPLIANT.",
		},
		{
			"config DescribeComplianceByConfigRule", `{}`,
			`{"ComplianceByConfigRules":[{"ConfigRuleName":"ssh","Compliance":{"ComplianceType":"NON_COMPLIANT"}}]}`,
			procedures.Warned, "ssh: NON_COMPLIANT.",
		},
		{
			"config DescribeComplianceByConfigRule", `{"ConfigRuleNames":["ssh"]}`,
			`{"ComplianceByConfigRules":[{"ConfigRuleName":"ssh","Compliance":{"ComplianceType":"NON_COMPLIANT"}}]}`,
			procedures.Failed, "ssh: NON_COMPLIANT.",
		},
	})
}
