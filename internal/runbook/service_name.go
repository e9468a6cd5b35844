package runbook

import "strings"

// serviceNames are AWS's services as AWS writes them, by their words of the command line and of file names. English words that are
// services too (backup, config, events, batch) are none of them: "nightly backup" is no service.
var serviceNames = map[string]string{
	"acm": "ACM", "amplify": "Amplify", "apigateway": "API Gateway", "apigatewayv2": "API Gateway", "apprunner": "App Runner",
	"appsync": "AppSync", "athena": "Athena", "aurora": "Aurora", "autoscaling": "Auto Scaling", "bedrock": "Bedrock", "cloud9": "Cloud9",
	"cloudformation": "CloudFormation", "cloudfront": "CloudFront", "cloudhsm": "CloudHSM", "cloudtrail": "CloudTrail",
	"cloudwatch": "CloudWatch", "codeartifact": "CodeArtifact", "codebuild": "CodeBuild", "codecommit": "CodeCommit",
	"codedeploy": "CodeDeploy", "codepipeline": "CodePipeline", "cognito": "Cognito", "cognito-idp": "Cognito",
	"cognito-identity": "Cognito", "datasync": "DataSync", "dms": "DMS",
	"docdb": "DocumentDB", "documentdb": "DocumentDB", "ds": "Directory Service",
	"dynamodb": "DynamoDB", "dynamodbstreams": "DynamoDB Streams", "ec2": "EC2", "ecr": "ECR", "ecs": "ECS", "efs": "EFS", "eks": "EKS",
	"elasticache": "ElastiCache", "elasticbeanstalk": "Elastic Beanstalk", "elb": "Elastic Load Balancing",
	"elbv2": "Elastic Load Balancing",
	"emr":   "EMR", "es": "OpenSearch", "eventbridge": "EventBridge", "fargate": "Fargate", "firehose": "Data Firehose", "fsx": "FSx",
	"guardduty": "GuardDuty", "iam": "IAM", "inspector2": "Inspector", "iot": "IoT", "kafka": "MSK", "kinesis": "Kinesis", "kms": "KMS",
	"lambda": "Lambda", "lightsail": "Lightsail", "logs": "CloudWatch Logs", "memorydb": "MemoryDB", "mq": "Amazon MQ", "msk": "MSK",
	"neptune": "Neptune", "opensearch": "OpenSearch", "quicksight": "QuickSight", "rds": "RDS", "redshift": "Redshift",
	"route53": "Route 53", "route53domains": "Route 53 Domains", "s3": "S3", "s3api": "S3", "s3control": "S3", "sagemaker": "SageMaker",
	"secretsmanager": "Secrets Manager", "securityhub": "Security Hub", "ses": "SES", "sesv2": "SES", "sns": "SNS", "sqs": "SQS",
	"ssm": "Systems Manager", "sso": "IAM Identity Center", "stepfunctions": "Step Functions", "sts": "STS", "vpc": "VPC", "waf": "WAF",
	"wafv2": "WAF", "xray": "X-Ray",
}

// serviceName is a service as AWS writes it, given as the AWS CLI does.
func serviceName(service string) string {
	if name, ok := serviceNames[strings.ToLower(service)]; ok {
		return name
	}
	return spelled([]string{service})
}
