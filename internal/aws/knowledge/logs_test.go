package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestLogsVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"logs FilterLogEvents", `{"logGroupName":"g","filterPattern":"ERROR"}`, `{"events":[]}`, procedures.Passed,
			"Nothing in g matches ERROR.",
		},
		{
			"logs FilterLogEvents", `{"logGroupName":"g","filterPattern":"ERROR"}`, `{"events":[{},{}]}`,
			procedures.Warned, "2 events in g match ERROR.",
		},
		{"logs FilterLogEvents", `{"logGroupName":"g"}`, `{"events":[{},{}]}`, procedures.Info, "2 events in g."},
	})
}
