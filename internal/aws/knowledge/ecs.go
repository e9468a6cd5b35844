package knowledge

// ecsService is Amazon ECS. A service is stable when its one deployment runs as many tasks as it should:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html
func ecsService() service {
	return service{
		slow: []string{"UpdateService", "CreateService", "RunTask"},
		operations: joined(ecsReadings(), map[string]Operation{
			// forceNewDeployment starts new tasks and sets nothing of the service.
			// Deployments, events and task sets change by themselves all the time.
			"UpdateService": {
				Slow:     true,
				sentence: "Changes the service {service} of the cluster {cluster}{desiredCount: to %s tasks}",
				change: Change{
					Kind: "service", ReadOperation: "DescribeServices",
					ReadWith: "{cluster: cluster, services: [service]}", ReadAt: "services[0]",
					Excluded: []string{"cluster", "service", "forceNewDeployment"},
					Volatile: []string{"deployments", "events", "taskSets"},
					Waiter:   "ServicesStable", WaitWith: "{cluster: cluster, services: [service]}",
					Restores: true,
				},
			},
			// The task's ARN is in the answer only.
			"RunTask": {
				tellingRead: "ListTasks",
				change: Change{
					Kind: "cluster", NotRead: "the task does not exist yet",
					NoWait:     "aws ecs wait tasks-stopped waits for the task that it returns",
					NoRollback: notRun,
				},
			},
			// The reason of the call becomes the task's stoppedReason.
			"StopTask": {change: Change{
				Kind: "task", ReadOperation: "DescribeTasks", ReadWith: "{cluster: cluster, tasks: [task]}",
				ReadAt:   "tasks[0]",
				Excluded: []string{"cluster", "task"}, Sets: map[string]string{"reason": "stoppedReason"},
				Waiter: "TasksStopped", WaitWith: "{cluster: cluster, tasks: [task]}",
				NoRollback: "a stopped task does not run again; its service starts another one",
			}},
		}),
	}
}
