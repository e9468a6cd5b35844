package sandbox

import (
	"strconv"
	"testing"
	"time"
)

func TestUpdatesOfATable(t *testing.T) {
	e := newEstate(t)
	update := "dynamodb update-table --table-name " + tableName
	mode := "dynamodb describe-table --table-name " + tableName +
		" --query Table.[TableStatus,BillingModeSummary.BillingMode,ProvisionedThroughput.ReadCapacityUnits] --output text"
	e.expect(mode, "ACTIVE\tNone\t50")
	e.refuses("ValidationException", update+" --provisioned-throughput ReadCapacityUnits=50,WriteCapacityUnits=25", "will not change")
	e.refuses("ValidationException", update, "At least one of ProvisionedThroughput, BillingMode")
	e.refuses("ValidationException", update+" --billing-mode PROVISIONED", "must both be specified")
	for n := range 4 {
		e.says(update + " --billing-mode PAY_PER_REQUEST")
		e.expect(mode, "UPDATING\t"+map[bool]string{true: "None", false: "None"}[n == 0]+"\t"+strconv.Itoa(50+n))
		e.refuses("ResourceInUseException",
			update+" --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=50", "Table is being updated: "+tableName)
		e.later(settling)
		e.expect(mode, "ACTIVE\tPAY_PER_REQUEST\t0")
		e.refuses("ValidationException", update+" --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=50",
			"when BillingMode is PAY_PER_REQUEST")
		e.says(update +
			" --billing-mode PROVISIONED --provisioned-throughput WriteCapacityUnits=25,ReadCapacityUnits=" + strconv.Itoa(51+n))
		e.later(settling)
		e.expect(mode, "ACTIVE\tPROVISIONED\t"+strconv.Itoa(51+n))
	}
	e.refuses("LimitExceededException", update+" --billing-mode PAY_PER_REQUEST", "four times in a rolling 24 hour window")
	e.later(24 * time.Hour)
	e.says(update + " --billing-mode PAY_PER_REQUEST")
	e.refuses("ValidationException", "dynamodb create-backup --table-name "+tableName+" --backup-name 'my backup'",
		"1 validation error detected: Value 'my backup' at 'backupName' failed to satisfy constraint: Member must "+
			"satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
}

func TestDecreasesAreCounted(t *testing.T) {
	e := newEstate(t)
	for _, units := range []string{"40", "30"} {
		e.says("dynamodb update-table --table-name " + tableName +
			" --provisioned-throughput WriteCapacityUnits=25,ReadCapacityUnits=" + units)
		e.later(settling)
	}
	decreases := "dynamodb describe-table --table-name " + tableName + " --query Table.ProvisionedThroughput.NumberOfDecreasesToday"
	e.expect(decreases, "2")
	e.later(24 * time.Hour)
	e.expect(decreases, "0")
}

func TestDeletionProtection(t *testing.T) {
	e := newEstate(t)
	e.refuses("ValidationException", "dynamodb delete-table --table-name "+tableName, "protected against deletion")
	e.says("dynamodb update-table --table-name " + tableName + " --no-deletion-protection-enabled")
	e.later(settling)
	e.says("dynamodb delete-table --table-name " + tableName)
	e.later(settling + time.Second)
	e.expect("dynamodb list-tables --query 'length(TableNames)'", "0")
	e.expect("dynamodb list-backups --query 'length(BackupSummaries)'", "7") // which a deletion leaves
}
