package knowledge

import (
	"cmp"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// codepipelineService is AWS CodePipeline. https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GetPipelineState.html
func codepipelineService() service {
	return service{operations: map[string]Operation{
		"GetPipelineState": survey{
			reads: "stageStates[]: stageName, inboundTransitionState.enabled, inboundTransitionState.disabledReason; " +
				"stageStates[].actionStates[]: actionName, latestExecution.status, latestExecution.summary, " +
				"latestExecution.errorDetails.message",
			list: "stageStates", kind: "stage", kinds: "stages", name: "stageName", good: "Succeeded", each: judgeStage,
		}.operation(),
	}}
}

// judgeStage reads the newest executions of a stage's actions, and whether the way into it is shut.
func judgeStage(_ answered, o *document.Object) finding {
	var f finding
	for _, a := range members(o, "actionStates") {
		state := textAt(a, "latestExecution.status")
		if state == "" {
			continue
		}
		one := job.finding(state)
		if one.verdict != procedures.Passed {
			why := cmp.Or(textAt(a, "latestExecution.errorDetails.message"), textAt(a, "latestExecution.summary"))
			one.says = str(a, "actionName") + " " + one.says
			if why != "" {
				one.says += ": " + strings.TrimRight(shortened(why), ".")
			}
		}
		f = worse(f, one)
	}
	if way := child(o, "inboundTransitionState"); way != nil && !truthAt(way, "enabled") {
		f = worse(f, found(procedures.Warned, "the way in is shut: %s", cmp.Or(shortened(str(way, "disabledReason")), "nobody says why")))
	}
	if f.verdict == "" {
		return found(procedures.NoData, "nothing was executed")
	}
	return f
}
