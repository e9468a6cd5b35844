package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// codebuildService is AWS CodeBuild. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BatchGetBuilds.html
func codebuildService() service {
	return service{operations: map[string]Operation{
		"BatchGetBuilds": survey{
			reads: "builds[]: id, projectName, buildStatus, startTime; builds[].phases[]: phaseType, phaseStatus, contexts[].message",
			list:  "builds", kind: "build", kinds: "projects", name: "projectName", good: "built",
			newest: "startTime", each: judgeBuild,
			none: procedures.Judgement{Verdict: procedures.NoData, Reason: "There is no such build."},
		}.operation(),
	}}
}

// judgeBuild says in which phase a build failed, and why.
func judgeBuild(_ answered, o *document.Object) finding {
	f := job.finding(str(o, "buildStatus"))
	for _, p := range members(o, "phases") {
		verdict, _ := job.verdict(str(p, "phaseStatus"))
		if f.verdict != procedures.Failed || str(p, "phaseStatus") == "" || verdict != procedures.Failed {
			continue
		}
		f.says += " in " + str(p, "phaseType")
		for _, c := range members(p, "contexts") {
			if why := str(c, "message"); why != "" {
				f.says += ": " + strings.TrimRight(shortened(why), ".")
				break
			}
		}
		break
	}
	f.name = str(o, "id")
	return f
}
