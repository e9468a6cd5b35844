package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// athenaService is Amazon Athena. A query may write, so that it is a change whatever it says.
func athenaService() service {
	return service{
		operations: map[string]Operation{
			"StartQueryExecution": {Effect: procedures.EffectChange},
		},
	}
}
