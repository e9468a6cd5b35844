package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestBackupVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"backup ListBackupJobs", `{}`,
			`{"BackupJobs":[{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders","State":"FAILED",` +
				`"CreationDate":"2026-11-23T02:10:00+00:00"},{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders",` +
				`"State":"COMPLETED","CreationDate":"2026-11-24T02:10:00+00:00"}]}`,
			procedures.Passed, "orders: COMPLETED.",
		},
		{
			"backup ListBackupJobs", `{}`,
			`{"BackupJobs":[{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders","State":"FAILED",` +
				`"StatusMessage":"Access denied","CreationDate":"2026-11-24T02:10:00+00:00"}]}`,
			procedures.Failed, "orders: FAILED since 02:10: Access denied.",
		},
		{
			"backup ListBackupJobs", `{}`,
			`{"BackupJobs":[{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders","State":"PARTIAL"}]}`,
			procedures.Warned, "orders: PARTIAL.",
		},
		{
			"backup ListCopyJobs", `{}`,
			`{"CopyJobs":[{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders","State":"COMPLETED"}]}`,
			procedures.Passed, "orders: COMPLETED.",
		},
		{
			"backup ListCopyJobs", `{}`,
			`{"CopyJobs":[{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders","State":"FAILED"}]}`,
			procedures.Failed, "orders: FAILED.",
		},
		{
			"backup ListRestoreJobs", `{}`,
			`{"RestoreJobs":[{"SourceResourceArn":"arn:aws:rds:us-east-1:1:db:orders","Status":"COMPLETED"}]}`,
			procedures.Passed, "orders: COMPLETED.",
		},
		{
			"backup ListRestoreJobs", `{}`,
			`{"RestoreJobs":[{"SourceResourceArn":"arn:aws:rds:us-east-1:1:db:orders","Status":"COMPLETED",` +
				`"ValidationStatus":"FAILED","ValidationStatusMessage":"no rows"}]}`,
			procedures.Failed, "orders: its validation FAILED: no rows.",
		},
		{
			"backup ListRecoveryPointsByBackupVault", `{"BackupVaultName":"v"}`,
			`{"RecoveryPoints":[{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders","Status":"COMPLETED",` +
				`"CreationDate":"2026-11-24T01:00:00+00:00"}]}`,
			procedures.Passed, "orders: 7 h old.",
		},
		{
			"backup ListRecoveryPointsByBackupVault", `{"BackupVaultName":"v"}`,
			`{"RecoveryPoints":[{"ResourceArn":"arn:aws:rds:us-east-1:1:db:orders","Status":"COMPLETED",` +
				`"CreationDate":"2026-11-24T01:00:00+00:00"},` +
				`{"ResourceArn":"arn:aws:elasticfilesystem:us-east-1:1:file-system/home","Status":"COMPLETED",` +
				`"CreationDate":"2026-11-21T01:00:00+00:00"}]}`,
			procedures.Warned, "1 of 2 resources with a new one; home: 3 days old",
		},
		{
			"backup ListRecoveryPointsByBackupVault", `{"BackupVaultName":"v"}`,
			`{"RecoveryPoints":[]}`,
			procedures.Failed, "There is no recovery point.",
		},
	})
}
