package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestStepFunctionsVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{"stepfunctions DescribeExecution", `{}`, `{"name":"nightly","status":"SUCCEEDED"}`, procedures.Passed, "nightly: SUCCEEDED."},
		{
			"stepfunctions DescribeExecution", `{}`,
			`{"name":"nightly","status":"TIMED_OUT","startDate":"2026-11-24T07:02:00+00:00","error":"States.Timeout"}`,
			procedures.Failed, "nightly: TIMED_OUT since 07:02: States.Timeout.",
		},
		{"stepfunctions DescribeExecution", `{}`, `{"name":"nightly","status":"RUNNING"}`, procedures.Warned, "nightly: RUNNING."},
		{
			"stepfunctions ListExecutions", `{}`,
			`{"executions":[{"stateMachineArn":"arn:aws:states:us-east-1:1:stateMachine:orders","status":"FAILED",` +
				`"startDate":"2026-11-24T06:02:00+00:00"},{"stateMachineArn":"arn:aws:states:us-east-1:1:stateMachine:orders",` +
				`"status":"SUCCEEDED","startDate":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Passed, "orders: SUCCEEDED.",
		},
		{
			"stepfunctions ListExecutions", `{}`,
			`{"executions":[{"stateMachineArn":"arn:aws:states:us-east-1:1:stateMachine:orders","status":"ABORTED",` +
				`"startDate":"2026-11-24T06:02:00+00:00"}]}`,
			procedures.Warned, "orders: ABORTED since 06:02.",
		},
	})
}
