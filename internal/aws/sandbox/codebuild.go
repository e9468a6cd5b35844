package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// codebuildLiving is AWS CodeBuild: projects and their builds of eleven phases. No code is built.
// https://docs.aws.amazon.com/codebuild/latest/APIReference/Welcome.html
func codebuildLiving() *living {
	return &living{
		service: "codebuild", token: "400 InvalidInputException Invalid next token.",
		estate: []string{"project/" + estate},
		kinds: map[string]*kind{
			"project": {
				shape: "BatchGetProjects projects", id: "name", arn: "arn", healthy: buildProject,
				missing: "400 ResourceNotFoundException Project cannot be found: {name}",
				brings: func(_ *Sandbox, name string, _ time.Time) []string {
					return []string{"codebuild build/" + name + ":" + uuid("build", name)}
				},
			},
			"build": {
				shape: "BatchGetBuilds builds", id: "id", arn: "arn", state: "buildStatus", healthy: buildTemplate, plain: buildName,
				born: "IN_PROGRESS 11s SUCCEEDED", now: phases, missing: "400 ResourceNotFoundException Build {name} does not exist.",
			},
		},
		acts: map[string]act{
			"ListProjects":     {does: reads, kind: "project", at: "projects", pick: "name", takes: "sortBy sortOrder"},
			"BatchGetProjects": {does: reads, kind: "project", by: "names", at: "projects", skips: true},
			"ListBuildsForProject": {
				does: reads, kind: "build", at: "ids", pick: "id", takes: "sortOrder", refs: map[string]string{"projectName": "project"},
				only: map[string]string{"projectName": "projectName"},
			},
			"ListBuilds":     {does: reads, kind: "build", at: "ids", pick: "id", takes: "sortOrder"},
			"BatchGetBuilds": {does: reads, kind: "build", by: "ids", at: "builds", skips: true},
			"StartBuild": {
				does: startsBuild, creating: true, changing: true, kind: "build", takes: "projectName environmentVariablesOverride " +
					"buildspecOverride sourceLocationOverride imageOverride timeoutInMinutesOverride",
			},
			"StopBuild":  {does: changes, kind: "build", by: "id", life: "STOPPED", at: "build"},
			"RetryBuild": {does: changes, kind: "build", by: "id", life: "IN_PROGRESS 11s SUCCEEDED", at: "build"},
		},
		faults: []Fault{{
			Name: "build-fails", Title: "The newest builds fail", of: "build", breaks: buildFails,
			Sees: "codebuild batch-get-builds --ids api:12345678-1234-1234-1234-123456789012",
		}},
	}
}

// buildName is PROJECT:ID of a build's ARN.
func buildName(named string) string {
	if _, rest, ok := strings.Cut(named, ":build/"); ok {
		return rest
	}
	return named
}

// buildPhases are those of a build, in order.
var buildPhases = []string{
	"SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS",
	"FINALIZING", "COMPLETED",
}

// phases are those of a build, as far as it is: each takes a second.
func phases(v *view) {
	project, _, _ := strings.Cut(v.name, ":")
	v.doc.Set("projectName", project)
	at := v.began()
	if v.thing != nil && !v.thing.Since.IsZero() {
		at = v.thing.Since
	}
	out := document.List{}
	for i, name := range buildPhases {
		began := at.Add(time.Duration(i) * time.Second)
		if v.state == "IN_PROGRESS" && began.After(v.now) {
			break
		}
		v.doc.Set("currentPhase", name)
		one := obj("phaseType", name, "startTime", began)
		if name != "COMPLETED" && (v.state != "IN_PROGRESS" || !began.Add(time.Second).After(v.now)) {
			one = obj("phaseType", name, "phaseStatus", "SUCCEEDED", "startTime", began, "endTime", began.Add(time.Second),
				"durationInSeconds", int64(1), "contexts", document.List{})
		}
		out = append(out, one)
	}
	v.doc.Set("phases", out)
	v.doc.Set("startTime", at)
	v.doc.Set("buildComplete", v.state != "IN_PROGRESS")
	if v.state != "IN_PROGRESS" {
		v.doc.Set("endTime", at.Add(11*time.Second))
	}
}

// buildFails lets a build fail in its phase BUILD.
func buildFails(v *view) {
	v.state = "FAILED"
	v.doc.Set("buildStatus", "FAILED")
	for _, p := range objects(v.doc, "phases") {
		if text(p, "phaseType") == "BUILD" {
			p.Set("phaseStatus", "FAILED")
			p.Set("contexts", document.List{obj("statusCode", "COMMAND_EXECUTION_ERROR", "message",
				"Error while executing command: make test. Reason: exit status 2")})
		}
	}
}

// startsBuild begins a build of a project.
func startsBuild(s *Sandbox, r *request, _ *act, k *kind) (*document.Object, error) {
	project := s.look(r, "codebuild project", text(r.input, "projectName"))
	if project == nil {
		return nil, serviceErrorOf(kindOf("codebuild project").missing, text(r.input, "projectName"))
	}
	name := project.name + ":" + uuid("build", r.id)
	s.world.Things["codebuild build/"+name] = &thing{From: r.operation, Born: r.now}
	v := s.see(r, "codebuild build", name)
	v.set("buildNumber", int64(s.world.Serial))
	if version := text(r.input, "sourceVersion"); version != "" {
		v.set("sourceVersion", version)
	}
	v.live(k.born)
	s.touch(r, name, "AWS::CodeBuild::Project")
	return shapedOutput(r, obj("build", v.doc)), nil
}

const (
	buildProject = `{"name":"$name","arn":"arn:aws:codebuild:$region:$account:project/$name","source":{"type":"CODEPIPELINE"},"artifacts":
{"type":"CODEPIPELINE"},"cache":{"type":"NO_CACHE"},"environment":{"type":"LINUX_CONTAINER","image":"aws/codebuild/standard:7.0",
"computeType":"BUILD_GENERAL1_SMALL","environmentVariables":[],"privilegedMode":false},"serviceRole":"arn:aws:iam::$account:role/build",
"timeoutInMinutes":60,"queuedTimeoutInMinutes":480,"created":"$born","lastModified":"$born"}`
	buildTemplate = `{"id":"$name","arn":"arn:aws:codebuild:$region:$account:build/$name","buildNumber":118,"buildStatus":"SUCCEEDED",
"sourceVersion":"main","projectName":"","phases":[],"source":{"type":"CODEPIPELINE"},"artifacts":{"location":""},"cache":
{"type":"NO_CACHE"},"environment":{"type":"LINUX_CONTAINER","image":"aws/codebuild/standard:7.0","computeType":"BUILD_GENERAL1_SMALL",
"environmentVariables":[]},"logs":{"groupName":"/aws/codebuild/build","streamName":"$hex8.stream"},"timeoutInMinutes":60,
"buildComplete":true,"initiator":"opsbook"}`
)
