package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// rdsActs are the operations of databases that runbooks use.
func rdsActs() map[string]act {
	instance := func(a act) act { a.kind, a.by, a.at = "instance", "DBInstanceIdentifier", "DBInstance"; return a }
	cluster := func(a act) act { a.kind, a.by, a.at = "cluster", "DBClusterIdentifier", "DBCluster"; return a }
	return map[string]act{
		"DescribeDBInstances": {
			does: reads, kind: "instance", by: "DBInstanceIdentifier", at: "DBInstances",
			only: map[string]string{"db-instance-id": "DBInstanceIdentifier", "engine": "Engine", "db-cluster-id": "DBClusterIdentifier"},
		},
		"DescribeDBClusters": {
			does: reads, kind: "cluster", by: "DBClusterIdentifier", at: "DBClusters",
			only: map[string]string{"db-cluster-id": "DBClusterIdentifier", "engine": "Engine"},
		},
		"DescribeDBSnapshots": {
			does: reads, kind: "snapshot", by: "DBSnapshotIdentifier", at: "DBSnapshots",
			refs: map[string]string{"DBInstanceIdentifier": "instance"},
			only: map[string]string{"DBInstanceIdentifier": "DBInstanceIdentifier", "SnapshotType": "SnapshotType"},
		},
		"DescribeDBClusterSnapshots": {
			does: reads, kind: "cluster-snapshot", by: "DBClusterSnapshotIdentifier", at: "DBClusterSnapshots",
			refs: map[string]string{"DBClusterIdentifier": "cluster"},
			only: map[string]string{"DBClusterIdentifier": "DBClusterIdentifier", "SnapshotType": "SnapshotType"},
		},
		"CreateDBInstance": instance(act{does: creates, creating: true, changing: true,
			takes: "MasterUserPassword ManageMasterUserPassword"}),
		"ModifyDBInstance": instance(modifiesDB("rds-full:AllocatedStorage")),
		"RebootDBInstance": instance(act{does: changes, takes: "ForceFailover", life: "rebooting 8s available", also: isAvailable}),
		"StopDBInstance":   instance(act{does: changes, life: "stopping 8s stopped", also: isAvailable}),
		"StartDBInstance":  instance(act{does: changes, life: "starting 10s available", also: isStopped}),
		"DeleteDBInstance": instance(removesDB("FinalDBSnapshotIdentifier")),
		"ModifyDBCluster":  cluster(modifiesDB("")),
		"DeleteDBCluster":  cluster(removesDB("FinalDBSnapshotIdentifier")),
		"StopDBCluster":    cluster(act{does: changes, life: "stopping 8s stopped", also: isAvailable}),
		"StartDBCluster":   cluster(act{does: changes, life: "starting 10s available", also: isStopped}),
		"FailoverDBCluster": cluster(act{does: changes, takes: "TargetDBInstanceIdentifier", life: "failing-over 5s available",
			also: failOver}),
		"CreateDBSnapshot": {
			does: creates, creating: true, changing: true, kind: "snapshot", by: "DBSnapshotIdentifier", at: "DBSnapshot", also: ofDatabase,
		},
		"CreateDBClusterSnapshot": {
			does: creates, creating: true, changing: true, kind: "cluster-snapshot", by: "DBClusterSnapshotIdentifier",
			at: "DBClusterSnapshot", also: ofDatabase,
		},
		"DeleteDBSnapshot": {does: removes, kind: "snapshot", by: "DBSnapshotIdentifier", at: "DBSnapshot"},
		"DeleteDBClusterSnapshot": {
			does: removes, kind: "cluster-snapshot", by: "DBClusterSnapshotIdentifier", at: "DBClusterSnapshot",
		},
		"RestoreDBInstanceFromDBSnapshot": instance(act{
			does: creates, creating: true, changing: true, takes: "DBSnapshotIdentifier", also: fromSnapshot,
		}),
		"RestoreDBClusterFromSnapshot": cluster(act{
			does: creates, creating: true, changing: true, takes: "SnapshotIdentifier", also: fromSnapshot,
		}),
		"RestoreDBInstanceToPointInTime": {
			does: creates, creating: true, changing: true, kind: "instance", by: "TargetDBInstanceIdentifier", at: "DBInstance",
			takes: "SourceDBInstanceIdentifier RestoreTime UseLatestRestorableTime", also: fromDatabase,
		},
		"CreateDBInstanceReadReplica": instance(act{
			does: creates, creating: true, changing: true, takes: "SourceDBInstanceIdentifier", also: fromDatabase,
		}),
		"PromoteReadReplica": instance(act{does: changes, changing: true, life: "modifying 8s available"}),
		"DescribeEvents": {
			does: rdsEvents, takes: "SourceIdentifier SourceType StartTime EndTime Duration EventCategories Filters MaxRecords Marker",
		},
		"ListTagsForResource": {does: noTags, takes: "ResourceName Filters"},
	}
}

// modifiesDB takes effect at once: what would wait for the maintenance window is not simulated.
func modifiesDB(cures string) act {
	return act{
		does: changes, changing: true, life: "modifying 15s available", cures: cures, also: isAvailable,
		takes: "ApplyImmediately AllowMajorVersionUpgrade MasterUserPassword",
	}
}

// removesDB deletes a database; the snapshot that it leaves is there at once.
func removesDB(final string) act {
	return act{
		does: removes, life: "deleting 10s gone", takes: "SkipFinalSnapshot DeleteAutomatedBackups " + final,
		also: func(v *view, r *request) error {
			if on, _ := v.doc.Get("DeletionProtection"); on == true {
				return refuse(http.StatusBadRequest, "InvalidParameterCombination",
					"Cannot delete protected DB Instance, please disable deletion protection and try again.")
			}
			skip, _ := r.input.Get("SkipFinalSnapshot")
			name := text(r.input, final)
			if skip != true && name == "" {
				return refuse(http.StatusBadRequest, "InvalidParameterCombination",
					"FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
			}
			if name == "" {
				return nil
			}
			kind, of := "rds snapshot", "DBInstanceIdentifier"
			if strings.HasSuffix(v.kind, "cluster") {
				kind, of = "rds cluster-snapshot", "DBClusterIdentifier"
			}
			v.s.world.Things[keyOf(kind, name)] = &thing{
				From: r.operation, Born: v.now, Life: "creating 10s available", Since: v.now,
				Set: obj(of, v.name, "SnapshotCreateTime", storable(v.now)),
			}
			return nil
		},
	}
}

// isAvailable refuses a change of a database that is not available.
func isAvailable(v *view, _ *request) error {
	if v.state == "available" || v.state == "storage-full" {
		return nil
	}
	return notInState(v, "available")
}

// isStopped refuses to start what is not stopped.
func isStopped(v *view, _ *request) error {
	if v.state == "stopped" {
		return nil
	}
	return notInState(v, "stopped")
}

// notInState is the error of a database in another state.
func notInState(v *view, want string) error {
	code, what := "InvalidDBInstanceState", "Instance"
	if strings.HasSuffix(v.kind, "cluster") {
		code, what = "InvalidDBClusterStateFault", "DbCluster"
	}
	return refuse(http.StatusBadRequest, code, "%s %s is not in %s state.", what, v.name, want)
}

// failOver makes another member of a cluster its writer.
func failOver(v *view, r *request) error {
	if err := isAvailable(v, r); err != nil {
		return err
	}
	members := objects(v.doc, "DBClusterMembers")
	target := text(r.input, "TargetDBInstanceIdentifier")
	i := slices.IndexFunc(members, func(m *document.Object) bool {
		writer, _ := m.Get("IsClusterWriter")
		return target == "" && writer != true || text(m, "DBInstanceIdentifier") == target
	})
	if i < 0 {
		return refuse(http.StatusBadRequest, "InvalidDBClusterStateFault", "No failover candidate %s in the cluster %s.", target, v.name)
	}
	out := document.List{}
	for n, m := range members {
		one := m.Clone()
		one.Set("IsClusterWriter", n == i)
		out = append(out, one)
	}
	v.set("DBClusterMembers", out)
	return nil
}

// ofDatabase looks at the database that a snapshot is to be made of.
func ofDatabase(v *view, r *request) error {
	kind, named := "rds instance", text(r.input, "DBInstanceIdentifier")
	if named == "" {
		kind, named = "rds cluster", text(r.input, "DBClusterIdentifier")
	}
	of := v.s.look(r, kind, named)
	if of == nil {
		return serviceErrorOf(kindOf(kind).missing, named)
	}
	v.set("SnapshotCreateTime", v.now)
	for _, name := range []string{"Engine", "EngineVersion", "AllocatedStorage"} {
		if value, ok := of.doc.Get(name); ok {
			v.set(name, value)
		}
	}
	return nil
}

// fromSnapshot looks at the snapshot that a database is to be restored from.
func fromSnapshot(v *view, r *request) error {
	kind, named := "rds snapshot", text(r.input, "DBSnapshotIdentifier")
	if named == "" {
		kind, named = "rds cluster-snapshot", text(r.input, "SnapshotIdentifier")
	}
	k := kindOf(kind)
	from := v.s.look(r, kind, k.plainName(named))
	switch {
	case from == nil:
		return serviceErrorOf(k.missing, named)
	case from.state != "available":
		return refuse(http.StatusBadRequest, "InvalidDBSnapshotState", "DB snapshot %s is not in available state.", named)
	}
	return nil
}

// fromDatabase looks at the database that another one is to be made of.
func fromDatabase(v *view, r *request) error {
	named := text(r.input, "SourceDBInstanceIdentifier")
	from := v.s.look(r, "rds instance", endOf(named))
	if from == nil {
		return serviceErrorOf(kindOf("rds instance").missing, named)
	}
	for _, name := range []string{"Engine", "EngineVersion", "AllocatedStorage"} {
		value, _ := from.doc.Get(name)
		v.set(name, value)
	}
	return nil
}

// rdsEvents has no events: nothing happens to a healthy database that would be told here.
func rdsEvents(*Sandbox, *request, *act, *kind) (*document.Object, error) {
	return obj("Events", document.List{}), nil
}

// noTags answers that a resource has no tags.
func noTags(_ *Sandbox, r *request, _ *act, _ *kind) (*document.Object, error) {
	return obj(r.op.Output.Members[0].Name, document.List{}), nil
}
