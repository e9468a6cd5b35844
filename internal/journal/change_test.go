package journal_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestChangeIsToldInAFewWords(t *testing.T) {
	t.Parallel()
	four := []procedures.Difference{{Path: "A", Before: "1", After: "2"}, {Path: "B", Before: "1"}, {Path: "C", After: strings.Repeat("x", 100)}, {Path: "D", Before: "1", After: "2"}}
	for want, c := range map[string]procedures.Change{
		"table t: A 1 → 2, B 1 → not there, C not there → " + strings.Repeat("x", 60) + "…, and 1 more": {Resource: "table t", Differences: four, Same: 3},
		"table t is there now":                           {Resource: "table t", Differences: four[2:3]},
		"table t is not there any more":                  {Resource: "table t", Absent: true},
		"table t: nothing of what was read is different": {Resource: "table t", Same: 3},
		"ecs update-service: the call was made":          {Command: "ecs update-service", NotRead: "access denied"},
		"table t: A 1 → 2, B 1 → not there":              {Resource: "table t", Differences: four[:2]},
	} {
		if got := journal.ChangeText(&c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
