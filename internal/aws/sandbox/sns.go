package sandbox

import (
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// snsLiving is Amazon SNS: topics and who subscribes to them. What is published is sent to queues of the sandbox only.
// https://docs.aws.amazon.com/sns/latest/api/welcome.html
func snsLiving() *living {
	topic := func(a act) act { a.kind, a.by = "topic", "TopicArn"; return a }
	return &living{
		service: "sns", token: "400 InvalidParameter Invalid parameter: NextToken",
		estate: []string{"topic/" + estate + "-alerts"},
		kinds: map[string]*kind{
			"topic": {
				shape: "ListTopics Topics", id: "TopicArn", arn: "TopicArn", healthy: `{"TopicArn":"arn:aws:sns:$region:$account:$name"}`,
				missing: "404 NotFound Topic does not exist", brings: func(_ *Sandbox, name string, _ time.Time) []string {
					return []string{"sns subscription/" + name + "/" + uuid("mail", name),
						"sns subscription/" + name + "/" + uuid("hook", name)}
				},
			},
			"subscription": {
				shape: "ListSubscriptions Subscriptions", id: "SubscriptionArn", under: "topic", healthy: snsSubscription,
				plain: subscriptionName, missing: "404 NotFound Subscription does not exist",
			},
		},
		acts: map[string]act{
			"ListTopics": {does: reads, kind: "topic", at: "Topics"},
			"CreateTopic": {does: creates, creating: true, kind: "topic", by: "Name", takes: "Attributes Tags",
				wraps: func(all []*view, _ *request) *document.Object { return obj("TopicArn", all[0].text("TopicArn")) }},
			"DeleteTopic": topic(act{does: removes, bare: true}),
			"GetTopicAttributes": topic(act{does: reads, wraps: func(all []*view, _ *request) *document.Object {
				v := all[0]
				return obj("Attributes", obj("TopicArn", v.text("TopicArn"), "Owner", accountID, "DisplayName", "",
					"SubscriptionsConfirmed",
					document.PythonText(int64(len(v.s.all(&request{now: v.now}, "sns subscription", v.name)))), "SubscriptionsPending", "0",
					"SubscriptionsDeleted", "0"))
			}}),
			"SetTopicAttributes":       topic(act{does: changes, takes: "AttributeName AttributeValue", bare: true}),
			"ListSubscriptions":        {does: reads, kind: "subscription", at: "Subscriptions"},
			"ListSubscriptionsByTopic": {does: reads, kind: "subscription", in: "TopicArn", at: "Subscriptions"},
			"Subscribe": {
				does: creates, creating: true, changing: true, kind: "subscription", in: "TopicArn", names: "$uuid.subscription",
				takes: "Attributes ReturnSubscriptionArn", also: subscribes,
				wraps: func(all []*view, _ *request) *document.Object {
					return obj("SubscriptionArn", all[0].text("SubscriptionArn"))
				},
			},
			"ConfirmSubscription": topic(act{
				does: changes, takes: "Token AuthenticateOnUnsubscribe", also: confirms,
				wraps: func(all []*view, _ *request) *document.Object {
					return obj("SubscriptionArn", all[0].text("TopicArn")+":"+uuid("confirmed", all[0].key))
				},
			}),
			"Unsubscribe": {does: unsubscribes, kind: "subscription", takes: "SubscriptionArn"},
			"Publish": topic(act{
				does: changes, takes: "Message Subject MessageStructure MessageAttributes MessageGroupId MessageDeduplicationId",
				also:  publishes,
				wraps: func(_ []*view, r *request) *document.Object { return obj("MessageId", uuid("message", r.id)) },
			}),
		},
		faults: []Fault{{
			Name: "sns-unconfirmed", Title: "A subscription of a topic is not confirmed", of: "subscription",
			breaks: patch(`{"SubscriptionArn":"PendingConfirmation"}`),
			Sees:   "sns list-subscriptions-by-topic --topic-arn arn:aws:sns:us-east-1:123456789012:alerts",
		}},
	}
}

// subscriptionName is TOPIC/ID of a subscription's ARN.
func subscriptionName(named string) string {
	id := endOf(named)
	if id == named {
		return named
	}
	return endOf(named[:len(named)-len(id)-1]) + "/" + id
}

// subscribes lets queues and functions subscribe at once; others have to confirm.
func subscribes(v *view, r *request) error {
	if p := text(r.input, "Protocol"); p != "sqs" && p != "lambda" {
		v.set("SubscriptionArn", "PendingConfirmation")
	}
	return nil
}

// confirms confirms all subscriptions of a topic that are pending.
func confirms(v *view, r *request) error {
	for _, s := range v.s.all(r, "sns subscription", v.name) {
		v.s.cure("sns-unconfirmed", s, r)
		s.set("SubscriptionArn", v.text("TopicArn")+":"+s.name)
	}
	return nil
}

// unsubscribes ends a subscription.
func unsubscribes(s *Sandbox, r *request, _ *act, k *kind) (*document.Object, error) {
	v := s.look(r, "sns subscription", subscriptionName(text(r.input, "SubscriptionArn")))
	if v == nil {
		return nil, serviceErrorOf(k.missing, "")
	}
	v.hold().Gone = true
	s.touch(r, v.name, "AWS::SNS::Subscription")
	return nil, nil
}

// publishes puts a message into the queues that subscribe.
func publishes(v *view, r *request) error {
	for _, s := range v.s.all(r, "sns subscription", v.name) {
		if s.text("Protocol") == "sqs" {
			v.s.deadLetter(r, endOf(s.text("Endpoint")), obj("id", uuid("message", r.id), "body", text(r.input, "Message")))
		}
	}
	return nil
}

const snsSubscription = `{"SubscriptionArn":"arn:aws:sns:$region:$account:$parent:$name","Owner":"$account","Protocol":"email",
"Endpoint":"oncall-$hex4.mail@example.org","TopicArn":"arn:aws:sns:$region:$account:$parent"}`
