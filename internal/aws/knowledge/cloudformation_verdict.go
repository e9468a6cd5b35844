package knowledge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// stackStates are those of stacks. A creation that was rolled back leaves nothing that works; an update that was leaves the stack as
// it was before.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
var stackStates = vocabularyOf(states{
	pass: "create complete, update complete, import complete, delete complete",
	warn: "*in progress, update rollback complete, import rollback complete",
	fail: "*failed, rollback complete",
})

// stackReadings are the operations of which is known what their answers mean.
func stackReadings() map[string]Operation {
	return map[string]Operation{
		"DescribeStacks": survey{
			reads: "Stacks[]: StackName, StackStatus, StackStatusReason",
			list:  "Stacks", kind: "stack", kinds: "stacks", name: "StackName", good: "complete",
			state: "StackStatus", reason: "StackStatusReason", states: stackStates,
		}.operation(),
		"DescribeStackEvents": {
			reads: "StackEvents[]: LogicalResourceId, ResourceStatus, ResourceStatusReason, Timestamp", rule: judgeStackEvents,
		},
		"DescribeStackResourceDrifts": survey{
			reads: "StackResourceDrifts[]: LogicalResourceId, StackResourceDriftStatus, DriftStatusReason",
			list:  "StackResourceDrifts", kind: "resource", kinds: "resources", name: "LogicalResourceId", good: "in sync",
			state: "StackResourceDriftStatus", reason: "DriftStatusReason", states: vocabularyOf(states{
				pass: "in sync", warn: "modified, unknown", fail: "deleted", noData: "not checked, unsupported",
			}),
		}.operation(),
		"DescribeStackDriftDetectionStatus": {
			reads: "DetectionStatus, DetectionStatusReason, StackDriftStatus, DriftedStackResourceCount", rule: judgeDrift,
		},
		"DescribeChangeSet": {
			reads: "ChangeSetName, Status, StatusReason; Changes[].ResourceChange: Action, Replacement, LogicalResourceId",
			rule:  judgeChangeSet,
		},
	}
}

// judgeStackEvents names the first event that failed of the newest operation: what failed behind it followed from it.
func judgeStackEvents(q answered) *procedures.Judgement {
	all := members(q.answer, "StackEvents")
	if len(all) == 0 {
		return judge(procedures.NoData, "There is no event.")
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *document.Object) int { return at(b, "Timestamp").Compare(at(a, "Timestamp")) })
	for i := len(all) - 1; i >= 0; i-- {
		if e := all[i]; strings.HasSuffix(str(e, "ResourceStatus"), "_FAILED") {
			return judge(procedures.Failed, "%s; the first to fail: %s %s: %s.", plural(len(all), "event", "events"),
				str(e, "LogicalResourceId"), str(e, "ResourceStatus"), strings.TrimRight(shortened(str(e, "ResourceStatusReason")), "."))
		}
	}
	newest := all[0]
	says := fmt.Sprintf("%s, none failed; the newest: %s %s", plural(len(all), "event", "events"),
		str(newest, "LogicalResourceId"), str(newest, "ResourceStatus"))
	if strings.HasSuffix(str(newest, "ResourceStatus"), "_IN_PROGRESS") {
		return judge(procedures.Warned, "%s.", says)
	}
	return judge(procedures.Passed, "%s.", says)
}

// judgeDrift reads what a detection of drift found, or that it is not over.
func judgeDrift(q answered) *procedures.Judgement {
	detection, drift := str(q.answer, "DetectionStatus"), str(q.answer, "StackDriftStatus")
	switch {
	case detection == "DETECTION_FAILED":
		return judge(procedures.Failed, "%s: %s.", detection, strings.TrimRight(shortened(str(q.answer, "DetectionStatusReason")), "."))
	case detection == "DETECTION_IN_PROGRESS":
		return judge(procedures.Warned, "%s.", detection)
	case drift == "IN_SYNC":
		return judge(procedures.Passed, "The stack is IN_SYNC.")
	}
	n, _ := numberAt(q.answer, "DriftedStackResourceCount")
	return judge(procedures.Warned, "%s %s.", plural(int(n), "resource", "resources"), drift)
}

// judgeChangeSet warns of what a change set takes away. A set without changes ends as FAILED, too.
func judgeChangeSet(q answered) *procedures.Judgement {
	status, why := str(q.answer, "Status"), shortened(str(q.answer, "StatusReason"))
	changes := walked(q.answer, "Changes.ResourceChange")
	switch {
	case status == "FAILED" && (strings.Contains(why, "didn't contain changes") || strings.Contains(why, "No updates are to be")):
		return judge(procedures.NoData, "It has no changes.")
	case strings.HasSuffix(status, "FAILED"):
		return judge(procedures.Failed, "%s: %s.", status, strings.TrimRight(why, "."))
	case strings.HasSuffix(status, "_PROGRESS"), strings.HasSuffix(status, "_PENDING"):
		return judge(procedures.Warned, "%s.", status)
	case len(changes) == 0:
		return judge(procedures.NoData, "It has no changes.")
	}
	var lost []string
	for _, c := range changes {
		name := str(c, "LogicalResourceId")
		switch replaced := str(c, "Replacement"); {
		case str(c, "Action") == "Remove":
			lost = append(lost, "removes "+name)
		case replaced == "True":
			lost = append(lost, "replaces "+name)
		case replaced == "Conditional":
			lost = append(lost, "may replace "+name)
		}
	}
	if len(lost) == 0 {
		return judge(procedures.Passed, "%s, none removes or replaces anything.", plural(len(changes), "change", "changes"))
	}
	shown := strings.Join(lost[:min(len(lost), maxNames)], ", ")
	if more := len(lost) - maxNames; more > 0 {
		shown += fmt.Sprintf(", and %d more", more)
	}
	return judge(procedures.Warned, "%d of %s: %s.", len(lost), plural(len(changes), "change", "changes"), shown)
}
