package knowledge

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// table makes the input of a read of that of a call that names a table.
const table = "{TableName: TableName}"

// dynamodbService is Amazon DynamoDB.
func dynamodbService() service {
	return service{
		slow:       []string{"RestoreTable", "CreateTable", "UpdateTable", "CreateGlobal", "ImportTable"},
		operations: joined(tableOperations(), backupOperations()),
	}
}

// tableOperations are those of tables and their items.
func tableOperations() map[string]Operation {
	return map[string]Operation{
		"DescribeTable": {rule: judgeTable},
		"DescribeContinuousBackups": {
			reads: "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus", rule: judgeRecovery,
		},
		// A statement of PartiQL may write and delete, and IAM's data knows no action of the operation's own.
		"ExecuteStatement": {Effect: procedures.EffectChange, sentence: "Carries out a statement of PartiQL"},
		// DescribeTable nests the billing mode and the class in summaries, and has no
		// BillingModeSummary for a table that was never on-demand: it is PROVISIONED then. The
		// index updates are not predicted.
		"UpdateTable": {
			Slow:     true,
			hints:    tableHints,
			sentence: "Changes the table {TableName}{BillingMode: to the billing mode %s}",
			change: Change{
				limits: tableLimits,
				Kind:   "table", ReadOperation: "DescribeTable", ReadWith: table, ReadAt: "Table",
				Excluded: []string{"TableName"},
				Sets: map[string]string{
					"BillingMode": "BillingModeSummary.BillingMode",
					"TableClass":  "TableClassSummary.TableClass",
				},
				Defaults: map[string]string{"BillingModeSummary.BillingMode": "PROVISIONED"},
				Volatile: []string{"ProvisionedThroughput.NumberOfDecreasesToday"},
				predict:  predictTable,
				Until:    "TableStatus == 'ACTIVE'",
				rollback: tableRollback,
			},
		},
		// Deletion protection is asked before the call, because AWS refuses it only then.
		"DeleteTable": {
			Slow: true, sentence: "Deletes the table {TableName} and all its items",
			change: Change{
				limits: protection,
				Kind:   "table", ReadOperation: "DescribeTable", ReadWith: table, ReadAt: "Table",
				Deletes: true,
				Waiter:  "TableNotExists", WaitWith: table,
				NoRollback: "AWS cannot bring a deleted table back: only a backup of it, or its point-in-time " +
					"recovery, can be restored into a new one",
			},
		},
		// The access level calls it a write; which item it replaces follows from the table's
		// key schema, which the call does not have.
		"PutItem": {
			Effect: procedures.EffectChange,
			change: Change{
				Kind: "table", NotRead: "the call does not say which attributes are the item's key",
				NoWait:     atOnce,
				NoRollback: "the item that was replaced is not kept: read it before, with aws dynamodb get-item",
			},
		},
		// A restore makes a new table; the source is not touched, and the rollback deletes the
		// new one.
		"RestoreTableToPointInTime": {change: Change{
			Kind: "table", ReadOperation: "DescribeTable", ReadWith: "{TableName: TargetTableName}",
			ReadAt:   "Table",
			Excluded: []string{"SourceTableName", "SourceTableArn", "UseLatestRestorableTime", "RestoreDateTime"},
			Sets:     map[string]string{"TargetTableName": "TableName"},
			Waiter:   "TableExists", WaitWith: "{TableName: TargetTableName}",
			Rollback: "DeleteTable", RollbackWith: "{TableName: input.TargetTableName}",
		}},
		// An update expression is not evaluated here: the prediction is of the members only,
		// and the rollback puts the whole item back.
		"UpdateItem": {change: Change{
			Kind: "item", ReadOperation: "GetItem", ReadWith: "{TableName: TableName, Key: Key}",
			ReadAt:   "Item",
			Excluded: []string{"TableName", "Key"},
			NoWait:   atOnce,
			Rollback: "PutItem", RollbackWith: "{TableName: input.TableName, Item: before}",
		}},
		// The item that was read before is put again, with all its attributes.
		"DeleteItem": {change: Change{
			Kind: "item", ReadOperation: "GetItem", ReadWith: "{TableName: TableName, Key: Key}",
			ReadAt:   "Item",
			Deletes:  true,
			NoWait:   atOnce,
			Rollback: "PutItem", RollbackWith: "{TableName: input.TableName, Item: before}",
		}},
		"BatchWriteItem": {tellingRead: "Scan"},
	}
}

// judgeTable passes an ACTIVE table. Items and bytes are as of the last hours: DynamoDB counts them about every six.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func judgeTable(q answered) *procedures.Judgement {
	t := child(q.answer, "Table")
	name, status := str(t, "TableName"), str(t, "TableStatus")
	switch status {
	case "ACTIVE":
		if f := worstPart(t); f.verdict != "" && f.verdict != procedures.Passed {
			return judge(f.verdict, "%s is ACTIVE; its %s.", name, f.text())
		}
		return judge(procedures.Passed, "%s is ACTIVE · %s items · %s", name, grouped(t, "ItemCount"), size(t, "TableSizeBytes"))
	// A state that ends by itself warns; a table in another one, such as ARCHIVED or
	// INACCESSIBLE_ENCRYPTION_CREDENTIALS, cannot be used and fails.
	case "CREATING", "UPDATING":
		return judge(procedures.Warned, "%s is %s.", name, status)
	case "":
		return judge(procedures.NoData, "The answer has no table status.")
	}
	return judge(procedures.Failed, "%s is %s.", name, status)
}

// onDemand is the billing mode of a table without provisioned units.
const onDemand = "PAY_PER_REQUEST"

// capacity is the read and write units of a table or an input.
func capacity(o *document.Object) (read, write string) {
	return fmt.Sprint(searched("ProvisionedThroughput.ReadCapacityUnits", o)),
		fmt.Sprint(searched("ProvisionedThroughput.WriteCapacityUnits", o))
}

// predictTable knows that a table's units are none as long as it is on-demand.
func predictTable(c Change, input, before *document.Object) []procedures.Difference {
	if before == nil {
		return nil
	}
	after := c.after(input, before)
	mode := textOf(input, "BillingMode")
	// DescribeTable answers zero units for an on-demand table.
	if mode == onDemand {
		put(after, []string{"ProvisionedThroughput", "ReadCapacityUnits"}, 0, false)
		put(after, []string{"ProvisionedThroughput", "WriteCapacityUnits"}, 0, false)
	}
	return c.Compare(before, after)
}

// tableRollback is the input that puts the billing mode, the units, the class and the protection back. Units are put back with the
// mode: UpdateTable wants both when it leaves on-demand. Indexes, streams, encryption and replicas are not rolled back.
func tableRollback(input, before *document.Object) (*document.Object, string) {
	if before == nil {
		return nil, "how the table was is not known"
	}
	out := only(input, "TableName")
	mode := textOf(input, "BillingMode")
	was, _ := searched("BillingModeSummary.BillingMode", before).(string)
	if mode != "" && mode != was {
		out.Set("BillingMode", was)
	}
	read, write := capacity(before)
	wantRead, wantWrite := capacity(input)
	switch {
	// On-demand has no units to put back.
	case was == onDemand:
	case mode == onDemand, wantRead != "<nil>" && (wantRead != read || wantWrite != write):
		throughput, _ := before.Get("ProvisionedThroughput")
		part, _ := throughput.(*document.Object)
		out.Set("ProvisionedThroughput", only(part, "ReadCapacityUnits", "WriteCapacityUnits"))
	}
	for _, name := range []string{"DeletionProtectionEnabled", "TableClass"} {
		if v, ok := input.Get(name); ok {
			path := name
			if name == "TableClass" {
				path = "TableClassSummary.TableClass"
			}
			old := searched(quotedPath(path), before)
			if old == nil && name == "TableClass" {
				old = "STANDARD"
			}
			if old == nil {
				old = false
			}
			if !document.Equal(old, v) {
				out.Set(name, old)
			}
		}
	}
	for _, name := range []string{"GlobalSecondaryIndexUpdates", "StreamSpecification", "SSESpecification", "ReplicaUpdates"} {
		if _, ok := input.Get(name); ok {
			return nil, "no rollback of a change of " + name + " is known"
		}
	}
	if out.Len() == 1 {
		return nil, "it changes nothing that is known"
	}
	return out, ""
}

// tableHints says what an on-demand table needs besides its capacity.
func tableHints(w Written) []Hint {
	if !w.Has("ProvisionedThroughput") || w.Has("BillingMode") {
		return nil
	}
	return []Hint{{
		Severity: procedures.SeverityWarning, Rule: "billing-mode", Add: "--billing-mode PROVISIONED",
		Text: "A table that is on demand refuses this: it also needs --billing-mode PROVISIONED. A table that is UPDATING refuses it, too.",
	}}
}
