package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestRedshiftVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"redshift DescribeClusters", `{}`,
			`{"Clusters":[{"ClusterIdentifier":"dwh","ClusterAvailabilityStatus":"Available"}]}`,
			procedures.Passed, "dwh: Available.",
		},
		{
			"redshift DescribeClusters", `{}`,
			`{"Clusters":[{"ClusterIdentifier":"dwh","ClusterAvailabilityStatus":"Unavailable"}]}`,
			procedures.Failed, "dwh: Unavailable.",
		},
		{
			"redshift DescribeClusters", `{}`,
			`{"Clusters":[{"ClusterIdentifier":"dwh","ClusterAvailabilityStatus":"Maintenance"}]}`,
			procedures.Warned, "dwh: Maintenance.",
		},
	})
}
