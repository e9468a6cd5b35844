package sandbox

import "testing"

func TestUpdateOfAFunction(t *testing.T) {
	e := newEstate(t)
	name := " --function-name network-visualizer-api-production"
	status := "lambda get-function-configuration" + name + " --query [LastUpdateStatus,MemorySize] --output text"
	e.expect(status, "Successful\t512")
	revision := e.says("lambda get-function-configuration" + name + " --query RevisionId --output text")
	e.says("lambda update-function-configuration" + name + " --memory-size 2048 --timeout 900")
	e.expect(status, "InProgress\t2048")
	e.refuses("ResourceConflictException", "lambda update-function-configuration"+name+" --memory-size 1024",
		"An update is in progress for resource")
	e.later(settling)
	e.expect(status, "Successful\t2048")
	e.refuses("PreconditionFailedException", "lambda update-function-configuration"+name+" --memory-size 1024 --revision-id "+revision)
	e.refuses("InvalidParameterValueException", "lambda update-function-configuration"+name+" --timeout 901", "less than or equal to 900")
	e.refuses("ResourceNotFoundException", "lambda get-function --function-name no-xxxx",
		"Function not found: arn:aws:lambda:us-east-1:123456789012:function:no-xxxx")
	e.expect("cloudtrail lookup-events --lookup-attributes "+
		"AttributeKey=EventName,AttributeValue=UpdateFunctionConfiguration --query 'length(Events)'", "1")
}
