package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestOrganizationsVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"organizations ListAccounts", `{}`,
			`{"Accounts":[{"Id":"1","Name":"prod","State":"ACTIVE"}]}`,
			procedures.Info, "prod: ACTIVE.",
		},
		{
			"organizations ListAccounts", `{}`,
			`{"Accounts":[{"Id":"1","Name":"prod","State":"ACTIVE"},{"Id":"2","Name":"old","State":"SUSPENDED"}]}`,
			procedures.Warned, "2 accounts; old: SUSPENDED.",
		},
	})
}
