package knowledge_test

import "testing"

func TestSSMRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"a parameter", "ssm put-parameter --name /a --value 2 --overwrite",
			`{"Name":"/a","Type":"String","Value":"1","Version":3}`, []string{"Value: 1 -> 2"},
			"aws ssm put-parameter --name /a --value 1 --type String --overwrite",
		},
		{
			"a secure parameter is not shown",
			"ssm put-parameter --name /a --value hunter2 --type SecureString --overwrite",
			`{"Name":"/a","Type":"SecureString","Value":"AQICAHh"}`,
			[]string{"Value: (not shown) -> another value (not shown)"},
			"its value from before is encrypted and is not read here; AWS keeps it as the version before",
		},
	})
}
