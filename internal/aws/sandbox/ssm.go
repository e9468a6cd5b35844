package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// ssmLiving is AWS Systems Manager: parameters, managed instances and the commands that are sent to them.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/Welcome.html
func ssmLiving() *living {
	parameter := func(a act) act { a.kind, a.by = "parameter", "Name"; return a }
	return &living{
		service: "ssm", token: "400 InvalidNextToken The specified token is not valid.",
		estate: []string{"parameter//" + estate + "/log-level", "managed/i-0a1b2c3d4e5f60718"},
		kinds: map[string]*kind{
			"parameter": {
				shape: "GetParameter Parameter", id: "Name", arn: "ARN", healthy: ssmParameter, plain: parameterName,
				missing: "400 ParameterNotFound {name}",
				exists: "400 ParameterAlreadyExists The parameter already exists. To overwrite this value, set the overwrite option in " +
					"the request to true.",
			},
			"managed": {
				shape: "DescribeInstanceInformation InstanceInformationList", id: "InstanceId", healthy: ssmManaged,
				missing: "400 InvalidInstanceId Instances [[{name}]] not in a valid state for account " + accountID,
			},
			"command": {
				shape: "ListCommands Commands", id: "CommandId", state: "Status", healthy: ssmCommand, now: commandNow,
				born: "Pending 2s InProgress 5s Success", missing: "400 InvalidCommandId The specified command ID isn't valid.",
			},
			"automation": {
				shape: "GetAutomationExecution AutomationExecution", id: "AutomationExecutionId", state: "AutomationExecutionStatus",
				healthy: ssmAutomation, born: "InProgress 10s Success",
				missing: "400 AutomationExecutionNotFoundException Automation execution {name} not found.",
			},
		},
		acts: map[string]act{
			"GetParameter": parameter(act{does: reads, at: "Parameter", takes: "WithDecryption"}),
			"GetParameters": {
				does: reads, kind: "parameter", by: "Names", takes: "WithDecryption", skips: true,
				wraps: func(all []*view, r *request) *document.Object {
					invalid := document.List{}
					for _, name := range texts(r.input, "Names") {
						if len(matching(all, "Name", []string{parameterName(name)})) == 0 {
							invalid = append(invalid, name)
						}
					}
					return obj("Parameters", list(all, func(v *view) any { return v.doc }), "InvalidParameters", invalid)
				},
			},
			"GetParametersByPath": {
				does: reads, kind: "parameter", takes: "Recursive WithDecryption ParameterFilters Path", wraps: byPathOf,
			},
			"DescribeParameters": {
				does: reads, kind: "parameter", takes: "ParameterFilters", at: "Parameters",
				only: map[string]string{"Name": "Name", "Type": "Type"},
			},
			"PutParameter": parameter(act{
				does: putsParameter, creating: true, changing: true, takes: "Overwrite Description KeyId Tier AllowedPattern DataType",
			}),
			"DeleteParameter":  parameter(act{does: removes, bare: true}),
			"DeleteParameters": {does: removes, kind: "parameter", by: "Names", bare: true},
			"DescribeInstanceInformation": {
				does: reads, kind: "managed", at: "InstanceInformationList", takes: "InstanceInformationFilterList",
				only: map[string]string{"InstanceIds": "InstanceId", "PingStatus": "PingStatus", "PlatformTypes": "PlatformType"},
			},
			"SendCommand": {
				does: sendsCommand, creating: true, changing: true, kind: "command", names: "$uuid.command", at: "Command",
				takes: "DocumentVersion Comment TimeoutSeconds Targets OutputS3BucketName OutputS3KeyPrefix MaxConcurrency MaxErrors " +
					"CloudWatchOutputConfig",
			},
			"ListCommands": {
				does: reads, kind: "command", by: "CommandId", at: "Commands", only: map[string]string{"InstanceId": "InstanceIds"},
			},
			"GetCommandInvocation": {does: reads, kind: "command", by: "CommandId", takes: "InstanceId PluginName", wraps: invocation},
			"ListCommandInvocations": {
				does: reads, kind: "command", by: "CommandId", takes: "Details InstanceId", wraps: invocations,
			},
			"CancelCommand": {does: changes, kind: "command", by: "CommandId", takes: "InstanceIds", life: "Cancelled", bare: true},
			"StartAutomationExecution": {
				does: creates, creating: true, changing: true, kind: "automation", names: "$uuid.automation",
				takes: "DocumentVersion Mode Targets TargetParameterName MaxConcurrency MaxErrors",
				wraps: func(all []*view, _ *request) *document.Object { return obj("AutomationExecutionId", all[0].name) },
			},
			"GetAutomationExecution": {does: reads, kind: "automation", by: "AutomationExecutionId", at: "AutomationExecution"},
			"ListTagsForResource":    {does: noTags, takes: "ResourceType ResourceId"},
		},
		faults: []Fault{
			{
				Name: "agent-lost", Title: "The agent of an instance does not answer", of: "managed", breaks: patch(
					`{"PingStatus":"ConnectionLost","LastPingDateTime":"$ago.3h"}`),
				Sees: "ssm describe-instance-information --filters Key=InstanceIds,Values=i-0a1b2c3d4e5f60718",
			},
			{
				Name: "command-fails", Title: "Commands that are sent to instances fail", of: "command", breaks: patch(
					`{"Status":"Failed","StatusDetails":"Failed","ErrorCount":1}`),
				Sees: "ssm get-command-invocation --command-id 3ed5ddde-7f62-4f59-8a6a-0d1b2a3c4d5e --instance-id i-0a1b2c3d4e5f60718",
			},
		},
	}
}

// parameterName is the name in a parameter's ARN, without its version or label.
func parameterName(named string) string {
	if _, name, ok := strings.Cut(named, ":parameter"); ok {
		named = name
	}
	name, _, _ := strings.Cut(named, ":")
	return name
}

// byPathOf are the parameters under a path.
func byPathOf(all []*view, r *request) *document.Object {
	path := strings.TrimSuffix(text(r.input, "Path"), "/") + "/"
	deep, _ := r.input.Get("Recursive")
	out := document.List{}
	for _, v := range all {
		rest, ok := strings.CutPrefix(v.name, path)
		if ok && (deep == true || !strings.Contains(rest, "/")) {
			out = append(out, v.doc)
		}
	}
	return obj("Parameters", out)
}

// putsParameter makes a parameter, or its next version.
func putsParameter(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	name := parameterName(text(r.input, "Name"))
	key := "ssm parameter/" + name
	over, _ := r.input.Get("Overwrite")
	version := int64(1)
	there := s.world.Things[key] != nil && !s.world.Things[key].Gone || s.is(key)
	switch {
	case there && over == true:
		v := s.see(r, "ssm parameter", name)
		version = integer(v.doc, "Version", 1) + 1
	case there && s.obstacle(r, key):
		return nil, serviceErrorOf(k.exists, name)
	default:
		s.world.Things[key] = &thing{From: r.operation, Born: r.now}
	}
	v := s.see(r, "ssm parameter", name)
	a.keep(v, r)
	v.set("Version", version)
	v.set("LastModifiedDate", r.now)
	s.touch(r, name, "AWS::SSM::Parameter")
	return obj("Version", version, "Tier", "Standard"), nil
}

// sendsCommand refuses instances that are not managed.
func sendsCommand(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	ids := texts(r.input, "InstanceIds")
	for _, target := range objects(r.input, "Targets") {
		if text(target, "Key") == "InstanceIds" {
			ids = append(ids, texts(target, "Values")...)
		}
	}
	for _, id := range ids {
		m := s.look(r, "ssm managed", id)
		if m == nil || m.text("PingStatus") != "Online" {
			return nil, serviceErrorOf(kindOf("ssm managed").missing, id)
		}
	}
	if len(ids) == 0 {
		ids = []string{"i-0a1b2c3d4e5f60718"}
	}
	a.also = func(v *view, _ *request) error {
		v.set("InstanceIds", list(ids, func(id string) any { return id }))
		v.set("RequestedDateTime", v.now)
		return nil
	}
	return creates(s, r, a, k)
}

// commandNow counts the instances on which a command is done.
func commandNow(v *view) {
	v.doc.Set("StatusDetails", v.state)
	n := int64(len(items(v.doc, "InstanceIds")))
	v.doc.Set("TargetCount", n)
	v.doc.Set("CompletedCount", map[bool]int64{true: n}[v.state == "Success"])
}

// invocationOf is a command on one instance.
func invocationOf(v *view, id string) *document.Object {
	out := obj("CommandId", v.name, "InstanceId", id, "InstanceName", "", "Comment", "", "DocumentName", v.text("DocumentName"),
		"DocumentVersion", "$DEFAULT", "RequestedDateTime", v.since, "PluginName", "aws:runShellScript", "ResponseCode", int64(-1),
		"ExecutionStartDateTime", v.since.Format(time.RFC3339), "Status", v.text("Status"), "StatusDetails", v.text("StatusDetails"),
		"StandardOutputContent", "", "StandardOutputUrl", "", "StandardErrorContent", "", "StandardErrorUrl", "",
		"CommandPlugins", document.List{})
	switch v.text("Status") {
	case "Success":
		out.Set("ResponseCode", int64(0))
		out.Set("StandardOutputContent", "done (sandbox)\n")
		out.Set("ExecutionEndDateTime", v.since.Format(time.RFC3339))
	case "Failed":
		out.Set("ResponseCode", int64(1))
		out.Set("StandardErrorContent", "no space left on device (sandbox)\n")
	}
	return out
}

// invocation is a command on the instance that the call names.
func invocation(all []*view, r *request) *document.Object {
	return invocationOf(all[0], text(r.input, "InstanceId"))
}

// invocations are commands on all of their instances.
func invocations(all []*view, _ *request) *document.Object {
	out := document.List{}
	for _, v := range all {
		for _, id := range texts(v.doc, "InstanceIds") {
			out = append(out, invocationOf(v, id))
		}
	}
	return obj("CommandInvocations", out)
}

const (
	ssmParameter = `{"Name":"$name","Type":"String","Value":"sandbox-$hex6.value","Version":1,"LastModifiedDate":"$born",
"ARN":"arn:aws:ssm:$region:$account:parameter$name","DataType":"text"}`
	ssmManaged = `{"InstanceId":"$name","PingStatus":"Online","LastPingDateTime":"$ago.2m","AgentVersion":"3.3.1142.0",
"IsLatestVersion":true,"PlatformType":"Linux","PlatformName":"Amazon Linux","PlatformVersion":"2023","ResourceType":"EC2Instance",
"IPAddress":"$ip.a","ComputerName":"$name.ec2.internal","AssociationStatus":"Success"}`
	ssmCommand = `{"CommandId":"$name","DocumentName":"AWS-RunShellScript","DocumentVersion":"$DEFAULT","Comment":"","ExpiresAfter":
"$in.1d","Parameters":{},"InstanceIds":["i-0a1b2c3d4e5f60718"],"Targets":[],"RequestedDateTime":"$born","Status":"Success",
"StatusDetails":"Success","OutputS3BucketName":"","OutputS3KeyPrefix":"","MaxConcurrency":"50","MaxErrors":"0","TargetCount":1,
"CompletedCount":1,"ErrorCount":0,"DeliveryTimedOutCount":0,"TimeoutSeconds":3600}`
	ssmAutomation = `{"AutomationExecutionId":"$name","DocumentName":"AWS-RestartEC2Instance","DocumentVersion":"1",
"ExecutionStartTime":"$born","AutomationExecutionStatus":"Success","StepExecutions":[],"StepExecutionsTruncated":false,"Parameters":{},
"Outputs":{},"Mode":"Auto","ExecutedBy":"arn:aws:iam::$account:user/opsbook"}`
)
