package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

func TestTells(t *testing.T) {
	t.Parallel()
	type members = map[string]document.Value
	cases := []struct {
		service, operation string
		input              members
		want               string
	}{
		{"lambda", "UpdateFunctionCode", members{"FunctionName": "web"}, "aws lambda get-function-configuration --function-name web"},
		{"lambda", "UpdateAlias", members{"FunctionName": "web", "Name": "live"}, "aws lambda get-alias --function-name web --name live"},
		{"ecs", "UpdateService", members{"cluster": "prod", "service": "web"}, "aws ecs describe-services --cluster prod --services web"},
		{"dynamodb", "CreateBackup", members{"TableName": "orders", "BackupName": "b"}, "aws dynamodb list-backups --table-name orders"},
		{"dynamodb", "RestoreTableFromBackup", members{"TargetTableName": "orders-2"}, "aws dynamodb describe-table --table-name orders-2"},
		{"dynamodb", "DeleteTable", members{"TableName": "orders"}, "aws dynamodb describe-table --table-name orders"},
		{"rds", "ModifyDBInstance", members{"DBInstanceIdentifier": "main"}, "aws rds describe-db-instances --db-instance-identifier main"},
		{"ec2", "StopInstances", members{"InstanceIds": document.List{"i-1"}}, "aws ec2 describe-instances --instance-ids i-1"},
		{"s3", "PutObject", members{"Bucket": "b", "Key": "$(k)"}, "aws s3api head-object --bucket b --key …"},
		{"cloudfront", "CreateInvalidation", members{"DistributionId": "E1"}, "aws cloudfront list-invalidations --distribution-id E1"},
	}
	for _, c := range cases {
		t.Run(c.service+" "+c.operation, func(t *testing.T) {
			t.Parallel()
			input := &document.Object{}
			for name, value := range c.input {
				input.Set(name, value)
			}
			if got := knowledge.Of(c.service, c.operation).TellingRead(input); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestMostChangesHaveATeller guards the derivation: what it names is an operation of the model that only reads.
func TestMostChangesHaveATeller(t *testing.T) {
	t.Parallel()
	changes, told := 0, 0
	for _, service := range []string{
		"lambda", "ecs", "dynamodb", "rds", "ec2", "s3", "iam", "cloudformation", "sqs", "sns", "elbv2", "eks",
	} {
		s, err := models.Load(service)
		if err != nil {
			continue
		}
		for op := range s.Operations() {
			if e := knowledge.Of(service, op.Name); e.Effect.Changes() {
				changes++
				if e.TellingRead(&document.Object{}) != "" {
					told++
				}
			}
		}
	}
	if changes < 500 || told*10 < changes*7 {
		t.Errorf("of %d changes %d have a reading that tells", changes, told)
	}
}
