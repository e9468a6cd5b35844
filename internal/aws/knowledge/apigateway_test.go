package knowledge_test

import "testing"

func TestAPIGatewayRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{"throttling",
			"apigateway update-stage --rest-api-id a --stage-name prod --patch-operations " +
				"op=replace,path=/*/*/throttling/rateLimit,value=8000 op=replace,path=/*/*/throttling/burstLimit,value=4000",
			`{"stageName":"prod","methodSettings":{"*/*":{"throttlingRateLimit":10000.0,"throttlingBurstLimit":4000}}}`,
			[]string{"methodSettings.*/*.throttlingRateLimit: 10000 -> 8000"},
			`aws apigateway update-stage --rest-api-id a --stage-name prod --patch-operations [{"op":"replace",` +
				`"path":"/*/*/throttling/rateLimit","value":"10000"}]`},
	})
}
