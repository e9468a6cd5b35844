package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// wafv2Service is AWS WAF. https://docs.aws.amazon.com/waf/latest/APIReference/API_GetWebACL.html
func wafv2Service() service {
	return service{operations: map[string]Operation{
		"GetWebACL": survey{
			reads: "WebACL.Rules[]: Name, Action, OverrideAction",
			list:  "WebACL.Rules", kind: "rule", kinds: "rules", name: "Name", whose: true,
			none: procedures.Judgement{Verdict: procedures.Info},
			each: func(_ answered, o *document.Object) finding {
				if child(child(o, "Action"), "Count") != nil || child(child(o, "OverrideAction"), "Count") != nil {
					return found(procedures.Warned, "it only counts")
				}
				return found(procedures.Info, "it acts")
			},
		}.operation(),
	}}
}
