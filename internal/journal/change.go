package journal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// What ChangeText says at most: so many differences, each value with so many letters.
const (
	maxDifferences = 3
	maxValue       = 60
)

// ChangeText is what a change that was made has made different, in a few words and without a full stop:
// "table t: ReadCapacityUnits 5 → 10".
func ChangeText(c *procedures.Change) string {
	what := cmp.Or(c.Resource, c.Command)
	switch {
	case c.Absent:
		return what + " no longer exists"
	case c.NotRead != "":
		return what + ": the call was sent"
	case len(c.Differences) == 0:
		return what + ": no differences found"
	case c.Same == 0 && !slices.ContainsFunc(c.Differences, func(d procedures.Difference) bool { return d.Before != "" }):
		return what + " now exists" // every member is new
	}
	var parts []string
	for _, d := range c.Differences[:min(len(c.Differences), maxDifferences)] {
		parts = append(parts, d.Path+" "+shortened(OrAbsent(d.Before))+" → "+shortened(OrAbsent(d.After)))
	}
	if more := len(c.Differences) - maxDifferences; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return what + ": " + strings.Join(parts, ", ")
}

// shortened bounds a value in a sentence.
func shortened(value string) string {
	if letters := []rune(value); len(letters) > maxValue {
		return string(letters[:maxValue]) + "…"
	}
	return value
}

// OrAbsent is a value of a Difference in words: an empty one is not there.
func OrAbsent(value string) string {
	if value == "" {
		return "not there"
	}
	return value
}
