package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

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

func TestSQSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"sqs GetQueueAttributes", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/orders"}`,
			`{"Attributes":{"ApproximateNumberOfMessages":"12","ApproximateNumberOfMessagesNotVisible":"2"}}`,
			procedures.Passed, "orders: 12 messages, 2 in flight.",
		},
		{
			"sqs GetQueueAttributes", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/orders"}`,
			`{"Attributes":{"ApproximateNumberOfMessages":"1000"}}`,
			procedures.Warned, "orders: 1000 messages.",
		},
		{
			"sqs GetQueueAttributes", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/orders-DLQ.fifo"}`,
			`{"Attributes":{"ApproximateNumberOfMessages":"5"}}`,
			procedures.Failed, "orders-DLQ.fifo: 5 messages in a dead letter queue.",
		},
		{
			"sqs GetQueueAttributes", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/orders-dead-letter"}`,
			`{"Attributes":{"ApproximateNumberOfMessages":"0"}}`,
			procedures.Passed, "0 messages in a dead letter queue.",
		},
		{
			"sqs GetQueueAttributes", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/orders"}`,
			`{"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:1:orders"}}`,
			procedures.Info, "The number of messages was not asked for.",
		},
	})
}
