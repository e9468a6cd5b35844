package knowledge

import (
	"maps"
	"sync"
)

// service is what is known of one service.
type service struct {
	operations map[string]Operation // by the models' names
	// slow are beginnings of names of changes that answer before they are done, beside the operations that say so themselves.
	slow  []string
	price float64 // US dollars of each request
}

// services has a line for each service that has a file, by the models' folder. They are functions, so that nothing of a service is
// made before it is asked for.
var services = []struct {
	name  string
	facts func() service
}{
	{"acm", acmService},
	{"apigateway", apigatewayService},
	{"application-autoscaling", applicationAutoscalingService},
	{"athena", athenaService},
	{"autoscaling", autoscalingService},
	{"backup", backupService},
	{"bedrock-agent-runtime", bedrockAgentService},
	{"ce", ceService},
	{"cloudformation", cloudformationService},
	{"cloudfront", cloudfrontService},
	{"cloudtrail", cloudtrailService},
	{"cloudwatch", cloudwatchService},
	{"codebuild", codebuildService},
	{"codedeploy", codedeployService},
	{"codepipeline", codepipelineService},
	{"config", configService},
	{"dms", dmsService},
	{"dynamodb", dynamodbService},
	{"ec2", ec2Service},
	{"ecr", ecrService},
	{"ecs", ecsService},
	{"efs", efsService},
	{"eks", eksService},
	{"elasticache", elasticacheService},
	{"elb", elbService},
	{"elbv2", elbv2Service},
	{"events", eventsService},
	{"guardduty", guarddutyService},
	{"health", healthService},
	{"iam", iamService},
	{"kafka", kafkaService},
	{"kinesis", kinesisService},
	{"kms", kmsService},
	{"lambda", lambdaService},
	{"logs", logsService},
	{"mq", mqService},
	{"opensearch", opensearchService},
	{"organizations", organizationsService},
	{"qbusiness", qbusinessService},
	{"rds", rdsService},
	{"redshift", redshiftService},
	{"route53", route53Service},
	{"s3", s3Service},
	{"s3control", s3controlService},
	{"scheduler", schedulerService},
	{"secretsmanager", secretsmanagerService},
	{"securityhub", securityhubService},
	{"sns", snsService},
	{"sqs", sqsService},
	{"ssm", ssmService},
	{"stepfunctions", stepfunctionsService},
	{"sts", stsService},
	{"support", supportService},
	{"synthetics", syntheticsService},
	{"wafv2", wafv2Service},
	{"xray", xrayService},
}

var made sync.Map // the models' folder → service

// serviceOf is what is known of a service, made when it is first asked for; the zero service where nothing is.
func serviceOf(name string) service {
	if s, ok := made.Load(name); ok {
		return s.(service)
	}
	var s service
	for _, each := range services {
		if each.name == name {
			s = each.facts()
		}
	}
	// Two calls at once may both make it; they make the same.
	made.Store(name, s)
	return s
}

// joined are the operations of a service that has several files.
func joined(parts ...map[string]Operation) map[string]Operation {
	out := map[string]Operation{}
	for _, part := range parts {
		maps.Copy(out, part)
	}
	return out
}
