package knowledge_test

import "testing"

func TestRDSRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{"a database's class",
			"rds modify-db-instance --db-instance-identifier d --db-instance-class db.t3.large --apply-immediately",
			`{"DBInstanceIdentifier":"d","DBInstanceClass":"db.t3.small"}`,
			[]string{"DBInstanceClass: db.t3.small -> db.t3.large"},
			"aws rds modify-db-instance --db-instance-identifier d --db-instance-class db.t3.small --apply-immediately"},
		{
			"a password", "rds modify-db-instance --db-instance-identifier d --master-user-password new-password",
			`{"DBInstanceIdentifier":"d","DBInstanceClass":"db.t3.small"}`, nil,
			"AWS does not tell a password: set the one from before again",
		},
		{
			"a group of parameters", "rds modify-db-instance --db-instance-identifier d --db-parameter-group-name p2",
			`{"DBInstanceIdentifier":"d","DBParameterGroups":[{"DBParameterGroupName":"p1"}]}`, nil,
			"what DBParameterGroupName was before cannot be read",
		},
		{
			"storage", "rds modify-db-instance --db-instance-identifier d --allocated-storage 200 --apply-immediately",
			`{"DBInstanceIdentifier":"d","AllocatedStorage":100}`, []string{"AllocatedStorage: 100 -> 200"},
			"AWS does not make the storage of a database smaller",
		},
	})
}
