package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestRoute53Verdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"route53 GetHealthCheckStatus", `{"HealthCheckId":"hc"}`,
			`{"HealthCheckObservations":[{"StatusReport":{"Status":"Success: HTTP Status Code 200, OK"}}]}`,
			procedures.Passed, "hc: 1 of 1 checker sees it.",
		},
		{
			"route53 GetHealthCheckStatus", `{"HealthCheckId":"hc"}`,
			`{"HealthCheckObservations":[{"StatusReport":{"Status":"Success: HTTP Status Code 200, OK"}},` +
				`{"StatusReport":{"Status":"Failure: timed out"}}]}`,
			procedures.Warned, "hc: 1 of 2 checkers see it.",
		},
		{
			"route53 GetHealthCheckStatus", `{"HealthCheckId":"hc"}`,
			`{"HealthCheckObservations":[{"StatusReport":{"Status":"Failure: timed out"}}]}`,
			procedures.Failed, "hc: 0 of 1",
		},
		{
			"route53 GetChange", `{"Id":"C1"}`,
			`{"ChangeInfo":{"Id":"/change/C1","Status":"INSYNC","SubmittedAt":"2026-11-24T07:02:00+00:00"}}`,
			procedures.Passed, "INSYNC, asked for at 07:02.",
		},
		{"route53 GetChange", `{"Id":"C1"}`, `{"ChangeInfo":{"Id":"/change/C1","Status":"PENDING"}}`, procedures.Warned, "PENDING."},
		{
			"route53 ListHealthChecks", `{}`,
			`{"HealthChecks":[{"Id":"hc","HealthCheckConfig":{"Type":"HTTPS"}}]}`,
			procedures.Info, "hc: HTTPS.",
		},
		{
			"route53 ListHealthChecks", `{}`,
			`{"HealthChecks":[{"Id":"hc","HealthCheckConfig":{"Type":"HTTPS","Disabled":true}}]}`,
			procedures.Warned, "hc: disabled",
		},
	})
}
