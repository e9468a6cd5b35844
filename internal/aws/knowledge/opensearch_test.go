package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestOpenSearchVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"opensearch DescribeDomainHealth", `{"DomainName":"logs"}`,
			`{"ClusterHealth":"Green","TotalShards":"240","TotalUnAssignedShards":"0"}`,
			procedures.Passed, "logs: Green, 0 of 240 shards unassigned.",
		},
		{
			"opensearch DescribeDomainHealth", `{"DomainName":"logs"}`,
			`{"ClusterHealth":"Yellow","TotalShards":"240","TotalUnAssignedShards":"12"}`,
			procedures.Warned, "logs: Yellow, 12 of 240 shards unassigned.",
		},
		{"opensearch DescribeDomainHealth", `{"DomainName":"logs"}`, `{"ClusterHealth":"Red"}`, procedures.Failed, "logs: Red."},
		{
			"opensearch DescribeDomainHealth", `{"DomainName":"logs"}`,
			`{"ClusterHealth":"NotAvailable"}`,
			procedures.NoData, "logs: NotAvailable.",
		},
		{
			"opensearch DescribeDomain", `{"DomainName":"logs"}`,
			`{"DomainStatus":{"DomainName":"logs","DomainProcessingStatus":"Active","Deleted":false}}`,
			procedures.Passed, "logs: Active.",
		},
		{
			"opensearch DescribeDomain", `{"DomainName":"logs"}`,
			`{"DomainStatus":{"DomainName":"logs","DomainProcessingStatus":"Isolated"}}`,
			procedures.Failed, "logs: Isolated.",
		},
	})
}
