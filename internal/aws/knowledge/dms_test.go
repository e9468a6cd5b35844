package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestDMSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"dms DescribeReplicationTasks", `{}`,
			`{"ReplicationTasks":[{"ReplicationTaskIdentifier":"orders","Status":"running",` +
				`"ReplicationTaskStats":{"TablesErrored":0}}]}`,
			procedures.Passed, "orders: running.",
		},
		{
			"dms DescribeReplicationTasks", `{}`,
			`{"ReplicationTasks":[{"ReplicationTaskIdentifier":"orders","Status":"running",` +
				`"ReplicationTaskStats":{"TablesErrored":1}}]}`,
			procedures.Failed, "orders: 1 table errored.",
		},
		{
			"dms DescribeReplicationTasks", `{}`,
			`{"ReplicationTasks":[{"ReplicationTaskIdentifier":"orders","Status":"stopped"}]}`,
			procedures.Warned, "orders: stopped.",
		},
	})
}
