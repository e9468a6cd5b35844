package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestEventsVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{"events ListRules", `{}`, `{"Rules":[{"Name":"r","State":"ENABLED"}]}`, procedures.Passed, "1 rule, all ENABLED."},
		{
			"events ListRules", `{}`, `{"Rules":[{"Name":"r","State":"DISABLED"},{"Name":"s","State":"ENABLED"}]}`,
			procedures.Warned, "1 rule is disabled: r.",
		},
		{"events ListRules", `{}`, `{"Rules":[]}`, procedures.Warned, "No rule matches."},
	})
}

func TestEventsRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{"what a call does not name of a rule is gone", "events put-rule --name r --schedule-expression rate(2hours)",
			`{"Name":"r","Arn":"arn:aws:events:us-east-1:123456789012:rule/r","ScheduleExpression":"rate(1hour)",` +
				`"State":"DISABLED","Description":"why","EventBusName":"default"}`,
			[]string{
				"ScheduleExpression: rate(1hour) -> rate(2hours)", "State: DISABLED -> ENABLED", "Description: why -> ",
			}, "aws events put-rule --name r --schedule-expression rate(1hour) --state DISABLED --description why " +
				"--event-bus-name default"},
	})
}

func TestEventTargetVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"events ListTargetsByRule", `{"Rule":"nightly"}`,
			`{"Targets":[{"Id":"1","Arn":"arn:aws:lambda:us-east-1:1:function:clean"}]}`,
			procedures.Passed, "clean: no dead letter queue.",
		},
		{
			"events ListTargetsByRule", `{"Rule":"nightly"}`,
			`{"Targets":[]}`,
			procedures.Warned, "There is no target: the rule does nothing.",
		},
	})
}
