package knowledge

// kafkaService is Amazon MSK.
func kafkaService() service {
	return service{
		slow: []string{"Create", "Update"},
		operations: map[string]Operation{
			"DescribeCluster": survey{
				reads: "ClusterInfo: ClusterName, State, StateInfo.Message",
				list:  "ClusterInfo", kind: "cluster", kinds: "clusters", name: "ClusterName",
				state: "State", reason: "StateInfo.Message", states: thing.with(states{warn: "rebooting broker"}),
			}.operation(),
			"DescribeClusterV2": survey{
				reads: "ClusterInfo: ClusterName, State, StateInfo.Message",
				list:  "ClusterInfo", kind: "cluster", kinds: "clusters", name: "ClusterName",
				state: "State", reason: "StateInfo.Message", states: thing.with(states{warn: "rebooting broker"}),
			}.operation(),
		},
	}
}
