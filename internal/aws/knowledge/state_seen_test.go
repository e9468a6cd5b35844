package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestStatesOfOtherOperations judges answers of operations without a rule by the states that are in them.
func TestStatesOfOtherOperations(t *testing.T) {
	judged(t, []verdictCase{
		{
			"glue GetJobRuns", `{}`,
			`{"JobRuns":[{"Id":"jr_1","JobName":"nightly","JobRunState":"FAILED"},{"JobName":"hourly","JobRunState":"SUCCEEDED"}]}`,
			procedures.Warned, "1 of 2 job runs is FAILED: nightly.",
		},
		{
			"glue GetJobRuns", `{}`, `{"JobRuns":[{"JobName":"a","JobRunState":"RUNNING"},{"JobName":"a","JobRunState":"SUCCEEDED"}]}`,
			procedures.Info, "2 job runs: 1 RUNNING, 1 SUCCEEDED.",
		},
		{
			"glue GetCrawler", `{}`, `{"Crawler":{"Name":"orders","State":"READY","LastCrawl":{"Status":"FAILED"}}}`,
			procedures.Warned, "orders: the status is FAILED.",
		},
		{"datasync DescribeTask", `{}`, `{"Name":"a","Status":"RUNNING"}`, procedures.Info, "a: the status is RUNNING."},
		{
			"datasync DescribeTask", `{}`, `{"Name":"a","Status":"CREATION_FAILED"}`,
			procedures.Warned, "a: the status is CREATION_FAILED.",
		},
		{
			"datasync DescribeTask", `{}`, `{"Name":"a","Tags":{"RunStatus":"FAILED"},"Status":"RUNNING"}`,
			procedures.Info, "a: the status is RUNNING.",
		},
		{"mq ListBrokers", `{}`, `{"BrokerSummaries":[]}`, procedures.Info, "The answer has no broker summaries."},
		{
			"batch ListJobs", `{}`, `{"jobSummaryList":[{"jobName":"a","status":"FAILED"},{"jobName":"b","status":"FAILED"},
				{"jobName":"c","status":"FAILED"},{"jobName":"d","status":"FAILED"},{"jobName":"e","status":"RUNNING"}]}`,
			procedures.Warned, "4 of 5 job summaries are FAILED: a, b, c, and 1 more.",
		},
		{"appstream DescribeFleets", `{}`, `{"Fleets":[{"Name":"x","State":"ACTIVE"}]}`, procedures.Info, "1 fleet: ACTIVE."},
		{
			"appstream DescribeFleets", `{}`, `{"Fleets":[{"Name":"x","State":"ACTIVE"},{"Name":"y","State":"ACTIVE"}]}`,
			procedures.Info, "2 fleets: all ACTIVE.",
		},
	})
}

// TestAnyState has states of many services, and whether they say that something is wrong.
func TestAnyState(t *testing.T) {
	for value, want := range map[string]procedures.Verdict{
		"FAILED": procedures.Warned, "UPDATE_FAILED": procedures.Warned, "CreateFailed": procedures.Warned, "InError": procedures.Warned,
		"create-failed": procedures.Warned, "error": procedures.Warned, "impaired": procedures.Warned, "UNHEALTHY": procedures.Warned,
		"Degraded": procedures.Warned, "rollback failure": procedures.Warned, "NO_ERROR": procedures.Info, "ACTIVE": procedures.Info,
		"Available": procedures.Info, "in-use": procedures.Info, "NOT_FAILED": procedures.Info, "DELETED": procedures.Info,
	} {
		got := knowledge.Of("datasync", "DescribeTask").Judge(nil, parsed(t, `{"Status":"`+value+`"}`), now, nil)
		if got == nil || got.Verdict != want {
			t.Errorf("%s: %+v, want %s", value, got, want)
		}
	}
}
