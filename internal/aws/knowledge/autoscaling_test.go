package knowledge_test

import "testing"

func TestAutoScalingRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"a group", "autoscaling set-desired-capacity --auto-scaling-group-name g --desired-capacity 5",
			`{"AutoScalingGroupName":"g","DesiredCapacity":3,"Instances":[]}`, []string{"DesiredCapacity: 3 -> 5"},
			"aws autoscaling set-desired-capacity --auto-scaling-group-name g --desired-capacity 3",
		},
	})
}
