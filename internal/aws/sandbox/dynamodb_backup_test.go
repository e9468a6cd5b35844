package sandbox

import (
	"strings"
	"testing"
	"time"
)

func TestBackupAndRestore(t *testing.T) {
	e := newEstate(t)
	arn := e.says("dynamodb create-backup --table-name " + tableName + " --backup-name mine --query BackupDetails.BackupArn --output text")
	newest := "dynamodb list-backups --table-name " + tableName +
		" --query 'sort_by(BackupSummaries,&BackupCreationDateTime)[-1].[BackupName,BackupStatus]' --output text"
	e.expect(newest, "mine\tCREATING")
	e.refuses("BackupInUseException", "dynamodb restore-table-from-backup --target-table-name again --backup-arn "+arn)
	e.later(settling)
	e.expect(newest, "mine\tAVAILABLE")
	e.expect("dynamodb restore-table-from-backup --target-table-name again --backup-arn "+arn+
		" --query TableDescription.[TableStatus,ItemCount,RestoreSummary.RestoreInProgress] --output text", "CREATING\t0\tTrue")
	e.refuses("TableAlreadyExistsException", "dynamodb restore-table-from-backup --target-table-name again --backup-arn "+arn)
	e.refuses("ResourceInUseException", "dynamodb delete-table --table-name again", "Table is being created: again")
	e.refuses("ResourceNotFoundException", "dynamodb scan --table-name again --select COUNT")
	e.later(restoring)
	e.expect("dynamodb describe-table --table-name again --query "+
		"Table.[TableStatus,ItemCount,RestoreSummary.RestoreInProgress] --output text", "ACTIVE\t48211\tFalse")
	if a, b := e.says("dynamodb scan --table-name again --max-items 3 --query Items"),
		e.says("dynamodb scan --table-name "+tableName+" --max-items 3 --query Items"); a != b || !strings.Contains(a, "node#000002") {
		t.Errorf("the restored table has other items:\n%s\n%s", a, b)
	}
	e.expect("dynamodb delete-table --table-name again --query TableDescription.TableStatus --output text", "DELETING")
	e.refuses("ResourceInUseException", "dynamodb delete-table --table-name again", "Table is being deleted")
	e.later(settling + time.Second)
	e.refuses("ResourceNotFoundException", "dynamodb describe-table --table-name again",
		"Requested resource not found: Table: again not found")
	e.expect("dynamodb list-tables --query TableNames --output text", tableName)
	e.refuses("BackupNotFoundException", "dynamodb describe-backup --backup-arn "+strings.Replace(exampleARN, "abc123", "abc124", 1))
}

func TestBackupsAreMadeEveryDay(t *testing.T) {
	e := newEstate(t)
	newest := "dynamodb list-backups --query 'sort_by(BackupSummaries,&BackupCreationDateTime)[-1].BackupName' --output text"
	e.expect(newest, "topology-daily-20260921")
	e.later(24 * time.Hour)
	e.expect(newest, "topology-daily-20260922")
	e.expect("dynamodb list-backups --query 'length(BackupSummaries)'", "7")
	e.says("dynamodb delete-backup --backup-arn " + exampleARN)
	e.expect(newest, "topology-daily-20260921")
}
