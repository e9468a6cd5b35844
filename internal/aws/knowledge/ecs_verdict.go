package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// ecsReadings are the operations of which is known what their answers mean.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
func ecsReadings() map[string]Operation {
	return map[string]Operation{
		"DescribeServices": survey{
			reads: "services[]: serviceName, status, desiredCount, runningCount; failures[]: arn, reason; " +
				"services[].deployments[]: status, rolloutState, rolloutStateReason, failedTasks, updatedAt",
			list: "services", kind: "service", kinds: "services", name: "serviceName", good: "running",
			each: judgeECSService, more: ecsMissing,
		}.operation(),
		"DescribeTasks": survey{
			reads: "tasks[]: taskArn, group, lastStatus, healthStatus, stopCode, stoppedReason; failures[]: arn, reason; " +
				"tasks[].containers[]: name, exitCode, reason",
			list: "tasks", kind: "task", kinds: "tasks", good: "well",
			each: judgeTask, more: ecsMissing,
		}.operation(),
		"DescribeClusters": survey{
			reads: "clusters[]: clusterName, status; failures[]: arn, reason",
			list:  "clusters", kind: "cluster", kinds: "clusters", name: "clusterName", good: "active",
			state: "status", states: thing.with(states{fail: "inactive", warn: "provisioning, deprovisioning"}),
			more: ecsMissing,
		}.operation(),
		"ListTasks":    counted("taskArns", "task", "tasks"),
		"ListServices": counted("serviceArns", "service", "services"),
		"DescribeTaskDefinition": survey{
			reads: "taskDefinition: family, revision, status; taskDefinition.containerDefinitions[]: name, image",
			list:  "taskDefinition", kind: "task definition", kinds: "task definitions", name: "family",
			each: judgeTaskDefinition,
		}.operation(),
	}
}

// judgeECSService compares the tasks that run with those that should, and reads the rollouts that are going on. Services with another
// deployment controller than ECS have no rolloutState.
func judgeECSService(_ answered, o *document.Object) finding {
	running, _ := numberAt(o, "runningCount")
	desired, _ := numberAt(o, "desiredCount")
	verdict := procedures.Passed
	says := fmt.Sprintf("%.0f of %.0f running", running, desired)
	switch {
	case strings.EqualFold(str(o, "status"), "INACTIVE"):
		verdict, says = procedures.Warned, "INACTIVE: it was deleted"
	case running < desired:
		verdict = procedures.Failed
	case desired == 0:
		verdict, says = procedures.Warned, "no task is wanted: its desired count is 0"
	}
	f := finding{verdict: verdict, says: says}
	for _, d := range members(o, "deployments") {
		f = worse(f, judgeDeployment(d))
	}
	return f
}

func judgeDeployment(d *document.Object) finding {
	state := str(d, "rolloutState")
	if state == "" {
		return finding{}
	}
	f := vocabularyOf(states{pass: "completed", warn: "in progress", fail: "failed"}).finding(state)
	switch {
	case f.verdict == procedures.Passed && str(d, "status") == "PRIMARY":
		f.says = "deployment completed"
		if t := at(d, "updatedAt"); !t.IsZero() {
			f.says += " at " + t.Format("15:04")
		}
	case f.verdict == procedures.Passed:
		return finding{}
	default:
		f.says = "its deployment is " + f.says
	}
	if n, _ := numberAt(d, "failedTasks"); n > 0 && f.verdict != procedures.Passed {
		f.says += ", " + plural(int(n), "task", "tasks") + " failed"
	}
	if why := str(d, "rolloutStateReason"); why != "" && f.verdict == procedures.Failed {
		f.says += ": " + strings.TrimRight(shortened(why), ".")
	}
	return f
}

// ecsMissing are the things that a call names and ECS does not have.
func ecsMissing(q answered) []finding {
	var out []finding
	for _, o := range members(q.answer, "failures") {
		f := found(procedures.Failed, "%s", str(o, "reason"))
		f.name = lastPart(str(o, "arn"))
		out = append(out, f)
	}
	return out
}

// taskStates are those of a task's life; STOPPED is judged by why.
var taskStates = vocabularyOf(states{
	pass: "running", warn: "provisioning, pending, activating, deactivating, stopping, deprovisioning", info: "stopped, deleted",
})

// judgeTask judges by the state, the health checks and the exit codes of the containers.
func judgeTask(_ answered, o *document.Object) finding {
	arn := lastPart(str(o, "taskArn"))
	name := strings.TrimPrefix(str(o, "group"), "service:") + " " + arn[:min(len(arn), 4)]
	f := taskStates.finding(str(o, "lastStatus"))
	why := strings.TrimRight(shortened(str(o, "stoppedReason")), ".")
	if str(o, "healthStatus") == "UNHEALTHY" {
		f = found(procedures.Failed, "UNHEALTHY")
	}
	ended := false
	for _, c := range members(o, "containers") {
		code, ok := numberAt(c, "exitCode")
		ended = ended || ok
		if ok && code > 0 {
			f = found(procedures.Failed, "%s: exit %.0f", str(c, "name"), code)
			why = strings.Trim(why+", "+str(c, "reason"), ", ")
		}
	}
	if f.verdict == procedures.Info {
		f.verdict = procedures.Passed
		switch {
		case strings.EqualFold(str(o, "stopCode"), "TaskFailedToStart"):
			f = found(procedures.Failed, "it did not start")
		case !ended:
			f.verdict = procedures.Warned
		}
	}
	if why != "" {
		f.says += ": " + why
	}
	f.name, f.id = strings.TrimSpace(name), arn
	return f
}

// judgeTaskDefinition warns of one that was deregistered, and of images whose tag may be another one tomorrow.
func judgeTaskDefinition(_ answered, o *document.Object) finding {
	f := vocabularyOf(states{info: "active", warn: "inactive, delete in progress"}).finding(str(o, "status"))
	if revision, ok := numberAt(o, "revision"); ok {
		f.says = fmt.Sprintf("revision %.0f is %s", revision, f.says)
	}
	for _, c := range members(o, "containerDefinitions") {
		image := str(c, "image")
		name := image[strings.LastIndex(image, "/")+1:]
		if image != "" && !strings.Contains(name, "@") && (!strings.Contains(name, ":") || strings.HasSuffix(name, ":latest")) {
			f = worse(f, found(procedures.Warned, "%s has no fixed tag: %s", str(c, "name"), image))
		}
	}
	return f
}
