package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// eventsService is Amazon EventBridge.
// PutRule replaces a rule as a whole, its targets excepted: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
func eventsService() service {
	return service{
		operations: map[string]Operation{
			"ListRules": {rule: judgeRules},
			"ListTargetsByRule": survey{
				reads: "Targets[]: Id, Arn, DeadLetterConfig.Arn",
				list:  "Targets", kind: "target", kinds: "targets", name: "Arn", whose: true,
				none: procedures.Judgement{Verdict: procedures.Warned, Reason: "There is no target: the rule does nothing."},
				each: func(_ answered, o *document.Object) finding {
					f := found(procedures.Passed, "no dead letter queue")
					if queue := textAt(o, "DeadLetterConfig.Arn"); queue != "" {
						f.says = "dead letter queue " + lastPart(queue)
					}
					f.id = str(o, "Id")
					return f
				},
			}.operation(),
			// State is compared although members of that name change by themselves elsewhere.
			"DisableRule": {change: Change{
				Kind: "rule", ReadOperation: "DescribeRule",
				Compared: []string{"State"}, predict: predictValue("State", "DISABLED"),
				NoWait:   atOnce,
				Rollback: "EnableRule", RollbackWith: "{Name: input.Name, EventBusName: input.EventBusName}",
			}},
			"EnableRule": {change: Change{
				Kind: "rule", ReadOperation: "DescribeRule",
				Compared: []string{"State"}, predict: predictValue("State", "ENABLED"),
				NoWait:   atOnce,
				Rollback: "DisableRule", RollbackWith: "{Name: input.Name, EventBusName: input.EventBusName}",
			}},
			// A rule without State is ENABLED, and without EventBusName it is on the default
			// bus.
			"PutRule": {change: Change{
				Kind: "rule", ReadOperation: "DescribeRule", ReadWith: "{Name: Name, EventBusName: EventBusName}",
				Defaults: map[string]string{"State": "ENABLED", "EventBusName": "default"}, Replaces: true,
				Compared: []string{"State"},
				NoWait:   atOnce,
				Restores: true, Rollback: "DeleteRule",
				RollbackWith: "{Name: input.Name, EventBusName: input.EventBusName}",
			}},
		},
	}
}

// judgeRules warns of rules that are disabled. ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS is enabled too.
func judgeRules(q answered) *procedures.Judgement {
	rules := members(q.answer, "Rules")
	var off []string
	for _, r := range rules {
		if str(r, "State") != "ENABLED" && !strings.HasPrefix(str(r, "State"), "ENABLED") {
			off = append(off, str(r, "Name"))
		}
	}
	switch {
	// A runbook that asks for rules by a prefix expects some.
	case len(rules) == 0:
		return judge(procedures.Warned, "No rule matches.")
	case len(off) > 0:
		return judge(procedures.Warned, "%s disabled: %s.", plural(len(off), "rule is", "rules are"), strings.Join(off, ", "))
	}
	return judge(procedures.Passed, "%s, all ENABLED.", plural(len(rules), "rule", "rules"))
}
