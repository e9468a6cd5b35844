package runbook

import "github.com/opsbook/opsbook/internal/procedures"

// documentPages are the pages of the unedited document, with their steps in order.
var documentPages = []struct {
	id       string
	line     int
	duration string
	rhythm   procedures.Rhythm
	steps    string
}{
	{"operational-procedures/daily-operations/morning-health-check", 16, "10m", "daily",
		"Check all Lambda functions; Check DynamoDB table; Check CloudWatch Alarms; Check API Gateway health; Check " +
			"CloudFront distribution; Check yesterday's error rate"},
	{"daily-operations/log-review", 82, "15m", "daily", "Review critical errors from last 24 hours"},
	{"weekly-maintenance/security-review", 98, "30m", "weekly",
		"Check for unused IAM roles; Review for; Run Trivy scan on Lambda functions; Check ECR scan results; Check " +
			"for suspicious API calls"},
	{
		"weekly-maintenance/performance-review", 133, "20m", "weekly",
		"Check Lambda duration metrics; Check read/write capacity utilization; Check P95 latency",
	},
	{"weekly-maintenance/cost-review", 178, "15m", "weekly", "Get weekly cost breakdown; Check for cost anomalies"},
	{"monthly-reviews/capacity-planning", 199, "1h", "monthly", "Review growth trends"},
	{
		"monthly-reviews/cost-optimization", 234, "1h", "monthly",
		"Low Lambda invocation counts; Check for old S3 objects; Review Reserved Capacity opportunities",
	},
	{"monthly-reviews/security-audit", 260, "1h", "monthly", "Run AWS Trusted Advisor checks; Check for public S3 buckets"},
	{
		"standard-deployment-non-production", 284, "", "",
		"Run pre-deployment checks; Deploy infrastructure; Deploy application code; Run smoke tests; Monitor for 15 minutes",
	},
	{"production-deployment-high-risk", 306, "", "",
		"Change request approved; Code review completed; Tests passed in staging; Rollback plan documented; On-call engineer notified; " +
			"Pre-deployment announcement; Take pre-deployment snapshot; Phase 1: Deploy to 10% of traffic; Wait 30 " +
			"minutes, monitor error rates; " +
			"Phase 2: Deploy to 50% of traffic; Wait 30 minutes, monitor error rates (2); Phase 3: Deploy to 100% of " +
			"traffic; Post-deployment verification; Post-deployment announcement"},
	{"daily-backups", 349, "", "", "Check backup schedule; Verify latest backup"},
	{"manual-backup-before-major-changes", 364, "", "", "DynamoDB backup; S3 backup (entire bucket)"},
	{"recovery-testing", 378, "", "monthly", "Test restore from backup; Verify data integrity; Clean up test table"},
	{"cloudwatch-dashboard-setup", 397, "", "", "Create production dashboard"},
	{"alert-tuning", 406, "", "", "Get alarm history; Adjust if too noisy or not sensitive enough"},
	{"vertical-scaling-lambda", 425, "", "", "Increase Lambda memory/timeout"},
	{"horizontal-scaling-dynamodb", 435, "", "", "Switch to on-demand (automatic scaling); Or increase provisioned capacity"},
	{"api-gateway-throttling", 449, "", "", "Increase rate limits"},
	{"scripts/pre-deployment-checks.sh", 465, "", "", "Pre-deployment validation"},
	{"scripts/production-verification.sh", 490, "", "", "Post-deployment verification"},
}
