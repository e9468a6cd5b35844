package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// guarddutyService is Amazon GuardDuty. https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
func guarddutyService() service {
	return service{operations: map[string]Operation{
		"ListFindings": {reads: "FindingIds", rule: func(q answered) *procedures.Judgement {
			if n := len(textsAt(q.answer, "FindingIds")); n > 0 {
				return judge(procedures.Warned, "%s; aws guardduty get-findings says which.", plural(n, "finding", "findings"))
			}
			return judge(procedures.Passed, "There is no finding.")
		}},
		"GetFindings": survey{
			reads: "Findings[]: Id, Severity, Title, Service.Archived, Service.EventLastSeen",
			list:  "Findings", kind: "finding", kinds: "findings", good: "of low severity",
			none: procedures.Judgement{Verdict: procedures.Passed}, each: judgeThreat,
		}.operation(),
	}}
}

// judgeThreat judges by the severity: low below 4, high from 7. An archived finding was dealt with.
func judgeThreat(q answered, o *document.Object) finding {
	severity, _ := numberAt(o, "Severity")
	f := found(procedures.Passed, "severity %s", number(severity))
	switch {
	case truthAt(o, "Service.Archived"):
		return finding{}
	case severity >= 7:
		f.verdict = procedures.Failed
	case severity >= 4:
		f.verdict = procedures.Warned
	}
	if t := timeAt(o, "Service.EventLastSeen"); !t.IsZero() {
		f.says += ", seen " + moment(t, q.now)
	}
	f.name, f.id = shortened(str(o, "Title")), str(o, "Id")
	return f
}
