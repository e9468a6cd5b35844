package sandbox

import "testing"

func TestUpdateOfAStage(t *testing.T) {
	e := newEstate(t)
	stage := " --rest-api-id a1b2c3d4e5 --stage-name prod"
	limits := "apigateway get-stage" + stage + ` --query ` +
		`'methodSettings."*/*".[throttlingBurstLimit,throttlingRateLimit]' --output text`
	e.expect(limits, "5000\t10000.0")
	e.refuses("BadRequestException", "apigateway update-stage"+stage+
		" --patch-operations op=replace,path=/throttle/burstLimit,value=10000",
		"Invalid patch path '/throttle/burstLimit' specified for op 'replace'")
	e.refuses("BadRequestException", "apigateway update-stage"+stage+
		" --patch-operations op=replace,path=/*/*/throttling/burstLimit,value=4000 "+
		"op=replace,path=/throttle/rateLimit,value=1", "/throttle/rateLimit")
	e.expect(limits, "5000\t10000.0") // all of the patches or none
	e.says("apigateway update-stage" + stage +
		" --patch-operations op=replace,path=/*/*/throttling/burstLimit,value=4000 " +
		"op=replace,path=/*/*/throttling/rateLimit,value=8000 op=replace,path=/~1topology/GET/throttling/rateLimit,value=5")
	e.expect(limits, "4000\t8000.0")
	e.expect("apigateway get-stage"+stage+
		` --query 'methodSettings."/topology/GET".[throttlingBurstLimit,throttlingRateLimit]' --output text`, "4000\t5.0")
	e.refuses("NotFoundException", "apigateway get-stage --rest-api-id nothing --stage-name prod",
		"Invalid API identifier specified 123456789012:nothing")
	e.refuses("NotFoundException", "apigateway get-stage --rest-api-id a1b2c3d4e5 --stage-name production",
		"Invalid stage identifier specified")
}
