package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestHealthVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{"health DescribeEvents", `{}`, `{"events":[]}`, procedures.Passed, "There is no event."},
		{
			"health DescribeEvents", `{}`,
			`{"events":[{"service":"EC2","region":"eu-west-1","statusCode":"open","eventTypeCategory":"issue",` +
				`"eventTypeCode":"AWS_EC2_OPERATIONAL_ISSUE","startTime":"2026-11-24T07:40:00+00:00"}]}`,
			procedures.Failed, "EC2 eu-west-1: issue open since 07:40: AWS_EC2_OPERATIONAL_ISSUE.",
		},
		{
			"health DescribeEvents", `{}`,
			`{"events":[{"service":"RDS","statusCode":"upcoming","eventTypeCategory":"scheduledChange",` +
				`"eventTypeCode":"AWS_RDS_MAINTENANCE"}]}`,
			procedures.Warned, "RDS: scheduledChange upcoming",
		},
	})
}
