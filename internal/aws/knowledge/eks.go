package knowledge

// eksService is Amazon EKS.
func eksService() service {
	return service{
		slow: []string{"Create", "Update", "Delete"},
		operations: map[string]Operation{
			// Labels and taints are sent as additions and removals, and read as what there is:
			// they are excluded.
			"UpdateNodegroupConfig": {change: Change{
				Kind: "node group", ReadOperation: "DescribeNodegroup",
				ReadWith: "{clusterName: clusterName, nodegroupName: nodegroupName}", ReadAt: "nodegroup",
				Excluded: []string{"clusterName", "nodegroupName", "labels", "taints"},
				Waiter:   "NodegroupActive", WaitWith: "{clusterName: clusterName, nodegroupName: nodegroupName}",
				Restores: true,
			}},
		},
	}
}
