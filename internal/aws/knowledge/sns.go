package knowledge

import (
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// snsService is Amazon SNS.
func snsService() service {
	return service{
		operations: map[string]Operation{
			// The owner of an endpoint confirms a subscription; until then it has no ARN.
			"ListSubscriptionsByTopic": survey{
				reads: "Subscriptions[]: SubscriptionArn, Protocol, Endpoint",
				list:  "Subscriptions", kind: "subscription", kinds: "subscriptions", good: "confirmed", whose: true,
				each: judgeSubscription,
				none: procedures.Judgement{Verdict: procedures.Warned, Reason: "There is no subscription: nobody is told."},
			}.operation(),
			"Publish": {change: Change{
				Kind: "topic", NotRead: "a message is not kept by its topic",
				NoWait:     atOnce,
				NoRollback: sent,
			}},
		},
	}
}

// judgeSubscription warns of one that nobody has confirmed. Of an address of the web only the host is told, as the rest may be secret.
func judgeSubscription(_ answered, o *document.Object) finding {
	endpoint := lastPart(str(o, "Endpoint"))
	if u, err := url.Parse(str(o, "Endpoint")); err == nil && u.Host != "" {
		endpoint = u.Hostname()
	}
	f := found(procedures.Passed, "confirmed")
	if !strings.HasPrefix(str(o, "SubscriptionArn"), "arn:") {
		f = found(procedures.Warned, "%s", str(o, "SubscriptionArn"))
	}
	f.name = strings.TrimSpace(str(o, "Protocol") + " " + endpoint)
	return f
}
