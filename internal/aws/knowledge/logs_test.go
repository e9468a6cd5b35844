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

func TestLogsReadings(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"logs GetQueryResults", `{"queryId":"q"}`,
			`{"status":"Complete","results":[[{"field":"a","value":"b"}]],"statistics":{"recordsScanned":1200000.0}}`,
			procedures.Info, "1 row of 1,200,000 records.",
		},
		{"logs GetQueryResults", `{"queryId":"q"}`, `{"status":"Complete","results":[]}`, procedures.NoData, "0 rows"},
		{"logs GetQueryResults", `{"queryId":"q"}`, `{"status":"Running"}`, procedures.Warned, "Running."},
		{"logs GetQueryResults", `{"queryId":"q"}`, `{"status":"Timeout"}`, procedures.Failed, "Timeout."},
		{
			"logs DescribeLogGroups", `{}`,
			`{"logGroups":[{"logGroupName":"/api","retentionInDays":30}]}`,
			procedures.Passed, "/api: 30 days.",
		},
		{
			"logs DescribeLogGroups", `{}`,
			`{"logGroups":[{"logGroupName":"/api","storedBytes":410000000000},{"logGroupName":"/web",` +
				`"retentionInDays":30}]}`,
			procedures.Warned, "1 of 2 log groups with a retention, 410 GB kept for ever; /api: kept for ever.",
		},
	})
}
