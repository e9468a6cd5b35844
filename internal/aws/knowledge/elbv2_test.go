package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestLoadBalancerVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"elbv2 DescribeLoadBalancers", `{}`,
			`{"LoadBalancers":[{"LoadBalancerName":"web","State":{"Code":"active"}}]}`,
			procedures.Passed, "web: active.",
		},
		{
			"elbv2 DescribeLoadBalancers", `{}`,
			`{"LoadBalancers":[{"LoadBalancerName":"web","State":{"Code":"active_impaired","Reason":"no capacity"}}]}`,
			procedures.Warned, "web: active_impaired: no capacity.",
		},
		{
			"elbv2 DescribeLoadBalancers", `{}`,
			`{"LoadBalancers":[{"LoadBalancerName":"web","State":{"Code":"failed"}}]}`,
			procedures.Failed, "web: failed.",
		},
		{
			"elbv2 DescribeTargetHealth", `{"TargetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/73e2"}`,
			`{"TargetHealthDescriptions":[{"Target":{"Id":"i-0a1","Port":80},"TargetHealth":{"State":"healthy"}},` +
				`{"Target":{"Id":"i-0a2","Port":80},"TargetHealth":{"State":"unhealthy","Reason":"Target.Timeout"}},` +
				`{"Target":{"Id":"i-0a3","Port":80},"TargetHealth":{"State":"unhealthy","Reason":"Target.Timeout"}}]}`,
			procedures.Failed, "web: 1 of 3 targets healthy; i-0a2, i-0a3: unhealthy: Target.Timeout.",
		},
		{
			"elbv2 DescribeTargetHealth", `{}`,
			`{"TargetHealthDescriptions":[{"Target":{"Id":"i-0a1","Port":80},"TargetHealth":{"State":"healthy"}},` +
				`{"Target":{"Id":"i-0a2","Port":80},"TargetHealth":{"State":"draining"}}]}`,
			procedures.Passed, "2 of 2 targets healthy.",
		},
		{
			"elbv2 DescribeTargetHealth", `{}`,
			`{"TargetHealthDescriptions":[{"Target":{"Id":"i-0a1","Port":80},"TargetHealth":{"State":"unused",` +
				`"Reason":"Target.NotInUse"}}]}`,
			procedures.Warned, "i-0a1: unused: Target.NotInUse.",
		},
		{
			"elbv2 DescribeTargetHealth", `{"TargetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/73e2"}`,
			`{"TargetHealthDescriptions":[]}`,
			procedures.Failed, "web: there is no target.",
		},
		{
			"elbv2 DescribeTargetGroups", `{}`,
			`{"TargetGroups":[{"TargetGroupName":"web",` +
				`"LoadBalancerArns":["arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/front/50dc"]}]}`,
			procedures.Info, "web: behind front.",
		},
		{
			"elbv2 DescribeTargetGroups", `{}`,
			`{"TargetGroups":[{"TargetGroupName":"web"}]}`,
			procedures.Warned, "no load balancer uses it",
		},
		{
			"elb DescribeInstanceHealth", `{"LoadBalancerName":"web"}`,
			`{"InstanceStates":[{"InstanceId":"i-0a1","State":"InService","ReasonCode":"N/A"}]}`,
			procedures.Passed, "web: i-0a1: InService.",
		},
		{
			"elb DescribeInstanceHealth", `{"LoadBalancerName":"web"}`,
			`{"InstanceStates":[{"InstanceId":"i-0a1","State":"OutOfService","ReasonCode":"Instance"}]}`,
			procedures.Failed, "OutOfService: because of the instance.",
		},
		{
			"elb DescribeInstanceHealth", `{"LoadBalancerName":"web"}`,
			`{"InstanceStates":[]}`,
			procedures.Failed, "web: there is no instance.",
		},
	})
}
