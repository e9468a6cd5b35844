package journal

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestChangeText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	four := []procedures.Difference{
		{Path: "A", Before: "1", After: "2"}, {Path: "B", Before: "1"}, {Path: "C", After: long}, {Path: "D", Before: "1", After: "2"},
	}
	for want, c := range map[string]procedures.Change{
		"table t: A 1 → 2, B 1 → not there, C not there → " + long[:60] +
			"…, and 1 more": {Resource: "table t", Differences: four, Same: 3},

		"table t now exists":                        {Resource: "table t", Differences: four[2:3]},
		"table t no longer exists":                  {Resource: "table t", Absent: true},
		"table t: no differences found":             {Resource: "table t", Same: 3},
		"ecs update-service: the call was sent":     {Command: "ecs update-service", NotRead: "access denied"},
		"table t: A 1 → 2, B 1 → not there":         {Resource: "table t", Differences: four[:2]},
		"table t: C not there → " + long[:60] + "…": {Resource: "table t", Differences: four[2:3], Same: 1},
	} {
		if got := ChangeText(&c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
