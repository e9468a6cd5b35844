package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// itemHandlers are Scan, Query and GetItem. Items are computed and cannot be changed; expressions and
// projections are refused.
func itemHandlers() map[string]handler {
	return map[string]handler{
		"Scan":    {"TableName Limit Select ExclusiveStartKey ConsistentRead", scanTable},
		"GetItem": {"TableName Key ConsistentRead", getItem},
		"Query": {
			"TableName IndexName KeyConditionExpression ExpressionAttributeNames ExpressionAttributeValues Limit Select ScanIndexForward " +
				"ConsistentRead",
			queryTable,
		},
	}
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
		if first = t.itemNumber(key) + 1; first == 0 {
			return nil, refuse(http.StatusBadRequest, "ValidationException", "The provided starting key is invalid")
		}
	}
	// A page of Scan ends at 1 MB on AWS; here it ends at 1,000 items.
	n := min(integer(r.input, "Limit", 1000), 1000, max(0, t.Items-first))
	out := document.List{}
	for i := first; i < first+n; i++ {
		if item := s.item(t, i); len(t.Key) == 0 {
			out = append(out, item)
		} else {
			out = append(out, s.grownItem(t, keyed(t, item)))
		}
	}
	result := obj("Items", out, "Count", n, "ScannedCount", n)
	if text(r.input, "Select") == "COUNT" {
		result.Delete("Items")
	}
	// The last key means that there may be more; AWS also sends it where nothing follows.
	if first+n < t.Items && n > 0 {
		result.Set("LastEvaluatedKey", keyed(t, tableItem(first+n-1)))
	}
	return result, nil
}

// getItem wants the whole primary key. An item that does not exist is an empty answer, not an
// error, as on AWS.
func getItem(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	key := member(r.input, "Key")
	if s.hasGrown("dynamodb table", t.Name) && key.Len() > 0 && key.Len() <= 2 {
		return obj("Item", s.grownItem(t, key)), nil
	}
	if key.Len() != 2 || member(key, "pk") == nil || member(key, "sk") == nil {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "The provided key element does not match the schema")
	}
	if n := t.itemNumber(key); n >= 0 && n < t.Items {
		return obj("Item", s.item(t, n)), nil
	}
	return &document.Object{}, nil
}

// keyCondition is a condition that a member of the key equals a value.
var keyCondition = lazy.Regexp(`^\s*(#?\w+)\s*=\s*(:\w+)\s*$`)

// queryTable finds the item whose key equals what the call names: each item here has a key of its own.
func queryTable(s *Sandbox, r *request) (*document.Object, error) {
	t, err := s.table(r, "TableName")
	if err != nil {
		return nil, err
	}
	if text(r.input, "IndexName") != "" && !s.hasGrown("dynamodb table", t.Name) {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "The table does not have the specified index: %s",
			text(r.input, "IndexName"))
	}
	key := &document.Object{}
	for _, condition := range insightsAnd().Split(text(r.input, "KeyConditionExpression"), -1) {
		m := keyCondition().FindStringSubmatch(condition)
		if m == nil {
			return nil, notTaken(r, "KeyConditionExpression "+condition)
		}
		name := m[1]
		if strings.HasPrefix(name, "#") {
			name = text(member(r.input, "ExpressionAttributeNames"), name)
		}
		value := member(member(r.input, "ExpressionAttributeValues"), m[2])
		if name == "" || value == nil {
			return nil, refuse(http.StatusBadRequest, "ValidationException",
				"Invalid KeyConditionExpression: An expression attribute name or value used in the document path is not defined")
		}
		key.Set(name, value)
	}
	found := document.List{}
	switch n := t.itemNumber(key); {
	case s.hasGrown("dynamodb table", t.Name):
		found = document.List{s.grownItem(t, key)}
	case member(key, "pk") == nil:
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Query condition missed key schema element: pk")
	case n < 0 && member(key, "sk") == nil:
		key.Set("sk", obj("S", "meta"))
		n = t.itemNumber(key)
		fallthrough
	default:
		if n >= 0 && n < t.Items {
			found = document.List{s.item(t, n)}
		}
	}
	out := obj("Items", found, "Count", int64(len(found)), "ScannedCount", int64(len(found)))
	if text(r.input, "Select") == "COUNT" {
		out.Delete("Items")
	}
	return out, nil
}

// grownItem is the item of a table that has grown: what it is asked by, and a state. The table has these members as its key then.
func (s *Sandbox) grownItem(t *table, key *document.Object) *document.Object {
	if names := key.Keys(); !slices.Equal(names, t.Key) {
		t.Key = names
	}
	item := key.Clone()
	if _, ok := item.Get("status"); !ok {
		item.Set("status", obj("S", "ACTIVE"))
	}
	if _, ok := item.Get("updatedAt"); !ok {
		item.Set("updatedAt", obj("S", bornOf(t.Name+document.PythonText(key)).Format(time.RFC3339)))
	}
	return item
}

// item is a table's, as the faults leave it.
func (s *Sandbox) item(t *table, n int64) *document.Object {
	item := tableItem(n)
	if s.world.Faults["garbled-items"] && t.RestoredFrom == "" {
		item.Set("kind", obj("S", "\ufffd\ufffd"))
	}
	return item
}

// keyed is the key of an item, under the names that a table has for it.
func keyed(t *table, item *document.Object) *document.Object {
	out := &document.Object{}
	for i, name := range t.keys() {
		value, _ := item.Get([]string{"pk", "sk"}[i])
		out.Set(name, value)
	}
	return out
}

// itemNumber is the number of the item with a key, -1 for none.
func (t *table) itemNumber(key *document.Object) int64 {
	n := int64(-1)
	names := t.keys()
	pk := text(member(key, names[0]), "S")
	if _, err := fmt.Sscanf(pk, "node#%d", &n); err != nil || n < 0 || pk != fmt.Sprintf("node#%06d", n) ||
		len(names) > 1 && text(member(key, names[1]), "S") != "meta" {
		return -1
	}
	return n
}

// tableItem is made of its number alone.
func tableItem(i int64) *document.Object {
	kinds := []string{"vpc", "subnet", "instance", "function", "queue"}
	weight := math.Abs(math.Sin(float64(i))) * 100
	return obj(
		"pk", obj("S", fmt.Sprintf("node#%06d", i)), "sk", obj("S", "meta"), "kind",
		obj("S", kinds[i%int64(len(kinds))]), "weight", obj("N", fmt.Sprintf("%.2f", weight)),
	)
}
