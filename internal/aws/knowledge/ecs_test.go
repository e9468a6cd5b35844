package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

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

func TestECSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"ecs DescribeServices", `{}`,
			`{"services":[{"serviceName":"api","desiredCount":3,"runningCount":3,"deployments":[{"status":"PRIMARY",` +
				`"rolloutState":"COMPLETED","updatedAt":"2026-11-24T07:02:00+00:00"}]}]}`,
			procedures.Passed, "api: 3 of 3 running, deployment completed at 07:02.",
		},
		{
			"ecs DescribeServices", `{}`,
			`{"services":[{"serviceName":"api","desiredCount":3,"runningCount":0}]}`,
			procedures.Failed, "api: 0 of 3 running.",
		},
		{
			"ecs DescribeServices", `{}`,
			`{"services":[{"serviceName":"api","desiredCount":0,"runningCount":0}]}`,
			procedures.Warned, "its desired count is 0",
		},
		{
			"ecs DescribeServices", `{}`,
			`{"services":[{"serviceName":"api","desiredCount":1,"runningCount":1,` +
				`"deployments":[{"rolloutState":"IN_PROGRESS","failedTasks":2}]}]}`,
			procedures.Warned, "api: its deployment is IN_PROGRESS, 2 tasks failed.",
		},
		{
			"ecs DescribeServices", `{}`,
			`{"services":[{"serviceName":"api","desiredCount":1,"runningCount":1,"deployments":[{"rolloutState":"FAILED",` +
				`"rolloutStateReason":"ECS deployment circuit breaker: tasks failed to start."}]}]}`,
			procedures.Failed, "FAILED: ECS deployment circuit breaker: tasks failed to start.",
		},
		{
			"ecs DescribeServices", `{}`,
			`{"services":[{"serviceName":"web","desiredCount":2,"runningCount":2},{"serviceName":"api","desiredCount":2,` +
				`"runningCount":1}]}`,
			procedures.Failed, "1 of 2 services running; api: 1 of 2 running.",
		},
		{
			"ecs DescribeServices", `{"services":["jobs"]}`,
			`{"services":[],"failures":[{"arn":"arn:aws:ecs:us-east-1:123456789012:service/main/jobs","reason":"MISSING"}]}`,
			procedures.Failed, "jobs: MISSING.",
		},
		{"ecs DescribeServices", `{}`, `{"services":[]}`, procedures.NoData, "There is no service."},
		{
			"ecs DescribeTasks", `{}`,
			`{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:1:task/main/4f1c0a","group":"service:api","lastStatus":"RUNNING",` +
				`"healthStatus":"HEALTHY"}]}`,
			procedures.Passed, "api 4f1c: RUNNING.",
		},
		{
			"ecs DescribeTasks", `{}`,
			`{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:1:task/main/4f1c0a","group":"service:api","lastStatus":"STOPPED",` +
				`"stoppedReason":"Essential container in task exited","containers":[{"name":"app","exitCode":137,` +
				`"reason":"OutOfMemoryError"}]}]}`,
			procedures.Failed, "api 4f1c: app: exit 137: Essential container in task exited, OutOfMemoryError.",
		},
		{
			"ecs DescribeTasks", `{}`,
			`{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:1:task/main/4f1c0a","group":"family:migrate",` +
				`"lastStatus":"STOPPED","containers":[{"name":"app","exitCode":0}]}]}`,
			procedures.Passed, "STOPPED",
		},
		{
			"ecs DescribeTasks", `{}`,
			`{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:1:task/main/4f1c0a","lastStatus":"RUNNING",` +
				`"healthStatus":"UNHEALTHY"}]}`,
			procedures.Failed, "4f1c: UNHEALTHY",
		},
		{
			"ecs DescribeTasks", `{}`,
			`{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:1:task/main/4f1c0a","lastStatus":"PENDING"}]}`,
			procedures.Warned, "4f1c: PENDING",
		},
		{
			"ecs DescribeTasks", `{}`,
			`{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:1:task/main/4f1c0a","lastStatus":"STOPPED",` +
				`"stopCode":"TaskFailedToStart","stoppedReason":"CannotPullContainerError"}]}`,
			procedures.Failed, "it did not start: CannotPullContainerError",
		},
		{"ecs DescribeClusters", `{}`, `{"clusters":[{"clusterName":"main","status":"ACTIVE"}]}`, procedures.Passed, "main: ACTIVE."},
		{
			"ecs DescribeClusters", `{}`,
			`{"clusters":[{"clusterName":"main","status":"INACTIVE"}]}`,
			procedures.Failed, "main: INACTIVE.",
		},
		{
			"ecs DescribeClusters", `{}`,
			`{"clusters":[{"clusterName":"main","status":"ODD"}]}`,
			procedures.Warned, "main: \"ODD\", which is no state",
		},
		{
			"ecs DescribeTaskDefinition", `{"taskDefinition":"api"}`,
			`{"taskDefinition":{"family":"api","revision":7,"status":"ACTIVE","containerDefinitions":[{"name":"app",` +
				`"image":"registry:5000/api:1.2"}]}}`,
			procedures.Info, "api: revision 7 is ACTIVE.",
		},
		{
			"ecs DescribeTaskDefinition", `{"taskDefinition":"api"}`,
			`{"taskDefinition":{"family":"api","status":"ACTIVE","containerDefinitions":[{"name":"app",` +
				`"image":"registry:5000/api"}]}}`,
			procedures.Warned, "app has no fixed tag",
		},
		{
			"ecs DescribeTaskDefinition", `{"taskDefinition":"api"}`,
			`{"taskDefinition":{"family":"api","status":"INACTIVE"}}`,
			procedures.Warned, "INACTIVE",
		},
	})
}
