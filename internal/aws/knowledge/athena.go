package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// athenaService is Amazon Athena. A query may write, so that it is a change whatever it says.
func athenaService() service {
	return service{
		operations: map[string]Operation{
			"GetQueryExecution": survey{
				reads: "QueryExecution: QueryExecutionId, Status.State, Status.StateChangeReason",
				list:  "QueryExecution", kind: "query", kinds: "queries", name: "QueryExecutionId",
				state: "Status.State", reason: "Status.StateChangeReason", states: job,
			}.operation(),
			"StartQueryExecution": {Effect: procedures.EffectChange},
		},
	}
}
