package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// apigatewayService is Amazon API Gateway, of REST APIs. Stages are changed by patches, which are read back member by member:
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
func apigatewayService() service {
	return service{
		operations: map[string]Operation{
			// A patch names one setting by its path; the answer of GetStage has it elsewhere,
			// so that the prediction and the rollback go patch by patch rather than member by
			// member.
			"UpdateStage": {
				sentence: "Changes the stage {stageName} of the REST API {restApiId}", resource: "restApiId",
				hints: stageHints,
				change: Change{
					limits: stageLimits,
					Kind:   "stage", ReadOperation: "GetStage",
					predict:  predictStage,
					NoWait:   seconds,
					rollback: stageRollback,
				},
			},
			// A deployment makes a stage serve what the API is now. The one from before still
			// exists, and the stage is pointed at it again.
			"CreateDeployment": {
				tellingRead: "GetDeployments",
				change: Change{
					Kind: "REST API", ReadOperation: "GetStage",
					ReadWith: "{restApiId: restApiId, stageName: stageName}",
					Excluded: []string{"restApiId", "description", "stageName"}, Compared: []string{"deploymentId"},
					NoWait:   seconds,
					Rollback: "UpdateStage",
					RollbackWith: "{restApiId: input.restApiId, stageName: input.stageName, patchOperations: [{op: " +
						"'replace', path: '/deploymentId', value: before.deploymentId}]}",
				},
			},
		},
	}
}

// settingOf maps the end of a patch's path to the member of a method's settings.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
var settingOf = map[string]string{
	"throttling/rateLimit": "throttlingRateLimit", "throttling/burstLimit": "throttlingBurstLimit",
	"logging/loglevel": "loggingLevel", "logging/dataTrace": "dataTraceEnabled", "metrics/enabled": "metricsEnabled",
	"caching/enabled": "cachingEnabled", "caching/ttlInSeconds": "cacheTtlInSeconds", "caching/dataEncrypted": "cacheDataEncrypted",
}

// patched is the path in a stage that a patch of it changes, member by member; nil where it is not known.
func patched(path string) []string {
	path = strings.TrimPrefix(path, "/")
	for end, member := range settingOf {
		if method, ok := strings.CutSuffix(path, "/"+end); ok {
			// A slash in a resource's path is written ~1 in a patch, as in JSON Pointer (RFC
			// 6901); methodSettings has it as a slash: "items/GET".
			return []string{"methodSettings", strings.ReplaceAll(method, "~1", "/"), member}
		}
	}
	if name, ok := strings.CutPrefix(path, "variables/"); ok {
		return []string{"variables", name}
	}
	if strings.Contains(path, "/") || path == "" {
		return nil
	}
	return []string{path}
}

// patch is one operation of an input's patchOperations.
type patch struct {
	op, path, value string
	at              []string
	old             document.Value
}

// patchesOf are the patches of an input, each with the value from before at the place that it changes.
func patchesOf(input, before *document.Object) []patch {
	v, _ := input.Get("patchOperations")
	list, _ := v.(document.List)
	var out []patch
	for _, item := range list {
		o, _ := item.(*document.Object)
		p := patch{op: textOf(o, "op"), path: textOf(o, "path"), value: textOf(o, "value")}
		p.at = patched(p.path)
		var here document.Value = before
		for _, name := range p.at {
			inner, _ := here.(*document.Object)
			here, _ = inner.Get(name)
		}
		if p.at != nil {
			p.old = here
		}
		out = append(out, p)
	}
	return out
}

// predictStage predicts what each patch changes. Patches of paths that are not known change nothing that is shown.
func predictStage(_ Change, input, before *document.Object) []procedures.Difference {
	var out []procedures.Difference
	for _, p := range patchesOf(input, before) {
		if p.at == nil {
			continue
		}
		d := procedures.Difference{Path: strings.Join(p.at, "."), After: p.value}
		if p.op == "remove" {
			d.After = ""
		}
		if p.old != nil {
			d.Before = fmt.Sprint(p.old)
		}
		if d.Before != d.After {
			out = append(out, d)
		}
	}
	return out
}

// stageRollback is the input with the values from before, patch by patch. A variable that was not set is removed again; nothing else
// can be removed.
func stageRollback(input, before *document.Object) (*document.Object, string) {
	var back document.List
	for _, p := range patchesOf(input, before) {
		switch {
		case p.at == nil:
			return nil, "no rollback of the patch " + p.path + " is known"
		case p.old == nil && len(p.at) == 2:
			back = append(back, document.NewObject(document.Member{Name: "op", Value: "remove"},
				document.Member{Name: "path", Value: p.path}))
		case p.old == nil:
			return nil, p.path + " was not set before, and no call is known that removes it"
		case fmt.Sprint(p.old) != p.value || p.op == "remove":
			back = append(back, document.NewObject(document.Member{Name: "op", Value: "replace"},
				document.Member{Name: "path", Value: p.path}, document.Member{Name: "value", Value: fmt.Sprint(p.old)}))
		}
	}
	if len(back) == 0 {
		return nil, "it changes nothing that is known"
	}
	out := only(input, "restApiId", "stageName")
	out.Set("patchOperations", back)
	return out, ""
}

// stageLimits compare throttling with the account's: a stage that allows more gets no more.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
func stageLimits(p proposed) []string {
	answer, err := p.read("apigateway", "GetAccount", nil)
	if err != nil {
		return nil
	}
	var out []string
	for _, l := range []struct{ end, member, what string }{
		{"throttling/rateLimit", "rateLimit", "requests a second"}, {"throttling/burstLimit", "burstLimit", "requests at once"},
	} {
		quota, ok := figure(answer, "throttleSettings", l.member)
		for _, o := range members(p.input, "patchOperations") {
			if !strings.HasSuffix(str(o, "path"), l.end) {
				continue
			}
			if value, isNumber := figure(o, "value"); ok && isNumber && value > quota {
				out = append(out, fmt.Sprintf("%.0f %s are more than the account's quota of %.0f: AWS throttles at the quota.",
					value, l.what, quota))
			}
		}
	}
	return out
}

// stageHints is about the paths of a stage's patches: throttling stands under /*/*/throttling/.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
//
//	path=/throttle/rateLimit   becomes   path=/*/*/throttling/rateLimit
func stageHints(w Written) []Hint {
	hint := Hint{
		Severity: procedures.SeverityError, Rule: "stage-path",
		Text: "A stage has no %s. An account's default quotas are a rate of 10,000 and a burst of 5,000.",
	}
	v, _ := w.Shown.Get("patchOperations")
	list, _ := v.(document.List)
	for i := range list {
		o, _ := list[i].(*document.Object)
		path := o.Text("path")
		if !strings.HasPrefix(path, "/throttle/") && !strings.HasPrefix(path, "/throttling/") {
			continue
		}
		fixed := "/*/*/throttling/" + path[strings.LastIndexByte(path, '/')+1:]
		hint.Replace = append(hint.Replace, Replacement{
			Member: "patchOperations", Index: i, Old: path, New: fixed, Text: fmt.Sprintf("%s (should be %s)", path, fixed),
		})
	}
	if len(hint.Replace) == 0 {
		return nil
	}
	return []Hint{hint}
}
