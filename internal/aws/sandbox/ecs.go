package sandbox

import (
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// ecsLiving is Amazon ECS: clusters, services with their tasks, task definitions. A service keeps as many tasks as it should.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html
func ecsLiving() *living {
	return &living{
		service: "ecs", token: "400 InvalidParameterException Invalid token.",
		estate: []string{"service/" + estate + "/api"},
		kinds: map[string]*kind{
			"cluster": {
				shape: "DescribeClusters clusters", id: "clusterName", arn: "clusterArn", state: "status", healthy: ecsCluster,
				missing: "400 ClusterNotFoundException Cluster not found.", now: clusterCounts,
			},
			"service": {
				shape: "DescribeServices services", id: "serviceName", arn: "serviceArn", under: "cluster", healthy: ecsService,
				born: "IN_PROGRESS 15s COMPLETED", missing: "400 ServiceNotFoundException Service not found.",
				exists: "400 InvalidParameterException Creation of service was not idempotent.",
				plain:  ecsName, now: rollout,
				brings: func(s *Sandbox, name string, now time.Time) []string {
					return append(serviceTasks(s, name, now), "logs group//ecs/"+name[strings.LastIndex(name, "/")+1:])
				},
			},
			"task": {
				shape: "DescribeTasks tasks", id: "taskArn", under: "cluster", state: "lastStatus", healthy: ecsTask,
				born: "PENDING 3s RUNNING", missing: "400 InvalidParameterException The referenced task was not found.",
				plain: ecsName, now: taskOf,
			},
			"definition": {
				shape: "DescribeTaskDefinition taskDefinition", id: "taskDefinitionArn", state: "status", healthy: ecsDefinition,
				missing: "400 ClientException Unable to describe task definition.", plain: endOf, now: revisionOf,
			},
		},
		acts: ecsActs(),
		faults: []Fault{{
			Name: "ecs-crash", Title: "The tasks of a service end with exit code 137", of: "service", breaks: crashed,
			Sees: "ecs describe-services --cluster prod --services api",
		}, {
			Name: "ecs-cluster-inactive", Title: "A cluster was deleted", of: "cluster", breaks: patch(`{"status":"INACTIVE"}`),
			Sees: "ecs describe-clusters --clusters prod",
		}},
	}
}

// ecsName is CLUSTER/NAME of an ARN that has the cluster, else the name.
func ecsName(named string) string {
	if !strings.HasPrefix(named, "arn:") {
		return named
	}
	_, name, _ := strings.Cut(named, "/")
	return name
}

// taskCount is how many tasks a service should have.
func (s *Sandbox) taskCount(name string) int {
	if t := s.world.Things[keyOf("ecs service", name)]; t != nil {
		return int(integer(t.Set, "desiredCount", 3))
	}
	return 3
}

// serviceTasks are the tasks of a service, as many as it should have. A new deployment has new ones.
func serviceTasks(s *Sandbox, name string, _ time.Time) []string {
	generation := ""
	if t := s.world.Things[keyOf("ecs service", name)]; t != nil && !t.Since.IsZero() {
		generation = t.Since.String()
	}
	cluster, _, _ := strings.Cut(name, "/")
	var out []string
	for n := range s.taskCount(name) {
		out = append(out, "ecs task/"+cluster+"/"+hexOf(32, "task", name, generation, strconv.Itoa(n)))
	}
	return out
}

// clusterCounts counts what is in a cluster.
func clusterCounts(v *view) {
	tasks, services := 0, 0
	for key := range v.s.names() {
		switch {
		case strings.HasPrefix(key, "ecs task/"+v.name+"/"):
			tasks++
		case strings.HasPrefix(key, "ecs service/"+v.name+"/"):
			services++
		}
	}
	v.doc.Set("runningTasksCount", int64(tasks))
	v.doc.Set("activeServicesCount", int64(services))
}

// rollout is what a service's deployment has come to: its tasks run when it is completed.
func rollout(v *view) {
	desired := integer(v.doc, "desiredCount", 3)
	running, pending, state, says := desired, int64(0), "COMPLETED", "ECS deployment ecs-svc/"+hexOf(19, v.since.String(),
		v.key)+" completed."
	if v.state == "IN_PROGRESS" {
		pending, state, says = min(1, desired), v.state, "ECS deployment in progress."
		if v.thing != nil && v.thing.Since.Equal(v.thing.Born) {
			running, pending = 0, desired
		}
	}
	v.doc.Set("runningCount", running)
	v.doc.Set("pendingCount", pending)
	v.doc.Set("deployments", document.List{v.deployment(desired, running, pending, state, says)})
	v.doc.Set("events", document.List{obj("id", uuid("event", v.key, v.since.String()), "createdAt", v.since.Add(time.Minute), "message",
		"(service "+v.name+") has reached a steady state.")})
}

// deployment is the one of a service.
func (v *view) deployment(desired, running, pending int64, state, says string) *document.Object {
	return obj("id", "ecs-svc/"+hexOf(19, v.since.String(), v.key), "status", "PRIMARY", "taskDefinition", v.text("taskDefinition"),
		"desiredCount", desired, "pendingCount", pending, "runningCount", running, "failedTasks", int64(0),
		"createdAt", v.since, "updatedAt", v.since.Add(15*time.Second), "launchType", "FARGATE",
		"rolloutState", state, "rolloutStateReason", says)
}

// crashed is a service whose tasks do not stay.
func crashed(v *view) {
	desired := integer(v.doc, "desiredCount", 3)
	v.doc.Set("runningCount", int64(0))
	d := v.deployment(desired, 0, 0, "FAILED", "ECS deployment failed: tasks failed to start.")
	d.Set("failedTasks", int64(6))
	v.doc.Set("deployments", document.List{d})
	v.doc.Set("events", document.List{obj("id", uuid("event", v.key, "crash"), "createdAt", v.now.Truncate(time.Minute), "message",
		"(service "+v.name+") is unable to consistently start tasks successfully.")})
}

// taskOf says which service a task is of, and has it end as the service's fault says.
func taskOf(v *view) {
	v.doc.Set("taskArn", "arn:aws:ecs:"+region+":"+accountID+":task/"+v.whole())
	if v.thing != nil && v.thing.Life == taskStopping && v.state == "STOPPED" {
		v.stopped(0, "UserInitiated", "Task stopped by user")
	}
	family, _, _ := strings.Cut(endOf(v.text("taskDefinitionArn")), ":")
	v.doc.Set("_family", family)
	if v.owner == "" {
		return
	}
	service := v.s.see(&request{now: v.now}, "ecs service", v.owner)
	v.doc.Set("group", "service:"+service.name)
	v.doc.Set("_service", service.name) // for filters; no member of an answer
	v.doc.Set("taskDefinitionArn", service.text("taskDefinition"))
	if service.has("ecs-crash") {
		v.stopped(137, "EssentialContainerExited", "Essential container in task exited")
	}
}

// taskStopping is the life of a task that is stopped.
const taskStopping = "STOPPING 3s STOPPED"

// stopped is a task that has ended.
func (v *view) stopped(exit int64, code, reason string) {
	v.state = "STOPPED"
	v.doc.Set("lastStatus", "STOPPED")
	v.doc.Set("desiredStatus", "STOPPED")
	v.doc.Set("stopCode", code)
	v.doc.Set("stoppedReason", reason)
	for _, c := range objects(v.doc, "containers") {
		c.Set("lastStatus", "STOPPED")
		c.Set("exitCode", exit)
		if exit == 137 {
			c.Set("reason", "OutOfMemoryError: Container killed due to memory usage")
		}
	}
	v.doc.Delete("healthStatus")
}

// revisionOf splits the name of a task definition into family and revision: one without a revision is the newest.
func revisionOf(v *view) {
	family, revision, ok := strings.Cut(v.name, ":")
	n, err := strconv.ParseInt(revision, 10, 64)
	if !ok || err != nil {
		n = v.s.revision1(family)
	}
	v.doc.Set("family", family)
	v.doc.Set("revision", n)
	v.doc.Set("taskDefinitionArn", "arn:aws:ecs:"+region+":"+accountID+":task-definition/"+family+":"+strconv.FormatInt(n, 10))
}

// revision1 is the newest revision of a family: of one that grew it is a number of its name.
func (s *Sandbox) revision1(family string) int64 {
	newest := int64(12 + hash32("revision", family)%80)
	for key := range s.world.Things {
		if rest, ok := strings.CutPrefix(key, "ecs definition/"+family+":"); ok {
			n, _ := strconv.ParseInt(rest, 10, 64)
			newest = max(newest, n)
		}
	}
	return newest
}

const (
	ecsCluster = `{"clusterArn":"arn:aws:ecs:$region:$account:cluster/$name","clusterName":"$name","status":"ACTIVE",
"registeredContainerInstancesCount":0,"runningTasksCount":0,"pendingTasksCount":0,"activeServicesCount":0,"statistics":[],"tags":[],
"settings":[],"capacityProviders":["FARGATE"],"defaultCapacityProviderStrategy":[]}`
	ecsService = `{"serviceArn":"arn:aws:ecs:$region:$account:service/$parent/$name","serviceName":"$name",
"clusterArn":"arn:aws:ecs:$region:$account:cluster/$parent","loadBalancers":[],"serviceRegistries":[],"status":"ACTIVE","desiredCount":3,
"runningCount":3,"pendingCount":0,"launchType":"FARGATE","platformVersion":"LATEST","platformFamily":"Linux",
"taskDefinition":"arn:aws:ecs:$region:$account:task-definition/$name:$num.12.91",
"deploymentConfiguration":{"deploymentCircuitBreaker":{"enable":true,"rollback":false},"maximumPercent":200,"minimumHealthyPercent":100},
"deployments":[],"roleArn":"arn:aws:iam::$account:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS","events":[],
"createdAt":"$born","placementConstraints":[],"placementStrategy":[],"networkConfiguration":{"awsvpcConfiguration":{
"subnets":["subnet-$hex17.a","subnet-$hex17.b"],"securityGroups":["sg-$hex17.group"],"assignPublicIp":"DISABLED"}},
"healthCheckGracePeriodSeconds":60,"schedulingStrategy":"REPLICA","deploymentController":{"type":"ECS"},
"createdBy":"arn:aws:iam::$account:role/deployer","enableECSManagedTags":true,"propagateTags":"NONE","enableExecuteCommand":false}`
	ecsTask = `{"attachments":[{"id":"$uuid.eni","type":"ElasticNetworkInterface","status":"ATTACHED","details":[
{"name":"networkInterfaceId","value":"eni-$hex17.eni"},{"name":"privateIPv4Address","value":"$ip.task"}]}],
"availabilityZone":"${region}a","clusterArn":"arn:aws:ecs:$region:$account:cluster/$parent","connectivity":"CONNECTED",
"containers":[{"containerArn":"arn:aws:ecs:$region:$account:container/$parent/$name/$uuid.container","taskArn":
"arn:aws:ecs:$region:$account:task/$parent/$name","name":"app","image":"$account.dkr.ecr.$region.amazonaws.com/app:stable",
"runtimeId":"$name-$num.1000000000.2100000000","lastStatus":"RUNNING","networkBindings":[],"networkInterfaces":[
{"attachmentId":"$uuid.eni","privateIpv4Address":"$ip.task"}],"healthStatus":"HEALTHY","cpu":"0","memory":"1024"}],
"cpu":"512","createdAt":"$born","desiredStatus":"RUNNING","enableExecuteCommand":false,"group":"family:app","healthStatus":"HEALTHY",
"lastStatus":"RUNNING","launchType":"FARGATE","memory":"1024","platformVersion":"1.4.0","startedAt":"$born","tags":[],
"taskArn":"arn:aws:ecs:$region:$account:task/$parent/$name","taskDefinitionArn":
"arn:aws:ecs:$region:$account:task-definition/app:1","version":4}`
	ecsDefinition = `{"taskDefinitionArn":"","containerDefinitions":[{"name":"app","image":
"$account.dkr.ecr.$region.amazonaws.com/app:stable","cpu":0,"portMappings":[{"containerPort":8080,"hostPort":8080,"protocol":"tcp"}],
"essential":true,"environment":[],"mountPoints":[],"volumesFrom":[]}],"family":"","taskRoleArn":"arn:aws:iam::$account:role/task",
"executionRoleArn":"arn:aws:iam::$account:role/ecsTaskExecutionRole","networkMode":"awsvpc","revision":1,"volumes":[],
"status":"ACTIVE","requiresAttributes":[],"placementConstraints":[],"compatibilities":["EC2","FARGATE"],
"requiresCompatibilities":["FARGATE"],"cpu":"512","memory":"1024","registeredAt":"$born","registeredBy":
"arn:aws:iam::$account:role/deployer"}`
)
