package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// How long things take in the sandbox: long enough to be seen, short enough to be waited for.
const (
	settling  = 3 * time.Second
	restoring = 8 * time.Second
)

var dynamodbHandlers = map[string]handler{
	"dynamodb DescribeTable":             {"TableName", describeTable},
	"dynamodb ListTables":                {"ExclusiveStartTableName Limit", listTables},
	"dynamodb UpdateTable":               {"TableName BillingMode ProvisionedThroughput DeletionProtectionEnabled", updateTable},
	"dynamodb DeleteTable":               {"TableName", deleteTable},
	"dynamodb DescribeContinuousBackups": {"TableName", describeContinuousBackups},
	"dynamodb DescribeLimits": {"", func(*Sandbox, *request) (*document.Object, error) {
		return obj("AccountMaxReadCapacityUnits", int64(80_000), "AccountMaxWriteCapacityUnits", int64(80_000), "TableMaxReadCapacityUnits", int64(40_000), "TableMaxWriteCapacityUnits", int64(40_000)), nil
	}},
	"dynamodb DescribeTimeToLive": {"TableName", describeTimeToLive},
	"dynamodb ListTagsOfResource": {"ResourceArn", listTableTags},
	"dynamodb Scan":               {"TableName Limit Select ExclusiveStartKey ConsistentRead", scanTable},
	"dynamodb GetItem":            {"TableName Key ConsistentRead", getItem},
}

func tableARN(name string) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, accountID, name)
}

// capacity is what a table can serve.
type capacity struct {
	OnDemand    bool
	Read, Write int64 // provisioned units
}

// capacityAt is the capacity that a table has at a moment: an update becomes true when it has settled.
func (t *table) capacityAt(now time.Time) capacity {
	if now.Before(t.SettledAt) {
		return t.Before
	}
	return t.Capacity
}

// settle takes away what is gone by now.
func (w *world) settle(now time.Time) {
	for name, t := range w.Tables {
		if !t.Deleting.IsZero() && now.After(t.Deleting) && !w.Faults["stuck-deletion"] {
			delete(w.Tables, name)
		}
	}
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

func (s *Sandbox) tableStatus(t *table, now time.Time) string {
	switch {
	case !t.Deleting.IsZero():
		return "DELETING"
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
	return refuse(http.StatusBadRequest, "ResourceInUseException", "Attempt to change a resource which is still in use: Table is being %s: %s", doing, t.Name)
}

func keySchema() document.List {
	return document.List{obj("AttributeName", "pk", "KeyType", "HASH"), obj("AttributeName", "sk", "KeyType", "RANGE")}
}

func (t *table) id() string { return uuid("table", t.Name, t.Created.UTC().Format(time.RFC3339Nano)) }

func (s *Sandbox) describe(t *table, now time.Time) *document.Object {
	status := s.tableStatus(t, now)
	size, count := t.Size, t.Items
	if status == "CREATING" {
		size, count = 0, 0
	}
	has := t.capacityAt(now)
	var billing, restored any
	if has.OnDemand {
		has.Read, has.Write = 0, 0
		billing = obj("BillingMode", "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime", t.lastSwitch())
	} else if len(t.Switched) > 0 && !now.Before(t.SettledAt) {
		billing = obj("BillingMode", "PROVISIONED", "LastUpdateToPayPerRequestDateTime", t.lastSwitch())
	}
	if t.RestoredFrom != "" {
		restored = obj("SourceBackupArn", t.RestoredFrom, "SourceTableArn", t.RestoredTable, "RestoreDateTime", t.Created, "RestoreInProgress", status == "CREATING")
	}
	throughput := obj("LastIncreaseDateTime", orNil(t.Increased), "LastDecreaseDateTime", orNil(t.Decreased), "NumberOfDecreasesToday", t.decreases(now), "ReadCapacityUnits", has.Read, "WriteCapacityUnits", has.Write)
	return obj(
		"AttributeDefinitions", document.List{obj("AttributeName", "pk", "AttributeType", "S"), obj("AttributeName", "sk", "AttributeType", "S")},
		"TableName", t.Name, "KeySchema", keySchema(),
		"TableStatus", status, "CreationDateTime", t.Created, "ProvisionedThroughput", throughput, "TableSizeBytes", size, "ItemCount", count,
		"TableArn", tableARN(t.Name), "TableId", t.id(), "BillingModeSummary", billing, "RestoreSummary", restored,
		"DeletionProtectionEnabled", t.DeletionProtection,
	)
}

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

func describeTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	return obj("Table", s.describe(t, r.now)), nil
}

func listTables(s *Sandbox, r *request) (*document.Object, error) {
	after, limit := text(r.input, "ExclusiveStartTableName"), integer(r.input, "Limit", 100)
	names, last := document.List{}, any(nil)
	for _, name := range sortedKeys(s.world.Tables) {
		if name <= after {
			continue
		}
		if int64(len(names)) == limit {
			last = names[len(names)-1]
			break
		}
		names = append(names, name)
	}
	return obj("TableNames", names, "LastEvaluatedTableName", last), nil
}

func updateTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	if err := s.inUse(t, r.now); err != nil {
		return nil, err
	}
	protection, protects := r.input.Get("DeletionProtectionEnabled")
	changed := *t
	switch mode, throughput := text(r.input, "BillingMode"), member(r.input, "ProvisionedThroughput"); {
	case mode == "PAY_PER_REQUEST" && throughput != nil:
		return nil, refuse(http.StatusBadRequest, "ValidationException", "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case mode == "PAY_PER_REQUEST":
		err = changed.switchToOnDemand(r.now)
	case throughput != nil:
		err = changed.provision(mode, integer(throughput, "ReadCapacityUnits", 0), integer(throughput, "WriteCapacityUnits", 0), r.now)
	case mode == "PROVISIONED":
		err = refuse(http.StatusBadRequest, "ValidationException", "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	case !protects:
		err = refuse(http.StatusBadRequest, "ValidationException", "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if err != nil {
		return nil, err
	}
	if protects {
		changed.DeletionProtection, _ = protection.(bool)
	}
	changed.Before, changed.SettledAt, changed.Restoring = t.Capacity, r.now.Add(settling), false
	*t = changed
	s.touch(r, t.Name, "AWS::DynamoDB::Table")
	return obj("TableDescription", s.describe(t, r.now)), nil
}

// switchToOnDemand allows four switches in a rolling day:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-switching-capacity-modes.html
func (t *table) switchToOnDemand(now time.Time) error {
	if t.Capacity.OnDemand {
		return nil
	}
	recent := slices.DeleteFunc(slices.Clone(t.Switched), func(at time.Time) bool { return now.Sub(at) > 24*time.Hour })
	if len(recent) >= 4 {
		return refuse(http.StatusBadRequest, "LimitExceededException", "Subscriber limit exceeded: Update to PayPerRequest mode are limited to four times in a rolling 24 hour window. Last update at %s.", recent[len(recent)-1].Format(time.RFC3339))
	}
	recent = append(recent, now)
	t.Switched = recent
	t.Capacity.OnDemand = true
	return nil
}

func (t *table) provision(mode string, read, write int64, now time.Time) error {
	has := t.Capacity
	switch {
	case has.OnDemand && mode != "PROVISIONED":
		return refuse(http.StatusBadRequest, "ValidationException", "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case !has.OnDemand && read == has.Read && write == has.Write:
		return refuse(http.StatusBadRequest, "ValidationException", "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.", has.Read, read, has.Write, write)
	}
	if !has.OnDemand && (read > has.Read || write > has.Write) {
		t.Increased = now
	}
	if !has.OnDemand && (read < has.Read || write < has.Write) {
		t.DecreasesThen = t.decreases(now) + 1
		t.Decreased = now
	}
	t.Capacity = capacity{Read: read, Write: write}
	return nil
}

func deleteTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	if err := s.inUse(t, r.now); err != nil {
		return nil, err
	}
	if t.DeletionProtection {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	t.Deleting = r.now.Add(settling)
	s.touch(r, t.Name, "AWS::DynamoDB::Table")
	d := s.describe(t, r.now)
	for _, name := range []string{"AttributeDefinitions", "KeySchema", "CreationDateTime"} { // as AWS answers
		d.Delete(name)
	}
	return obj("TableDescription", d), nil
}

func (s *Sandbox) noTable(r *request) error {
	return refuse(http.StatusBadRequest, "TableNotFoundException", "Table not found: %s", text(r.input, "TableName"))
}

func describeContinuousBackups(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.table(r, "TableName"); err != nil {
		return nil, s.noTable(r)
	}
	return obj("ContinuousBackupsDescription", obj("ContinuousBackupsStatus", "ENABLED", "PointInTimeRecoveryDescription", obj("PointInTimeRecoveryStatus", "DISABLED"))), nil
}

func describeTimeToLive(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.table(r, "TableName"); err != nil {
		return nil, err
	}
	return obj("TimeToLiveDescription", obj("TimeToLiveStatus", "DISABLED")), nil
}

func listTableTags(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.table(r, "ResourceArn"); err != nil {
		return nil, err
	}
	return obj("Tags", document.List{obj("Key", "Project", "Value", estate)}), nil
}

// scanTable makes a table's items from their number: the same in a table and in what was restored from it.
func scanTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	if s.tableStatus(t, r.now) == "CREATING" {
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Requested resource not found")
	}
	first := int64(0)
	if key := member(r.input, "ExclusiveStartKey"); key != nil {
		if first = itemNumber(key) + 1; first == 0 {
			return nil, refuse(http.StatusBadRequest, "ValidationException", "The provided starting key is invalid")
		}
	}
	n := min(integer(r.input, "Limit", 1000), 1000, max(0, t.Items-first))
	out := document.List{}
	for i := first; i < first+n; i++ {
		out = append(out, s.item(t, i))
	}
	result := obj("Items", out, "Count", n, "ScannedCount", n)
	if text(r.input, "Select") == "COUNT" {
		result.Delete("Items")
	}
	if first+n < t.Items && n > 0 {
		result.Set("LastEvaluatedKey", obj("pk", obj("S", fmt.Sprintf("node#%06d", first+n-1)), "sk", obj("S", "meta")))
	}
	return result, nil
}

func getItem(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	key := member(r.input, "Key")
	if key.Len() != 2 || member(key, "pk") == nil || member(key, "sk") == nil {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "The provided key element does not match the schema")
	}
	if n := itemNumber(key); n >= 0 && n < t.Items {
		return obj("Item", s.item(t, n)), nil
	}
	return &document.Object{}, nil
}

// item is a table's, as the faults leave it.
func (s *Sandbox) item(t *table, n int64) *document.Object {
	item := tableItem(n)
	if s.world.Faults["garbled-items"] && t.RestoredFrom == "" {
		item.Set("kind", obj("S", "\ufffd\ufffd"))
	}
	return item
}

// itemNumber is the number of the item with a key, -1 for none.
func itemNumber(key *document.Object) int64 {
	n := int64(-1)
	pk := text(member(key, "pk"), "S")
	if _, err := fmt.Sscanf(pk, "node#%d", &n); err != nil || n < 0 || pk != fmt.Sprintf("node#%06d", n) || text(member(key, "sk"), "S") != "meta" {
		return -1
	}
	return n
}

func tableItem(i int64) *document.Object {
	kinds := []string{"vpc", "subnet", "instance", "function", "queue"}
	weight := math.Abs(math.Sin(float64(i))) * 100
	return obj(
		"pk", obj("S", fmt.Sprintf("node#%06d", i)), "sk", obj("S", "meta"), "kind", obj("S", kinds[i%int64(len(kinds))]), "weight", obj("N", fmt.Sprintf("%.2f", weight)),
	)
}
