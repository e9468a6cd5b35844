package knowledge

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// databaseStates are those of instances and clusters.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
var databaseStates = vocabularyOf(states{
	pass: "available, backing up",
	warn: "*ing, failing over, pending, stopped, maintenance, moving to vpc, storage optimization, storage config upgrade, " +
		"storage initialization, delete precheck, configuring *, converting to vpc, migration failed, restore error",
	fail: "failed, storage full, incompatible *, inaccessible *, insufficient capacity",
})

// snapshotStates are those of the snapshots of databases and volumes.
var snapshotStates = vocabularyOf(states{
	pass: "available, completed", warn: "creating, copying, pending, recovering, recoverable, modifying", fail: "failed, error",
})

// rdsReadings are the operations of which is known what their answers mean.
func rdsReadings() map[string]Operation {
	return map[string]Operation{
		"DescribeDBInstances": survey{
			reads: "DBInstances[]: DBInstanceIdentifier, DBInstanceStatus, Engine, EngineVersion, DBInstanceClass",
			list:  "DBInstances", kind: "database", kinds: "databases", name: "DBInstanceIdentifier", good: "available",
			state: "DBInstanceStatus", states: databaseStates,
			each: func(_ answered, o *document.Object) finding {
				return finding{}.with("Class", str(o, "DBInstanceClass")).
					with("Engine", strings.TrimSpace(str(o, "Engine")+" "+str(o, "EngineVersion")))
			},
		}.operation(),
		"DescribeDBClusters": survey{
			reads: "DBClusters[]: DBClusterIdentifier, Status, EngineMode; " +
				"DBClusters[].DBClusterMembers[]: IsClusterWriter, DBInstanceIdentifier",
			list: "DBClusters", kind: "database cluster", kinds: "database clusters", name: "DBClusterIdentifier",
			good: "available", state: "Status", states: databaseStates, each: judgeWriter,
		}.operation(),
		"DescribeDBSnapshots": survey{
			reads: "DBSnapshots[]: DBInstanceIdentifier, Status, SnapshotCreateTime",
			list:  "DBSnapshots", kind: "snapshot", kinds: "databases", name: "DBInstanceIdentifier", good: "with a new snapshot",
			newest: "SnapshotCreateTime", each: snapshotAge("Status", "SnapshotCreateTime", "DBSnapshotIdentifier"),
			none: procedures.Judgement{Verdict: procedures.Failed},
		}.operation(BackupHours),
		"DescribeDBClusterSnapshots": survey{
			reads: "DBClusterSnapshots[]: DBClusterIdentifier, Status, SnapshotCreateTime",
			list:  "DBClusterSnapshots", kind: "snapshot", kinds: "clusters", name: "DBClusterIdentifier",
			good: "with a new snapshot", newest: "SnapshotCreateTime",
			each: snapshotAge("Status", "SnapshotCreateTime", "DBClusterSnapshotIdentifier"),
			none: procedures.Judgement{Verdict: procedures.Failed},
		}.operation(BackupHours),
		"DescribeEvents": survey{
			reads: "Events[]: SourceIdentifier, Date, Message, EventCategories",
			list:  "Events", kind: "event", kinds: "events", name: "SourceIdentifier", each: judgeDatabaseEvent,
			none: procedures.Judgement{Verdict: procedures.Info},
		}.operation(),
	}
}

// judgeWriter looks for the member that takes writes. Clusters of Aurora Serverless v1 have no members.
func judgeWriter(_ answered, o *document.Object) finding {
	for _, m := range members(o, "DBClusterMembers") {
		if truthAt(m, "IsClusterWriter") {
			return found(procedures.Passed, "writer %s", str(m, "DBInstanceIdentifier"))
		}
	}
	if str(o, "EngineMode") == "serverless" {
		return finding{}
	}
	return found(procedures.Failed, "no writer")
}

// snapshotAge judges the newest snapshot of a thing. Of one that the line names only the state counts.
func snapshotAge(state, created, named string) func(q answered, o *document.Object) finding {
	return func(q answered, o *document.Object) finding {
		f := snapshotStates.finding(str(o, state))
		t := at(o, created)
		switch {
		case f.verdict != procedures.Passed || t.IsZero():
			return f
		case q.named(named):
			return found(procedures.Passed, "%s, %s old", str(o, state), ago(q.now.Sub(t)))
		}
		return aged(q.now.Sub(t), q.limit(BackupHours))
	}
}

// judgeDatabaseEvent reads the categories of an event:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
func judgeDatabaseEvent(q answered, o *document.Object) finding {
	categories := textsAt(o, "EventCategories")
	verdict, what := procedures.Info, ""
	for _, c := range []struct {
		category string
		verdict  procedures.Verdict
	}{{"failover", procedures.Warned}, {"low storage", procedures.Warned}, {"failure", procedures.Failed}} {
		if slices.ContainsFunc(categories, func(s string) bool { return strings.EqualFold(s, c.category) }) {
			verdict, what = c.verdict, c.category+" "
		}
	}
	return found(verdict, "%s%s: %s", what, moment(at(o, "Date"), q.now), strings.TrimRight(shortened(str(o, "Message")), "."))
}
