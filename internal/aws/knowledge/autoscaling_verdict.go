package knowledge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// autoscalingReadings are the operations of which is known what their answers mean.
func autoscalingReadings() map[string]Operation {
	return map[string]Operation{
		"DescribeAutoScalingGroups": survey{
			reads: "AutoScalingGroups[]: AutoScalingGroupName, DesiredCapacity, MinSize; " +
				"AutoScalingGroups[].Instances[]: LifecycleState, HealthStatus",
			list: "AutoScalingGroups", kind: "group", kinds: "groups", name: "AutoScalingGroupName", good: "complete",
			each: judgeGroup,
		}.operation(),
		"DescribeScalingActivities": survey{
			reads: "Activities[]: AutoScalingGroupName, StatusCode, StatusMessage, Description, StartTime",
			list:  "Activities", kind: "activity", kinds: "groups", name: "AutoScalingGroupName", good: "scaled as they should",
			newest: "StartTime", each: judgeActivity("Description", "StatusMessage"),
			none: procedures.Judgement{Verdict: procedures.Info},
		}.operation(),
		"DescribeInstanceRefreshes": survey{
			reads: "InstanceRefreshes[]: AutoScalingGroupName, Status, StatusReason, PercentageComplete, StartTime",
			list:  "InstanceRefreshes", kind: "instance refresh", kinds: "groups", name: "AutoScalingGroupName", good: "refreshed",
			newest: "StartTime", state: "Status", reason: "StatusReason",
			states: job.with(states{warn: "rollback successful, baking"}),
			each: func(_ answered, o *document.Object) finding {
				percent, ok := numberAt(o, "PercentageComplete")
				if !ok {
					return finding{}
				}
				return finding{}.with("Done", fmt.Sprintf("%.0f %%", percent))
			},
		}.operation(),
	}
}

// judgeGroup compares the instances in service with those that should be.
func judgeGroup(_ answered, o *document.Object) finding {
	desired, _ := numberAt(o, "DesiredCapacity")
	least, _ := numberAt(o, "MinSize")
	in, sick := 0, 0
	for _, i := range members(o, "Instances") {
		if str(i, "LifecycleState") != "InService" {
			continue
		}
		in++
		if strings.EqualFold(str(i, "HealthStatus"), "Unhealthy") {
			sick++
		}
	}
	f := found(procedures.Passed, "%d of %.0f in service", in, desired)
	switch {
	case float64(in) < least:
		f = found(procedures.Failed, "%s, at least %.0f are wanted", f.says, least)
	case float64(in) < desired:
		f.verdict = procedures.Warned
	case desired == 0:
		f = found(procedures.Warned, "no instance is wanted: its desired capacity is 0")
	}
	if sick > 0 {
		f = worse(f, found(procedures.Warned, "%s, %d Unhealthy", f.says, sick))
	}
	return f
}

// judgeActivity judges the newest activity of a thing: "Failed at 14:02: no capacity".
func judgeActivity(what, why string) func(q answered, o *document.Object) finding {
	words := job.with(states{
		warn: "waiting*, pending*, pre in service, mid lifecycle action, overridden", fail: "unfulfilled",
	})
	return func(q answered, o *document.Object) finding {
		f := words.finding(str(o, "StatusCode"))
		if t := at(o, "StartTime"); !t.IsZero() {
			f.says += " " + moment(t, q.now)
		}
		reason := str(o, what)
		if f.verdict != procedures.Passed {
			reason = cmp.Or(str(o, why), reason)
		}
		if reason != "" {
			f.says += ": " + strings.TrimRight(shortened(reason), ". ")
		}
		return f
	}
}

// applicationAutoscalingService is Application Auto Scaling, which scales ECS services, tables and more.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ScalingActivity.html
func applicationAutoscalingService() service {
	return service{operations: map[string]Operation{
		"DescribeScalingActivities": survey{
			reads: "ScalingActivities[]: ResourceId, StatusCode, StatusMessage, Description, StartTime",
			list:  "ScalingActivities", kind: "activity", kinds: "resources", name: "ResourceId", good: "scaled as they should",
			newest: "StartTime", each: judgeActivity("Description", "StatusMessage"),
			none: procedures.Judgement{Verdict: procedures.Info},
		}.operation(),
	}}
}
