package knowledge

// database makes the input of a read or a waiter of that of a call that names a database.
const database = "{DBInstanceIdentifier: DBInstanceIdentifier}"

// rdsService is Amazon RDS. Without --apply-immediately a change waits for the maintenance window, and shows as pending.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/Welcome.html
func rdsService() service {
	return service{
		slow: []string{"Restore", "CreateDB", "ModifyDB", "StartDB", "StopDB", "RebootDB", "Promote", "Failover"},
		operations: joined(rdsReadings(), map[string]Operation{
			// ApplyImmediately says when, and sets nothing. Without it the values appear under
			// PendingModifiedValues.
			"ModifyDBInstance": {
				Slow: true, sentence: "Changes the database {DBInstanceIdentifier}",
				change: Change{
					Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database,
					ReadAt:   "DBInstances[0]",
					Excluded: []string{"DBInstanceIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade"},
					Waiter:   "DBInstanceAvailable", WaitWith: database,
					Restores: true, NoRollbackOf: onlyForward(),
				},
			},
			// A forced failover swaps primary and standby, which another reboot does again; it
			// is not a rollback.
			"RebootDBInstance": {
				Slow: true, sentence: "Reboots the database {DBInstanceIdentifier}",
				change: Change{
					Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database,
					ReadAt:   "DBInstances[0]",
					Excluded: []string{"DBInstanceIdentifier", "ForceFailover"},
					Waiter:   "DBInstanceAvailable", WaitWith: database,
					NoRollback: "a reboot changes nothing that could be put back",
				},
			},
			// The rollback fails over once more, to the member that was the writer before.
			"FailoverDBCluster": {
				Slow:     true,
				sentence: "Fails the database cluster {DBClusterIdentifier} over",
				change: Change{
					Kind: "database cluster", ReadOperation: "DescribeDBClusters",
					ReadWith: "{DBClusterIdentifier: DBClusterIdentifier}", ReadAt: "DBClusters[0]",
					Excluded: []string{"TargetDBInstanceIdentifier"},
					Waiter:   "DBClusterAvailable", WaitWith: "{DBClusterIdentifier: DBClusterIdentifier}",
					Rollback: "FailoverDBCluster",
					RollbackWith: "{DBClusterIdentifier: input.DBClusterIdentifier, TargetDBInstanceIdentifier: " +
						"before.DBClusterMembers[?IsClusterWriter].DBInstanceIdentifier | [0]}",
				},
			},
			// The models have no waiter for stopped. AWS starts a stopped database again after
			// seven days:
			// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
			"StopDBInstance": {change: Change{
				Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database,
				ReadAt:   "DBInstances[0]",
				Compared: []string{"DBInstanceStatus"}, predict: predictValue("DBInstanceStatus", "stopped"),
				Until:    "DBInstanceStatus == 'stopped'",
				Rollback: "StartDBInstance", RollbackWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier}",
			}},
			"StartDBInstance": {change: Change{
				Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database,
				ReadAt:   "DBInstances[0]",
				Compared: []string{"DBInstanceStatus"}, predict: predictValue("DBInstanceStatus", "available"),
				Waiter: "DBInstanceAvailable", WaitWith: database,
				Rollback: "StopDBInstance", RollbackWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier}",
			}},
			// A cluster's settings are read from DescribeDBClusters; those of its instances
			// are not among them.
			"ModifyDBCluster": {change: Change{
				Kind: "database cluster", ReadOperation: "DescribeDBClusters",
				ReadWith: "{DBClusterIdentifier: DBClusterIdentifier}", ReadAt: "DBClusters[0]",
				Excluded: []string{"DBClusterIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade"},
				Waiter:   "DBClusterAvailable", WaitWith: "{DBClusterIdentifier: DBClusterIdentifier}",
				Restores: true, NoRollbackOf: onlyForward(),
			}},
			// A snapshot that is new is rolled back by deleting it.
			"CreateDBSnapshot": {change: Change{
				Kind: "snapshot", ReadOperation: "DescribeDBSnapshots",
				ReadWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", ReadAt: "DBSnapshots[0]",
				Waiter: "DBSnapshotAvailable", WaitWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}",
				Rollback: "DeleteDBSnapshot", RollbackWith: "{DBSnapshotIdentifier: input.DBSnapshotIdentifier}",
			}},
			"DeleteDBSnapshot": {change: Change{
				Kind: "snapshot", ReadOperation: "DescribeDBSnapshots",
				ReadWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", ReadAt: "DBSnapshots[0]",
				Deletes: true,
				Waiter:  "DBSnapshotDeleted", WaitWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}",
				NoRollback: gone,
			}},
			// A restore makes a new database; the rollback deletes it without a final
			// snapshot, since the snapshot that it came from is still there.
			"RestoreDBInstanceFromDBSnapshot": {change: Change{
				Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database,
				ReadAt:   "DBInstances[0]",
				Excluded: []string{"DBSnapshotIdentifier"},
				Waiter:   "DBInstanceAvailable", WaitWith: database,
				Rollback:     "DeleteDBInstance",
				RollbackWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier, SkipFinalSnapshot: `true`}",
			}},
			"RestoreDBInstanceToPointInTime": {change: Change{
				Kind: "database", ReadOperation: "DescribeDBInstances",
				ReadWith: "{DBInstanceIdentifier: TargetDBInstanceIdentifier}", ReadAt: "DBInstances[0]",
				Excluded: []string{"UseLatestRestorableTime"},
				Sets:     map[string]string{"TargetDBInstanceIdentifier": "DBInstanceIdentifier"},
				Waiter:   "DBInstanceAvailable", WaitWith: "{DBInstanceIdentifier: TargetDBInstanceIdentifier}",
				Rollback:     "DeleteDBInstance",
				RollbackWith: "{DBInstanceIdentifier: input.TargetDBInstanceIdentifier, SkipFinalSnapshot: `true`}",
			}},
			// Automated backups are deleted with the database unless the call keeps them;
			// manual snapshots stay.
			"DeleteDBInstance": {change: Change{
				limits: protection,
				Kind:   "database", ReadOperation: "DescribeDBInstances", ReadWith: database,
				ReadAt:  "DBInstances[0]",
				Deletes: true,
				Waiter:  "DBInstanceDeleted", WaitWith: database,
				NoRollback: "AWS cannot bring a deleted database back: only a snapshot of it can be restored into a " +
					"new one",
			}},
		}),
	}
}

// onlyForward are what a database only takes in one direction:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.StorageTypes.html and USER_UpgradeDBInstance.Upgrading.html
func onlyForward() map[string]string {
	return map[string]string{
		"AllocatedStorage": "AWS does not make the storage of a database smaller",
		"EngineVersion": "AWS does not put a database back to an older version: a snapshot from before can be restored " +
			"into a new one",
		"MasterUserPassword": "AWS does not tell a password: set the one from before again",
	}
}
