package knowledge

// syntheticsService is Amazon CloudWatch Synthetics. https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_CanaryStatus.html
func syntheticsService() service {
	return service{operations: map[string]Operation{
		// READY is a canary that was made and never started.
		"GetCanary": survey{
			reads: "Canary: Name, Status.State, Status.StateReason",
			list:  "Canary", kind: "canary", kinds: "canaries", name: "Name",
			state: "Status.State", reason: "Status.StateReason", states: thing.with(states{warn: "ready"}),
		}.operation(),
		"DescribeCanariesLastRun": survey{
			reads: "CanariesLastRun[]: CanaryName, LastRun.Status.State, LastRun.Status.StateReason, LastRun.Timeline.Started",
			list:  "CanariesLastRun", kind: "canary", kinds: "canaries", name: "CanaryName", good: "passed",
			state: "LastRun.Status.State", since: "LastRun.Timeline.Started", reason: "LastRun.Status.StateReason", states: job,
		}.operation(),
	}}
}
