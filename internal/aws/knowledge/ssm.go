package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// ssmService is AWS Systems Manager. https://docs.aws.amazon.com/systems-manager/latest/APIReference/Welcome.html
func ssmService() service {
	return service{
		operations: map[string]Operation{
			// A machine that is off has no connection either: only one that the line names has to have one.
			"DescribeInstanceInformation": survey{
				reads: "InstanceInformationList[]: InstanceId, PingStatus, LastPingDateTime",
				list:  "InstanceInformationList", kind: "instance", kinds: "instances", name: "InstanceId", good: "Online",
				each: func(q answered, o *document.Object) finding {
					words := vocabularyOf(states{pass: "online", warn: "inactive, connection lost"})
					if q.named("Filters", "InstanceInformationFilterList") {
						words = words.with(states{fail: "connection lost"})
					}
					return survey{state: "PingStatus", since: "LastPingDateTime", states: words}.stateOf(q, o)
				},
			}.operation(),
			"GetCommandInvocation": survey{
				reads: "InstanceId, Status, ResponseCode, StandardErrorContent",
				kind:  "command", kinds: "commands", name: "InstanceId", each: judgeInvocationOfCommand,
			}.operation().withErrors(map[string]procedures.Judgement{"InvocationDoesNotExist": {Verdict: procedures.NoData}}),
			"DescribeParameters": survey{
				reads: "Parameters[]: Name, Type",
				list:  "Parameters", kind: "parameter", kinds: "parameters", name: "Name",
				none: procedures.Judgement{Verdict: procedures.Info}, each: judgeParameter,
			}.operation(),
			"GetParameter":        {Secret: true},
			"GetParameters":       {Secret: true},
			"GetParametersByPath": {Secret: true},
			// Description, tags and the key are not in the answer of GetParameter. A
			// SecureString is read without decryption, so that its value is never on a page.
			"PutParameter": {change: Change{
				Kind: "parameter", ReadOperation: "GetParameter", ReadWith: "{Name: Name}", ReadAt: "Parameter",
				Excluded: []string{"Name", "Overwrite", "Description", "Tags", "KeyId"},
				Volatile: []string{"Version"}, predict: predictParameter,
				NoWait:   atOnce,
				rollback: parameterRollback, Rollback: "DeleteParameter", RollbackWith: "{Name: input.Name}",
			}},
			"DeleteParameter": {change: Change{
				Kind: "parameter", ReadOperation: "GetParameter", ReadWith: "{Name: Name}", ReadAt: "Parameter",
				Deletes:      true,
				NoWait:       atOnce,
				Rollback:     "PutParameter",
				RollbackWith: "{Name: input.Name, Type: before.Type, Value: before.Value}",
			}},
			// What commands and automations do to instances is unknown, and with it their
			// rollback.
			"SendCommand": {
				tellingRead: "ListCommands",
				change: Change{
					Kind: "instance", NotRead: "what a command changes is not known",
					NoWait:     "aws ssm wait command-executed waits for the id that it returns",
					NoRollback: notRun,
				},
			},
			"StartAutomationExecution": {change: Change{
				Kind: "document", NotRead: "what an automation changes is not known",
				NoWait:     "aws ssm get-automation-execution tells how far it is",
				NoRollback: notRun,
			}},
		},
	}
}

// parameterRollback restores type and value. A SecureString is read encrypted, and is not put back: the encrypted text would become
// its value.
func parameterRollback(input, before *document.Object) (*document.Object, string) {
	if before == nil {
		return nil, "it did not exist before: aws ssm delete-parameter deletes it"
	}
	if kind, _ := before.Get("Type"); kind == "SecureString" {
		return nil, "its value from before is encrypted and is not read here; AWS keeps it as the version before"
	}
	out := only(input, "Name")
	for _, name := range []string{"Type", "Value"} {
		v, _ := before.Get(name)
		out.Set(name, v)
	}
	out.Set("Overwrite", true)
	return out, ""
}

// predictParameter does not show what is to be kept encrypted.
func predictParameter(c Change, input, before *document.Object) []procedures.Difference {
	out := c.Compare(before, c.after(input, before))
	if textOf(input, "Type") != "SecureString" && textOf(before, "Type") != "SecureString" {
		return out
	}
	for i, d := range out {
		if d.Path == "Value" && d.Before != "" {
			out[i].Before = notShown
		}
		if d.Path == "Value" {
			out[i].After = "another value " + notShown
		}
	}
	return out
}

// judgeInvocationOfCommand reads how a command ended on an instance, and the end of what it said.
func judgeInvocationOfCommand(_ answered, o *document.Object) finding {
	f := job.with(states{warn: "delayed"}).finding(str(o, "Status"))
	if f.verdict != procedures.Failed {
		return f
	}
	if code, ok := numberAt(o, "ResponseCode"); ok && code > 0 {
		f.says = fmt.Sprintf("%s with exit %.0f", f.says, code)
	}
	lines := strings.Split(strings.TrimSpace(str(o, "StandardErrorContent")), "\n")
	if last := lines[len(lines)-1]; last != "" {
		f.says += ": " + strings.TrimRight(shortened(last), ".")
	}
	return f
}

// judgeParameter warns of a plain text that is named like a secret.
func judgeParameter(_ answered, o *document.Object) finding {
	lower := strings.ToLower(str(o, "Name"))
	for _, word := range []string{"password", "passwd", "secret", "token", "api-key", "apikey", "api_key", "private-key", "private_key"} {
		if strings.Contains(lower, word) && str(o, "Type") == "String" {
			return found(procedures.Warned, "named like a secret, and kept as plain text")
		}
	}
	return found(procedures.Info, "%s", str(o, "Type"))
}
