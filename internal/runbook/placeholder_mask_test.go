package runbook

import (
	"strings"
	"testing"
)

// A value that nobody means to be sent is a field, whatever its shape; a value that only looks a little like one is sent.
func TestMasks(t *testing.T) {
	fence := "```"
	for block, want := range map[string]string{ // the fields, with their examples and defaults
		"aws rds create-db-snapshot --db-snapshot-identifier orders-YYYYMMDD":     "yyyymmdd=YYYYMMDD",
		"aws ce get-cost-and-usage --time-period Start=YYYY-MM-DD,End=2026-01-31": "yyyy-mm-dd=YYYY-MM-DD",
		"aws logs filter-log-events --start-time YYYY-MM-DDTHH:MM:SSZ":            "yyyy-mm-ddthh-mm-ssz=YYYY-MM-DDTHH:MM:SSZ",
		"aws s3 ls s3://logs/$(date +%Y%m%d)/":                                    "",
		"date +%Y-%m-%dT%H:%M:%S":                                                 "",
		"aws ec2 stop-instances --instance-ids i-web-xxxxx":                       "instance-ids=i-web-xxxxx",
		"aws ec2 stop-instances --instance-ids i-xxx,i-yyy":                       "instance-ids=i-xxx",
		"aws ec2 describe-subnets --subnet-ids subnet-abc123 subnet-def456": "subnet-ids=subnet-abc123 " +
			"subnet-ids-2=subnet-def456",
		"aws ec2 describe-subnets --subnet-ids subnet-11111111":                          "subnet-ids=subnet-11111111",
		"aws ec2 describe-subnets --subnet-ids subnet-0f3a91bc subnet-0f3a91bc22d4e5f61": "",
		"aws ec2 start-instances --instance-ids i-09f1c3d5":                              "",
		"aws ec2 describe-instance-types --instance-types m5.24xlarge":                   "",
		"aws elbv2 describe-target-health --target-group-arn arn:aws:elasticloadbalancing:...": "target-group-arn=" +
			"arn:aws:elasticloadbalancing:...",
		"aws cloudwatch get-metric-statistics --dimensions Name=LoadBalancer,Value=app/...": "load-balancer=app/...",
		"aws secretsmanager create-secret --secret-string ...":                              "secret-string=...",
		"go test ./...":       "",
		"git log main...HEAD": "",
		"aws route53 list-resource-record-sets --hosted-zone-id Z1234567890ABC":              "hosted-zone-id=Z1234567890ABC",
		"aws route53 list-resource-record-sets --hosted-zone-id Z08271JK3PQ":                 "",
		"aws cloudfront get-distribution --id EDFDVBD6EXAMPLE":                               "id=EDFDVBD6EXAMPLE",
		"aws kms describe-key --key-id 1234abcd-12ab-34cd-56ef-1234567890ab":                 "key-id=1234abcd-12ab-34cd-56ef-1234567890ab",
		"aws kms describe-key --key-id 7f3a91bc-22d4-4e5f-9c1b-0a9d8c7b6e5f":                 "",
		"aws s3 ls s3://bucket-[account-id]/":                                                "account-id",
		"aws s3 ls s3://[버킷명]/":                                                              "버킷명",
		"aws s3 ls s3://logs/{環境}/":                                                          "環境",
		"aws s3 rm s3://logs/[ㄱ-ㅎ].txt":                                                      "",
		"watch -n 60 'aws elbv2 describe-tags --filters Name=key,Values={tg_arn}'":           "tg-arn",
		"aws s3 rm s3://logs/[abc].txt":                                                      "",
		"ls file-[a-z].txt":                                                                  "",
		"aws logs tail /aws/{project}":                                                       "project",
		"aws logs tail /aws/{project}/api --since 1h":                                        "project",
		"aws s3 cp a s3://b/{x,y}":                                                           "",
		"aws ecs update-service --cluster c --service s --task-definition api:NEW_REVISION":  "new-revision",
		"aws ecs update-service --cluster c --service s --task-definition api:REVISION":      "revision",
		"aws s3 ls s3://__BUCKET__/":                                                         "bucket",
		"python3 -c '__name__'":                                                              "",
		"aws s3 ls s3://%BUCKET%/":                                                           "bucket",
		"curl -w %{http_code} https://a.example":                                             "",
		"aws s3 ls s3://@BUCKET_NAME@/":                                                      "bucket-name",
		"aws s3 ls s3://{{ bucket }}/":                                                       "bucket",
		"aws s3 ls s3://{{bucket_name}}/ --region ${{ region }}":                             "bucket-name region",
		"docker ps --format '{{.Names}}'":                                                    "",
		"docker ps --format '{{range .Items}}{{.}}{{end}}'":                                  "",
		"aws ec2 authorize-security-group-ingress --group-id sg-0f3a91bc --cidr 10.x.x.x/16": "cidr=10.x.x.x",
		"aws ec2 authorize-security-group-ingress --group-id sg-0f3a91bc --cidr 10.1.2.3/16": "",
		"ID=i-1234567890abcdef0\naws ec2 stop-instances --instance-ids $ID":                  "id=i-1234567890abcdef0(i-1234567890abcdef0)",
		"ID=i-xxxxxxxx\naws ec2 stop-instances --instance-ids $ID":                           "id=i-xxxxxxxx",
		"ID=i-09f1c3d5\naws ec2 stop-instances --instance-ids $ID":                           "",
		"ACCOUNT=123456789012\naws s3 ls s3://b-$ACCOUNT":                                    "account=123456789012",
		"aws dynamodb put-item --table-name t --item '{\"id\":{\"S\":\"xylophone\"}}'":       "",
		"aws s3 ls s3://logs-xxxx-prod/":                                                     "logs-xxxx-prod=logs-xxxx-prod",
	} {
		lib := openText(t, "# P\n## Q\n"+fence+"bash\n"+block+"\n"+fence+"\n")
		p, _, err := lib.Find("q")
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, q := range p.Parameters {
			text := q.Name
			if q.Example != "" {
				text += "=" + q.Example
			}
			if q.Default != "" {
				text += "(" + q.Default + ")"
			}
			fields = append(fields, text)
		}
		if got := strings.Join(fields, " "); got != want {
			t.Errorf("%s\n\thas the fields %q, want %q", block, got, want)
		}
	}
}
