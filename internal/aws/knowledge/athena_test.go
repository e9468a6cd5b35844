package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestAthenaVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"athena GetQueryExecution", `{}`,
			`{"QueryExecution":{"QueryExecutionId":"q","Status":{"State":"SUCCEEDED"}}}`,
			procedures.Passed, "q: SUCCEEDED.",
		},
		{
			"athena GetQueryExecution", `{}`,
			`{"QueryExecution":{"QueryExecutionId":"q","Status":{"State":"FAILED",` +
				`"StateChangeReason":"line 1: no such table"}}}`,
			procedures.Failed, "q: FAILED: line 1: no such table.",
		},
	})
}
