package knowledge

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// value is one value of a resource at its path.
type value struct {
	path, text string
}

// volatileNames are members that change by themselves, wherever they are.
var volatileNames = lazy.Regexp(`^(LastModified\w*|lastModified\w*|lastUpdated\w*|` +
	`LastUpdate(Status|StatusReason|StatusReasonCode|dDate|dTime|dTimestamp)|RevisionId|LastChangedDate|` +
	`LastAccessedDate|ItemCount|TableSizeBytes|BackupSizeBytes|TableStatus|IndexStatus|` +
	`(Last\w*|Next\w*)DateTime|NumberOfDecreasesToday|State|StateReason\w*|StateUpdatedTimestamp|` +
	`StateTransitionedTimestamp|AlarmConfigurationUpdatedTimestamp|LatestRestorableTime|Status|status|` +
	`StackStatus\w*|DBInstanceStatus|InstanceStatus|Progress|PercentProgress|StatusMessage|runningCount|` +
	`pendingCount|events|deployments|rolloutState\w*|updatedAt|UpdatedAt|ETag|Approximate\w*|LastUpdatedTime|` +
	`deploymentId|Marker|NextToken|nextToken|IsTruncated|ResponseMetadata)$`)

// secret are members whose values are never shown.
var secret = lazy.Regexp(`(?i)(password|secretstring|secretbinary|authtoken|accesskeysecret|privatekey|clientsecret)`)

// notShown stands for a value that is kept secret.
const notShown = "(not shown)"

// Compare returns what is different between two reads of a resource, nil where it is not there, less what changes by
// itself. What holds secrets is named, and its value is not shown.
func (c Change) Compare(before, after *document.Object) []procedures.Difference {
	// Paths are compared rather than whole members, so that one new tag is one difference and
	// not a new list.
	old, now := c.values(before), c.values(after)
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
var itemEnd = lazy.Regexp(`^.*?\](?:\.|$)`)

// together makes one difference of an item that only one side has: what it is stands in it, member by member.
func together(all []procedures.Difference, old, now []value) []procedures.Difference {
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
		out[i].Before, out[i].After = listed(out[i].Before, d.Before), listed(out[i].After, d.After)
	}
	return out
}

// listed puts texts of one side together.
func listed(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// itemOf is the outermost item of a list on the way to a path that only one side has; empty where both have all of them.
func itemOf(path string, old, now []value) string {
	for end := 0; end < len(path); {
		next := itemEnd().FindString(path[end:])
		if next == "" {
			return ""
		}
		end += len(next)
		whole := strings.TrimSuffix(path[:end], ".")
		under := func(l value) bool {
			return l.path == whole || strings.HasPrefix(l.path, whole+".") || strings.HasPrefix(l.path, whole+"[")
		}
		if !slices.ContainsFunc(old, under) || !slices.ContainsFunc(now, under) {
			return whole
		}
	}
	return ""
}

// textsOf has the values by their paths.
func textsOf(leaves []value) map[string]string {
	out := make(map[string]string, len(leaves))
	for _, l := range leaves {
		out[l.path] = l.text
	}
	return out
}

// hidden are paths below which everything may be a secret.
var hidden = lazy.Regexp(`^(Environment\.Variables|environment|containerDefinitions.*\.environment)\b`)

// difference is one of a path; a secret is named and not shown.
func (c Change) difference(path, before, after string) procedures.Difference {
	d := procedures.Difference{Path: path, Before: before, After: after}
	if secret().MatchString(path) || hidden().MatchString(path) {
		if d.Before != "" {
			d.Before = notShown
		}
		if d.After != "" {
			d.After = "another value " + notShown
		}
	}
	return d
}
