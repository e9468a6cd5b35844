package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestWAFVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"wafv2 GetWebACL", `{"Name":"front"}`,
			`{"WebACL":{"Rules":[{"Name":"sqli","Action":{"Block":{}}}]}}`,
			procedures.Info, "front: sqli: it acts.",
		},
		{
			"wafv2 GetWebACL", `{"Name":"front"}`,
			`{"WebACL":{"Rules":[{"Name":"sqli","Action":{"Count":{}}}]}}`,
			procedures.Warned, "front: sqli: it only counts.",
		},
	})
}
