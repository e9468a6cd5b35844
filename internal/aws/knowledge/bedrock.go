package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// bedrockAgentService is Amazon Bedrock's agents at work: what an agent or a flow does may be anything that its tools do, though IAM lists
// asking it as reading.
func bedrockAgentService() service {
	return service{
		operations: map[string]Operation{
			"InvokeAgent": {Effect: procedures.EffectChange}, "InvokeInlineAgent": {Effect: procedures.EffectChange},
			"InvokeFlow": {Effect: procedures.EffectChange},
		},
	}
}

// qbusinessService is Amazon Q Business, whose chats may carry out the actions of plugins.
func qbusinessService() service {
	return service{
		operations: map[string]Operation{"Chat": {Effect: procedures.EffectChange}, "ChatSync": {Effect: procedures.EffectChange}},
	}
}
