package knowledge

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// targetStates are those of targets. A draining one is leaving on purpose.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
var targetStates = vocabularyOf(states{
	pass: "healthy, draining", warn: "initial, unused, unavailable, unhealthy.draining", fail: "unhealthy",
})

// elbv2Readings are the operations of which is known what their answers mean.
func elbv2Readings() map[string]Operation {
	return map[string]Operation{
		"DescribeLoadBalancers": survey{
			reads: "LoadBalancers[]: LoadBalancerName, State.Code, State.Reason",
			list:  "LoadBalancers", kind: "load balancer", kinds: "load balancers", name: "LoadBalancerName", good: "active",
			state: "State.Code", reason: "State.Reason", states: thing.with(states{warn: "active impaired"}),
		}.operation(),
		"DescribeTargetHealth": survey{
			reads: "TargetHealthDescriptions[]: Target.Id, Target.Port, TargetHealth.State, TargetHealth.Reason",
			list:  "TargetHealthDescriptions", kind: "target", kinds: "targets", name: "Target.Id", good: "healthy", whose: true,
			state: "TargetHealth.State", reason: "TargetHealth.Reason", states: targetStates,
			each: func(_ answered, o *document.Object) finding {
				f := finding{id: textAt(o, "Target.Id") + ":" + textAt(o, "Target.Port")}
				return f.with("Port", textAt(o, "Target.Port"))
			},
			none: procedures.Judgement{Verdict: procedures.Failed},
		}.operation(),
		"DescribeTargetGroups": survey{
			reads: "TargetGroups[]: TargetGroupName, LoadBalancerArns",
			list:  "TargetGroups", kind: "target group", kinds: "target groups", name: "TargetGroupName",
			none: procedures.Judgement{Verdict: procedures.Info},
			each: func(_ answered, o *document.Object) finding {
				if arns := textsAt(o, "LoadBalancerArns"); len(arns) > 0 {
					return found(procedures.Info, "behind %s", lastPart(arns[0]))
				}
				return found(procedures.Warned, "no load balancer uses it")
			},
		}.operation(),
	}
}

// elbService is Elastic Load Balancing, for Classic Load Balancers.
// https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_InstanceState.html
func elbService() service {
	return service{operations: map[string]Operation{
		"DescribeInstanceHealth": survey{
			reads: "InstanceStates[]: InstanceId, State, ReasonCode",
			list:  "InstanceStates", kind: "instance", kinds: "instances", name: "InstanceId", good: "InService", whose: true,
			each: func(_ answered, o *document.Object) finding {
				words := vocabularyOf(states{pass: "in service", warn: "unknown", fail: "out of service"})
				f := words.finding(str(o, "State"))
				if why := str(o, "ReasonCode"); why != "" && why != "N/A" && f.verdict != procedures.Passed {
					f.says = fmt.Sprintf("%s: because of the %s", f.says, map[string]string{
						"ELB": "load balancer (ELB)", "Instance": "instance"}[why])
				}
				return f
			},
			none: procedures.Judgement{Verdict: procedures.Failed},
		}.operation(),
	}}
}
