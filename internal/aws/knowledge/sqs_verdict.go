package knowledge

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

var (
	// QueueMessages is how many messages may wait.
	QueueMessages = Threshold{Name: "OPSBOOK_QUEUE_MESSAGES", Default: 1000, About: "messages from which a queue is too long"}
	// DLQMessages is how many may be in a dead letter queue.
	DLQMessages = Threshold{
		Name: "OPSBOOK_DLQ_MESSAGES", Default: 0, None: true, About: "messages above which a dead letter queue is a failure",
	}
)

// sqsReadings are the operations of which is known what their answers mean.
func sqsReadings() map[string]Operation {
	return map[string]Operation{
		"GetQueueAttributes": survey{
			reads: "Attributes: ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, RedriveAllowPolicy",
			kind:  "queue", kinds: "queues", each: judgeQueue,
			none: procedures.Judgement{Verdict: procedures.Info, Reason: "The number of messages was not asked for."},
		}.operation(QueueMessages, DLQMessages),
		"ListQueues": counted("QueueUrls", "queue", "queues"),
	}
}

// judgeQueue counts the messages that wait. In a dead letter queue each is one that nobody could handle.
func judgeQueue(q answered, o *document.Object) finding {
	n, ok := numberAt(o, "Attributes.ApproximateNumberOfMessages")
	if !ok {
		return finding{}
	}
	f := found(procedures.Passed, "%s", plural(int(n), "message", "messages"))
	most, verdict := q.limit(QueueMessages), procedures.Warned
	name := q.about()
	if f.name = name; isDeadLetters(name) || textAt(o, "Attributes.RedriveAllowPolicy") != "" {
		f.says += " in a dead letter queue"
		most, verdict = q.limit(DLQMessages)+1, procedures.Failed
	}
	if n >= most {
		f.verdict = verdict
	}
	if hidden, _ := numberAt(o, "Attributes.ApproximateNumberOfMessagesNotVisible"); hidden > 0 {
		f.says += ", " + number(hidden) + " in flight"
	}
	return f
}

// isDeadLetters reports whether a queue's name says that it holds what could not be handled.
func isDeadLetters(name string) bool {
	lower := strings.ToLower(name)
	parts := strings.FieldsFunc(lower, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return slices.Contains(parts, "dlq") || slices.Contains(parts, "deadletter") ||
		strings.Contains(strings.ReplaceAll(lower, "_", "-"), "dead-letter")
}
