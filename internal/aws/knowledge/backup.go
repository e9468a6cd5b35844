package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// backupService is AWS Backup.
// Its jobs go on after they were started: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StartBackupJob.html
func backupService() service {
	return service{
		slow: []string{"Start"},
		operations: map[string]Operation{
			"ListBackupJobs": survey{
				reads: "BackupJobs[]: ResourceArn, State, StatusMessage, CreationDate",
				list:  "BackupJobs", kind: "backup job", kinds: "resources", name: "ResourceArn", good: "backed up",
				newest: "CreationDate", since: "CreationDate", state: "State", reason: "StatusMessage",
				states: job.with(states{warn: "partial"}),
			}.operation(),
			"ListCopyJobs": survey{
				reads: "CopyJobs[]: ResourceArn, State, StatusMessage, CreationDate",
				list:  "CopyJobs", kind: "copy job", kinds: "resources", name: "ResourceArn", good: "copied",
				newest: "CreationDate", since: "CreationDate", state: "State", reason: "StatusMessage",
				states: job.with(states{warn: "partial"}),
			}.operation(),
			"ListRestoreJobs": survey{
				reads: "RestoreJobs[]: RestoreJobId, SourceResourceArn, Status, StatusMessage, CreationDate, ValidationStatus, " +
					"ValidationStatusMessage",
				list: "RestoreJobs", kind: "restore job", kinds: "restores", name: "SourceResourceArn|RestoreJobId", good: "well",
				newest: "CreationDate", since: "CreationDate", state: "Status", reason: "StatusMessage", states: job,
				each: func(_ answered, o *document.Object) finding {
					switch state := str(o, "ValidationStatus"); state {
					case "FAILED", "TIMED_OUT":
						return found(procedures.Failed, "its validation %s: %s", state, shortened(str(o, "ValidationStatusMessage")))
					}
					return finding{}
				},
			}.operation(),
			"ListRecoveryPointsByBackupVault": survey{
				reads: "RecoveryPoints[]: ResourceArn, Status, CreationDate",
				list:  "RecoveryPoints", kind: "recovery point", kinds: "resources", name: "ResourceArn", good: "with a new one",
				newest: "CreationDate", none: procedures.Judgement{Verdict: procedures.Failed}, each: judgeRecoveryPoint,
			}.operation(BackupHours),
		},
	}
}

// judgeRecoveryPoint judges the newest recovery point of a resource.
func judgeRecoveryPoint(q answered, o *document.Object) finding {
	words := vocabularyOf(states{pass: "completed, available", warn: "partial, creating, deleting, stopped", fail: "expired"})
	f := words.finding(str(o, "Status"))
	if f.verdict != procedures.Passed {
		return f
	}
	return aged(q.now.Sub(at(o, "CreationDate")), q.limit(BackupHours))
}
