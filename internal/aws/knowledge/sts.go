package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// stsService is AWS STS. Its credentials are secrets; asking for them changes nothing.
func stsService() service {
	return service{
		operations: map[string]Operation{
			"AssumeRole":      {Effect: procedures.EffectRead, Secret: true},
			"GetSessionToken": {Effect: procedures.EffectRead, Secret: true},
			"GetCallerIdentity": {
				Effect: procedures.EffectRead, reads: "Account, Arn", rule: judgeIdentity,
			},
			"DecodeAuthorizationMessage": {Effect: procedures.EffectRead},
		},
	}
}

// judgeIdentity says who the calls are made as. Nobody should work as root.
func judgeIdentity(q answered) *procedures.Judgement {
	arn := str(q.answer, "Arn")
	_, who, _ := strings.Cut(arn, str(q.answer, "Account")+":")
	if strings.HasSuffix(arn, ":root") {
		return judge(procedures.Warned, "%s as root: use a role.", str(q.answer, "Account"))
	}
	return judge(procedures.Info, "%s as %s.", str(q.answer, "Account"), who)
}
