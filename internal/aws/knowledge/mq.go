package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// mqService is Amazon MQ. https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers-broker-id.html
func mqService() service {
	return service{operations: map[string]Operation{
		"DescribeBroker": survey{
			reads: "BrokerName, BrokerState, ActionsRequired[].ActionRequiredCode",
			kind:  "broker", kinds: "brokers", name: "BrokerName",
			state: "BrokerState", states: thing.with(states{fail: "critical action required"}),
			each: func(_ answered, o *document.Object) finding {
				if actions := members(o, "ActionsRequired"); len(actions) > 0 {
					return found(procedures.Warned, "%s is to be done", str(actions[0], "ActionRequiredCode"))
				}
				return finding{}
			},
		}.operation(),
	}}
}
