package knowledge

// elbv2Service is Elastic Load Balancing: Application and Network Load Balancers.
// Listeners and rules replace their actions and conditions as a whole.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html
func elbv2Service() service {
	return service{
		operations: joined(elbv2Readings(), map[string]Operation{
			// Actions and certificates are lists that a call replaces as a whole.
			"ModifyListener": {change: Change{
				Kind: "listener", ReadOperation: "DescribeListeners", ReadWith: "{ListenerArns: [ListenerArn]}",
				ReadAt:   "Listeners[0]",
				Excluded: []string{"ListenerArn"}, Whole: []string{"DefaultActions", "Certificates"},
				NoWait:   seconds,
				Restores: true,
			}},
			"ModifyRule": {change: Change{
				Kind: "rule", ReadOperation: "DescribeRules", ReadWith: "{RuleArns: [RuleArn]}", ReadAt: "Rules[0]",
				Excluded: []string{"RuleArn"}, Whole: []string{"Actions", "Conditions"},
				NoWait:   seconds,
				Restores: true,
			}},
			"ModifyTargetGroup": {change: Change{
				Kind: "target group", ReadOperation: "DescribeTargetGroups",
				ReadWith: "{TargetGroupArns: [TargetGroupArn]}", ReadAt: "TargetGroups[0]",
				Excluded: []string{"TargetGroupArn"},
				NoWait:   atOnce,
				Restores: true,
			}},
			// TargetInService polls the health of the targets, which takes as many checks as
			// the group demands.
			"RegisterTargets": {change: Change{
				Kind: "target group", ReadOperation: "DescribeTargetHealth",
				ReadWith:     "{TargetGroupArn: TargetGroupArn}",
				Excluded:     []string{"Targets"},
				Waiter:       "TargetInService",
				Rollback:     "DeregisterTargets",
				RollbackWith: "{TargetGroupArn: input.TargetGroupArn, Targets: input.Targets}",
			}},
			// A target drains for the group's deregistration delay, five minutes unless it was
			// changed.
			"DeregisterTargets": {change: Change{
				Kind: "target group", ReadOperation: "DescribeTargetHealth",
				ReadWith:     "{TargetGroupArn: TargetGroupArn}",
				Excluded:     []string{"Targets"},
				Waiter:       "TargetDeregistered",
				Rollback:     "RegisterTargets",
				RollbackWith: "{TargetGroupArn: input.TargetGroupArn, Targets: input.Targets}",
			}},
		}),
	}
}
