package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCodePipelineVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"codepipeline GetPipelineState", `{"name":"orders"}`,
			`{"stageStates":[{"stageName":"Build","inboundTransitionState":{"enabled":true},` +
				`"actionStates":[{"actionName":"Compile","latestExecution":{"status":"Succeeded"}}]}]}`,
			procedures.Passed, "Build: Succeeded.",
		},
		{
			"codepipeline GetPipelineState", `{"name":"orders"}`,
			`{"stageStates":[{"stageName":"Build","actionStates":[{"actionName":"Compile",` +
				`"latestExecution":{"status":"Succeeded"}}]},{"stageName":"Deploy","actionStates":[{"actionName":"Roll",` +
				`"latestExecution":{"status":"Failed","errorDetails":{"message":"no capacity."}}}]}]}`,
			procedures.Failed, "1 of 2 stages Succeeded; Deploy: Roll Failed: no capacity.",
		},
		{
			"codepipeline GetPipelineState", `{"name":"orders"}`,
			`{"stageStates":[{"stageName":"Deploy","inboundTransitionState":{"enabled":false,"disabledReason":"holidays"},` +
				`"actionStates":[{"actionName":"Roll","latestExecution":{"status":"Succeeded"}}]}]}`,
			procedures.Warned, "Deploy: the way in is shut: holidays.",
		},
	})
}
