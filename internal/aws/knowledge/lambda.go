package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// function makes the input of a read or a waiter of that of a call that names a function.
const function = "{FunctionName: FunctionName}"

// lambdaService is AWS Lambda. Updates are asynchronous: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
func lambdaService() service {
	return service{
		slow: []string{"CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration"},
		operations: map[string]Operation{
			"GetFunction":              {rule: judgeFunction},
			"GetFunctionConfiguration": {rule: judgeFunction},
			"ListEventSourceMappings": survey{
				reads: "EventSourceMappings[]: EventSourceArn, UUID, State, LastProcessingResult",
				list:  "EventSourceMappings", kind: "event source", kinds: "event sources", name: "EventSourceArn|UUID",
				good: "enabled", whose: true, state: "State", states: thing, each: judgeProcessing,
			}.operation(),
			"GetFunctionConcurrency": {reads: "ReservedConcurrentExecutions", rule: judgeConcurrency},
			// Variables, layers and VPC settings are replaced as a whole: what the call does
			// not name is gone. The waiter polls LastUpdateStatus.
			"UpdateFunctionConfiguration": {
				Slow: true,
				sentence: "Changes the configuration of the function {FunctionName}{MemorySize:: memory to %s " +
					"MB}{Timeout:, timeout to %s s}",
				change: Change{
					Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function,
					Excluded: []string{"FunctionName"}, Whole: []string{"Environment", "Layers", "VpcConfig"},
					Waiter: "FunctionUpdatedV2", WaitWith: function,
					Restores: true,
				},
			},
			// The code's place in the answer of GetFunction is a link of ten minutes to what
			// is deployed now.
			"UpdateFunctionCode": {
				Slow: true, sentence: "Replaces the code of the function {FunctionName}",
				change: Change{
					Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function,
					Excluded: []string{"FunctionName"},
					Waiter:   "FunctionUpdatedV2", WaitWith: function,
					NoRollback: "AWS does not keep the code that was replaced, unless a version of it was published: " +
						"put that one in again",
				},
			},
			// What a function does is unknown, so that an invocation is a change whatever the
			// access level says.
			"Invoke": {
				Effect: procedures.EffectChange, tellingRead: "GetFunction",
				reads: "StatusCode, FunctionError", rule: judgeInvocation,
				sentence: "Invokes the function {FunctionName}",
				change: Change{
					Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function,
					Excluded:   []string{"FunctionName", "Payload"},
					NoWait:     "it answers when the function has ended",
					NoRollback: notRun,
				},
			},
			// A version is published only where code or configuration differ from the last
			// one.
			"PublishVersion": {
				tellingRead: "ListVersionsByFunction",
				change: Change{
					Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function,
					Excluded:   []string{"FunctionName", "Description", "CodeSha256"},
					NoWait:     atOnce,
					NoRollback: "a version is never changed again; one that nothing uses does no harm",
				},
			},
			// RoutingConfig is replaced as a whole; without it the alias has one version.
			"UpdateAlias": {change: Change{
				Kind: "alias", ReadOperation: "GetAlias",
				Excluded: []string{"FunctionName", "Name"}, Whole: []string{"RoutingConfig"},
				NoWait:   atOnce,
				Restores: true,
			}},
			// An alias that is new has nothing from before; its rollback deletes it.
			"CreateAlias": {change: Change{
				Kind: "alias", ReadOperation: "GetAlias",
				Excluded: []string{"FunctionName"},
				NoWait:   atOnce,
				Rollback: "DeleteAlias", RollbackWith: "{FunctionName: input.FunctionName, Name: input.Name}",
			}},
			// GetFunctionConcurrency answers an empty object for a function without a
			// reservation.
			"PutFunctionConcurrency": {change: Change{
				limits: concurrencyLimits,
				Kind:   "function", ReadOperation: "GetFunctionConcurrency", ReadWith: function,
				Excluded: []string{"FunctionName"},
				NoWait:   atOnce,
				rollback: concurrencyRollback,
				NoRollback: "it had no reserved concurrency before; aws lambda delete-function-concurrency takes it " +
					"away again",
			}},
			// Without a reservation the function shares the account's unreserved concurrency.
			"DeleteFunctionConcurrency": {change: Change{
				Kind: "function", ReadOperation: "GetFunctionConcurrency", ReadWith: function,
				Deletes:  true,
				NoWait:   atOnce,
				Rollback: "PutFunctionConcurrency",
				RollbackWith: "{FunctionName: input.FunctionName, ReservedConcurrentExecutions: " +
					"before.ReservedConcurrentExecutions}",
			}},
			// Enabled is sent, but State is read: Enabled, Disabled, or on the way to one of
			// them.
			"UpdateEventSourceMapping": {change: Change{
				Kind: "event source mapping", ReadOperation: "GetEventSourceMapping",
				Excluded:   []string{"FunctionName", "Enabled"},
				Until:      "!contains(['Creating', 'Updating', 'Enabling', 'Disabling'], State)",
				NoRollback: "the same call with --enabled or --no-enabled, as it was",
			}},
			// Versions and aliases are deleted with the function.
			"DeleteFunction": {change: Change{
				Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function,
				Deletes:    true,
				NoWait:     atOnce,
				NoRollback: gone,
			}},
		},
	}
}

// judgeFunction passes a function that is Active and whose last update succeeded. GetFunction has the configuration one level deeper.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html has the states.
func judgeFunction(q answered) *procedures.Judgement {
	c := child(q.answer, "Configuration")
	if c == nil {
		c = q.answer
	}
	name, state, update := str(c, "FunctionName"), str(c, "State"), str(c, "LastUpdateStatus")
	switch {
	case state == "Failed" || update == "Failed":
		reason := str(c, "LastUpdateStatusReason") + str(c, "StateReason")
		return judge(procedures.Failed, "%s: state %s, last update %s. %s", name, state, update, reason)
	// Inactive is a function that was idle so long that its resources were reclaimed: the next
	// invocation makes it Pending.
	case state == "Pending" || state == "Inactive" || update == "InProgress":
		return judge(procedures.Warned, "%s: state %s, last update %s.", name, state, update)
	case state == "Active" && (update == "Successful" || update == ""):
		return judge(procedures.Passed, "%s is Active and its last update was Successful.", name)
	}
	return judge(procedures.NoData, "%s: the answer has no state.", name)
}

// concurrencyRollback restores a reservation; one that was not there can only be removed, by another operation.
func concurrencyRollback(input, before *document.Object) (*document.Object, string) {
	n, ok := before.Get("ReservedConcurrentExecutions")
	if !ok {
		return nil, "it had no reserved concurrency before; aws lambda delete-function-concurrency removes it"
	}
	out := only(input, "FunctionName")
	out.Set("ReservedConcurrentExecutions", n)
	return out, ""
}

// concurrencyLimits say what reserving leaves for the other functions: AWS keeps 100 unreserved.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
func concurrencyLimits(p proposed) []string {
	const kept = 100
	want, ok := figure(p.input, "ReservedConcurrentExecutions")
	answer, err := p.read("lambda", "GetAccountSettings", nil)
	free, known := figure(answer, "AccountLimit", "UnreservedConcurrentExecutions")
	if !ok || err != nil || !known || free-want >= kept {
		return nil
	}
	return []string{fmt.Sprintf("Reserving %.0f would leave %.0f for all other functions; AWS keeps %d and will refuse it.",
		want, free-want, kept)}
}

// judgeInvocation reads whether the function ended with an error; what the error is stands in its payload.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func judgeInvocation(q answered) *procedures.Judgement {
	name := q.about()
	code, ok := numberAt(q.answer, "StatusCode")
	switch problem := str(q.answer, "FunctionError"); {
	case problem != "":
		return judge(procedures.Failed, "%s: %s: the payload says why.", name, problem)
	case !ok:
		return judge(procedures.NoData, "%s: the answer has no status.", name)
	// An event is only put into a queue, and a dry run asks for nothing.
	case code != 200:
		return judge(procedures.Info, "%s: accepted with %.0f; whether the function succeeds is not known.", name, code)
	}
	return judge(procedures.Passed, "%s: it ended without an error.", name)
}

// judgeProcessing reads how the last batch went: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
func judgeProcessing(_ answered, o *document.Object) finding {
	result := str(o, "LastProcessingResult")
	if strings.Contains(strings.ToUpper(result), "PROBLEM") {
		return found(procedures.Failed, "%s", strings.TrimRight(shortened(result), "."))
	}
	return finding{}
}

// judgeConcurrency warns of a function that people switched off: with 0 reserved it never runs.
func judgeConcurrency(q answered) *procedures.Judgement {
	n, ok := numberAt(q.answer, "ReservedConcurrentExecutions")
	switch {
	case !ok:
		return judge(procedures.Info, "%s: no concurrency is reserved.", q.about())
	case n == 0:
		return judge(procedures.Warned, "%s: its reserved concurrency is 0, so that it never runs.", q.about())
	}
	return judge(procedures.Info, "%s: %.0f are reserved.", q.about(), n)
}
