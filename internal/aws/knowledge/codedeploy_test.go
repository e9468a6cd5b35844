package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCodeDeployVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"codedeploy GetDeployment", `{"deploymentId":"d-1"}`,
			`{"deploymentInfo":{"deploymentId":"d-1","status":"Succeeded"}}`,
			procedures.Passed, "d-1: Succeeded.",
		},
		{
			"codedeploy GetDeployment", `{"deploymentId":"d-1"}`,
			`{"deploymentInfo":{"deploymentId":"d-1","status":"Failed",` +
				`"errorInformation":{"message":"too many instances failed."}}}`,
			procedures.Failed, "d-1: Failed: too many instances failed.",
		},
		{
			"codedeploy GetDeployment", `{"deploymentId":"d-1"}`,
			`{"deploymentInfo":{"deploymentId":"d-1","status":"Ready"}}`,
			procedures.Warned, "d-1: Ready.",
		},
	})
}
