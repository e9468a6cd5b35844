package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// backup is a backup, with what its table was.
type backup struct {
	Name, Table, ARN string
	Created          time.Time
	SettledAt        time.Time
	Items, Size      int64
	Capacity         capacity
	TableID          string
	TableCreated     time.Time
}

// backupHandlers are on-demand backups and restores of them. Point-in-time recovery and AWS
// Backup are not simulated. Overrides of the billing mode are; those of indexes and encryption
// are refused.
func backupHandlers() map[string]handler {
	return map[string]handler{
		"CreateBackup": {"TableName BackupName", createBackup},
		"ListBackups": {
			"TableName Limit TimeRangeLowerBound TimeRangeUpperBound ExclusiveStartBackupArn BackupType", listBackups,
		},
		"DescribeBackup":         {"BackupArn", describeBackup},
		"DeleteBackup":           {"BackupArn", deleteBackup},
		"RestoreTableFromBackup": {"TargetTableName BackupArn BillingModeOverride ProvisionedThroughputOverride", restoreTable},
	}
}

// daily are the backups of the last week that the estate makes by itself, each at 02:30 UTC.
func (w *world) daily(now time.Time) []*backup {
	// They are computed from the clock, so that the newest is never older than a day, however
	// long the sandbox has been stored.
	newest := time.Date(now.Year(), now.Month(), now.Day(), 2, 30, 0, 0, time.UTC)
	if newest.After(now) {
		newest = newest.AddDate(0, 0, -1)
	}
	var out []*backup
	for day := 6; day >= 0; day-- {
		at := newest.AddDate(0, 0, -day)
		b := &backup{
			Name: "topology-daily-" + at.Format("20060102"), Table: topology.Name, ARN: backupARN(topology.Name, at),
			Created: at, SettledAt: at.Add(4 * time.Second),
			Items: topology.Items - int64(day)*131, Size: topology.Size - int64(day)*35_370,
			Capacity: topology.Capacity, TableID: topology.id(), TableCreated: topology.Created,
		}
		if !w.Deleted[b.ARN] {
			out = append(out, b)
		}
	}
	return out
}

// backupARN has the form of AWS: milliseconds since 1970 in 14 digits, and eight hexadecimal
// ones.
func backupARN(table string, at time.Time) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s/backup/%014d-%08x", region, accountID, table, at.UnixMilli(),
		hash32(table, at.String()))
}

// backups are those of the account, as the faults leave them.
func (s *Sandbox) backups(now time.Time) []*backup {
	var out []*backup
	all := append(s.world.daily(now), s.world.Backups...)
	slices.SortStableFunc(all, func(a, b *backup) int { return a.Created.Compare(b.Created) })
	for _, b := range all {
		if s.world.Faults["no-backups"] || s.world.Faults["stale-backup"] && now.Sub(b.Created) < 72*time.Hour {
			continue
		}
		out = append(out, b)
	}
	return out
}

// backupStatus is CREATING for settling, then AVAILABLE.
func backupStatus(b *backup, now time.Time) string {
	if now.Before(b.SettledAt) {
		return "CREATING"
	}
	return "AVAILABLE"
}

// backupDetails is the part of a backup that all operations answer. The size is in bytes.
func backupDetails(b *backup, now time.Time) *document.Object {
	return obj("BackupArn", b.ARN, "BackupName", b.Name, "BackupSizeBytes", b.Size, "BackupStatus",
		backupStatus(b, now), "BackupType", "USER", "BackupCreationDateTime", b.Created)
}

// createBackup copies what the table is now; it is AVAILABLE after settling.
func createBackup(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, s.noTable(r)
	}
	// A backup of a table that is UPDATING is allowed.
	if status := s.tableStatus(t, r.now); status == "CREATING" || status == "DELETING" {
		return nil, refuse(http.StatusBadRequest, "TableInUseException", "Table is in use: %s", t.Name)
	}
	b := &backup{
		Name: text(r.input, "BackupName"), Table: t.Name, TableID: t.id(), TableCreated: t.Created,
		ARN: backupARN(t.Name, r.now.Add(time.Duration(s.world.Serial))), Created: r.now, SettledAt: r.now.Add(settling),
		Items: t.Items, Size: t.Size, Capacity: t.capacityAt(r.now),
	}
	s.world.Backups = append(s.world.Backups, b)
	s.touch(r, b.ARN, "AWS::DynamoDB::Table")
	return obj("BackupDetails", backupDetails(b, r.now)), nil
}

// listBackups answers the oldest backup first. The upper bound of the time range is exclusive,
// the lower one inclusive; pages follow the last ARN rather than a token.
func listBackups(s *Sandbox, r *request) (*document.Object, error) {
	name, kind := nameOf(text(r.input, "TableName")), text(r.input, "BackupType")
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
		if name != "" && b.Table != name || hasLower && b.Created.Before(lower) || hasUpper &&
			!b.Created.Before(upper) || kind == "SYSTEM" || kind == "AWS_BACKUP" {
			continue
		}
		if int64(len(out)) == limit {
			l, _ := out[len(out)-1].(*document.Object)
			last = text(l, "BackupArn")
			break
		}
		out = append(out, obj(
			"TableName", b.Table, "TableId", b.TableID, "TableArn", tableARN(b.Table), "BackupArn", b.ARN, "BackupName", b.Name,
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

// describeBackup answers a backup with what its table was at that time.
func describeBackup(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.backup(r)
	if err != nil {
		return nil, err
	}
	mode, read, write := "PROVISIONED", b.Capacity.Read, b.Capacity.Write
	if b.Capacity.OnDemand {
		mode, read, write = "PAY_PER_REQUEST", 0, 0
	}
	source := obj(
		"TableName", b.Table, "TableId", b.TableID, "TableArn", tableARN(b.Table), "TableSizeBytes", b.Size,
		"KeySchema", s.world.Tables[b.Table].keySchema(),
		"TableCreationDateTime", b.TableCreated, "ProvisionedThroughput",
		obj("ReadCapacityUnits", read, "WriteCapacityUnits", write), "ItemCount", b.Items, "BillingMode", mode,
	)
	return obj("BackupDescription", obj("BackupDetails", backupDetails(b, r.now), "SourceTableDetails", source,
		"SourceTableFeatureDetails", &document.Object{})), nil
}

// deleteBackup answers the backup once more, DELETED. Daily backups are computed, so that a
// deleted one is remembered by its ARN.
func deleteBackup(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.settledBackup(r)
	if err != nil {
		return nil, err
	}
	s.world.Deleted[b.ARN] = true
	s.world.Backups = slices.DeleteFunc(s.world.Backups, func(x *backup) bool { return x.ARN == b.ARN })
	s.touch(r, b.ARN, "AWS::DynamoDB::Table")
	details := backupDetails(b, r.now)
	details.Set("BackupStatus", "DELETED")
	return obj("BackupDescription", obj("BackupDetails", details)), nil
}

// settledBackup finds one that is not being made any more.
func (s *Sandbox) settledBackup(r *request) (*backup, error) {
	b, err := s.backup(r)
	if err == nil && backupStatus(b, r.now) == "CREATING" {
		return nil, refuse(http.StatusBadRequest, "BackupInUseException", "Backup is being created: %s", b.ARN)
	}
	return b, err
}

// restoreTable makes another table of a backup, which is CREATING for a while.
func restoreTable(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.settledBackup(r)
	if err != nil {
		return nil, err
	}
	name := text(r.input, "TargetTableName")
	if old := s.world.Tables[name]; old != nil && !old.Deleting.IsZero() {
		return nil, refuse(http.StatusBadRequest, "TableInUseException", "Table is being deleted: %s", name)
	} else if old != nil {
		return nil, refuse(http.StatusBadRequest, "TableAlreadyExistsException", "Table already exists: %s", name)
	}
	has := b.Capacity
	units := member(r.input, "ProvisionedThroughputOverride")
	switch mode := text(r.input, "BillingModeOverride"); {
	case mode == "PAY_PER_REQUEST":
		has = capacity{OnDemand: true}
	case units != nil:
		has = capacity{Read: integer(units, "ReadCapacityUnits", 0), Write: integer(units, "WriteCapacityUnits", 0)}
	// A backup of an on-demand table has no units to restore with.
	case mode == "PROVISIONED" && has.OnDemand:
		return nil, refuse(http.StatusBadRequest, "ValidationException",
			"One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "+
				"specified when BillingMode is PROVISIONED")
	}
	t := &table{
		Name: name, Created: r.now, SettledAt: r.now.Add(restoring), Restoring: true, Capacity: has, Before: has,
		Items: b.Items, Size: b.Size, RestoredFrom: b.ARN, RestoredTable: tableARN(b.Table),
	}
	// A twentieth of the items is missing, which only a count of them shows.
	if s.world.Faults["short-restore"] {
		t.Items -= t.Items / 20
	}
	s.world.Tables[name] = t
	s.touch(r, name, "AWS::DynamoDB::Table")
	return obj("TableDescription", s.describe(t, r.now)), nil
}
