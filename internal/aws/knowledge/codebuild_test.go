package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCodeBuildVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"codebuild BatchGetBuilds", `{"ids":["api:118"]}`,
			`{"builds":[{"id":"api:118","projectName":"api","buildStatus":"SUCCEEDED"}]}`,
			procedures.Passed, "api:118: SUCCEEDED.",
		},
		{
			"codebuild BatchGetBuilds", `{"ids":["api:118"]}`,
			`{"builds":[{"id":"api:118","projectName":"api","buildStatus":"FAILED","phases":[{"phaseType":"BUILD",` +
				`"phaseStatus":"FAILED","contexts":[{"message":"exit status 1"}]}]}]}`,
			procedures.Failed, "api:118: FAILED in BUILD: exit status 1.",
		},
		{
			"codebuild BatchGetBuilds", `{"ids":["api:118"]}`,
			`{"builds":[{"id":"api:118","projectName":"api","buildStatus":"IN_PROGRESS"}]}`,
			procedures.Warned, "api:118: IN_PROGRESS.",
		},
	})
}
