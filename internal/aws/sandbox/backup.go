package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// backupLiving is AWS Backup: vaults with their recovery points, plans and jobs. Each vault has a job and a point of every night.
// https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Reference.html
func backupLiving() *living {
	return &living{
		service: "backup", token: "400 InvalidParameterValueException Invalid nextToken.",
		estate: []string{"vault/Default", "plan/" + uuid("plan", estate)},
		kinds: map[string]*kind{
			"vault": {
				shape: "ListBackupVaults BackupVaultList", id: "BackupVaultName", arn: "BackupVaultArn",
				healthy: `{"BackupVaultName":"$name","BackupVaultArn":"arn:aws:backup:$region:$account:backup-vault:$name",
"CreationDate":"$born",
"EncryptionKeyArn":"arn:aws:kms:$region:$account:key/$uuid.key","NumberOfRecoveryPoints":1,"Locked":false,"VaultType":"BACKUP_VAULT"}`,
				missing: "400 ResourceNotFoundException Backup vault {name} does not exist.",
				exists:  "400 AlreadyExistsException Backup vault with the same name already exists",
				brings: func(_ *Sandbox, name string, now time.Time) []string {
					id := uuid("nightly", name, newest(now, "02:10").String())
					return []string{"backup job/" + id, "backup point/" + name + "/" + id, "backup copy/" + id, "backup restore/" + id}
				},
			},
			"plan": {
				shape: "ListBackupPlans BackupPlansList", id: "BackupPlanId", arn: "BackupPlanArn",
				healthy: `{"BackupPlanId":"$name","BackupPlanArn":"arn:aws:backup:$region:$account:backup-plan:$name","BackupPlanName":
"nightly-$hex4.name","CreationDate":"$born","VersionId":"$uuid.version","LastExecutionDate":"$day.02:10"}`,
				missing: "400 ResourceNotFoundException Backup plan with ID {name} does not exist.",
			},
			"job": {
				shape: "ListBackupJobs BackupJobs", id: "BackupJobId", state: "State", healthy: backupJob,
				born: "CREATED 2s RUNNING 15s COMPLETED",
				now:  jobNow, missing: "400 ResourceNotFoundException Backup job {name} does not exist.",
			},
			"copy": {
				shape: "ListCopyJobs CopyJobs", id: "CopyJobId", state: "State", healthy: copyJob, born: "CREATED 2s RUNNING 15s COMPLETED",
				missing: "400 ResourceNotFoundException Copy job {name} does not exist.",
			},
			"restore": {
				shape: "ListRestoreJobs RestoreJobs", id: "RestoreJobId", state: "Status", healthy: restoreJob,
				born: "PENDING 2s RUNNING 15s COMPLETED", missing: "400 ResourceNotFoundException Restore job {name} does not exist.",
			},
			"point": {
				shape: "ListRecoveryPointsByBackupVault RecoveryPoints", id: "RecoveryPointArn", arn: "RecoveryPointArn", state: "Status",
				under: "vault", healthy: recoveryPoint, now: pointNow,
				missing: "400 ResourceNotFoundException Recovery point {name} does not exist.",
			},
		},
		acts: map[string]act{
			"ListBackupVaults":    {does: reads, kind: "vault", at: "BackupVaultList"},
			"DescribeBackupVault": {does: reads, kind: "vault", by: "BackupVaultName", takes: "BackupVaultAccountId"},
			"CreateBackupVault": {does: creates, creating: true, changing: true, kind: "vault", by: "BackupVaultName",
				takes: "BackupVaultTags"},
			"ListBackupPlans": {does: reads, kind: "plan", at: "BackupPlansList", takes: "IncludeDeleted"},
			"ListBackupJobs": {does: reads, kind: "job", at: "BackupJobs", takes: "ByCreatedBefore ByCreatedAfter ByAccountId",
				only: map[string]string{
					"ByState": "State", "ByBackupVaultName": "BackupVaultName", "ByResourceArn": "ResourceArn",
					"ByResourceType": "ResourceType",
				}},
			"DescribeBackupJob": {does: reads, kind: "job", by: "BackupJobId"},
			"StartBackupJob": {
				does: creates, creating: true, changing: true, kind: "job", names: "$uuid.job", also: startsBackup,
				takes: "IdempotencyToken StartWindowMinutes CompleteWindowMinutes Lifecycle RecoveryPointTags Index",
				wraps: func(all []*view, _ *request) *document.Object {
					v := all[0]
					return obj("BackupJobId", v.name, "RecoveryPointArn", v.text("RecoveryPointArn"), "CreationDate", v.now)
				},
			},
			"StopBackupJob": {does: changes, kind: "job", by: "BackupJobId", life: "ABORTED", bare: true},
			"ListCopyJobs": {does: reads, kind: "copy", at: "CopyJobs", takes: "ByCreatedBefore ByCreatedAfter ByAccountId",
				only: map[string]string{"ByState": "State", "ByResourceArn": "ResourceArn", "ByResourceType": "ResourceType"}},
			"DescribeCopyJob": {does: reads, kind: "copy", by: "CopyJobId", at: "CopyJob"},
			"ListRestoreJobs": {does: reads, kind: "restore", at: "RestoreJobs", takes: "ByCreatedBefore ByCreatedAfter ByAccountId",
				only: map[string]string{"ByStatus": "Status", "ByResourceType": "ResourceType"}},
			"DescribeRestoreJob": {does: reads, kind: "restore", by: "RestoreJobId"},
			"StartRestoreJob": {
				does: creates, creating: true, kind: "restore", names: "$uuid.restore",
				takes: "RecoveryPointArn Metadata IamRoleArn IdempotencyToken ResourceType CopySourceTagsToRestoredResource",
				also:  startsRestore,
				wraps: func(all []*view, _ *request) *document.Object { return obj("RestoreJobId", all[0].name) },
			},
			"ListRecoveryPointsByBackupVault": {
				does: reads, kind: "point", in: "BackupVaultName", at: "RecoveryPoints",
				takes: "ByCreatedBefore ByCreatedAfter BackupVaultAccountId",
				only:  map[string]string{"ByResourceArn": "ResourceArn", "ByResourceType": "ResourceType"},
			},
			"DescribeRecoveryPoint": {
				does: reads, kind: "point", by: "RecoveryPointArn", in: "BackupVaultName", takes: "BackupVaultAccountId",
			},
			"ListProtectedResources": {does: reads, kind: "job", takes: "NextToken MaxResults", wraps: protected},
		},
		faults: []Fault{
			{
				Name: "backup-fails", Title: "The newest backup job failed", of: "job", breaks: patch(
					`{"State":"FAILED","StatusMessage":"Insufficient privileges to perform this action."}`),
				Sees: "backup list-backup-jobs",
			},
			{
				Name: "backup-old-points", Title: "The newest recovery point is three days old", of: "point",
				breaks: patch(`{"CreationDate":"$ago.74h"}`),
				Sees:   "backup list-recovery-points-by-backup-vault --backup-vault-name Default",
			},
			{
				Name: "copy-fails", Title: "The newest copy job failed", of: "copy", breaks: patch(
					`{"State":"FAILED","StatusMessage":"The destination vault cannot be reached."}`), Sees: "backup list-copy-jobs",
			},
			{
				Name: "restore-fails", Title: "The newest restore job failed", of: "restore", breaks: patch(
					`{"Status":"FAILED","StatusMessage":"The recovery point cannot be read."}`), Sees: "backup list-restore-jobs",
			},
		},
	}
}

// jobNow leaves out when a job that runs was completed, and counts the bytes that it has.
func jobNow(v *view) {
	if v.state != "COMPLETED" {
		v.doc.Delete("CompletionDate")
	} else if v.thing != nil && !v.thing.Born.IsZero() {
		v.doc.Set("CompletionDate", v.since)
		v.doc.Set("CreationDate", v.thing.Born)
	}
}

// pointNow is a point of a job that is being made until the job is done.
func pointNow(v *view) {
	for _, created := range []string{"CreationDate", "CompletionDate"} {
		if v.thing != nil && !v.thing.Born.IsZero() {
			v.doc.Set(created, v.thing.Born)
		}
	}
}

// startsBackup makes the recovery point that the job makes.
func startsBackup(v *view, r *request) error {
	vault := text(r.input, "BackupVaultName")
	if v.s.look(r, "backup vault", vault) == nil {
		return serviceErrorOf(kindOf("backup vault").missing, vault)
	}
	v.s.world.Things["backup point/"+vault+"/"+v.name] = &thing{
		From: r.operation, Born: v.now, Life: "CREATING 17s COMPLETED", Since: v.now, Set: obj("ResourceArn", text(r.input, "ResourceArn")),
	}
	v.set("RecoveryPointArn", "arn:aws:backup:"+region+":"+accountID+":recovery-point:"+v.name)
	v.set("CreationDate", v.now)
	if parts := strings.Split(text(r.input, "ResourceArn"), ":"); len(parts) > 2 {
		v.set("ResourceType", map[string]string{"rds": "RDS", "dynamodb": "DynamoDB", "ec2": "EBS", "elasticfilesystem": "EFS"}[parts[2]])
	}
	return nil
}

// startsRestore looks at the recovery point, and makes the database that is restored from it.
func startsRestore(v *view, r *request) error {
	v.set("RecoveryPointArn", text(r.input, "RecoveryPointArn"))
	v.set("CreationDate", v.now)
	if name := text(member(r.input, "Metadata"), "DBInstanceIdentifier"); name != "" {
		v.s.world.Things["rds instance/"+name] = &thing{From: r.operation, Born: v.now, Life: "creating 17s available", Since: v.now}
	}
	return nil
}

// protected are the resources that jobs backed up.
func protected(all []*view, _ *request) *document.Object {
	return obj("Results", list(all, func(v *view) any {
		at, _ := v.doc.Get("CreationDate")
		return obj("ResourceArn", v.text("ResourceArn"), "ResourceType", v.text("ResourceType"), "LastBackupTime", at)
	}))
}

const (
	backupJob = `{"AccountId":"$account","BackupJobId":"$name","BackupVaultName":"$owner","BackupVaultArn":
"arn:aws:backup:$region:$account:backup-vault:$owner","RecoveryPointArn":"arn:aws:backup:$region:$account:recovery-point:$name",
"ResourceArn":"arn:aws:rds:$region:$account:db:network-visualizer-db","CreationDate":"$day.02:10","CompletionDate":"$day.02:10","State":
"COMPLETED","PercentDone":"100.0","BackupSizeInBytes":4294967296,"IamRoleArn":"arn:aws:iam::$account:role/backup","ResourceType":"RDS"}`
	copyJob = `{"AccountId":"$account","CopyJobId":"$name","SourceBackupVaultArn":"arn:aws:backup:$region:$account:backup-vault:$owner",
"SourceRecoveryPointArn":"arn:aws:backup:$region:$account:recovery-point:$name","DestinationBackupVaultArn":
"arn:aws:backup:us-west-2:$account:backup-vault:$owner","ResourceArn":"arn:aws:rds:$region:$account:db:network-visualizer-db",
"CreationDate":"$day.02:40","CompletionDate":"$day.02:40","State":"COMPLETED","BackupSizeInBytes":4294967296,"ResourceType":"RDS"}`
	restoreJob = `{"AccountId":"$account","RestoreJobId":"$name","RecoveryPointArn":"arn:aws:backup:$region:$account:recovery-point:$name",
"CreationDate":"$day.03:00","CompletionDate":"$day.03:00","Status":"COMPLETED","PercentDone":"100.00%","BackupSizeInBytes":4294967296,
"IamRoleArn":"arn:aws:iam::$account:role/backup","ResourceType":"RDS"}`
	recoveryPoint = `{"RecoveryPointArn":"arn:aws:backup:$region:$account:recovery-point:$name","BackupVaultName":"$parent",
"BackupVaultArn":
"arn:aws:backup:$region:$account:backup-vault:$parent","ResourceArn":"arn:aws:rds:$region:$account:db:network-visualizer-db","ResourceType":
"RDS","IamRoleArn":"arn:aws:iam::$account:role/backup","Status":"COMPLETED","CreationDate":"$day.02:10","CompletionDate":"$day.02:10",
"BackupSizeInBytes":4294967296,"IsEncrypted":true}`
)
