package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
)

// configService is AWS Config. https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeComplianceByConfigRule.html
func configService() service {
	return service{operations: map[string]Operation{
		// A rule that the line names has to be kept; of all rules some are always broken somewhere.
		"DescribeComplianceByConfigRule": survey{
			reads: "ComplianceByConfigRules[]: ConfigRuleName, Compliance.ComplianceType",
			list:  "ComplianceByConfigRules", kind: "rule", kinds: "rules", name: "ConfigRuleName", good: "COMPLIANT",
			each: func(q answered, o *document.Object) finding {
				words := vocabularyOf(states{pass: "compliant", warn: "non compliant", noData: "not applicable, insufficient data"})
				if q.named("ConfigRuleNames") {
					words = words.with(states{fail: "non compliant"})
				}
				return words.finding(textAt(o, "Compliance.ComplianceType"))
			},
		}.operation(),
	}}
}
