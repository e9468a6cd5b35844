package check

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
)

// nearestOperation is the operation of a service that an author may have meant: one that does the same, or whose verb is a slip of theirs.
// One that does something else is none, however near its letters are: who wrote stop-job-run does not want start-job-run, and
// get-access-key-info is not delete-access-key.
func nearestOperation(name string, names []string) string {
	if slices.Contains(names, name) {
		return name
	}
	if before, _, glued := strings.Cut(name, "--"); glued && slices.Contains(names, before) { // delete-stack--stack-name
		return before
	}
	verb, _, _ := strings.Cut(name, "-")
	var alike []string
	for _, n := range names {
		theirs, _, _ := strings.Cut(strings.TrimPrefix(n, "batch-"), "-")
		if theirs == verb || bind.Nearest(verb, []string{theirs}) != "" {
			alike = append(alike, n)
		}
	}
	return bind.Nearest(name, alike)
}

// neighbours are services whose operations are looked for in one another.
var neighbours = map[string][]string{
	"iam": {"sts"}, "sts": {"iam"}, "elb": {"elbv2"}, "elbv2": {"elb"}, "apigateway": {"apigatewayv2"}, "apigatewayv2": {"apigateway"},
	"ses": {"sesv2"}, "sesv2": {"ses"}, "s3api": {"s3control"}, "logs": {"cloudwatch"}, "cloudwatch": {"logs"},
	"ec2":         {"autoscaling", "elbv2"},
	"autoscaling": {"application-autoscaling", "ec2"}, "ecs": {"application-autoscaling", "ecr"}, "ecr": {"ecr-public"}, "waf": {"wafv2"},
	"cognito-idp": {"cognito-identity"}, "cognito-identity": {"cognito-idp"},
	"rds": {"docdb", "elasticache"}, "dynamodb": {"dynamodbstreams"},
}

// elsewhere is the service that has an operation of that name, where the one that is named has not; "" where none of its neighbours has.
func elsewhere(service, operation string) string {
	for _, other := range neighbours[service] {
		if s, err := models.Load(bind.Folder(other)); err == nil && slices.Contains(bind.OperationCommands(s), operation) {
			return other
		}
	}
	return ""
}

// calledOtherwise are services by names that people give them, for which letters alone would lead elsewhere.
var calledOtherwise = map[string]string{
	"config": "configservice", "sfn": "stepfunctions", "step-functions": "stepfunctions", "eventbridge": "events", "alb": "elbv2",
	"cognito": "cognito-idp", "waf-v2": "wafv2", "cw": "cloudwatch", "r53": "route53", "asg": "autoscaling",
}
