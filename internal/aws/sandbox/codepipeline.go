package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// codepipelineLiving is AWS CodePipeline: pipelines of three stages and their executions. An approval waits for an answer.
// https://docs.aws.amazon.com/codepipeline/latest/APIReference/Welcome.html
func codepipelineLiving() *living {
	pipeline := func(a act) act { a.kind, a.by = "pipeline", "name"; return a }
	named := func(a act) act { a.kind, a.by = "pipeline", "pipelineName"; return a }
	started := func(all []*view, _ *request) *document.Object { return obj("pipelineExecutionId", all[0].run()) }
	return &living{
		service: "codepipeline", token: "400 InvalidNextTokenException The next token is not valid.",
		estate: []string{"pipeline/" + estate},
		kinds: map[string]*kind{"pipeline": {
			shape: "GetPipelineState", id: "pipelineName", healthy: pipelineTemplate, now: stages,
			missing: "400 PipelineNotFoundException Account '" + accountID + "' does not have a pipeline with name '{name}'",
		}},
		acts: map[string]act{
			"ListPipelines": {does: reads, kind: "pipeline", wraps: func(all []*view, _ *request) *document.Object {
				return obj("pipelines", list(all, func(v *view) any {
					return obj("name", v.name, "version", int64(1), "pipelineType", "V2", "created", v.began(), "updated", v.began())
				}))
			}, takes: "nextToken maxResults"},
			"GetPipelineState": pipeline(act{does: reads}),
			"GetPipeline": pipeline(act{does: reads, takes: "version", wraps: func(all []*view, _ *request) *document.Object {
				return obj("pipeline", definition(all[0]), "metadata", obj("pipelineArn", pipelineARN(all[0].name), "created",
					all[0].began(),
					"updated", all[0].began()))
			}}),
			"ListPipelineExecutions": named(act{does: reads, takes: "maxResults nextToken filter", wraps: pipelineRuns}),
			"GetPipelineExecution": named(act{does: reads, takes: "pipelineExecutionId", wraps: func(all []*view,
				_ *request) *document.Object {
				return obj("pipelineExecution", member(obj("r", objects(pipelineRuns(all, nil), "pipelineExecutionSummaries")[0]), "r"))
			}}),
			"StartPipelineExecution": pipeline(act{
				does: changes, takes: "variables sourceRevisions", life: pipelineLife, wraps: started, cures: "deploy-fails",
			}),
			"RetryStageExecution": named(act{
				does: changes, takes: "stageName pipelineExecutionId retryMode", life: "Deploy 5s Succeeded", wraps: started,
				cures: "deploy-fails",
				also: func(v *view, r *request) error {
					if !v.has("deploy-fails") {
						return refuse(400, "StageNotRetryableException", "The stage %s cannot be retried: nothing of it has failed.",
							text(r.input, "stageName"))
					}
					return nil
				},
			}),
			"StopPipelineExecution": named(act{does: changes, takes: "pipelineExecutionId abandon reason", life: "Stopped",
				wraps: started}),
			"PutApprovalResult": named(act{
				does: changes, takes: "stageName actionName result token", life: "Deploy 5s Succeeded", cures: "deploy-fails",
				wraps: func(all []*view, _ *request) *document.Object { return obj("approvedAt", all[0].now) },
			}),
			"DisableStageTransition": named(act{does: changes, takes: "stageName transitionType reason", bare: true,
				also: transition("true")}),
			"EnableStageTransition": named(act{does: changes, takes: "stageName transitionType", bare: true, also: transition("")}),
			"ListTagsForResource":   {does: noTags, takes: "resourceArn nextToken maxResults"},
		},
		faults: []Fault{
			{
				Name: "deploy-fails", Title: "The stage Deploy of a pipeline failed", of: "pipeline",
				breaks: func(v *view) { v.stagesAre("failed") },
				Sees:   "codepipeline get-pipeline-state --name release",
			},
		},
	}
}

// pipelineLife are the stages of an execution: each action takes five seconds.
const pipelineLife = "Source 5s Build 5s Deploy 5s Succeeded"

// pipelineARN is the ARN of a pipeline.
func pipelineARN(name string) string {
	return "arn:aws:codepipeline:" + region + ":" + accountID + ":" + name
}

// run is the id of the newest execution of a pipeline.
func (v *view) run() string {
	began := ""
	if v.thing != nil {
		began = v.thing.Since.String()
	}
	return uuid("run", v.key, began)
}

// stages are those of a pipeline, as far as its newest execution is.
func stages(v *view) {
	state := v.state
	if state == "" {
		state = "Succeeded"
	}
	v.stagesAre(state)
}

// stagesAre makes the stages of an execution that has come so far.
func (v *view) stagesAre(state string) {
	out := document.List{}
	order := []string{"Source", "Build", "Deploy"}
	reached := len(order)
	for i, name := range order {
		if name == state {
			reached = i
		}
	}
	for i, name := range order {
		status := "Succeeded"
		switch {
		case i == reached:
			status = "InProgress"
		case state == "Stopped" && name == "Deploy":
			status = "Stopped"
		case state == "failed" && name == "Deploy":
			status = "Failed"
		}
		run := v.run()
		if i > reached {
			run = uuid("run before", v.key)
		}
		action := obj("status", map[string]string{"Stopped": "Abandoned"}[status], "lastStatusChange",
			v.since.Add(time.Duration(i)*5*time.Second))
		if status != "Stopped" {
			action.Set("status", status)
		}
		if status == "Failed" {
			action.Set("errorDetails", obj("code", "JobFailed", "message", "The deployment failed because too few instances were healthy."))
		}
		action.Set("actionExecutionId", uuid("action", run, name))
		out = append(out, obj("stageName", name, "inboundTransitionState", obj("enabled", v.text("_shut"+name) == ""), "actionStates",
			document.List{obj("actionName", name, "latestExecution", action)}, "latestExecution", obj("pipelineExecutionId", run,
				"status", status)))
	}
	v.doc.Set("stageStates", out)
	v.doc.Set("_status", map[bool]string{true: "Failed"}[state == "failed"])
}

// transition shuts or opens the way into a stage.
func transition(shut string) func(*view, *request) error {
	return func(v *view, r *request) error {
		v.set("_shut"+text(r.input, "stageName"), shut)
		return nil
	}
}

// pipelineRuns are the newest execution of a pipeline and the one before it.
func pipelineRuns(all []*view, _ *request) *document.Object {
	v := all[0]
	status := "Succeeded"
	switch {
	case v.text("_status") != "":
		status = v.text("_status")
	case v.state == "Stopped":
		status = "Stopped"
	case v.state != "" && v.state != "Succeeded":
		status = "InProgress"
	}
	one := func(id, status string, at time.Time) *document.Object {
		return obj("pipelineExecutionId", id, "status", status, "startTime", at, "lastUpdateTime", at.Add(15*time.Second),
			"sourceRevisions", document.List{obj("actionName", "Source", "revisionId", hexOf(40, id), "revisionSummary", "sandbox")},
			"pipelineName", v.name, "pipelineVersion", int64(1), "trigger", obj("triggerType", "StartPipelineExecution"))
	}
	return obj("pipelineExecutionSummaries", document.List{
		one(v.run(), status, v.since), one(uuid("run before", v.key), "Succeeded", v.began().Add(-24*time.Hour)),
	})
}

// definition is what a pipeline consists of.
func definition(v *view) *document.Object {
	action := func(name, category, provider string) *document.Object {
		return obj("name", name, "actions", document.List{obj("name", name, "actionTypeId", obj("category", category, "owner", "AWS",
			"provider", provider, "version", "1"), "runOrder", int64(1), "configuration", &document.Object{}, "outputArtifacts",
			document.List{},
			"inputArtifacts", document.List{})})
	}
	return obj("name", v.name, "roleArn", "arn:aws:iam::"+accountID+":role/pipeline", "artifactStore", obj("type", "S3", "location",
		"artifacts-"+strings.ToLower(hexOf(8, v.key))), "stages", document.List{action("Source", "Source", "S3"),
		action("Build", "Build", "CodeBuild"), action("Deploy", "Deploy", "CodeDeploy")}, "version", int64(1), "executionMode",
		"SUPERSEDED",
		"pipelineType", "V2")
}

const pipelineTemplate = `{"pipelineName":"$name","pipelineVersion":1,"stageStates":[],"created":"$born","updated":"$born"}`
