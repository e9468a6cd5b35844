package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestKafkaVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{"kafka DescribeCluster", `{}`, `{"ClusterInfo":{"ClusterName":"main","State":"ACTIVE"}}`, procedures.Passed, "main: ACTIVE."},
		{
			"kafka DescribeCluster", `{}`,
			`{"ClusterInfo":{"ClusterName":"main","State":"FAILED","StateInfo":{"Message":"no addresses"}}}`,
			procedures.Failed, "main: FAILED: no addresses.",
		},
		{
			"kafka DescribeClusterV2", `{}`,
			`{"ClusterInfo":{"ClusterName":"main","State":"ACTIVE"}}`,
			procedures.Passed, "main: ACTIVE.",
		},
		{
			"kafka DescribeClusterV2", `{}`,
			`{"ClusterInfo":{"ClusterName":"main","State":"REBOOTING_BROKER"}}`,
			procedures.Warned, "main: REBOOTING_BROKER.",
		},
	})
}
