package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestAutoScalingRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"a group", "autoscaling set-desired-capacity --auto-scaling-group-name g --desired-capacity 5",
			`{"AutoScalingGroupName":"g","DesiredCapacity":3,"Instances":[]}`, []string{"DesiredCapacity: 3 -> 5"},
			"aws autoscaling set-desired-capacity --auto-scaling-group-name g --desired-capacity 3",
		},
	})
}

func TestAutoScalingVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"autoscaling DescribeAutoScalingGroups", `{}`,
			`{"AutoScalingGroups":[{"AutoScalingGroupName":"web","DesiredCapacity":1,"MinSize":1,` +
				`"Instances":[{"LifecycleState":"InService"}]}]}`,
			procedures.Passed, "web: 1 of 1 in service.",
		},
		{
			"autoscaling DescribeAutoScalingGroups", `{}`,
			`{"AutoScalingGroups":[{"AutoScalingGroupName":"web","DesiredCapacity":2,"MinSize":1,` +
				`"Instances":[{"LifecycleState":"InService"},{"LifecycleState":"Pending"}]}]}`,
			procedures.Warned, "web: 1 of 2 in service.",
		},
		{
			"autoscaling DescribeAutoScalingGroups", `{}`,
			`{"AutoScalingGroups":[{"AutoScalingGroupName":"web","DesiredCapacity":2,"MinSize":1,"Instances":[]}]}`,
			procedures.Failed, "at least 1 are wanted",
		},
		{
			"autoscaling DescribeAutoScalingGroups", `{}`,
			`{"AutoScalingGroups":[{"AutoScalingGroupName":"web","DesiredCapacity":1,"MinSize":1,` +
				`"Instances":[{"LifecycleState":"InService","HealthStatus":"Unhealthy"}]}]}`,
			procedures.Warned, "web: 1 of 1 in service, 1 Unhealthy.",
		},
		{
			"autoscaling DescribeScalingActivities", `{}`,
			`{"Activities":[{"AutoScalingGroupName":"web","StatusCode":"Successful",` +
				`"StartTime":"2026-11-24T07:02:00+00:00","Description":"Launching a new EC2 instance: i-0ab"}]}`,
			procedures.Passed, "web: Successful at 07:02: Launching a new EC2 instance: i-0ab.",
		},
		{
			"autoscaling DescribeScalingActivities", `{}`,
			`{"Activities":[{"AutoScalingGroupName":"web","StatusCode":"Successful",` +
				`"StartTime":"2026-11-24T06:02:00+00:00"},{"AutoScalingGroupName":"web","StatusCode":"Failed",` +
				`"StatusMessage":"no capacity","StartTime":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Failed, "web: Failed at 07:02: no capacity.",
		},
		{"autoscaling DescribeScalingActivities", `{}`, `{"Activities":[]}`, procedures.Info, "There is no activity."},
		{
			"autoscaling DescribeInstanceRefreshes", `{}`,
			`{"InstanceRefreshes":[{"AutoScalingGroupName":"web","Status":"Successful"}]}`,
			procedures.Passed, "web: Successful.",
		},
		{
			"autoscaling DescribeInstanceRefreshes", `{}`,
			`{"InstanceRefreshes":[{"AutoScalingGroupName":"web","Status":"InProgress","PercentageComplete":60}]}`,
			procedures.Warned, "web: InProgress.",
		},
		{
			"autoscaling DescribeInstanceRefreshes", `{}`,
			`{"InstanceRefreshes":[{"AutoScalingGroupName":"web","Status":"RollbackSuccessful"}]}`,
			procedures.Warned, "RollbackSuccessful",
		},
		{
			"autoscaling DescribeInstanceRefreshes", `{}`,
			`{"InstanceRefreshes":[{"AutoScalingGroupName":"web","Status":"RollbackFailed",` +
				`"StatusReason":"Health checks failed"}]}`,
			procedures.Failed, "web: RollbackFailed: Health checks failed.",
		},
		{
			"application-autoscaling DescribeScalingActivities", `{"ServiceNamespace":"ecs"}`,
			`{"ScalingActivities":[{"ResourceId":"service/main/api","StatusCode":"Successful",` +
				`"StartTime":"2026-11-24T07:02:00+00:00","Description":"Setting desired count to 6."}]}`,
			procedures.Passed, "service/main/api: Successful at 07:02: Setting desired count to 6.",
		},
		{
			"application-autoscaling DescribeScalingActivities", `{"ServiceNamespace":"ecs"}`,
			`{"ScalingActivities":[{"ResourceId":"service/main/api","StatusCode":"Unfulfilled",` +
				`"StartTime":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Failed, "Unfulfilled at 07:02.",
		},
		{
			"application-autoscaling DescribeScalingActivities", `{"ServiceNamespace":"ecs"}`,
			`{"ScalingActivities":[{"ResourceId":"service/main/api","StatusCode":"Overridden",` +
				`"StartTime":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Warned, "Overridden",
		},
	})
}
