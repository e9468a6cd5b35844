package knowledge

import (
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// consolePage is a page of AWS's console that shows what an option of a call names. {} stands for its value as part of an address, {{}} for
// one that the console reads twice, {region} for the region.
type consolePage struct {
	option, path string
}

// consolePages are those of a service, the first whose option the call has goes before others; without an option it is the service's own
// page. The addresses are those that the console itself has after a resource was chosen there (2025).
var consolePages = map[string][]consolePage{
	"acm": {{"", "/acm/home?region={region}#/certificates/list"}},
	"autoscaling": {
		{"auto-scaling-group-name", "/ec2/home?region={region}#AutoScalingGroupDetails:id={}"},
		{"auto-scaling-group-names", "/ec2/home?region={region}#AutoScalingGroupDetails:id={}"},
		{"", "/ec2/home?region={region}#AutoScalingGroups:"},
	},
	"backup": {{"", "/backup/home?region={region}#/"}},
	"cloudformation": {
		{"stack-name", "/cloudformation/home?region={region}#/stacks?filteringText={}"}, {"", "/cloudformation/home?region={region}"},
	},
	"cloudfront": {
		{"id", "/cloudfront/v4/home#/distributions/{}"}, {"distribution-id", "/cloudfront/v4/home#/distributions/{}"},
		{"", "/cloudfront/v4/home"},
	},
	"cloudtrail": {{"", "/cloudtrailv2/home?region={region}#/events"}},
	"cloudwatch": {
		{"alarm-names", "/cloudwatch/home?region={region}#alarmsV2:alarm/{}"},
		{"alarm-name", "/cloudwatch/home?region={region}#alarmsV2:alarm/{}"},
		{"", "/cloudwatch/home?region={region}#alarmsV2:"},
	},
	"dynamodb": {{"table-name", "/dynamodbv2/home?region={region}#table?name={}"}, {"", "/dynamodbv2/home?region={region}#tables"}},
	"ec2": {
		{"instance-ids", "/ec2/home?region={region}#InstanceDetails:instanceId={}"},
		{"volume-ids", "/ec2/home?region={region}#VolumeDetails:volumeId={}"}, {"", "/ec2/home?region={region}#Home:"},
	},
	"ecr": {{"", "/ecr/private-registry/repositories?region={region}"}},
	"ecs": {{"cluster", "/ecs/v2/clusters/{}/services?region={region}"}, {"", "/ecs/v2/clusters?region={region}"}},
	"eks": {{"name", "/eks/home?region={region}#/clusters/{}"}, {"cluster-name", "/eks/home?region={region}#/clusters/{}"}},
	"elasticache": {
		{"replication-group-id", "/elasticache/home?region={region}#/redis/{}"}, {"", "/elasticache/home?region={region}#/"},
	},
	"elbv2": {
		{"load-balancer-arns", "/ec2/home?region={region}#LoadBalancer:loadBalancerArn={}"},
		{"target-group-arn", "/ec2/home?region={region}#TargetGroup:targetGroupArn={}"}, {"", "/ec2/home?region={region}#LoadBalancers:"},
	},
	"events": {{"", "/events/home?region={region}#/rules"}},
	"iam": {
		{"user-name", "/iam/home#/users/details/{}"}, {"role-name", "/iam/home#/roles/details/{}"}, {"", "/iam/home#/home"},
	},
	"kms": {{"key-id", "/kms/home?region={region}#/kms/keys/{}"}, {"", "/kms/home?region={region}#/kms/keys"}},
	"lambda": {
		{"function-name", "/lambda/home?region={region}#/functions/{}"}, {"", "/lambda/home?region={region}#/functions"},
	},
	"logs": {
		{"log-group-name", "/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{{}}"},
		{"", "/cloudwatch/home?region={region}#logsV2:log-groups"},
	},
	"rds": {
		{"db-instance-identifier", "/rds/home?region={region}#database:id={};is-cluster=false"},
		{"db-cluster-identifier", "/rds/home?region={region}#database:id={};is-cluster=true"}, {"", "/rds/home?region={region}#databases:"},
	},
	"route53": {{"hosted-zone-id", "/route53/v2/hostedzones#ListRecordSets/{}"}, {"", "/route53/v2/hostedzones"}},
	"s3":      {{"", "/s3/buckets?region={region}"}},
	"s3api":   {{"bucket", "/s3/buckets/{}?region={region}"}, {"", "/s3/buckets?region={region}"}},
	"secretsmanager": {
		{"secret-id", "/secretsmanager/secret?name={}&region={region}"}, {"", "/secretsmanager/listsecrets?region={region}"},
	},
	"sns":           {{"topic-arn", "/sns/v3/home?region={region}#/topic/{}"}, {"", "/sns/v3/home?region={region}#/topics"}},
	"sqs":           {{"queue-url", "/sqs/v3/home?region={region}#/queues/{}"}, {"", "/sqs/v3/home?region={region}#/queues"}},
	"ssm":           {{"", "/systems-manager/home?region={region}"}},
	"stepfunctions": {{"state-machine-arn", "/states/home?region={region}#/statemachines/view/{}"}, {"", "/states/home?region={region}"}},
	"synthetics":    {{"", "/cloudwatch/home?region={region}#synthetics:canary/list"}},
	"wafv2":         {{"", "/wafv2/homev2/web-acls?region={region}"}},
}

// ConsolePage is the page of AWS's console where a call's resource is seen, else the one of its service; "" where it is not known, and for
// what was not sent to AWS. Who follows it has to be signed in to the call's account there.
func ConsolePage(c procedures.Call) string {
	service, _, _ := strings.Cut(c.Command, " ")
	pages := consolePages[service]
	if len(pages) == 0 || c.Account == "" || c.Account == "sandbox" || c.Rehearsed || c.Simulated != "" || !isRegion(c.Region) {
		return ""
	}
	for _, page := range pages {
		value := ""
		if page.option != "" {
			if value = optionOf(c.Args, page.option); value == "" || strings.Contains(value, "*") {
				continue // masked, or a pattern
			}
		}
		return "https://" + c.Region + "." + consoleHost(c.Region) + strings.NewReplacer(
			"{region}", c.Region, "{{}}", strings.ReplaceAll(url.QueryEscape(url.QueryEscape(value)), "%", "$"),
			"{}", url.PathEscape(value),
		).Replace(page.path)
	}
	return ""
}

// consoleHost is the host of the console of a region's partition, without the region.
func consoleHost(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "console.amazonaws.cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "console.amazonaws-us-gov.com"
	}
	return "console.aws.amazon.com"
}

// isRegion reports whether a text can be part of a host's name.
func isRegion(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// optionOf is the only value of an option in a call's words; "" where it has none, or several.
func optionOf(words []string, option string) string {
	for i, w := range words {
		if value, ok := strings.CutPrefix(w, "--"+option+"="); ok {
			return value
		}
		if w != "--"+option || i+1 == len(words) {
			continue
		}
		if i+2 < len(words) && !strings.HasPrefix(words[i+2], "--") {
			return ""
		}
		return words[i+1]
	}
	return ""
}
