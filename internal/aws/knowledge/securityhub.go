package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// securityhubService is AWS Security Hub. https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetFindings.html
func securityhubService() service {
	return service{operations: map[string]Operation{
		"GetFindings": survey{
			reads: "Findings[]: Id, Title, Severity.Label, RecordState, Workflow.Status",
			list:  "Findings", kind: "finding", kinds: "findings", good: "dealt with, or of low severity",
			none: procedures.Judgement{Verdict: procedures.Passed},
			each: func(_ answered, o *document.Object) finding {
				words := vocabularyOf(states{pass: "informational, low, medium", warn: "high", fail: "critical"})
				f := words.finding(textAt(o, "Severity.Label"))
				state := textAt(o, "Workflow.Status")
				if str(o, "RecordState") == "ARCHIVED" || state == "RESOLVED" || state == "SUPPRESSED" {
					f.verdict = procedures.Passed
				}
				f.name, f.id = shortened(str(o, "Title")), str(o, "Id")
				return f
			},
		}.operation(),
	}}
}
