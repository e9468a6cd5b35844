package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// dmsService is AWS Database Migration Service.
func dmsService() service {
	return service{
		slow: []string{"Start"},
		operations: map[string]Operation{
			"DescribeReplicationTasks": survey{
				reads: "ReplicationTasks[]: ReplicationTaskIdentifier, Status, LastFailureMessage, ReplicationTaskStats.TablesErrored",
				list:  "ReplicationTasks", kind: "task", kinds: "tasks", name: "ReplicationTaskIdentifier", good: "running",
				state: "Status", reason: "LastFailureMessage", states: taskOfReplication,
				each: func(_ answered, o *document.Object) finding {
					if n, _ := numberAt(o, "ReplicationTaskStats.TablesErrored"); n > 0 {
						return found(procedures.Failed, "%s errored", plural(int(n), "table", "tables"))
					}
					return finding{}
				},
			}.operation(),
		},
	}
}

// taskOfReplication are the states of tasks: https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationTask.html
var taskOfReplication = vocabularyOf(states{
	pass: "running", warn: "ready, created, moved, stopped, *ing, failed move", fail: "failed, error",
})
