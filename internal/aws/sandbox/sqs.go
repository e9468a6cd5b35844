package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// sqsLiving is Amazon SQS: queues and their messages. A message is visible, in flight until its timeout, deleted; after so
// many times it is in the dead letter queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
func sqsLiving() *living {
	queue := func(a act) act { a.kind, a.by = "queue", "QueueUrl"; return a }
	return &living{
		service: "sqs", token: "400 InvalidParameterValue Invalid NextToken value.",
		estate: []string{"queue/" + estate + "-jobs", "queue/" + estate + "-jobs-dlq"},
		kinds: map[string]*kind{"queue": {
			shape: "GetQueueAttributes", id: "QueueUrl", healthy: sqsQueue, plain: queueName, now: queueNow,
			missing: "400 AWS.SimpleQueueService.NonExistentQueue The specified queue does not exist.",
		}},
		acts: map[string]act{
			"ListQueues": {does: reads, kind: "queue", only: map[string]string{"QueueNamePrefix": "_prefix"}, wraps: queueURLs},
			"GetQueueUrl": {
				does: reads, kind: "queue", by: "QueueName", takes: "QueueOwnerAWSAccountId",
				wraps: func(all []*view, _ *request) *document.Object { return obj("QueueUrl", all[0].text("QueueUrl")) },
			},
			"GetQueueAttributes": queue(act{does: reads, takes: "AttributeNames", wraps: queueAttributes}),
			"SetQueueAttributes": queue(act{does: changes, takes: "Attributes", bare: true, also: func(v *view, r *request) error {
				set := member(v.doc, "Attributes").Clone()
				for name, value := range member(r.input, "Attributes").All() {
					set.Set(name, value)
				}
				v.set("_own", set)
				return nil
			}}),
			"CreateQueue": {
				does: creates, creating: true, kind: "queue", by: "QueueName", takes: "Attributes tags",
				also: func(v *view, r *request) error {
					if given := member(r.input, "Attributes"); given.Len() > 0 {
						v.set("_own", given)
					}
					return nil
				},
				wraps: func(all []*view, _ *request) *document.Object { return obj("QueueUrl", all[0].text("QueueUrl")) },
			},
			"DeleteQueue":    queue(act{does: removes, bare: true}),
			"SendMessage":    queue(act{does: changes, takes: sqsMessage, also: sends, wraps: sent}),
			"ReceiveMessage": queue(act{does: changes, takes: sqsReceive, also: receives, wraps: receivedMessages}),
			"DeleteMessage":  queue(act{does: changes, takes: "ReceiptHandle", bare: true, also: deletesMessage}),
			"PurgeQueue": queue(act{does: changes, bare: true, cures: "dlq-filled sqs-backlog", also: func(v *view, _ *request) error {
				v.set("_messages", document.List{})
				return nil
			}}),
			"StartMessageMoveTask": {
				does: changes, kind: "queue", by: "SourceArn", takes: "DestinationArn MaxNumberOfMessagesPerSecond",
				cures: "dlq-filled", also: moves,
				wraps: func(all []*view, _ *request) *document.Object {
					return obj("TaskHandle", hexOf(40, "move", all[0].key, all[0].now.String()))
				},
			},
			"ListMessageMoveTasks": {
				does: reads, kind: "queue", by: "SourceArn", takes: "MaxResults", wraps: func(all []*view, _ *request) *document.Object {
					return obj("Results", items(all[0].doc, "_moves"))
				},
			},
			"ListDeadLetterSourceQueues": queue(act{does: reads, takes: "NextToken MaxResults", wraps: sourcesOf}),
			"ListQueueTags":              queue(act{does: reads, wraps: func([]*view, *request) *document.Object { return obj() }}),
		},
		faults: []Fault{
			{
				Name: "dlq-filled", Title: "Five messages are in a dead letter queue", of: "queue", breaks: deadLetters,
				Sees: "sqs get-queue-attributes --queue-url https://sqs.us-east-1.amazonaws.com/123456789012/orders-dlq " +
					"--attribute-names All",
			},
			{
				Name: "sqs-backlog", Title: "A queue has 4200 messages", of: "queue", breaks: func(v *view) {
					if !isDeadLetter().MatchString(v.name) {
						member(v.doc, "Attributes").Set("ApproximateNumberOfMessages", "4200")
					}
				},
				Sees: "sqs get-queue-attributes --queue-url https://sqs.us-east-1.amazonaws.com/123456789012/orders --attribute-names All",
			},
		},
	}
}

// isDeadLetter is a name of a dead letter queue.
var isDeadLetter = lazy.Regexp(`(?i)(?:^|[-_.])(?:dlq|dead-?letters?)(?:$|[-_.])`)

// queueName is the name in a queue's address or ARN.
func queueName(named string) string { return named[strings.LastIndexAny(named, "/:")+1:] }

// queueNow counts the messages of a queue, and names its dead letter queue where there is one of its name.
func queueNow(v *view) {
	attributes := member(v.doc, "Attributes")
	if own := member(v.doc, "_own"); own != nil {
		for name, value := range own.All() {
			attributes.Set(name, value)
		}
	}
	for _, end := range []string{"-dlq", "-dead-letter", "_dlq"} {
		if _, ok := attributes.Get("RedrivePolicy"); !ok && v.s.is("sqs queue/"+v.name+end) {
			attributes.Set("RedrivePolicy", `{"deadLetterTargetArn":"`+queueARN(v.name+end)+`","maxReceiveCount":3}`)
		}
	}
	visible, flight := 0, 0
	for _, m := range objects(v.doc, "_messages") {
		if hiddenUntil(m).After(v.now) {
			flight++
		} else {
			visible++
		}
	}
	attributes.Set("ApproximateNumberOfMessages", strconv.Itoa(visible))
	attributes.Set("ApproximateNumberOfMessagesNotVisible", strconv.Itoa(flight))
	v.doc.Set("QueueUrl", "https://sqs."+region+".amazonaws.com/"+accountID+"/"+v.name)
	v.doc.Set("_prefix", v.name)
}

// queueARN is the ARN of a queue.
func queueARN(name string) string { return "arn:aws:sqs:" + region + ":" + accountID + ":" + name }

// hiddenUntil is when a message can be received again.
func hiddenUntil(m *document.Object) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, text(m, "until"))
	return at
}

// deadLetters fills a dead letter queue.
func deadLetters(v *view) {
	if isDeadLetter().MatchString(v.name) {
		member(v.doc, "Attributes").Set("ApproximateNumberOfMessages", "5")
	}
}

// queueURLs lists queues whose names begin as the call says.
func queueURLs(all []*view, _ *request) *document.Object {
	return obj("QueueUrls", list(all, func(v *view) any { return v.text("QueueUrl") }))
}

// queueAttributes are those that a call asks for; a call that asks for none has no answer.
func queueAttributes(all []*view, r *request) *document.Object {
	out := &document.Object{}
	names := texts(r.input, "AttributeNames")
	for name, value := range member(all[0].doc, "Attributes").All() {
		for _, n := range names {
			if n == "All" || n == name {
				out.Set(name, value)
			}
		}
	}
	if out.Len() == 0 {
		return obj()
	}
	return obj("Attributes", out)
}

const (
	sqsMessage = "MessageBody DelaySeconds MessageAttributes MessageGroupId MessageDeduplicationId"
	sqsReceive = "MaxNumberOfMessages VisibilityTimeout WaitTimeSeconds AttributeNames MessageSystemAttributeNames MessageAttributeNames"
	sqsQueue   = `{"Attributes":{"QueueArn":"arn:aws:sqs:$region:$account:$name","ApproximateNumberOfMessages":"0",
"ApproximateNumberOfMessagesNotVisible":"0","ApproximateNumberOfMessagesDelayed":"0","CreatedTimestamp":"$num.1690000000.1740000000",
"LastModifiedTimestamp":"$num.1740000000.1770000000","VisibilityTimeout":"30","MaximumMessageSize":"262144",
"MessageRetentionPeriod":"345600","DelaySeconds":"0","ReceiveMessageWaitTimeSeconds":"0","SqsManagedSseEnabled":"true"}}`
)

// md5Of is how SQS sums a body up.
func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// sends adds a message.
func sends(v *view, r *request) error {
	m := obj("id", uuid("message", r.id), "body", text(r.input, "MessageBody"), "count", int64(0), "sent", v.now.Format(time.RFC3339Nano),
		"until", v.now.Add(time.Duration(integer(r.input, "DelaySeconds", 0))*time.Second).Format(time.RFC3339Nano))
	v.set("_messages", append(append(document.List{}, items(v.doc, "_messages")...), m))
	return nil
}

// sent tells the id of the message that was sent.
func sent(_ []*view, r *request) *document.Object {
	return obj("MD5OfMessageBody", md5Of(text(r.input, "MessageBody")), "MessageId", uuid("message", r.id))
}

// redrive is where messages go that were received too often.
func (v *view) redrive() (queue string, most int64) {
	var policy struct {
		Target string `json:"deadLetterTargetArn"`
		Most   any    `json:"maxReceiveCount"`
	}
	if json.Unmarshal([]byte(text(member(v.doc, "Attributes"), "RedrivePolicy")), &policy) != nil {
		return "", 0
	}
	n, _ := strconv.ParseInt(document.PythonText(policy.Most), 10, 64)
	if f, ok := policy.Most.(float64); ok {
		n = int64(f)
	}
	return endOf(policy.Target), n
}

// receives hides what it returns for a time; what was received too often goes to the dead letter queue.
func receives(v *view, r *request) error {
	timeout := time.Duration(integer(r.input, "VisibilityTimeout", 30)) * time.Second
	most := integer(r.input, "MaxNumberOfMessages", 1)
	dead, limit := v.redrive()
	left, out := document.List{}, document.List{}
	for _, m := range objects(v.doc, "_messages") {
		m = m.Clone()
		switch count := integer(m, "count", 0); {
		case hiddenUntil(m).After(v.now) || int64(len(out)) == most:
		case dead != "" && count >= limit:
			v.s.deadLetter(r, dead, m)
			continue
		default:
			m.Set("count", count+1)
			m.Set("until", v.now.Add(timeout).Format(time.RFC3339Nano))
			out = append(out, m)
		}
		left = append(left, m)
	}
	v.set("_messages", left)
	v.doc.Set("_received", out)
	return nil
}

// deadLetter puts a message into another queue.
func (s *Sandbox) deadLetter(r *request, queue string, m *document.Object) {
	if to := s.look(r, "sqs queue", queue); to != nil {
		m = m.Clone()
		m.Set("count", int64(0))
		m.Set("until", "")
		to.set("_messages", append(append(document.List{}, items(to.doc, "_messages")...), m))
	}
}

// receivedMessages are the messages that a call returns.
func receivedMessages(all []*view, _ *request) *document.Object {
	got := objects(all[0].doc, "_received")
	if len(got) == 0 {
		return obj()
	}
	return obj("Messages", list(got, func(m *document.Object) any {
		return obj("MessageId", text(m, "id"), "ReceiptHandle", receiptOf(m), "MD5OfBody", md5Of(text(m, "body")), "Body", text(m, "body"))
	}))
}

// receiptOf is the handle of a message that was received.
func receiptOf(m *document.Object) string {
	return hexOf(32, "receipt", text(m, "id"), text(m, "until"))
}

// deletesMessage takes a message away by its handle.
func deletesMessage(v *view, r *request) error {
	left := document.List{}
	for _, m := range objects(v.doc, "_messages") {
		if receiptOf(m) != text(r.input, "ReceiptHandle") {
			left = append(left, m)
		}
	}
	if len(left) == len(items(v.doc, "_messages")) && len(text(r.input, "ReceiptHandle")) != 32 {
		return refuse(http.StatusBadRequest, "ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
	}
	v.set("_messages", left)
	return nil
}

// moves puts the messages of a dead letter queue back into the queue that they came from.
func moves(v *view, r *request) error {
	to := queueName(text(r.input, "DestinationArn"))
	if to == "" {
		for _, source := range sourceNames(v) {
			to = source
		}
	}
	if to == "" {
		return refuse(http.StatusBadRequest, "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
	}
	n := 0
	for _, m := range objects(v.doc, "_messages") {
		v.s.deadLetter(r, to, m)
		n++
	}
	v.set("_messages", document.List{})
	v.set("_moves", document.List{obj("Status", "COMPLETED", "SourceArn", queueARN(v.name), "DestinationArn", queueARN(to),
		"ApproximateNumberOfMessagesMoved", int64(n), "StartedTimestamp", v.now.UnixMilli())})
	return nil
}

// sourceNames are the queues whose dead letters a queue has.
func sourceNames(v *view) []string {
	var out []string
	for _, other := range v.s.all(&request{now: v.now}, "sqs queue", "") {
		if dead, _ := other.redrive(); dead == v.name {
			out = append(out, other.name)
		}
	}
	return out
}

// sourcesOf lists the addresses of those.
func sourcesOf(all []*view, _ *request) *document.Object {
	return obj("queueUrls", list(sourceNames(all[0]), func(name string) any {
		return "https://sqs." + region + ".amazonaws.com/" + accountID + "/" + name
	}))
}
