package knowledge

// stepfunctionsService is AWS Step Functions. https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
func stepfunctionsService() service {
	return service{operations: map[string]Operation{
		"DescribeExecution": survey{
			reads: "name, status, startDate, error, cause",
			kind:  "execution", kinds: "executions", name: "name",
			state: "status", since: "startDate", reason: "error|cause", states: executionStates,
		}.operation(),
		// Only the newest execution of each machine counts: an older failure was repeated.
		"ListExecutions": survey{
			reads: "executions[]: stateMachineArn, status, startDate",
			list:  "executions", kind: "execution", kinds: "state machines", name: "stateMachineArn", good: "well",
			newest: "startDate", state: "status", since: "startDate", states: executionStates,
		}.operation(),
	}}
}

var executionStates = job.with(states{warn: "pending redrive"})
