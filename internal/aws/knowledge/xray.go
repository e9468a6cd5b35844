package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// xrayService is AWS X-Ray. https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
func xrayService() service {
	return service{operations: map[string]Operation{
		"GetTraceSummaries": survey{
			reads: "TraceSummaries[]: Id, HasFault, ResponseTime",
			list:  "TraceSummaries", kind: "trace", kinds: "traces", name: "Id",
			none: procedures.Judgement{Verdict: procedures.Info},
			each: func(_ answered, o *document.Object) finding {
				if truthAt(o, "HasFault") {
					return found(procedures.Warned, "a fault")
				}
				t, _ := numberAt(o, "ResponseTime")
				return found(procedures.Info, "%s s", number(t))
			},
		}.operation(),
	}}
}
