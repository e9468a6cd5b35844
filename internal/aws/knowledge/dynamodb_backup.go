package knowledge

import (
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// BackupHours is how old the newest backup may be.
var BackupHours = Threshold{Name: "OPSBOOK_BACKUP_HOURS", Default: 26, About: "maximum age of the newest backup in hours"}

// backupOperations are those of backups and of what is restored from them.
func backupOperations() map[string]Operation {
	return map[string]Operation{
		"ListBackups": {
			Unordered: "BackupSummaries",
			rule:      judgeBackups, Thresholds: []Threshold{BackupHours},
		},
		"DescribeBackup": {rule: judgeBackup},
		// The ARN is known only after the call, and so is the rollback's input. There is no
		// waiter in the models.
		"CreateBackup": {
			Slow:     true,
			sentence: "Creates the backup {BackupName} of the table {TableName}", resource: "TableName",
			change: Change{
				Kind: "backup", ReadOperation: "ListBackups", ReadWith: table,
				ReadAt:   "BackupSummaries[?BackupName=={BackupName}] | [0]",
				Volatile: []string{"BackupStatus"},
				Until:    "BackupStatus == 'AVAILABLE'",
				Rollback: "DeleteBackup", RollbackWith: "{BackupArn: after.BackupArn}",
			},
		},
		// Restores take at least some minutes on AWS, and hours for large tables.
		"RestoreTableFromBackup": {
			Slow:     true,
			sentence: "Restores the backup {BackupArn} into the new table {TargetTableName}",
			resource: "TargetTableName",
			change: Change{
				Kind: "table", ReadOperation: "DescribeTable", ReadWith: "{TableName: TargetTableName}",
				ReadAt:   "Table",
				Excluded: []string{"BackupArn"}, Sets: map[string]string{"TargetTableName": "TableName"},
				Waiter: "TableExists", WaitWith: "{TableName: TargetTableName}",
				Rollback: "DeleteTable", RollbackWith: "{TableName: input.TargetTableName}",
			},
		},
		// An on-demand backup is deleted for good.
		"DeleteBackup": {change: Change{
			Kind: "backup", ReadOperation: "DescribeBackup", ReadWith: "{BackupArn: BackupArn}",
			ReadAt:     "BackupDescription.BackupDetails",
			Deletes:    true,
			NoWait:     seconds,
			NoRollback: gone,
		}},
		// The specification is read in another form. Switching it off and on again begins the
		// time that can be restored anew.
		"UpdateContinuousBackups": {change: Change{
			Kind: "table", ReadOperation: "DescribeContinuousBackups", ReadWith: table,
			ReadAt:   "ContinuousBackupsDescription",
			Excluded: []string{"TableName", "PointInTimeRecoverySpecification"},
			NoWait:   atOnce,
			NoRollback: "switching it off loses the time that could be restored; switching it on is undone by " +
				"the same call with PointInTimeRecoveryEnabled=false",
		}},
	}
}

// judgeBackups judges the newest backup of an answer: none fails, one that is older than BackupHours, or not AVAILABLE yet, warns.
func judgeBackups(q answered) *procedures.Judgement {
	var newest *document.Object
	for _, b := range members(q.answer, "BackupSummaries") {
		if newest == nil || at(b, "BackupCreationDateTime").After(at(newest, "BackupCreationDateTime")) {
			newest = b
		}
	}
	if newest == nil {
		return judge(procedures.Failed, "There is no backup in this time.")
	}
	hours, wrong := q.threshold(BackupHours)
	if wrong != nil {
		return wrong
	}
	age := q.now.Sub(at(newest, "BackupCreationDateTime"))
	status := str(newest, "BackupStatus")
	sentence := fmt.Sprintf("Newest backup: %s, %s old, %s", str(newest, "BackupName"), ago(age), status)
	switch {
	// A backup that is still CREATING may fail; the one before it would be the newest that can
	// be restored.
	case status != "AVAILABLE":
		return judge(procedures.Warned, "%s.", sentence)
	case age > time.Duration(hours*float64(time.Hour)):
		return judge(procedures.Warned, "%s; it should not be older than %s h.", sentence, number(hours))
	}
	return judge(procedures.Passed, "%s.", sentence)
}

// judgeBackup reads one backup: whether it is there, and what is in it.
func judgeBackup(q answered) *procedures.Judgement {
	b := child(q.answer, "BackupDescription")
	details, source := child(b, "BackupDetails"), child(b, "SourceTableDetails")
	name := str(details, "BackupName")
	switch status := str(details, "BackupStatus"); status {
	case "AVAILABLE":
		return judge(procedures.Passed, "%s is AVAILABLE%s · %s.", name, itemsIn(source), size(details, "BackupSizeBytes"))
	case "":
		return judge(procedures.NoData, "The answer has no status of the backup.")
	case "CREATING":
		return judge(procedures.Warned, "%s is CREATING.", name)
	default:
		return judge(procedures.Failed, "%s is %s.", name, status)
	}
}

// itemsIn is the number of items of a backup, where the answer has it.
func itemsIn(o *document.Object) string {
	if _, ok := o.Get("ItemCount"); !ok {
		return ""
	}
	return " · " + grouped(o, "ItemCount") + " items"
}

// judgeRecovery warns of a table that cannot be restored to a moment.
func judgeRecovery(q answered) *procedures.Judgement {
	state := textAt(q.answer, "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus")
	if state == "" {
		return judge(procedures.NoData, "%s: the answer has no state of its point-in-time recovery.", q.about())
	}
	f := vocabularyOf(states{pass: "enabled", warn: "disabled"}).finding(state)
	return judge(f.verdict, "%s: point-in-time recovery is %s.", q.about(), f.says)
}
