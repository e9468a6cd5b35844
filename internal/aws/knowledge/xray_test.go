package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestXRayVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"xray GetTraceSummaries", `{}`,
			`{"TraceSummaries":[{"Id":"1-a","HasFault":false,"ResponseTime":0.2}]}`,
			procedures.Info, "1-a: 0.2 s.",
		},
		{"xray GetTraceSummaries", `{}`, `{"TraceSummaries":[{"Id":"1-a","HasFault":true}]}`, procedures.Warned, "1-a: a fault."},
	})
}
