package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// How long things take in the sandbox: long enough to be seen, short enough to be waited for.
const (
	settling = 3 * time.Second
	// A table that is restored from a backup is CREATING: some minutes to hours on AWS.
	// A table that is restored from a backup is CREATING: minutes to hours on AWS.
	restoring = 8 * time.Second
)

// dynamodbSimulation is Amazon DynamoDB: the estate's table and its backups.
func dynamodbSimulation() simulation {
	return simulation{
		service:  "dynamodb",
		handlers: merge(tableHandlers(), itemHandlers(), backupHandlers()),
		faults: []Fault{
			{Name: "table-updating", Title: "The table is being updated"},
			{Name: "read-throttles", Title: "The table refuses reads: its capacity is used up"},
			{Name: "growth", Title: "The table is read three percent more every day"},
			{Name: "stale-backup", Title: "There has been no backup for three days"},
			{Name: "no-backups", Title: "There is no backup at all"},
			{Name: "stuck-deletion", Title: "A table that is deleted does not go"},
			{Name: "garbled-items", Title: "Something wrote nonsense into the table"},
			{Name: "short-restore", Title: "A restored table lacks some of its items"},
		},
		populate: (*world).addTables,
		settle:   (*world).settleTables,
		metrics:  dynamodbMetrics(),
		grows: []growing{{
			kind: "dynamodb table", by: "TableName ResourceArn SourceTableName", plain: nameOf, creates: map[string]string{
				"CreateTable": "TableName", "RestoreTableFromBackup": "TargetTableName", "RestoreTableToPointInTime": "TargetTableName",
			},
			all: func(w *world) []string { return sortedKeys(w.Tables) }, grow: (*world).growTable,
			fell: func(w *world, name string) { delete(w.Tables, name) },
		}},
	}
}

// dynamodbState is what can change of tables and backups.
type dynamodbState struct {
	Tables  map[string]*table `json:"tables"`
	Backups []*backup         `json:"backups"` // that callers made; see daily
	Deleted map[string]bool   `json:"deleted"` // ARNs of daily backups
}

// table is a table. What an update makes of it is true from SettledAt on.
type table struct {
	Name                 string
	Created, SettledAt   time.Time
	Restoring            bool // being created from a backup until SettledAt
	Deleting             time.Time
	Capacity, Before     capacity // Before holds until SettledAt
	Items, Size          int64
	RestoredFrom         string      // the backup's ARN
	RestoredTable        string      // the ARN of the table that it was made of
	Switched             []time.Time // to on-demand
	DeletionProtection   bool
	Increased, Decreased time.Time // of the provisioned units, last
	DecreasesThen        int64     // on the day of the last decrease
	// Key are the names of the key's members, of a table that has grown; empty for pk and sk.
	Key []string `json:",omitempty"`
}

// capacity is what a table can serve.
type capacity struct {
	OnDemand    bool
	Read, Write int64 // provisioned units
}

// topology is the estate's table as it was at first.
var topology = table{
	Name: estate + "-topology", Created: estateBegan, SettledAt: estateBegan.Add(time.Minute),
	Capacity: capacity{Read: 50, Write: 25}, Items: 48_211, Size: 13_002_342, DeletionProtection: true,
}

// addTables makes the estate's one table.
func (w *world) addTables(time.Time) {
	table := topology
	w.Tables[table.Name] = &table
}

// growTable makes a table that a runbook names. The names of its key are those that it is first asked by.
func (w *world) growTable(name string, _ time.Time) {
	key := "dynamodb table/" + name
	items := int64(500 + hash32("items", key)%90_000)
	w.Tables[name] = &table{
		Name: name, Created: bornOf(key), SettledAt: bornOf(key).Add(time.Minute), Capacity: capacity{OnDemand: true},
		Items: items, Size: items * int64(180+hash32("size", key)%400), Key: []string{"id"},
	}
}

// settleTables takes away what is gone by now.
func (w *world) settleTables(now time.Time) {
	for name, t := range w.Tables {
		// The world is settled before each call, so that no timer has to run: a deleted table
		// is gone when somebody looks.
		if !t.Deleting.IsZero() && now.After(t.Deleting) && !w.Faults["stuck-deletion"] {
			delete(w.Tables, name)
		}
	}
}

// tableARN is the ARN of a table.
func tableARN(name string) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, accountID, name)
}

// capacityAt is the capacity that a table has at a moment: an update becomes true when it has settled.
func (t *table) capacityAt(now time.Time) capacity {
	if now.Before(t.SettledAt) {
		return t.Before
	}
	return t.Capacity
}

// nameOf is the name in a table's name or ARN.
func nameOf(table string) string {
	if at := strings.LastIndex(table, "table/"); at >= 0 {
		return table[at+len("table/"):]
	}
	return table
}

// table finds the one that a member of the input names.
func (s *Sandbox) table(r *request, member string) (*table, error) {
	name := nameOf(text(r.input, member))
	if t := s.world.Tables[name]; t != nil {
		return t, nil
	}
	return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

// tableStatus is a table's, as the clock and the faults leave it.
func (s *Sandbox) tableStatus(t *table, now time.Time) string {
	switch {
	case !t.Deleting.IsZero():
		return "DELETING"
	// The states of a table: CREATING until it is restored, UPDATING after a change, DELETING
	// until it is gone, else ACTIVE.
	case now.Before(t.SettledAt) && t.Restoring:
		return "CREATING"
	case now.Before(t.SettledAt), s.world.Faults["table-updating"]:
		return "UPDATING"
	}
	return "ACTIVE"
}

// inUse refuses a change of a table that is not ACTIVE.
func (s *Sandbox) inUse(t *table, now time.Time) error {
	doing := map[string]string{"DELETING": "deleted", "CREATING": "created", "UPDATING": "updated"}[s.tableStatus(t, now)]
	if doing == "" {
		return nil
	}
	return refuse(http.StatusBadRequest, "ResourceInUseException",
		"Attempt to change a resource which is still in use: Table is being %s: %s", doing, t.Name)
}

// keys are the names of the members of a table's key, all of which are strings.
func (t *table) keys() []string {
	if t == nil || len(t.Key) == 0 {
		return []string{"pk", "sk"}
	}
	return t.Key
}

// keySchema says which is hashed and which is sorted by.
func (t *table) keySchema() document.List {
	out := document.List{}
	for i, name := range t.keys() {
		out = append(out, obj("AttributeName", name, "KeyType", []string{"HASH", "RANGE"}[i]))
	}
	return out
}

// id is the table's TableId. A table that is made again with a name has another one.
func (t *table) id() string { return uuid("table", t.Name, t.Created.UTC().Format(time.RFC3339Nano)) }

// created is a table's age, or the estate's where the table is gone.
func (t *table) created() time.Time {
	if t == nil {
		return estateBegan
	}
	return t.Created
}

// lastSwitch is when the table was switched to on-demand last.
func (t *table) lastSwitch() time.Time {
	if n := len(t.Switched); n > 0 {
		return t.Switched[n-1]
	}
	return t.Created
}

// decreases counts those since midnight UTC.
func (t *table) decreases(now time.Time) int64 {
	if t.Decreased.IsZero() || t.Decreased.Before(now.Truncate(24*time.Hour)) {
		return 0
	}
	return t.DecreasesThen
}

// describe is a table as DescribeTable answers it. One that is being restored is empty until it is there.
func (s *Sandbox) describe(t *table, now time.Time) *document.Object {
	status := s.tableStatus(t, now)
	size, count := t.Size, t.Items
	if status == "CREATING" {
		size, count = 0, 0
	}
	has := t.capacityAt(now)
	var billing, restored any
	// An on-demand table has zero units, and BillingModeSummary appears with the first switch;
	// a table that never was on-demand has none.
	if has.OnDemand {
		has.Read, has.Write = 0, 0
		billing = obj("BillingMode", "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime", t.lastSwitch())
	} else if len(t.Switched) > 0 && !now.Before(t.SettledAt) {
		billing = obj("BillingMode", "PROVISIONED", "LastUpdateToPayPerRequestDateTime", t.lastSwitch())
	}
	if t.RestoredFrom != "" {
		restored = obj("SourceBackupArn", t.RestoredFrom, "SourceTableArn", t.RestoredTable, "RestoreDateTime",
			t.Created, "RestoreInProgress", status == "CREATING")
	}
	throughput := obj("LastIncreaseDateTime", orNil(t.Increased), "LastDecreaseDateTime", orNil(t.Decreased),
		"NumberOfDecreasesToday", t.decreases(now), "ReadCapacityUnits", has.Read, "WriteCapacityUnits", has.Write)
	return obj(
		"AttributeDefinitions", list(t.keys(), func(name string) any { return obj("AttributeName", name, "AttributeType", "S") }),
		"TableName", t.Name, "KeySchema", t.keySchema(),
		"TableStatus", status, "CreationDateTime", t.Created, "ProvisionedThroughput", throughput, "TableSizeBytes",
		size, "ItemCount", count,
		"TableArn", tableARN(t.Name), "TableId", t.id(), "BillingModeSummary", billing, "RestoreSummary", restored,
		"DeletionProtectionEnabled", t.DeletionProtection,
	)
}

// noTable is the error of the operations that have one of their own for a table that does not exist.
func (s *Sandbox) noTable(r *request) error {
	return refuse(http.StatusBadRequest, "TableNotFoundException", "Table not found: %s", text(r.input, "TableName"))
}
