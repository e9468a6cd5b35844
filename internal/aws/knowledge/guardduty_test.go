package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestGuardDutyVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{"guardduty ListFindings", `{"DetectorId":"d"}`, `{"FindingIds":[]}`, procedures.Passed, "There is no finding."},
		{
			"guardduty ListFindings", `{"DetectorId":"d"}`,
			`{"FindingIds":["1","2","3"]}`,
			procedures.Warned, "3 findings; aws guardduty get-findings says which.",
		},
		{
			"guardduty GetFindings", `{"DetectorId":"d","FindingIds":["1"]}`,
			`{"Findings":[{"Id":"1","Severity":2,"Title":"A probe"}]}`,
			procedures.Passed, "A probe: severity 2.",
		},
		{
			"guardduty GetFindings", `{"DetectorId":"d","FindingIds":["1"]}`,
			`{"Findings":[{"Id":"1","Severity":8.0,"Title":"A miner","Service":{"EventLastSeen":"2026-11-24T07:02:00Z"}},` +
				`{"Id":"2","Severity":5.0,"Title":"Archived","Service":{"Archived":true}}]}`,
			procedures.Failed, "A miner: severity 8, seen at 07:02.",
		},
		{
			"guardduty GetFindings", `{"DetectorId":"d","FindingIds":["1"]}`,
			`{"Findings":[{"Id":"1","Severity":5.0,"Title":"A scan"}]}`,
			procedures.Warned, "A scan: severity 5.",
		},
	})
}
