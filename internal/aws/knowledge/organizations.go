package knowledge

import (
	"cmp"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// organizationsService is AWS Organizations. https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
func organizationsService() service {
	return service{operations: map[string]Operation{
		"ListAccounts": survey{
			reads: "Accounts[]: Id, Name, State, Status",
			list:  "Accounts", kind: "account", kinds: "accounts", name: "Name|Id",
			none: procedures.Judgement{Verdict: procedures.Info},
			each: func(_ answered, o *document.Object) finding {
				words := vocabularyOf(states{info: "active", warn: "pending activation, suspended, pending closure, closed"})
				f := words.finding(cmp.Or(str(o, "State"), str(o, "Status")))
				f.id = str(o, "Id")
				return f
			},
		}.operation(),
	}}
}
