package web

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

func TestChangedValuesStandOut(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, line, after, want string }{
		{"a word", "aws lambda update-function-configuration --memory-size 2048 --timeout 900", "2048 900", "2048 900"},
		{
			"in shorthand",
			"aws dynamodb update-table --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=50", "100 50", "100 50",
		},
		{"in JSON", `aws dynamodb update-table --provisioned-throughput '{"ReadCapacityUnits": 100}'`, "100", "100"},
		{"not a part of a word", "aws ecs update-service --service web-2048 --desired-count 2", "204 20", ""},
		{"nothing known", "aws ecs update-service --service web", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var differences []procedures.Difference
			for _, value := range strings.Fields(c.after) {
				differences = append(differences, procedures.Difference{Path: "X", After: value})
			}
			var whole strings.Builder
			var changed []string
			for _, w := range emphasised(c.line, differences) {
				whole.WriteString(w.Text)
				if w.Changed {
					changed = append(changed, w.Text)
				}
			}
			if whole.String() != c.line || strings.Join(changed, " ") != c.want {
				t.Errorf("got %q of %q", changed, whole.String())
			}
		})
	}
}

func TestChecksBeforeAChange(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	read := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	plan := &runs.Plan{
		Identity: "arn:aws:sts::210987654321:assumed-role/ops/ada",
		Calls: []procedures.PlannedCall{
			{Command: "ecs update-service", Args: []string{"ecs", "update-service"}},
			{Command: "ecs delete-service", Args: []string{"ecs", "delete-service"}},
		},
		Changes: []procedures.Change{
			{
				Resource: "service web", ReadAt: read, Waits: "waits until the service is stable",
				Rollback:    []string{"aws ecs update-service --count 3"},
				Permissions: []procedures.Permission{{Action: "ecs:UpdateService", Allowed: &yes}},
			},
			{
				Resource: "service old", ReadCommand: "aws ecs describe-services", NotRead: "access denied.",
				NoRollback: "nothing brings it back",
				Permissions: []procedures.Permission{
					{Action: "ecs:UpdateService", Allowed: &yes},
					{Action: "ecs:DeleteService", Allowed: &no, Reason: "no policy allows it"}, {Action: "iam:PassRole"},
				}, Warnings: []string{"It is used."},
			},
		},
		Concurrent: []runs.ConcurrentChange{{Run: "r1", Title: "Deploy", Step: "Roll out", By: "Grace"}},
	}
	var got []string
	for _, c := range planPanel(plan).Checks {
		got = append(got, c.Tone+" "+strings.Join(slices.DeleteFunc([]string{c.Text, c.Code, c.More, c.URL}, func(s string) bool {
			return s == ""
		}), "|"))
	}
	want := []string{
		"pass allowed for ada:|ecs:UpdateService",
		"fail denied for ada:|ecs:DeleteService|: no policy allows it",
		"none not known for ada:|iam:PassRole",
		"wait Grace is changing it now: Roll out, Deploy|. This change waits until that ends|/runs/r1",
		"pass read|· read again just before the change, which stops if anything differs",
		"warn service old: not read: access denied",
		"none service web: then waits until the service is stable",
		"pass service web: rollback:|aws ecs update-service --count 3",
		"warn service old: no rollback: nothing brings it back",
		"warn It is used.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if checks := planPanel(&runs.Plan{}).Checks; len(checks) != 0 {
		t.Errorf("without a call there are %+v", checks)
	}
}

func TestDifferencesAreDrawn(t *testing.T) {
	t.Parallel()
	many := make([]procedures.Difference, maxDifferences+5)
	for i := range many {
		many[i] = procedures.Difference{Path: "X", Before: "1", After: "2"}
	}
	if c := plannedCall("aws x", procedures.Change{Differences: many}); len(c.Rows) != maxDifferences || c.More != 5 || c.Gone {
		t.Errorf("of %d differences %d are shown and %d left out", len(many), len(c.Rows), c.More)
	}
	gone := []procedures.Difference{{Path: "TableName", Before: "orders"}, {Path: "TableStatus", Before: "ACTIVE"}}
	if c := plannedCall("aws x", procedures.Change{Differences: gone}); !c.Gone || len(c.Rows) != 0 {
		t.Errorf("what goes is drawn as %+v", c)
	}
	if c := plannedCall("aws x", procedures.Change{Differences: gone, Same: 1}); c.Gone || len(c.Rows) != 2 {
		t.Errorf("what goes in part is drawn as %+v", c)
	}
	long := strings.Repeat("é", maxDifference+10)
	if c := plannedCall("aws x", procedures.Change{
		Differences: []procedures.Difference{{Path: "X", Before: long, After: "a\x1b[31m"}},
	}); len([]rune(c.Rows[0].Before)) != maxDifference+1 || strings.Contains(c.Rows[0].After, "\x1b") {
		t.Errorf("a long value is drawn as %q, and one that drives terminals as %q", c.Rows[0].Before, c.Rows[0].After)
	}
}
