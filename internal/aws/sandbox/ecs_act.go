package sandbox

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// ecsActs are the operations of services and tasks that runbooks use.
func ecsActs() map[string]act {
	return map[string]act{
		"ListClusters":     {does: reads, kind: "cluster", at: "clusterArns", pick: "clusterArn"},
		"DescribeClusters": {does: reads, kind: "cluster", by: "clusters", takes: "include", wraps: withFailures("clusters"), skips: true},
		"ListServices": {
			does: reads, kind: "service", in: "cluster", at: "serviceArns", pick: "serviceArn",
			only: map[string]string{"launchType": "launchType", "schedulingStrategy": "schedulingStrategy"},
		},
		"DescribeServices": {
			does: reads, kind: "service", by: "services", in: "cluster", takes: "include", skips: true, wraps: withFailures("services"),
		},
		"UpdateService": {
			does: changes, changing: true, kind: "service", by: "service", in: "cluster", at: "service",
			takes: "forceNewDeployment", life: "IN_PROGRESS 15s COMPLETED", cures: "ecs-crash:taskDefinition", also: definitionOf,
		},
		"CreateService": {
			does: creates, creating: true, changing: true, kind: "service", by: "serviceName", in: "cluster", at: "service",
			also: definitionOf,
		},
		"DeleteService": {does: removes, kind: "service", by: "service", in: "cluster", at: "service", takes: "force"},
		"ListTasks": {
			does: reads, kind: "task", in: "cluster", at: "taskArns", pick: "taskArn",
			only: map[string]string{
				"serviceName": "_service", "desiredStatus": "desiredStatus", "launchType": "launchType", "family": "_family",
			},
			refs: map[string]string{"serviceName": "service"},
		},
		"DescribeTasks": {
			does: reads, kind: "task", by: "tasks", in: "cluster", takes: "include", skips: true, wraps: withFailures("tasks"),
		},
		"RunTask": {
			does: creates, creating: true, kind: "task", in: "cluster", names: "$hex32.run", wraps: withFailures("tasks"),
			takes: "taskDefinition launchType networkConfiguration count startedBy overrides group platformVersion enableExecuteCommand " +
				"propagateTags capacityProviderStrategy enableECSManagedTags",
			also: func(v *view, r *request) error {
				if by := text(r.input, "startedBy"); by != "" {
					v.set("startedBy", by)
				}
				return definitionOf(v, r)
			},
		},
		"StopTask": {
			does: changes, kind: "task", by: "task", in: "cluster", at: "task", takes: "reason", life: taskStopping,
			also: func(v *view, r *request) error {
				v.set("stoppedReason", text(r.input, "reason"))
				v.set("desiredStatus", "STOPPED")
				return nil
			},
		},
		"DescribeTaskDefinition": {
			does: reads, kind: "definition", by: "taskDefinition", at: "taskDefinition", takes: "include",
		},
		"ListTaskDefinitions": {
			does: reads, kind: "definition", at: "taskDefinitionArns", pick: "taskDefinitionArn", takes: "sort",
			only: map[string]string{"familyPrefix": "family", "status": "status"},
		},
		"ListTaskDefinitionFamilies": {
			does: reads, kind: "definition", at: "families", takes: "status",
			only: map[string]string{"familyPrefix": "family"}, wraps: familiesOf,
		},
		"RegisterTaskDefinition": {
			does: registers, creating: true, changing: true, kind: "definition", at: "taskDefinition", takes: "family",
		},
		"ListTagsForResource": {does: noTags, takes: "resourceArn"},
	}
}

// withFailures answers what was found under a name, and says of the rest that it is missing.
func withFailures(at string) func([]*view, *request) *document.Object {
	return func(all []*view, r *request) *document.Object {
		failures := document.List{}
		a, k, _ := actOf(r.service.Name, r.operation)
		for i, name := range wholeNames(r.input, a, k) {
			if !slices.ContainsFunc(all, func(v *view) bool { return v.whole() == name }) {
				failures = append(failures, obj("arn", arnOf(namedBy(r.input, a.by)[i], a.kind, name), "reason", "MISSING"))
			}
		}
		return obj(at, list(all, func(v *view) any { return v.doc }), "failures", failures)
	}
}

// arnOf is the ARN of what is missing.
func arnOf(named, kind, name string) string {
	if strings.HasPrefix(named, "arn:") {
		return named
	}
	return "arn:aws:ecs:" + region + ":" + accountID + ":" + kind + "/" + name
}

// definitionOf looks at the task definition that a call names, and keeps its ARN.
func definitionOf(v *view, r *request) error {
	named := text(r.input, "taskDefinition")
	if named == "" {
		return nil
	}
	k := kindOf("ecs definition")
	d := v.s.look(r, "ecs definition", k.plainName(named))
	if d == nil {
		return serviceErrorOf("400 ClientException TaskDefinition not found.", named)
	}
	as := "taskDefinition"
	if v.kind == "ecs task" {
		as = "taskDefinitionArn"
	}
	r.input.Set("taskDefinition", d.text("taskDefinitionArn"))
	v.set(as, d.text("taskDefinitionArn"))
	return nil
}

// registers makes the next revision of a family.
func registers(s *Sandbox, r *request, a *act, _ *kind) (*document.Object, error) {
	family := text(r.input, "family")
	name := family + ":" + strconv.FormatInt(s.revision1(family)+1, 10)
	s.world.Things[keyOf("ecs definition", name)] = &thing{From: r.operation, Born: r.now}
	v := s.see(r, "ecs definition", name)
	a.keep(v, r)
	s.touch(r, name, "AWS::ECS::TaskDefinition")
	v.fill()
	return a.answer(r, []*view{v})
}

// familiesOf are the families of task definitions, once each.
func familiesOf(all []*view, _ *request) *document.Object {
	names := document.List{}
	for _, v := range all {
		if name := v.text("family"); !slices.Contains(names, any(name)) {
			names = append(names, name)
		}
	}
	return obj("families", names)
}
