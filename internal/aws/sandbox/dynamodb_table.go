package sandbox

import (
	"net/http"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// tableHandlers are the operations of tables that the estate needs. CreateTable, indexes,
// streams, encryption, replicas and tags that change are not simulated.
func tableHandlers() map[string]handler {
	return map[string]handler{
		"DescribeTable":             {"TableName", describeTable},
		"ListTables":                {"ExclusiveStartTableName Limit", listTables},
		"UpdateTable":               {"TableName BillingMode ProvisionedThroughput DeletionProtectionEnabled", updateTable},
		"DeleteTable":               {"TableName", deleteTable},
		"DescribeContinuousBackups": {"TableName", describeContinuousBackups},
		"DescribeLimits": {"", func(*Sandbox, *request) (*document.Object, error) {
			return obj("AccountMaxReadCapacityUnits", int64(80_000), "AccountMaxWriteCapacityUnits", int64(80_000),
				"TableMaxReadCapacityUnits", int64(40_000), "TableMaxWriteCapacityUnits", int64(40_000)), nil
		}},
		"DescribeTimeToLive": {"TableName", describeTimeToLive},
		"ListTagsOfResource": {"ResourceArn", listTableTags},
	}
}

// describeTable answers the table at this moment; its state follows from the clock.
func describeTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	return obj("Table", s.describe(t, r.now)), nil
}

// listTables lists names in order, up to 100 a page; pages follow the last name.
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

// updateTable changes capacity or protection. It checks all before it changes anything.
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
		return nil, refuse(http.StatusBadRequest, "ValidationException",
			"One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be "+
				"specified when BillingMode is PAY_PER_REQUEST")
	case mode == "PAY_PER_REQUEST":
		err = changed.switchToOnDemand(r.now)
	case throughput != nil:
		err = changed.provision(mode, integer(throughput, "ReadCapacityUnits", 0), integer(throughput, "WriteCapacityUnits", 0), r.now)
	case mode == "PROVISIONED":
		err = refuse(http.StatusBadRequest, "ValidationException",
			"One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "+
				"specified when BillingMode is PROVISIONED")
	case !protects:
		err = refuse(http.StatusBadRequest, "ValidationException",
			"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "+
				"SSESpecification or ReplicaUpdates is required")
	}
	if err != nil {
		return nil, err
	}
	if protects {
		changed.DeletionProtection, _ = protection.(bool)
	}
	// The table is UPDATING and answers its old capacity until it has settled: a script that
	// does not wait sees the state from before.
	changed.Before, changed.SettledAt, changed.Restoring = t.Capacity, r.now.Add(settling), false
	*t = changed
	s.touch(r, t.Name, "AWS::DynamoDB::Table")
	return obj("TableDescription", s.describe(t, r.now)), nil
}

// switchToOnDemand allows four switches in a rolling day:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-switching-capacity-modes.html
func (t *table) switchToOnDemand(now time.Time) error {
	// Switching to the mode that it has changes nothing and does not count.
	if t.Capacity.OnDemand {
		return nil
	}
	recent := slices.DeleteFunc(slices.Clone(t.Switched), func(at time.Time) bool { return now.Sub(at) > 24*time.Hour })
	if len(recent) >= 4 {
		return refuse(http.StatusBadRequest, "LimitExceededException",
			"Subscriber limit exceeded: Update to PayPerRequest mode are limited to four times in a rolling 24 hour "+
				"window. Last update at %s.", recent[len(recent)-1].Format(time.RFC3339))
	}
	recent = append(recent, now)
	t.Switched = recent
	t.Capacity.OnDemand = true
	return nil
}

// provision sets the units of a table, as far as its mode allows, and counts increases and decreases.
func (t *table) provision(mode string, read, write int64, now time.Time) error {
	has := t.Capacity
	switch {
	case has.OnDemand && mode != "PROVISIONED":
		return refuse(http.StatusBadRequest, "ValidationException",
			"One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be "+
				"specified when BillingMode is PAY_PER_REQUEST")
	case !has.OnDemand && read == has.Read && write == has.Write:
		return refuse(http.StatusBadRequest, "ValidationException",
			"The provisioned throughput for the table will not change. The requested value equals the current value. "+
				"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. Current "+
				"WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. Refer to the "+
				"Amazon DynamoDB Developer Guide for current limits and how to request higher limits.", has.Read, read, has.Write, write)
	}
	// Leaving on-demand is neither an increase nor a decrease.
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

// deleteTable takes a while, as on AWS: the table is DELETING before it is gone.
func deleteTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	if err := s.inUse(t, r.now); err != nil {
		return nil, err
	}
	if t.DeletionProtection {
		return nil, refuse(http.StatusBadRequest, "ValidationException",
			"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	t.Deleting = r.now.Add(settling)
	s.touch(r, t.Name, "AWS::DynamoDB::Table")
	d := s.describe(t, r.now)
	for _, name := range []string{"AttributeDefinitions", "KeySchema", "CreationDateTime"} { // as AWS answers
		d.Delete(name)
	}
	return obj("TableDescription", d), nil
}

// describeContinuousBackups says that point-in-time recovery is off, whichever table it is.
func describeContinuousBackups(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.table(r, "TableName"); err != nil {
		return nil, s.noTable(r)
	}
	return obj("ContinuousBackupsDescription",
		obj("ContinuousBackupsStatus", "ENABLED", "PointInTimeRecoveryDescription", obj("PointInTimeRecoveryStatus", "DISABLED"))), nil
}

// describeTimeToLive says that no item expires.
func describeTimeToLive(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.table(r, "TableName"); err != nil {
		return nil, err
	}
	return obj("TimeToLiveDescription", obj("TimeToLiveStatus", "DISABLED")), nil
}

// listTableTags has one tag for every table; it names a table by its ARN.
func listTableTags(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.table(r, "ResourceArn"); err != nil {
		return nil, err
	}
	return obj("Tags", document.List{obj("Key", "Project", "Value", estate)}), nil
}
