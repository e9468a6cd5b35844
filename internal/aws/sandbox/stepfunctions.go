package sandbox

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// stepfunctionsLiving is AWS Step Functions: machines and their executions. Nothing of a definition is carried out.
// https://docs.aws.amazon.com/step-functions/latest/apireference/Welcome.html
func stepfunctionsLiving() *living {
	execution := func(a act) act { a.kind, a.by = "execution", "executionArn"; return a }
	machine := func(a act) act { a.kind, a.by = "machine", "stateMachineArn"; return a }
	return &living{
		service: "stepfunctions", token: "400 InvalidToken Invalid Token",
		estate: []string{"machine/" + estate + "-nightly", "execution/" + estate + "-nightly/" + uuid("execution", estate)},
		kinds: map[string]*kind{
			"machine": {
				shape: "DescribeStateMachine", id: "name", arn: "stateMachineArn", state: "status", healthy: sfnMachine,
				plain:   endOf,
				missing: "400 StateMachineDoesNotExist State Machine Does Not Exist: '{name}'",
			},
			"execution": {
				shape: "DescribeExecution", id: "name", arn: "executionArn", state: "status", under: "machine", healthy: sfnExecution,
				born: "RUNNING 10s SUCCEEDED", plain: executionName, now: executionNow,
				missing: "400 ExecutionDoesNotExist Execution Does Not Exist: '{name}'",
				exists:  "400 ExecutionAlreadyExists Execution Already Exists: '{name}'",
			},
		},
		acts: map[string]act{
			"ListStateMachines":    {does: reads, kind: "machine", at: "stateMachines"},
			"DescribeStateMachine": machine(act{does: reads, takes: "includedData"}),
			"UpdateStateMachine": machine(act{does: changes, changing: true, takes: "publish versionDescription",
				wraps: func(all []*view, _ *request) *document.Object { return obj("updateDate", all[0].now) }}),
			"ListExecutions": {
				does: reads, kind: "execution", in: "stateMachineArn", at: "executions", only: map[string]string{"statusFilter": "status"},
				takes: "stateMachineArn redriveFilter mapRunArn",
			},
			"StartExecution": {
				does: startsExecution, creating: true, changing: true, kind: "execution", in: "stateMachineArn",
				takes: "traceHeader name input",
			},
			"DescribeExecution": execution(act{does: reads, takes: "includedData"}),
			"StopExecution": execution(act{does: changes, takes: "error cause", life: "ABORTED",
				wraps: func(all []*view, _ *request) *document.Object { return obj("stopDate", all[0].now) }}),
			"RedriveExecution": execution(act{does: changes, life: "RUNNING 10s SUCCEEDED", cures: "execution-fails",
				also: func(v *view, _ *request) error {
					if v.state == "SUCCEEDED" || v.state == "RUNNING" {
						return refuse(400, "ExecutionNotRedrivable", "Execution is %s and cannot be redriven.", v.state)
					}
					return nil
				},
				wraps: func(all []*view, _ *request) *document.Object { return obj("redriveDate", all[0].now) }}),
			"GetExecutionHistory": execution(act{does: reads, takes: "maxResults reverseOrder nextToken includeExecutionData",
				wraps: history}),
			"ListTagsForResource": {does: noTags, takes: "resourceArn"},
		},
		faults: []Fault{{
			Name: "execution-fails", Title: "Executions of a state machine end with a timeout", of: "execution", breaks: patch(
				`{"status":"FAILED","error":"States.Timeout","cause":"The state did not end in time."}`),
			Sees: "stepfunctions describe-execution --execution-arn arn:aws:states:us-east-1:123456789012:execution:nightly:run-1",
		}},
	}
}

// executionName is MACHINE/NAME of an execution's ARN.
func executionName(named string) string {
	if _, rest, ok := strings.Cut(named, ":execution:"); ok {
		return strings.Replace(rest, ":", "/", 1)
	}
	return named
}

// executionNow leaves out what an execution has only at its end.
func executionNow(v *view) {
	if v.thing != nil && !v.thing.Born.IsZero() {
		v.doc.Set("startDate", v.thing.Born)
		v.doc.Set("stopDate", v.since)
	}
	switch v.state {
	case "RUNNING":
		v.doc.Delete("stopDate")
		v.doc.Delete("output")
	case "ABORTED":
		v.doc.Set("stopDate", v.since)
		v.doc.Delete("output")
	}
}

// startsExecution gives an execution a name where the call has none.
func startsExecution(s *Sandbox, r *request, _ *act, k *kind) (*document.Object, error) {
	machine := endOf(text(r.input, "stateMachineArn"))
	name := text(r.input, "name")
	if name == "" {
		name = uuid("execution", r.id)
	}
	if s.look(r, "stepfunctions machine", machine) == nil {
		return nil, serviceErrorOf(kindOf("stepfunctions machine").missing, text(r.input, "stateMachineArn"))
	}
	key := "stepfunctions execution/" + machine + "/" + name
	if s.obstacle(r, key) {
		return nil, serviceErrorOf(k.exists, name)
	}
	s.world.Things[key] = &thing{From: r.operation, Born: r.now}
	v := s.see(r, "stepfunctions execution", machine+"/"+name)
	if input := text(r.input, "input"); input != "" {
		v.set("input", input)
	}
	v.live(k.born)
	s.touch(r, name, "AWS::StepFunctions::StateMachine")
	return obj("executionArn", v.text("executionArn"), "startDate", r.now), nil
}

// history is the beginning and the end of an execution.
func history(all []*view, _ *request) *document.Object {
	v := all[0]
	out := document.List{obj("timestamp", v.began(), "type", "ExecutionStarted", "id", int64(1), "previousEventId", int64(0),
		"executionStartedEventDetails", obj("input", v.text("input"), "roleArn", "arn:aws:iam::"+accountID+":role/states"))}
	switch v.text("status") {
	case "SUCCEEDED":
		out = append(out, obj("timestamp", v.since, "type", "ExecutionSucceeded", "id", int64(2), "previousEventId", int64(1),
			"executionSucceededEventDetails", obj("output", v.text("output"))))
	case "FAILED":
		out = append(out, obj("timestamp", v.since, "type", "ExecutionFailed", "id", int64(2), "previousEventId", int64(1),
			"executionFailedEventDetails", obj("error", v.text("error"), "cause", v.text("cause"))))
	}
	return obj("events", out)
}

const (
	sfnMachine = `{"stateMachineArn":"arn:aws:states:$region:$account:stateMachine:$name","name":"$name","status":"ACTIVE","definition":
"{\"StartAt\":\"Done\",\"States\":{\"Done\":{\"Type\":\"Succeed\"}}}","roleArn":"arn:aws:iam::$account:role/states","type":"STANDARD",
"creationDate":"$born","loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false}}`
	sfnExecution = `{"executionArn":"arn:aws:states:$region:$account:execution:$parent:$name","stateMachineArn":
"arn:aws:states:$region:$account:stateMachine:$parent","name":"$name","status":"SUCCEEDED","startDate":"$day.02:00","stopDate":"$day.02:10",
"input":"{}","output":"{}","redriveCount":0,"redriveStatus":"NOT_REDRIVABLE"}`
)
