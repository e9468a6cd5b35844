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
	"dynamodb DescribeTable":             describeTable,
	"dynamodb ListTables":                listTables,
	"dynamodb UpdateTable":               updateTable,
	"dynamodb DeleteTable":               deleteTable,
	"dynamodb CreateBackup":              createBackup,
	"dynamodb ListBackups":               listBackups,
	"dynamodb DescribeBackup":            describeBackup,
	"dynamodb DeleteBackup":              deleteBackup,
	"dynamodb RestoreTableFromBackup":    restoreTable,
	"dynamodb DescribeContinuousBackups": describeContinuousBackups,
	"dynamodb Scan":                      scanTable,
}

func tableARN(name string) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, accountID, name)
}

// table finds one that is not gone.
func (s *Sandbox) table(r *request, member string) (*table, error) {
	name := text(r.input, member)
	if at := strings.LastIndex(name, "table/"); at >= 0 {
		name = name[at+len("table/"):]
	}
	t := s.world.Tables[name]
	if t != nil && !t.Deleting.IsZero() && r.now.After(t.Deleting) {
		delete(s.world.Tables, name)
		t = nil
	}
	if t == nil {
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
	}
	return t, nil
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

func (s *Sandbox) describe(t *table, now time.Time) *document.Object {
	status := s.tableStatus(t, now)
	items, size := t.Items, t.Size
	if status == "CREATING" {
		items, size = 0, 0
	}
	throughput := obj("NumberOfDecreasesToday", int64(0), "ReadCapacityUnits", t.Read, "WriteCapacityUnits", t.Write)
	var billing, restored any
	if t.OnDemand {
		throughput = obj("NumberOfDecreasesToday", int64(0), "ReadCapacityUnits", int64(0), "WriteCapacityUnits", int64(0))
		last := t.Created
		if n := len(t.Switched); n > 0 {
			last = t.Switched[n-1]
		}
		billing = obj("BillingMode", "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime", last)
	}
	if t.RestoredFrom != "" {
		source, _, _ := strings.Cut(t.RestoredFrom, "/backup/")
		restored = obj("SourceBackupArn", t.RestoredFrom, "SourceTableArn", source, "RestoreDateTime", t.Created, "RestoreInProgress", status == "CREATING")
	}
	return obj(
		"AttributeDefinitions", document.List{obj("AttributeName", "pk", "AttributeType", "S"), obj("AttributeName", "sk", "AttributeType", "S")},
		"TableName", t.Name,
		"KeySchema", document.List{obj("AttributeName", "pk", "KeyType", "HASH"), obj("AttributeName", "sk", "KeyType", "RANGE")},
		"TableStatus", status, "CreationDateTime", t.Created, "ProvisionedThroughput", throughput, "TableSizeBytes", size, "ItemCount", items,
		"TableArn", tableARN(t.Name), "TableId", uuid("table", t.Name, t.Created.String()), "BillingModeSummary", billing, "RestoreSummary", restored,
		"DeletionProtectionEnabled", t.DeletionProtection,
	)
}

func describeTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	return obj("Table", s.describe(t, r.now)), nil
}

func listTables(s *Sandbox, _ *request) (*document.Object, error) {
	return obj("TableNames", list(sorted(s.world.Tables), func(t *table) any { return t.Name })), nil
}

func updateTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	if status := s.tableStatus(t, r.now); status != "ACTIVE" {
		return nil, refuse(http.StatusBadRequest, "ResourceInUseException", "Attempt to change a resource which is still in use: Table is being updated: %s", t.Name)
	}
	mode, throughput := text(r.input, "BillingMode"), member(r.input, "ProvisionedThroughput")
	switch {
	case mode == "PAY_PER_REQUEST":
		if err := t.switchToOnDemand(r.now); err != nil {
			return nil, err
		}
	case throughput != nil:
		if t.OnDemand && mode != "PROVISIONED" {
			return nil, refuse(http.StatusBadRequest, "ValidationException", "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
		read, write := integer(throughput, "ReadCapacityUnits", 0), integer(throughput, "WriteCapacityUnits", 0)
		if !t.OnDemand && read == t.Read && write == t.Write {
			return nil, refuse(http.StatusBadRequest, "ValidationException", "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.", t.Read, read, t.Write, write)
		}
		t.OnDemand, t.Read, t.Write = false, read, write
	case mode == "PROVISIONED":
		return nil, refuse(http.StatusBadRequest, "ValidationException", "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	if v, ok := r.input.Get("DeletionProtectionEnabled"); ok {
		t.DeletionProtection, _ = v.(bool)
	}
	t.SettledAt, t.Restoring = r.now.Add(settling), false
	s.touch(r, t.Name, "AWS::DynamoDB::Table")
	return obj("TableDescription", s.describe(t, r.now)), nil
}

// switchToOnDemand allows four switches in a rolling day:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-switching-capacity-modes.html
func (t *table) switchToOnDemand(now time.Time) error {
	t.Switched = slices.DeleteFunc(t.Switched, func(at time.Time) bool { return now.Sub(at) > 24*time.Hour })
	if !t.OnDemand && len(t.Switched) >= 4 {
		return refuse(http.StatusBadRequest, "LimitExceededException", "Subscriber limit exceeded: Update to PayPerRequest mode are limited to four times in a rolling 24 hour window. Last update at %s.", t.Switched[len(t.Switched)-1].Format(time.RFC3339))
	}
	if !t.OnDemand {
		t.Switched = append(t.Switched, now)
	}
	t.OnDemand = true
	return nil
}

func deleteTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	if t.DeletionProtection {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	if status := s.tableStatus(t, r.now); status != "ACTIVE" {
		return nil, refuse(http.StatusBadRequest, "ResourceInUseException", "Attempt to change a resource which is still in use: Table is being created: %s", t.Name)
	}
	t.Deleting = r.now.Add(settling)
	s.touch(r, t.Name, "AWS::DynamoDB::Table")
	return obj("TableDescription", s.describe(t, r.now)), nil
}

// backups are those of the account, as the faults leave them.
func (s *Sandbox) backups(now time.Time) []*backup {
	var out []*backup
	for _, b := range s.world.Backups {
		if s.world.Faults["no-backups"] || s.world.Faults["stale-backup"] && now.Sub(b.Created) < 72*time.Hour {
			continue
		}
		out = append(out, b)
	}
	return out
}

func backupStatus(b *backup, now time.Time) string {
	if now.Before(b.SettledAt) {
		return "CREATING"
	}
	return "AVAILABLE"
}

func backupDetails(b *backup, now time.Time) *document.Object {
	return obj("BackupArn", b.ARN, "BackupName", b.Name, "BackupSizeBytes", b.Size, "BackupStatus", backupStatus(b, now), "BackupType", "USER", "BackupCreationDateTime", b.Created)
}

func createBackup(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "TableNotFoundException", "Table not found: %s", text(r.input, "TableName"))
	}
	b := &backup{
		Name: text(r.input, "BackupName"), Table: t.Name, ARN: backupARN(t.Name, r.now.Add(time.Duration(s.world.Serial))), Created: r.now, SettledAt: r.now.Add(settling),
		Items: t.Items, Size: t.Size, Read: t.Read, Write: t.Write, OnDemand: t.OnDemand,
	}
	s.world.Backups = append(s.world.Backups, b)
	s.touch(r, b.ARN, "AWS::DynamoDB::Table")
	return obj("BackupDetails", backupDetails(b, r.now)), nil
}

func listBackups(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "TableName")
	lower, hasLower := moment(r.input, "TimeRangeLowerBound")
	upper, hasUpper := moment(r.input, "TimeRangeUpperBound")
	limit := integer(r.input, "Limit", 100)
	start := text(r.input, "ExclusiveStartBackupArn")
	out, last := document.List{}, any(nil)
	skipping := start != ""
	for _, b := range s.backups(r.now) {
		if skipping {
			skipping = b.ARN != start
			continue
		}
		if name != "" && b.Table != name || hasLower && b.Created.Before(lower) || hasUpper && !b.Created.Before(upper) {
			continue
		}
		if int64(len(out)) == limit {
			l, _ := out[len(out)-1].(*document.Object)
			last = text(l, "BackupArn")
			break
		}
		out = append(out, obj(
			"TableName", b.Table, "TableId", uuid("table", b.Table), "TableArn", tableARN(b.Table), "BackupArn", b.ARN, "BackupName", b.Name,
			"BackupCreationDateTime", b.Created, "BackupStatus", backupStatus(b, r.now), "BackupType", "USER", "BackupSizeBytes", b.Size,
		))
	}
	return obj("BackupSummaries", out, "LastEvaluatedBackupArn", last), nil
}

// backup finds one by its ARN. The documentation's example ARN stands for the newest one, so that an
// unedited restore can be rehearsed.
func (s *Sandbox) backup(r *request) (*backup, error) {
	arn := text(r.input, "BackupArn")
	all := s.backups(r.now)
	for _, b := range all {
		if b.ARN == arn {
			return b, nil
		}
	}
	if strings.HasSuffix(arn, "/backup/01234567890123-abc123") && len(all) > 0 {
		return all[len(all)-1], nil
	}
	return nil, refuse(http.StatusBadRequest, "BackupNotFoundException", "Backup not found: %s", arn)
}

func describeBackup(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.backup(r)
	if err != nil {
		return nil, err
	}
	source := obj(
		"TableName", b.Table, "TableId", uuid("table", b.Table), "TableArn", tableARN(b.Table), "TableSizeBytes", b.Size,
		"KeySchema", document.List{obj("AttributeName", "pk", "KeyType", "HASH"), obj("AttributeName", "sk", "KeyType", "RANGE")},
		"TableCreationDateTime", s.world.Born, "ProvisionedThroughput", obj("ReadCapacityUnits", b.Read, "WriteCapacityUnits", b.Write), "ItemCount", b.Items, "BillingMode", "PROVISIONED",
	)
	return obj("BackupDescription", obj("BackupDetails", backupDetails(b, r.now), "SourceTableDetails", source)), nil
}

func deleteBackup(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.backup(r)
	if err != nil {
		return nil, err
	}
	s.world.Backups = slices.DeleteFunc(s.world.Backups, func(x *backup) bool { return x == b })
	s.touch(r, b.ARN, "AWS::DynamoDB::Table")
	return obj("BackupDescription", obj("BackupDetails", backupDetails(b, r.now))), nil
}

func restoreTable(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.backup(r)
	if err != nil {
		return nil, err
	}
	name := text(r.input, "TargetTableName")
	r.input.Set("TableName", name)
	if _, err := s.table(r, "TableName"); err == nil {
		return nil, refuse(http.StatusBadRequest, "TableAlreadyExistsException", "Table already exists: %s", name)
	}
	t := &table{
		Name: name, Created: r.now, SettledAt: r.now.Add(restoring), Restoring: true, OnDemand: b.OnDemand, Read: b.Read, Write: b.Write, Items: b.Items, Size: b.Size, RestoredFrom: b.ARN,
	}
	s.world.Tables[name] = t
	s.touch(r, name, "AWS::DynamoDB::Table")
	return obj("TableDescription", s.describe(t, r.now)), nil
}

func describeContinuousBackups(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.table(r, "TableName"); err != nil {
		return nil, refuse(http.StatusBadRequest, "TableNotFoundException", "Table not found: %s", text(r.input, "TableName"))
	}
	return obj("ContinuousBackupsDescription", obj("ContinuousBackupsStatus", "ENABLED", "PointInTimeRecoveryDescription", obj("PointInTimeRecoveryStatus", "DISABLED"))), nil
}

// scanTable makes a table's items from their number: the same in a table and in what was restored from it.
func scanTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	first := int64(0)
	if key := member(member(r.input, "ExclusiveStartKey"), "pk"); key != nil {
		if _, err := fmt.Sscanf(text(key, "S"), "node#%d", &first); err == nil {
			first++
		}
	}
	n := min(integer(r.input, "Limit", 1000), 1000, max(0, t.Items-first))
	out := document.List{}
	if text(r.input, "Select") != "COUNT" {
		for i := first; i < first+n; i++ {
			out = append(out, tableItem(i))
		}
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

func tableItem(i int64) *document.Object {
	kinds := []string{"vpc", "subnet", "instance", "function", "queue"}
	weight := math.Abs(math.Sin(float64(i))) * 100
	return obj(
		"pk", obj("S", fmt.Sprintf("node#%06d", i)), "sk", obj("S", "meta"), "kind", obj("S", kinds[i%int64(len(kinds))]), "weight", obj("N", fmt.Sprintf("%.2f", weight)),
	)
}
