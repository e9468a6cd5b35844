package journal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ChangeText says in a few words what a change that was made has made different.
func ChangeText(c *procedures.Change) string {
	what := cmp.Or(c.Resource, c.Command)
	switch {
	case c.Absent:
		return what + " is not there any more"
	case c.NotRead != "":
		return what + ": the call was made"
	case len(c.Differences) == 0:
		return what + ": nothing of what was read is different"
	case !slices.ContainsFunc(c.Differences, func(d procedures.Difference) bool { return d.Before != "" }) && c.Same == 0:
		return what + " is there now"
	}
	const most = 3
	var parts []string
	for i, d := range c.Differences {
		if rest := len(c.Differences) - most; i == most && rest > 0 {
			parts = append(parts, fmt.Sprintf("and %d more", rest))
			break
		}
		parts = append(parts, d.Path+" "+brief(OrAbsent(d.Before))+" → "+brief(OrAbsent(d.After)))
	}
	return what + ": " + strings.Join(parts, ", ")
}

// brief bounds a value in a sentence, in letters.
func brief(value string) string {
	const most = 60
	if letters := []rune(value); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return value
}

func OrAbsent(value string) string {
	if value == "" {
		return "not there"
	}
	return value
}
