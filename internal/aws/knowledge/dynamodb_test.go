package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestDynamoDBVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"dynamodb DescribeTable", `{}`,
			`{"Table":{"TableName":"t","TableStatus":"ACTIVE","ItemCount":48211,"TableSizeBytes":13002342}}`,
			procedures.Passed, "t is ACTIVE · 48,211 items · 13 MB",
		},
		{"dynamodb DescribeTable", `{}`, `{"Table":{"TableName":"t","TableStatus":"UPDATING"}}`, procedures.Warned, "t is UPDATING."},
		{"dynamodb DescribeTable", `{}`, `{"Table":{"TableName":"t","TableStatus":"CREATING"}}`, procedures.Warned, "t is CREATING."},
		{
			"dynamodb DescribeTable", `{}`,
			`{"Table":{"TableName":"t","TableStatus":"INACCESSIBLE_ENCRYPTION_CREDENTIALS"}}`, procedures.Failed, "INACCESSIBLE",
		},
		{"dynamodb DescribeTable", `{}`, `{}`, procedures.NoData, "no table status"},
		{
			"dynamodb DescribeBackup", `{}`,
			`{"BackupDescription":{"BackupDetails":{"BackupName":"n","BackupStatus":"AVAILABLE",` +
				`"BackupSizeBytes":1200},"SourceTableDetails":{"ItemCount":1234}}}`,
			procedures.Passed, "n is AVAILABLE · 1,234 items " +
				"· 1.2 kB.",
		},
		{
			"dynamodb DescribeBackup", `{}`,
			`{"BackupDescription":{"BackupDetails":{"BackupName":"n","BackupStatus":"CREATING"}}}`, procedures.Warned, "n is CREATING.",
		},
		{
			"dynamodb DescribeBackup", `{}`,
			`{"BackupDescription":{"BackupDetails":{"BackupName":"n","BackupStatus":"DELETED"}}}`, procedures.Failed, "n is DELETED.",
		},
		{"dynamodb DescribeBackup", `{}`, `{}`, procedures.NoData, "no status"},
		{
			"dynamodb ListBackups", `{}`,
			`{"BackupSummaries":[{"BackupName":"old","BackupStatus":"AVAILABLE",` +
				`"BackupCreationDateTime":"2026-11-20T02:30:00+00:00"},{"BackupName":"new",` +
				`"BackupStatus":"AVAILABLE","BackupCreationDateTime":"2026-11-24T02:30:00+00:00"}]}`,
			procedures.Passed, "Newest backup: new, 5 h old, " +
				"AVAILABLE.",
		},
		{
			"dynamodb ListBackups", `{}`,
			`{"BackupSummaries":[{"BackupName":"old","BackupStatus":"AVAILABLE",` +
				`"BackupCreationDateTime":"2026-11-23T05:30:00+00:00"}]}`,
			procedures.Warned, "old, 26 h old, AVAILABLE; it " +
				"should not " +
				"be older " +
				"than 26 h.",
		},
		{
			"dynamodb ListBackups", `{}`,
			`{"BackupSummaries":[{"BackupName":"new","BackupStatus":"CREATING",` +
				`"BackupCreationDateTime":"2026-11-24T08:00:00+00:00"}]}`,
			procedures.Warned, "new, 2 min old, CREATING.",
		},
		{"dynamodb ListBackups", `{}`, `{"BackupSummaries":[]}`, procedures.Failed, "There is no backup in this time."},
		{
			"dynamodb CreateBackup", `{"TableName":"t","BackupName":"b"}`,
			`{"BackupDetails":{"BackupStatus":"CREATING"}}`, procedures.Info,
			"Requested: creates the backup b of the table t; BackupStatus is CREATING.",
		},
	})
}

func TestDynamoDBRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{"to on-demand", "dynamodb update-table --table-name t --billing-mode PAY_PER_REQUEST",
			`{"Table":{"TableName":"t","ProvisionedThroughput":{"NumberOfDecreasesToday":0,` +
				`"ReadCapacityUnits":50,"WriteCapacityUnits":20}}}`,
			[]string{
				"ProvisionedThroughput.ReadCapacityUnits: 50 -> 0", "ProvisionedThroughput.WriteCapacityUnits: 20 -> 0",
				"BillingModeSummary.BillingMode: PROVISIONED -> PAY_PER_REQUEST",
			},
			`aws dynamodb update-table --table-name t --billing-mode PROVISIONED --provisioned-throughput ` +
				`{"ReadCapacityUnits":50,"WriteCapacityUnits":20}`},
		{"to provisioned",
			`dynamodb update-table --table-name t --billing-mode PROVISIONED --provisioned-throughput ` +
				`{"ReadCapacityUnits":5,"WriteCapacityUnits":5}`,
			`{"Table":{"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},` +
				`"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":0}}}`,
			[]string{
				"BillingModeSummary.BillingMode: PAY_PER_REQUEST -> PROVISIONED",
				"ProvisionedThroughput.ReadCapacityUnits: 0 -> 5", "ProvisionedThroughput.WriteCapacityUnits: 0 -> 5",
			}, "aws dynamodb update-table --table-name t --billing-mode PAY_PER_REQUEST"},
		{"capacity",
			`dynamodb update-table --table-name t --provisioned-throughput {"ReadCapacityUnits":100,"WriteCapacityUnits":20}`,
			`{"Table":{"ProvisionedThroughput":{"ReadCapacityUnits":50,"WriteCapacityUnits":20}}}`,
			[]string{"ProvisionedThroughput.ReadCapacityUnits: 50 -> 100"},
			`aws dynamodb update-table --table-name t --provisioned-throughput {"ReadCapacityUnits":50,"WriteCapacityUnits":20}`},
		{
			"a backup", "dynamodb create-backup --table-name t --backup-name back", "",
			[]string{"TableName:  -> t", "BackupName:  -> back"}, "aws dynamodb delete-backup --backup-arn …",
		},
		{
			"a restore",
			"dynamodb restore-table-from-backup --target-table-name test --backup-arn " +
				"arn:aws:dynamodb:us-east-1:123456789012:table/x/backup/1", "", []string{
				"TableName:  -> test",
			}, "aws dynamodb delete-table --table-name test",
		},
		{
			"a deletion", "dynamodb delete-table --table-name t",
			`{"TableName":"t","TableStatus":"ACTIVE","TableId":"1"}`, []string{"TableName: t -> ", "TableId: 1 -> "},
			"AWS cannot bring a deleted table back: only a backup of it, or its point-in-time recovery, can be restored into a new one",
		},
	})
}

func TestRecoveryVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"dynamodb DescribeContinuousBackups", `{"TableName":"orders"}`,
			`{"ContinuousBackupsDescription":{"PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"ENABLED"}}}`,
			procedures.Passed, "orders: point-in-time recovery is ENABLED.",
		},
		{
			"dynamodb DescribeContinuousBackups", `{"TableName":"orders"}`,
			`{"ContinuousBackupsDescription":{"PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}`,
			procedures.Warned, "orders: point-in-time recovery is DISABLED.",
		},
	})
}
