package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// kinesisService is Amazon Kinesis Data Streams. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
func kinesisService() service {
	return service{operations: map[string]Operation{
		"DescribeStreamSummary": survey{
			reads: "StreamDescriptionSummary: StreamName, StreamStatus, OpenShardCount",
			list:  "StreamDescriptionSummary", kind: "stream", kinds: "streams", name: "StreamName",
			state: "StreamStatus", states: thing,
			each: func(_ answered, o *document.Object) finding {
				n, ok := numberAt(o, "OpenShardCount")
				if !ok {
					return finding{}
				}
				return found(procedures.Passed, "%s", plural(int(n), "shard", "shards"))
			},
		}.operation(),
	}}
}
