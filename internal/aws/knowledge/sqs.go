package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// sqsService is Amazon SQS. ReceiveMessage hides what it returns for a time, and so is a change:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func sqsService() service {
	return service{
		operations: joined(sqsReadings(), map[string]Operation{
			// The number of messages is approximate, so that it is told and not compared.
			"PurgeQueue": {
				sentence: "Deletes all messages of the queue {QueueUrl}",
				change: Change{
					Kind: "queue", ReadOperation: "GetQueueAttributes",
					ReadWith:   "{QueueUrl: QueueUrl, AttributeNames: ['ApproximateNumberOfMessages']}",
					ReadAt:     "Attributes",
					NoWait:     "AWS takes up to a minute to delete them all",
					NoRollback: "AWS cannot restore purged messages",
				},
			},
			"ReceiveMessage": {Effect: procedures.EffectChange},
			// Consumers may have received a message before anything could delete it.
			"SendMessage": {change: Change{
				Kind: "queue", NotRead: "a message changes nothing of its queue",
				NoWait:     atOnce,
				NoRollback: sent,
			}},
			// All attributes are asked for; the counts and the time of the last change are the
			// service's own.
			"SetQueueAttributes": {change: Change{
				Kind: "queue", ReadOperation: "GetQueueAttributes",
				ReadWith: "{QueueUrl: QueueUrl, AttributeNames: ['All']}",
				Excluded: []string{"QueueUrl"},
				Volatile: []string{
					"Attributes.LastModifiedTimestamp", "Attributes.ApproximateNumberOfMessages",
					"Attributes.ApproximateNumberOfMessagesDelayed",
					"Attributes.ApproximateNumberOfMessagesNotVisible",
				},
				NoWait:   "it is done within a minute; AWS does not say when",
				Restores: true,
			}},
		}),
	}
}
