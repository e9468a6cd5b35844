package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSyntheticsVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"synthetics GetCanary", `{"Name":"checkout"}`,
			`{"Canary":{"Name":"checkout","Status":{"State":"RUNNING"}}}`,
			procedures.Passed, "checkout: RUNNING.",
		},
		{
			"synthetics GetCanary", `{"Name":"checkout"}`,
			`{"Canary":{"Name":"checkout","Status":{"State":"READY"}}}`,
			procedures.Warned, "checkout: READY.",
		},
		{
			"synthetics GetCanary", `{"Name":"checkout"}`,
			`{"Canary":{"Name":"checkout","Status":{"State":"ERROR","StateReason":"denied"}}}`,
			procedures.Failed, "checkout: ERROR: denied.",
		},
		{
			"synthetics DescribeCanariesLastRun", `{}`,
			`{"CanariesLastRun":[{"CanaryName":"checkout","LastRun":{"Status":{"State":"PASSED"}}}]}`,
			procedures.Passed, "checkout: PASSED.",
		},
		{
			"synthetics DescribeCanariesLastRun", `{}`,
			`{"CanariesLastRun":[{"CanaryName":"checkout","LastRun":{"Status":{"State":"FAILED"},` +
				`"Timeline":{"Started":"2026-11-24T07:02:00+00:00"}}}]}`,
			procedures.Failed, "checkout: FAILED since 07:02.",
		},
	})
}
