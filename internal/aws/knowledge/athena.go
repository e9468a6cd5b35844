package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// athenaService is Amazon Athena.
func athenaService() service {
	return service{
		operations: map[string]Operation{
			"StartQueryExecution": {Effect: procedures.EffectChange},
		},
	}
}
