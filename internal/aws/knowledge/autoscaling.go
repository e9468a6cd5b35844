package knowledge

// autoscalingService is Amazon EC2 Auto Scaling.
// A new size is reached when as many instances are in service; there is no waiter for it.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html
func autoscalingService() service {
	return service{
		slow: []string{"StartInstanceRefresh"},
		operations: joined(autoscalingReadings(), map[string]Operation{
			// HonorCooldown says how to do it and sets nothing. Instances come and go by
			// themselves, so that they are no difference.
			"SetDesiredCapacity": {
				Slow:     true,
				sentence: "Sets the desired capacity of the group {AutoScalingGroupName} to {DesiredCapacity}",
				change: Change{
					Kind: "Auto Scaling group", ReadOperation: "DescribeAutoScalingGroups",
					ReadWith: "{AutoScalingGroupNames: [AutoScalingGroupName]}", ReadAt: "AutoScalingGroups[0]",
					Excluded: []string{"AutoScalingGroupName", "HonorCooldown"}, Volatile: []string{"Instances"},
					Until:    "length(Instances[?LifecycleState=='InService']) >= DesiredCapacity",
					Restores: true,
				},
			},
			// Until compares with the group's new minimum: launching may take minutes, and a
			// larger maximum alone launches nothing.
			"UpdateAutoScalingGroup": {change: Change{
				Kind: "Auto Scaling group", ReadOperation: "DescribeAutoScalingGroups",
				ReadWith: "{AutoScalingGroupNames: [AutoScalingGroupName]}", ReadAt: "AutoScalingGroups[0]",
				Excluded: []string{"AutoScalingGroupName"}, Volatile: []string{"Instances"},
				Until:    "length(Instances[?LifecycleState=='InService']) >= MinSize",
				Restores: true,
			}},
		}),
	}
}
