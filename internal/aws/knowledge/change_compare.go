package knowledge

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// leaf is one value of a resource at its path.
type leaf struct {
	path, text string
}

// restless are members that change by themselves, wherever they are.
var restless = regexp.MustCompile(`^(LastModified\w*|lastModified\w*|lastUpdated\w*|LastUpdate(Status|StatusReason|StatusReasonCode|dDate|dTime|dTimestamp)|RevisionId|LastChangedDate|LastAccessedDate|ItemCount|TableSizeBytes|BackupSizeBytes|` +
	`TableStatus|IndexStatus|(Last\w*|Next\w*)DateTime|NumberOfDecreasesToday|State|StateReason\w*|StateUpdatedTimestamp|StateTransitionedTimestamp|AlarmConfigurationUpdatedTimestamp|LatestRestorableTime|` +
	`Status|status|StackStatus\w*|DBInstanceStatus|InstanceStatus|Progress|PercentProgress|StatusMessage|runningCount|pendingCount|events|deployments|rolloutState\w*|updatedAt|UpdatedAt|ETag|` +
	`Approximate\w*|LastUpdatedTime|deploymentId|Marker|NextToken|nextToken|IsTruncated|ResponseMetadata)$`)

// secret are members whose values are never shown.
var secret = regexp.MustCompile(`(?i)(password|secretstring|secretbinary|authtoken|accesskeysecret|privatekey|clientsecret)`)

const notShown = "(not shown)"

// Compare returns what is different between two readings of a resource, nil where it is not there, less what changes by
// itself. What holds secrets is told and not shown.
func (c Change) Compare(before, after *document.Object) []procedures.Difference {
	old, now := c.leaves(before), c.leaves(after)
	was, is := textsOf(old), textsOf(now)
	var out []procedures.Difference
	for _, l := range old {
		if text, ok := is[l.path]; !ok || text != l.text {
			out = append(out, c.difference(l.path, l.text, text))
		}
	}
	for _, n := range now {
		if _, ok := was[n.path]; !ok {
			out = append(out, c.difference(n.path, "", n.text))
		}
	}
	return together(out, old, now)
}

// itemEnd is the part of a path that names an item of a list.
var itemEnd = regexp.MustCompile(`^.*?\](?:\.|$)`)

// together makes one difference of an item that only one side has: what it is stands in it, member by member.
func together(all []procedures.Difference, old, now []leaf) []procedures.Difference {
	var out []procedures.Difference
	at := map[string]int{}
	for _, d := range all {
		whole := itemOf(d.Path, old, now)
		name := strings.TrimPrefix(strings.TrimPrefix(d.Path, whole), ".")
		if whole == "" || name == "" {
			out = append(out, d)
			continue
		}
		if d.Before != "" {
			d.Before = name + ": " + d.Before
		}
		if d.After != "" {
			d.After = name + ": " + d.After
		}
		i, known := at[whole]
		if !known {
			at[whole], d.Path = len(out), whole
			out = append(out, d)
			continue
		}
		out[i].Before, out[i].After = joined(out[i].Before, d.Before), joined(out[i].After, d.After)
	}
	return out
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// itemOf is the outermost item of a list on the way to a path that only one side has; empty where both have all of them.
func itemOf(path string, old, now []leaf) string {
	for end := 0; end < len(path); {
		next := itemEnd.FindString(path[end:])
		if next == "" {
			return ""
		}
		end += len(next)
		whole := strings.TrimSuffix(path[:end], ".")
		under := func(l leaf) bool {
			return l.path == whole || strings.HasPrefix(l.path, whole+".") || strings.HasPrefix(l.path, whole+"[")
		}
		if !slices.ContainsFunc(old, under) || !slices.ContainsFunc(now, under) {
			return whole
		}
	}
	return ""
}

func textsOf(leaves []leaf) map[string]string {
	out := make(map[string]string, len(leaves))
	for _, l := range leaves {
		out[l.path] = l.text
	}
	return out
}

// hidden are paths below which everything may be a secret.
var hidden = regexp.MustCompile(`^(Environment\.Variables|environment|containerDefinitions.*\.environment)\b`)

func (c Change) difference(path, before, after string) procedures.Difference {
	d := procedures.Difference{Path: path, Before: before, After: after}
	if secret.MatchString(path) || hidden.MatchString(path) {
		if d.Before != "" {
			d.Before = notShown
		}
		if d.After != "" {
			d.After = "another value " + notShown
		}
	}
	return d
}

// leaves are the values of a resource, in order, less those that change by themselves.
func (c Change) leaves(o *document.Object) []leaf {
	var out []leaf
	c.gather(&out, "", o)
	return out
}

// maxLeaves bounds what is compared of a resource.
const maxLeaves = 5000

func (c Change) gather(out *[]leaf, path string, v document.Value) {
	if len(*out) >= maxLeaves {
		return
	}
	switch v := v.(type) {
	case nil:
	case *document.Object:
		for name, inner := range v.All() {
			at := name
			if path != "" {
				at = path + "." + name
			}
			if !slices.Contains(c.Volatile, at) && (!restless.MatchString(name) || slices.Contains(c.Compared, at)) {
				c.gather(out, at, inner)
			}
		}
	case document.List:
		c.gatherList(out, path, v)
	case string:
		if inner := embedded(v); inner != nil {
			c.gather(out, path, inner)
			return
		}
		*out = append(*out, leaf{path, v})
	case float64:
		*out = append(*out, leaf{path, strconv.FormatFloat(v, 'f', -1, 64)})
	default:
		*out = append(*out, leaf{path, fmt.Sprint(v)})
	}
}

// embedded is the document that a text holds, such as a policy or a dashboard's body; nil for other texts.
func embedded(text string) document.Value {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return nil
	}
	v, err := document.Parse([]byte(trimmed))
	if err != nil {
		return nil
	}
	return v
}

// keys are members that tell the items of a list apart.
var keys = []string{"Name", "name", "Key", "key", "Id", "id", "ID", "Sid", "AlarmName", "GroupId", "Arn", "title", "properties.title"}

// tellsApart is the text of a member that tells an item apart, also of one inside another.
func tellsApart(o *document.Object, key string) string {
	outer, inner, nested := strings.Cut(key, ".")
	if !nested {
		return textOf(o, key)
	}
	return textOf(child(o, outer), inner)
}

// gatherList names items by what tells them apart, so that a list in another order is the same one.
func (c Change) gatherList(out *[]leaf, path string, list document.List) {
	by := ""
	for _, key := range keys {
		seen := map[string]bool{}
		for _, item := range list {
			o, _ := item.(*document.Object)
			if text := tellsApart(o, key); o != nil && text != "" && text != "<nil>" {
				seen[text] = true
			}
		}
		if len(seen) == len(list) && len(list) > 0 {
			by = key
			break
		}
	}
	plain := !slices.ContainsFunc(list, func(item document.Value) bool {
		switch item.(type) {
		case *document.Object, document.List:
			return true
		}
		return false
	})
	if plain {
		texts := make([]string, len(list))
		for i, item := range list {
			texts[i] = fmt.Sprint(item)
		}
		if len(texts) > 0 {
			*out = append(*out, leaf{path, strings.Join(texts, ", ")})
		}
		return
	}
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if o, _ := item.(*document.Object); by != "" {
			at = fmt.Sprintf("%s[%s]", path, tellsApart(o, by))
		}
		if row, ok := item.(document.List); ok { // a table, such as the metrics of a dashboard: a row is one value
			if data, err := document.AppendJSON(nil, row, "", true); err == nil {
				*out = append(*out, leaf{at, string(data)})
			}
			continue
		}
		c.gather(out, at, item)
	}
}
