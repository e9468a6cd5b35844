package knowledge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// ObjectDays is when an object is old.
var ObjectDays = Threshold{Name: "OPSBOOK_OBJECT_DAYS", Default: 365, About: "days without a change after which an object is old"}

const (
	kept     = "in a bucket with versions the older one is still there; in one without it is gone"
	replaced = "in a bucket with versions the older one is still there; in one without it is replaced"
)

// objectOperations are those of objects.
func objectOperations() map[string]Operation {
	return map[string]Operation{
		"ListObjects":   {rule: judgeObjects, resources: objectVerdicts, Thresholds: []Threshold{ObjectDays}},
		"ListObjectsV2": {rule: judgeObjects, resources: objectVerdicts, Thresholds: []Threshold{ObjectDays}},
		// Whether the object can be brought back depends on the bucket's versioning, which
		// this read does not tell.
		"DeleteObject": {change: Change{
			Kind: "object", ReadOperation: "HeadObject",
			ReadWith:   "{Bucket: Bucket, Key: Key, VersionId: VersionId}",
			Deletes:    true,
			NoWait:     atOnce,
			NoRollback: kept,
		}},
		// The content is not compared: what can be read of it without a download is its size
		// and ETag.
		"PutObject": {change: Change{
			Kind: "object", ReadOperation: "HeadObject", ReadWith: "{Bucket: Bucket, Key: Key}",
			Excluded:   []string{"Bucket", "Key", "Body"},
			NoWait:     atOnce,
			NoRollback: replaced,
		}},
		"CopyObject": {change: Change{
			Kind: "object", ReadOperation: "HeadObject", ReadWith: "{Bucket: Bucket, Key: Key}",
			Excluded:   []string{"Bucket", "Key", "CopySource"},
			NoWait:     atOnce,
			NoRollback: replaced,
		}},
	}
}

// objects are those of a listing, and which of them are old.
type objects struct {
	all, old   []*document.Object
	size, held float64 // bytes of all, and of the old ones
	days       float64
}

// objectsOf reads a listing, or returns the judgement of a threshold that is none.
func objectsOf(q answered) (*objects, *procedures.Judgement) {
	days, wrong := q.threshold(ObjectDays)
	if wrong != nil {
		return nil, wrong
	}
	o := &objects{all: members(q.answer, "Contents"), days: days}
	before := q.now.Add(-time.Duration(days * 24 * float64(time.Hour)))
	for _, c := range o.all {
		n := bytesOf(c)
		o.size += n
		if t := at(c, "LastModified"); !t.IsZero() && t.Before(before) {
			o.old, o.held = append(o.old, c), o.held+n
		}
	}
	slices.SortStableFunc(o.old, func(a, b *document.Object) int { return cmp.Compare(bytesOf(b), bytesOf(a)) })
	return o, nil
}

// bytesOf is the size of an object of a listing.
func bytesOf(c *document.Object) float64 {
	v, _ := c.Get("Size")
	n, _ := float(v)
	return n
}

// judgeObjects sums a listing up: how much there is, and how much of it is old.
func judgeObjects(q answered) *procedures.Judgement {
	o, wrong := objectsOf(q)
	if wrong != nil {
		return wrong
	}
	cut := ""
	if n := len(members(q.answer, "CommonPrefixes")); n > 0 {
		cut = ", and " + plural(n, "common prefix", "common prefixes")
	}
	// A page holds at most 1,000 keys; sums are of the pages that were read.
	if more, _ := q.answer.Get("IsTruncated"); more == true {
		cut += ", and there are more"
	}
	switch total := fmt.Sprintf("%s, %s in all%s", plural(len(o.all), "object", "objects"), bytes(o.size), cut); {
	case len(o.all) == 0:
		return judge(procedures.Info, "The answer has no objects%s.", cut)
	case len(o.old) == 0:
		return judge(procedures.Info, "%s; none is older than %s days.", total, number(o.days))
	default:
		return judge(procedures.Info, "%s; %s of them, %s, older than %s days.", total,
			thousands(fmt.Sprint(len(o.old))), bytes(o.held), number(o.days))
	}
}

// objectVerdicts lists the old ones, the largest first.
func objectVerdicts(q answered) []procedures.ResourceVerdict {
	o, wrong := objectsOf(q)
	if wrong != nil {
		return nil
	}
	var out []procedures.ResourceVerdict
	for _, c := range o.old {
		out = append(out, procedures.ResourceVerdict{Kind: "Old object", Name: str(c, "Key"), Verdict: procedures.Info,
			Facts: []procedures.Fact{
				{Name: "Size", Value: bytes(bytesOf(c)), Number: true},
				{Name: "Changed", Value: at(c, "LastModified").UTC().Format(time.DateOnly)}, {Name: "Class", Value: str(c, "StorageClass")},
			}})
	}
	return out
}
