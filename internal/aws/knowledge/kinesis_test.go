package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestKinesisVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"kinesis DescribeStreamSummary", `{}`,
			`{"StreamDescriptionSummary":{"StreamName":"clicks","StreamStatus":"ACTIVE","OpenShardCount":4}}`,
			procedures.Passed, "clicks: ACTIVE, 4 shards.",
		},
		{
			"kinesis DescribeStreamSummary", `{}`,
			`{"StreamDescriptionSummary":{"StreamName":"clicks","StreamStatus":"DELETING"}}`,
			procedures.Warned, "clicks: DELETING.",
		},
	})
}
