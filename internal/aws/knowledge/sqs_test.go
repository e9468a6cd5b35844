package knowledge_test

import "testing"

func TestSQSResources(t *testing.T) {
	listed(t, []resourceCase{
		{"an operation that nobody reads so", "sqs ListQueues", `{}`, `{"QueueUrls":["a"]}`, nil, nil},
	})
}

func TestSQSRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"a purge", "sqs purge-queue --queue-url https://q", `{"ApproximateNumberOfMessages":"12"}`, nil,
			"AWS cannot restore purged messages",
		},
		{"an attribute that was not set",
			`sqs set-queue-attributes --queue-url https://q --attributes VisibilityTimeout=60,KmsMasterKeyId=k`,
			`{"Attributes":{"VisibilityTimeout":"30"}}`,
			[]string{"Attributes.VisibilityTimeout: 30 -> 60", "Attributes.KmsMasterKeyId:  -> k"},
			"Attributes.KmsMasterKeyId was not set before, and no call is known that removes it"},
	})
}
