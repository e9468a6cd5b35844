package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

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

func TestRDSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"rds DescribeDBInstances", `{}`,
			`{"DBInstances":[{"DBInstanceIdentifier":"orders","DBInstanceStatus":"available"}]}`,
			procedures.Passed, "orders: available.",
		},
		{
			"rds DescribeDBInstances", `{}`,
			`{"DBInstances":[{"DBInstanceIdentifier":"orders","DBInstanceStatus":"storage-full"},` +
				`{"DBInstanceIdentifier":"users","DBInstanceStatus":"available"},{"DBInstanceIdentifier":"old",` +
				`"DBInstanceStatus":"stopped"}]}`,
			procedures.Failed, "1 of 3 databases available; orders: storage-full; old: stopped.",
		},
		{
			"rds DescribeDBInstances", `{}`,
			`{"DBInstances":[{"DBInstanceIdentifier":"orders","DBInstanceStatus":"modifying"}]}`,
			procedures.Warned, "orders: modifying.",
		},
		{
			"rds DescribeDBInstances", `{}`,
			`{"DBInstances":[{"DBInstanceIdentifier":"orders","DBInstanceStatus":"incompatible-network"}]}`,
			procedures.Failed, "incompatible-network",
		},
		{
			"rds DescribeDBInstances", `{}`,
			`{"DBInstances":[{"DBInstanceIdentifier":"a","DBInstanceStatus":"failed"},{"DBInstanceIdentifier":"b",` +
				`"DBInstanceStatus":"failed"},{"DBInstanceIdentifier":"c","DBInstanceStatus":"failed"},` +
				`{"DBInstanceIdentifier":"d","DBInstanceStatus":"failed"}]}`,
			procedures.Failed, "0 of 4 databases available; a, b, c: failed; and 1 more.",
		},
		{
			"rds DescribeDBInstances", `{}`,
			`{"DBInstances":[],"Marker":"more"}`,
			procedures.NoData, "There is no database (the list is cut short: there are more).",
		},
		{
			"rds DescribeDBClusters", `{}`,
			`{"DBClusters":[{"DBClusterIdentifier":"orders","Status":"available",` +
				`"DBClusterMembers":[{"DBInstanceIdentifier":"orders-1","IsClusterWriter":true}]}]}`,
			procedures.Passed, "orders: available, writer orders-1.",
		},
		{
			"rds DescribeDBClusters", `{}`,
			`{"DBClusters":[{"DBClusterIdentifier":"orders","Status":"available",` +
				`"DBClusterMembers":[{"DBInstanceIdentifier":"orders-1","IsClusterWriter":false}]}]}`,
			procedures.Failed, "orders: no writer.",
		},
		{
			"rds DescribeDBClusters", `{}`,
			`{"DBClusters":[{"DBClusterIdentifier":"orders","Status":"failing-over",` +
				`"DBClusterMembers":[{"DBInstanceIdentifier":"orders-1","IsClusterWriter":true}]}]}`,
			procedures.Warned, "orders: failing-over.",
		},
		{
			"rds DescribeDBSnapshots", `{}`,
			`{"DBSnapshots":[{"DBInstanceIdentifier":"orders","Status":"available",` +
				`"SnapshotCreateTime":"2026-11-20T01:00:00+00:00"},{"DBInstanceIdentifier":"orders","Status":"available",` +
				`"SnapshotCreateTime":"2026-11-24T01:00:00+00:00"}]}`,
			procedures.Passed, "orders: 7 h old.",
		},
		{
			"rds DescribeDBSnapshots", `{}`,
			`{"DBSnapshots":[{"DBInstanceIdentifier":"orders","Status":"available",` +
				`"SnapshotCreateTime":"2026-11-20T01:00:00+00:00"}]}`,
			procedures.Warned, "orders: 4 days old; it should not be older than 26 h.",
		},
		{
			"rds DescribeDBSnapshots", `{"DBSnapshotIdentifier":"before"}`,
			`{"DBSnapshots":[{"DBInstanceIdentifier":"orders","Status":"available",` +
				`"SnapshotCreateTime":"2026-11-20T01:00:00+00:00"}]}`,
			procedures.Passed, "available, 4 days old",
		},
		{"rds DescribeDBSnapshots", `{}`, `{"DBSnapshots":[]}`, procedures.Failed, "There is no snapshot."},
		{"rds DescribeDBSnapshots", `{"SnapshotType":"automated"}`, `{"DBSnapshots":[]}`, procedures.Failed, "There is no snapshot."},
		{"rds DescribeDBSnapshots", `{"SnapshotType":"manual"}`, `{"DBSnapshots":[]}`, procedures.NoData, "There is no manual snapshot."},
		{
			"rds DescribeDBClusterSnapshots", `{}`,
			`{"DBClusterSnapshots":[{"DBClusterIdentifier":"orders","Status":"available",` +
				`"SnapshotCreateTime":"2026-11-24T01:00:00+00:00"}]}`,
			procedures.Passed, "7 h old",
		},
		{
			"rds DescribeDBClusterSnapshots", `{}`,
			`{"DBClusterSnapshots":[{"DBClusterIdentifier":"orders","Status":"failed",` +
				`"SnapshotCreateTime":"2026-11-24T01:00:00+00:00"}]}`,
			procedures.Failed, "orders: failed.",
		},
		{
			"rds DescribeEvents", `{}`,
			`{"Events":[{"SourceIdentifier":"orders","Date":"2026-11-24T07:02:00+00:00","Message":"Finished backup.",` +
				`"EventCategories":["backup"]}]}`,
			procedures.Info, "orders: at 07:02: Finished backup.",
		},
		{
			"rds DescribeEvents", `{}`,
			`{"Events":[{"SourceIdentifier":"orders","Date":"2026-11-24T07:02:00+00:00",` +
				`"Message":"Multi-AZ failover completed.","EventCategories":["failover"]},{"SourceIdentifier":"users",` +
				`"Date":"2026-11-24T07:02:00+00:00","Message":"Finished backup","EventCategories":["backup"]}]}`,
			procedures.Warned, "2 events; orders: failover at 07:02",
		},
		{
			"rds DescribeEvents", `{}`,
			`{"Events":[{"SourceIdentifier":"orders","Date":"2026-11-24T07:02:00+00:00","Message":"The disk broke",` +
				`"EventCategories":["failure"]}]}`,
			procedures.Failed, "orders: failure at 07:02: The disk broke.",
		},
		{"rds DescribeEvents", `{}`, `{"Events":[]}`, procedures.Info, "There is no event."},
	})
}
