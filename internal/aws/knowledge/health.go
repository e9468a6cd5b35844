package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// healthService is AWS Health. Its API needs a support plan: https://docs.aws.amazon.com/health/latest/ug/health-api.html
func healthService() service {
	return service{operations: map[string]Operation{
		"DescribeEvents": survey{
			reads: "events[]: arn, service, region, statusCode, eventTypeCategory, eventTypeCode, startTime",
			list:  "events", kind: "event", kinds: "events", good: "over",
			none: procedures.Judgement{Verdict: procedures.Passed}, each: judgeHealthEvent,
		}.operation(),
	}}
}

// judgeHealthEvent fails for an issue that is open, and warns of anything else that is open or to come.
func judgeHealthEvent(q answered, o *document.Object) finding {
	f := found(procedures.Passed, "%s %s", str(o, "eventTypeCategory"), str(o, "statusCode"))
	switch state := str(o, "statusCode"); {
	case state == "open" && str(o, "eventTypeCategory") == "issue":
		f.verdict = procedures.Failed
	case state != "closed":
		f.verdict = procedures.Warned
	}
	if f.verdict != procedures.Passed {
		f.says += strings.TrimPrefix(since(at(o, "startTime"), q.now), ",") + ": " + str(o, "eventTypeCode")
	}
	f.name, f.id = strings.TrimSpace(str(o, "service")+" "+str(o, "region")), str(o, "arn")
	return f
}
