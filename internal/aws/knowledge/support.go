package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// supportService is AWS Support, with Trusted Advisor.
// It needs a support plan: https://docs.aws.amazon.com/awssupport/latest/user/about-support-api.html
func supportService() service {
	return service{
		operations: map[string]Operation{
			// Trusted Advisor's operations have no access level that tells; they only read.
			"DescribeTrustedAdvisorCheckResult": {
				Effect: procedures.EffectRead,
				rule:   judgeCheckResult, resources: checkResultVerdicts,
				errorResources: checkErrorVerdicts,
			},
			"DescribeTrustedAdvisorCheckSummaries": summarised(),
			"DescribeTrustedAdvisorChecks": {
				Effect:    procedures.EffectRead,
				resources: checkVerdicts,
			},
		},
	}
}

// judgeCheckResult has the verdict of Trusted Advisor: ok, warning (yellow), error (red) or not_available.
// https://docs.aws.amazon.com/awssupport/latest/APIReference/API_TrustedAdvisorCheckResult.html
func judgeCheckResult(q answered) *procedures.Judgement {
	r := child(q.answer, "result")
	flagged, _ := child(r, "resourcesSummary").Get("resourcesFlagged")
	n, _ := flagged.(int64)
	switch status := str(r, "status"); status {
	case "ok":
		return judge(procedures.Passed, "Check %s is ok.", str(r, "checkId"))
	case "warning":
		return judge(procedures.Warned, "Check %s: warning, %s flagged.", str(r, "checkId"), plural(int(n), "resource", "resources"))
	case "error":
		return judge(procedures.Failed, "Check %s is red: %s flagged.", str(r, "checkId"), plural(int(n), "resource", "resources"))
	default:
		return judge(procedures.NoData, "Check %s has no result yet.", str(q.input, "checkId"))
	}
}

// checkKind is the kind of resource of checks and their results: they are one row, by the check's id.
const checkKind = "Check"

// checkVerdicts names the checks, which results only have by their ids.
func checkVerdicts(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for _, c := range members(q.answer, "checks") {
		out = append(out, procedures.ResourceVerdict{
			Kind: checkKind, Name: str(c, "name"), ID: str(c, "id"),
			Facts: []procedures.Fact{{Name: "Category", Value: str(c, "category")}},
		})
	}
	return out
}

// checkResultVerdicts is the result of one check, with how many resources it flagged.
func checkResultVerdicts(q answered) []procedures.ResourceVerdict {
	r := child(q.answer, "result")
	j := judgeCheckResult(q)
	summary := child(r, "resourcesSummary")
	f := procedures.ResourceVerdict{Kind: checkKind, Name: str(r, "checkId"), ID: str(r, "checkId"),
		Verdict: j.Verdict, Facts: []procedures.Fact{
			{Name: "Status", Value: str(r, "status")},
			{Name: "Flagged", Value: grouped(summary, "resourcesFlagged"), Number: true},
			{Name: "Checked", Value: grouped(summary, "resourcesProcessed"), Number: true},
		}}
	return []procedures.ResourceVerdict{f}
}

// checkErrorVerdicts are what an error says of a check.
func checkErrorVerdicts(input *document.Object, _ string, j *procedures.Judgement) []procedures.ResourceVerdict {
	id := str(input, "checkId")
	return []procedures.ResourceVerdict{{Kind: checkKind, Name: id, ID: id, Verdict: j.Verdict, Reason: j.Reason}}
}

// summarised are the results of several checks, in short.
func summarised() Operation {
	o := survey{
		reads: "summaries[]: checkId, status, resourcesSummary.resourcesFlagged",
		list:  "summaries", kind: "check", kinds: "checks", name: "checkId", good: "ok",
		each: func(_ answered, o *document.Object) finding {
			words := vocabularyOf(states{pass: "ok", warn: "warning", fail: "error", noData: "not available"})
			f := words.finding(str(o, "status"))
			if n, _ := numberAt(o, "resourcesSummary.resourcesFlagged"); n > 0 {
				f.says += ", " + number(n) + " flagged"
			}
			f.id = str(o, "checkId")
			return f
		},
	}.operation()
	o.Effect = procedures.EffectRead
	return o
}
