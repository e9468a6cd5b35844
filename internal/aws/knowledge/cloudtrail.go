package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// cloudtrailService is AWS CloudTrail. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
func cloudtrailService() service {
	return service{
		operations: map[string]Operation{
			"GetTrailStatus": {reads: "IsLogging, LatestDeliveryError", rule: judgeTrailStatus},
			"LookupEvents":   {rule: judgeTrail, resources: trailVerdicts, hints: trailHints},
		},
	}
}

// judgeTrail warns of sensitive events, and names the first five.
func judgeTrail(q answered) *procedures.Judgement {
	var sensitive []string
	events := members(q.answer, "Events")
	for _, e := range events {
		if isSensitive(e) {
			from := ""
			if address := trailDetail(e, "sourceIPAddress"); address != "" {
				from = " from " + address
			}
			sensitive = append(sensitive, fmt.Sprintf("%s by %s at %s%s", str(e, "EventName"),
				orUnnamed(str(e, "Username")), strings.TrimSuffix(str(e, "EventTime"), "+00:00"), from))
		}
	}
	// No event passes: a runbook asks for what should not have happened.
	if len(events) == 0 {
		of := "event"
		for _, a := range members(q.input, "LookupAttributes") {
			of = str(a, "AttributeValue")
			if str(a, "AttributeKey") != "EventName" {
				of = "event of " + of
			}
		}
		return judge(procedures.Passed, "No %s in this time.", of)
	}
	if len(sensitive) == 0 {
		return judge(procedures.Passed, "%s, none of them a deletion, a policy change or a root sign-in.",
			plural(len(events), "event", "events"))
	}
	return judge(procedures.Warned, "%s: %s.", plural(len(sensitive), "sensitive event", "sensitive events"),
		strings.Join(sensitive[:min(5, len(sensitive))], "; "))
}

// isSensitive reports whether an event is a deletion, a change of a policy, a stop of the trail itself or a sign-in of the root user.
func isSensitive(e *document.Object) bool {
	name := str(e, "EventName")
	root := name == "ConsoleLogin" && (str(e, "Username") == "root" || trailDetail(e, "userIdentity", "type") == "Root")
	return root || strings.HasPrefix(name, "Delete") || name == "StopLogging" || strings.Contains(name, "Policy") &&
		str(e, "ReadOnly") != "true"
}

// orUnnamed is a caller in a sentence. Events of AWS services have no user name.
func orUnnamed(name string) string {
	if name == "" {
		return "an unnamed caller"
	}
	return name
}

// trailDetail is a member of the event itself, which CloudTrail hands over as text.
func trailDetail(e *document.Object, path ...string) string {
	v, err := document.Parse([]byte(str(e, "CloudTrailEvent")))
	o, _ := v.(*document.Object)
	if err != nil || o == nil {
		return ""
	}
	for _, name := range path[:len(path)-1] {
		o = child(o, name)
	}
	return str(o, path[len(path)-1])
}

// trailVerdicts lists who did what, when and from where.
func trailVerdicts(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for _, e := range members(q.answer, "Events") {
		f := procedures.ResourceVerdict{Kind: "Event", Name: str(e, "EventName"), ID: str(e, "EventId"), Verdict: procedures.Info}
		if isSensitive(e) {
			f.Verdict = procedures.Warned
		}
		if code := trailDetail(e, "errorCode"); code != "" {
			f.Reason = "refused: " + code
		}
		when := at(e, "EventTime").UTC().Format("2006-01-02 15:04:05")
		if at(e, "EventTime").IsZero() {
			when = str(e, "EventTime")
		}
		var of []string
		for _, r := range members(e, "Resources") {
			of = append(of, str(r, "ResourceName"))
		}
		f.Facts = []procedures.Fact{
			{Name: "Who", Value: orUnnamed(str(e, "Username"))},
			{Name: "From", Value: trailDetail(e, "sourceIPAddress")}, {Name: "When (UTC)", Value: when},
			{Name: "What", Value: strings.Join(of, ", ")},
		}
		out = append(out, f)
	}
	return out
}

// trailHints says what one answer can have. Without MaxResults the pages are read to their end, and the window is asked for.
func trailHints(w Written) []Hint {
	if !w.Has("MaxResults") {
		return nil
	}
	return []Hint{{
		Severity: procedures.SeverityNote, Rule: "lookup-events",
		Text: "This looks up one attribute, in one region, of the last 90 days; at most 50 events come in one answer.",
	}}
}

// judgeTrailStatus fails for a trail that records nothing, or that cannot deliver what it records.
func judgeTrailStatus(q answered) *procedures.Judgement {
	switch problem := str(q.answer, "LatestDeliveryError"); {
	case !truthAt(q.answer, "IsLogging"):
		return judge(procedures.Failed, "%s: it is not logging.", q.about())
	case problem != "":
		return judge(procedures.Failed, "%s: its last delivery failed: %s.", q.about(), problem)
	}
	return judge(procedures.Passed, "%s: logging.", q.about())
}
