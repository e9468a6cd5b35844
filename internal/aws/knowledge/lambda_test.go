package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestLambdaVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"lambda GetFunction", `{}`,
			`{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"Successful"}}`,
			procedures.Passed, "f is Active and its last update was Successful.",
		},
		{
			"lambda GetFunctionConfiguration", `{}`,
			`{"FunctionName":"f","State":"Active","LastUpdateStatus":"Successful"}`, procedures.Passed,
			"f is Active and its last update was Successful.",
		},
		{"lambda GetFunctionConfiguration", `{}`, `{"FunctionName":"f","State":"Pending"}`, procedures.Warned, "Pending"},
		{
			"lambda GetFunction", `{}`,
			`{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"InProgress"}}`,
			procedures.Warned, "f: state Active, last update InProgress.",
		},
		{
			"lambda GetFunction", `{}`,
			`{"Configuration":{"FunctionName":"f","State":"Inactive","LastUpdateStatus":"Successful"}}`, procedures.Warned, "Inactive",
		},
		{
			"lambda GetFunction", `{}`,
			`{"Configuration":{"FunctionName":"f","State":"Active","LastUpdateStatus":"Failed",` +
				`"LastUpdateStatusReason":"No image."}}`,
			procedures.Failed, "f: state Active, last update Failed. " +
				"No image.",
		},
		{
			"lambda GetFunction", `{}`,
			`{"Configuration":{"FunctionName":"f","State":"Failed","StateReason":"No role."}}`, procedures.Failed, "No role.",
		},
		{"lambda GetFunction", `{}`, `{"Configuration":{"FunctionName":"f"}}`, procedures.NoData, "no state"},
		{
			"lambda UpdateFunctionConfiguration", `{"FunctionName":"f","MemorySize":2048}`,
			`{"FunctionName":"f","State":"Active","LastUpdateStatus":"InProgress"}`, procedures.Info,
			"Requested: changes the configuration of the function f: memory to 2048 MB; LastUpdateStatus is InProgress.",
		},
	})
}

func TestLambdaRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{"memory and timeout",
			"lambda update-function-configuration --function-name f --memory-size 2048 --timeout 900",
			`{"FunctionName":"f","Runtime":"python3.12","MemorySize":1024,"Timeout":300,"LastModified":"x"}`,
			[]string{"MemorySize: 1024 -> 2048", "Timeout: 300 -> 900"},
			"aws lambda update-function-configuration --function-name f --timeout 300 --memory-size 1024"},
		{"only what changes", "lambda update-function-configuration --function-name f --memory-size 1024 --timeout 900",
			`{"MemorySize":1024,"Timeout":300}`,
			[]string{"Timeout: 300 -> 900"}, "aws lambda update-function-configuration --function-name f --timeout 300"},
		{
			"nothing", "lambda update-function-configuration --function-name f --memory-size 1024",
			`{"MemorySize":1024}`, nil, "it changes nothing that is known",
		},
		{"variables are not shown",
			`lambda update-function-configuration --function-name f --environment {"Variables":{"A":"2"}}`,
			`{"Environment":{"Variables":{"A":"1","B":"x"}}}`,
			[]string{
				"Environment.Variables.A: (not shown) -> another value (not shown)", "Environment.Variables.B: (not shown) -> ",
			}, `aws lambda update-function-configuration --function-name f --environment {"Variables":{"A":"1","B":"x"}}`},
		{"layers are read with more than they are set by",
			"lambda update-function-configuration --function-name f " +
				"--layers arn:aws:lambda:us-east-1:123456789012:layer:a:2",
			`{"Layers":[{"Arn":"arn:aws:lambda:us-east-1:123456789012:layer:a:1","CodeSize":7}]}`,
			[]string{
				"Layers[arn:aws:lambda:us-east-1:123456789012:layer:a:1]: Arn: " +
					"arn:aws:lambda:us-east-1:123456789012:layer:a:1; CodeSize: 7 -> ",
				"Layers[arn:aws:lambda:us-east-1:123456789012:layer:a:2]:  -> Arn: arn:aws:lambda:us-east-1:123456789012:layer:a:2",
			},
			"aws lambda update-function-configuration --function-name f --layers arn:aws:lambda:us-east-1:123456789012:layer:a:1"},
		{"a network is read with more than it is set by",
			"lambda update-function-configuration --function-name " +
				"f --vpc-config SubnetIds=subnet-2,SecurityGroupIds=sg-1",
			`{"VpcConfig":{"SubnetIds":["subnet-1"],"SecurityGroupIds":["sg-1"],"VpcId":"vpc-1"}}`,
			[]string{"VpcConfig.SubnetIds: subnet-1 -> subnet-2", "VpcConfig.VpcId: vpc-1 -> "},
			`aws lambda update-function-configuration --function-name f --vpc-config {"SubnetIds":["subnet-1"],` +
				`"SecurityGroupIds":["sg-1"]}`},
	})
}

func TestLambdaReadings(t *testing.T) {
	surveyed(t, []verdictCase{
		{"lambda Invoke", `{"FunctionName":"api"}`, `{"StatusCode":200}`, procedures.Passed, "api: it ended without an error."},
		{
			"lambda Invoke", `{"FunctionName":"api"}`,
			`{"StatusCode":200,"FunctionError":"Unhandled"}`,
			procedures.Failed, "api: Unhandled",
		},
		{"lambda Invoke", `{"FunctionName":"api"}`, `{"StatusCode":202}`, procedures.Info, "accepted with 202"},
		{
			"lambda ListEventSourceMappings", `{"FunctionName":"api"}`,
			`{"EventSourceMappings":[{"EventSourceArn":"arn:aws:sqs:us-east-1:1:orders","State":"Enabled",` +
				`"LastProcessingResult":"OK"}]}`,
			procedures.Passed, "api: orders: Enabled.",
		},
		{
			"lambda ListEventSourceMappings", `{"FunctionName":"api"}`,
			`{"EventSourceMappings":[{"EventSourceArn":"arn:aws:sqs:us-east-1:1:orders","State":"Disabled"}]}`,
			procedures.Warned, "api: orders: Disabled.",
		},
		{
			"lambda ListEventSourceMappings", `{"FunctionName":"api"}`,
			`{"EventSourceMappings":[{"EventSourceArn":"arn:aws:sqs:us-east-1:1:orders","State":"Enabled",` +
				`"LastProcessingResult":"PROBLEM: Function call failed"}]}`,
			procedures.Failed, "PROBLEM: Function call failed",
		},
		{
			"lambda GetFunctionConcurrency", `{"FunctionName":"api"}`,
			`{"ReservedConcurrentExecutions":5}`,
			procedures.Info, "api: 5 are reserved.",
		},
		{
			"lambda GetFunctionConcurrency", `{"FunctionName":"api"}`,
			`{"ReservedConcurrentExecutions":0}`,
			procedures.Warned, "it never runs",
		},
	})
}
