package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// stsService is AWS STS. Its credentials are secrets; asking for them changes nothing.
func stsService() service {
	return service{
		operations: map[string]Operation{
			"AssumeRole":                 {Effect: procedures.EffectRead, Secret: true},
			"GetSessionToken":            {Effect: procedures.EffectRead, Secret: true},
			"GetCallerIdentity":          {Effect: procedures.EffectRead},
			"DecodeAuthorizationMessage": {Effect: procedures.EffectRead},
		},
	}
}
