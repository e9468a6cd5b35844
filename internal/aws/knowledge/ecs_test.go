package knowledge_test

import "testing"

func TestECSRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"tasks", "ecs update-service --cluster c --service s --desired-count 4",
			`{"serviceName":"s","desiredCount":2,"runningCount":2}`, []string{"desiredCount: 2 -> 4"},
			"aws ecs update-service --cluster c --service s --desired-count 2",
		},
		{
			"the task definition that it has", "ecs update-service --cluster c --service s --task-definition api:12",
			`{"serviceName":"s","taskDefinition":"arn:aws:ecs:us-east-1:123456789012:task-definition/api:12"}`, nil,
			"it changes nothing that is known",
		},
	})
}
