package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// codedeployLiving is AWS CodeDeploy: applications, groups and deployments to three targets.
// https://docs.aws.amazon.com/codedeploy/latest/APIReference/Welcome.html
func codedeployLiving() *living {
	return &living{
		service: "codedeploy", token: "400 InvalidNextTokenException The next token is not valid.",
		estate: []string{"group/" + estate + "/production", "deployment/d-" + strings.ToUpper(hexOf(9, "deployment", estate))},
		kinds: map[string]*kind{
			"application": {
				shape: "GetApplication application", id: "applicationName",
				healthy: `{"applicationId":"$uuid.id","applicationName":"$name","createTime":"$born",
"linkedToGitHub":false,"computePlatform":"Server"}`,
				missing: "400 ApplicationDoesNotExistException No application found for name: {name}",
			},
			"group": {
				shape: "GetDeploymentGroup deploymentGroupInfo", id: "deploymentGroupName", under: "application",
				healthy: `{"applicationName":"$parent","deploymentGroupId":"$uuid.id","deploymentGroupName":"$name","deploymentConfigName":
"CodeDeployDefault.OneAtATime","ec2TagFilters":[],"autoScalingGroups":[],"serviceRoleArn":"arn:aws:iam::$account:role/deploy",
"triggerConfigurations":[],"computePlatform":"Server"}`,
				missing: "400 DeploymentGroupDoesNotExistException No Deployment Group found for name: {name}",
			},
			"deployment": {
				shape: "GetDeployment deploymentInfo", id: "deploymentId", state: "status", healthy: deployTemplate,
				born: "Created 2s InProgress 15s Succeeded", now: overview,
				missing: "400 DeploymentDoesNotExistException The deployment {name} could not be found",
			},
		},
		acts: map[string]act{
			"ListApplications": {does: reads, kind: "application", at: "applications", pick: "applicationName"},
			"GetApplication":   {does: reads, kind: "application", by: "applicationName", at: "application"},
			"ListDeploymentGroups": {does: reads, kind: "group", in: "applicationName", at: "deploymentGroups",
				pick: "deploymentGroupName"},
			"GetDeploymentGroup": {does: reads, kind: "group", by: "deploymentGroupName", in: "applicationName",
				at: "deploymentGroupInfo"},
			"ListDeployments": {
				does: reads, kind: "deployment", at: "deployments", pick: "deploymentId", takes: "createTimeRange externalId",
				only: map[string]string{
					"applicationName": "applicationName", "deploymentGroupName": "deploymentGroupName", "includeOnlyStatuses": "status",
				},
			},
			"GetDeployment": {does: reads, kind: "deployment", by: "deploymentId", at: "deploymentInfo"},
			"CreateDeployment": {
				does: creates, creating: true, changing: true, kind: "deployment", names: "d-$hex9.deployment", also: deploys,
				takes: "autoRollbackConfiguration updateOutdatedInstancesOnly fileExistsBehavior",
				wraps: func(all []*view, _ *request) *document.Object { return obj("deploymentId", all[0].name) },
			},
			"StopDeployment": {
				does: changes, kind: "deployment", by: "deploymentId", takes: "autoRollbackEnabled", life: "Stopped",
				wraps: func([]*view, *request) *document.Object { return obj("status", "Succeeded", "statusMessage", "") },
			},
			"ListDeploymentTargets": {
				does: reads, kind: "deployment", by: "deploymentId", takes: "nextToken targetFilters",
				wraps: func(all []*view, _ *request) *document.Object {
					return obj("targetIds", list(deployTargets(all[0]), func(o *document.Object) any {
						return text(member(o, "instanceTarget"),
							"targetId")
					}))
				},
			},
			"BatchGetDeploymentTargets": {
				does: reads, kind: "deployment", by: "deploymentId", takes: "targetIds", wraps: func(all []*view,
					_ *request) *document.Object {
					return obj("deploymentTargets", list(deployTargets(all[0]), func(o *document.Object) any { return o }))
				},
			},
		},
		faults: []Fault{{
			Name: "deployment-fails", Title: "A deployment fails at one of its targets", of: "deployment",
			breaks: patch(`{"status":"Failed",
"errorInformation":{"code":"HEALTH_CONSTRAINTS","message":"The overall deployment failed because too many instances failed."},
"deploymentOverview":{"Pending":0,"InProgress":0,"Succeeded":2,"Failed":1,"Skipped":0,"Ready":0}}`),
			Sees: "deploy get-deployment --deployment-id d-ABCDEF123",
		}},
	}
}

// deploys looks at the application and the group of a deployment.
func deploys(v *view, r *request) error {
	application := text(r.input, "applicationName")
	if v.s.look(r, "codedeploy application", application) == nil {
		return serviceErrorOf(kindOf("codedeploy application").missing, application)
	}
	if group := text(r.input, "deploymentGroupName"); v.s.look(r, "codedeploy group", application+"/"+group) == nil {
		return serviceErrorOf(kindOf("codedeploy group").missing, group)
	}
	return nil
}

// overview counts the targets of a deployment by how far they are.
func overview(v *view) {
	done := int64(3)
	switch v.state {
	case "Created":
		done = 0
	case "InProgress", "Stopped":
		done = min(2, int64(v.now.Sub(v.since).Seconds()/5))
	}
	if v.thing != nil && !v.thing.Born.IsZero() {
		v.doc.Set("createTime", v.thing.Born)
		v.doc.Set("completeTime", v.since)
	}
	pending := 3 - done
	skipped := int64(0)
	if v.state == "Stopped" {
		pending, skipped = 0, pending
	}
	v.doc.Set("deploymentOverview", obj("Pending", pending, "InProgress", int64(0), "Succeeded", done, "Failed", int64(0),
		"Skipped", skipped,
		"Ready", int64(0)))
	if v.state == "Created" || v.state == "InProgress" {
		v.doc.Delete("completeTime")
	}
}

// deployTargets are the three targets of a deployment.
func deployTargets(v *view) []*document.Object {
	counts := member(v.doc, "deploymentOverview")
	failed, done := integer(counts, "Failed", 0), integer(counts, "Succeeded", 0)
	var out []*document.Object
	for n := range int64(3) {
		status := "Pending"
		switch {
		case n < failed:
			status = "Failed"
		case n < failed+done:
			status = "Succeeded"
		case integer(counts, "Skipped", 0) > 0:
			status = "Skipped"
		}
		out = append(out, obj("deploymentTargetType", "InstanceTarget", "instanceTarget", obj("deploymentId", v.name, "targetId",
			"i-"+hexOf(17, "target", v.key, string(rune('a'+n))), "status", status, "lastUpdatedAt",
			v.since.Add(time.Duration(n)*time.Second),
			"lifecycleEvents", document.List{})))
	}
	return out
}

const deployTemplate = `{"applicationName":"app","deploymentGroupName":"production","deploymentConfigName":"CodeDeployDefault.OneAtATime",
"deploymentId":"$name","revision":{"revisionType":"S3","s3Location":{"bucket":"artifacts-$hex8.bucket","key":"app.zip","bundleType":"zip"}},
"status":"Succeeded","createTime":"$born","startTime":"$born","completeTime":"$born","deploymentOverview":{"Pending":0,"InProgress":0,
"Succeeded":3,"Failed":0,"Skipped":0,"Ready":0},"creator":"user","ignoreApplicationStopFailures":false,"updateOutdatedInstancesOnly":false,
"deploymentStyle":{"deploymentType":"IN_PLACE","deploymentOption":"WITHOUT_TRAFFIC_CONTROL"},"instanceTerminationWaitTimeStarted":false,
"fileExistsBehavior":"DISALLOW","deploymentStatusMessages":[],"computePlatform":"Server"}`
