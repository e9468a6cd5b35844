package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSNSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"sns ListSubscriptionsByTopic", `{"TopicArn":"arn:aws:sns:us-east-1:1:alerts"}`,
			`{"Subscriptions":[{"SubscriptionArn":"arn:aws:sns:us-east-1:1:alerts:4f","Protocol":"email",` +
				`"Endpoint":"ana@example.org"}]}`,
			procedures.Passed, "alerts: email ana@example.org: confirmed.",
		},
		{
			"sns ListSubscriptionsByTopic", `{"TopicArn":"arn:aws:sns:us-east-1:1:alerts"}`,
			`{"Subscriptions":[{"SubscriptionArn":"PendingConfirmation","Protocol":"https",` +
				`"Endpoint":"https://hooks.example.org/secret"},{"SubscriptionArn":"arn:aws:sns:us-east-1:1:alerts:4f",` +
				`"Protocol":"sqs","Endpoint":"arn:aws:sqs:us-east-1:1:q"}]}`,
			procedures.Warned, "alerts: 1 of 2 subscriptions confirmed; https hooks.example.org: PendingConfirmation.",
		},
		{
			"sns ListSubscriptionsByTopic", `{"TopicArn":"arn:aws:sns:us-east-1:1:alerts"}`,
			`{"Subscriptions":[]}`,
			procedures.Warned, "alerts: there is no subscription: nobody is told.",
		},
	})
}
