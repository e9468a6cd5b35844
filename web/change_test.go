package web

import (
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

func TestRollbackIsOfferedOrRefusedWithAReason(t *testing.T) {
	t.Parallel()
	back := []procedures.Change{
		{
			PlanNumber: 1, Command: "ecs update-service", Rollback: []string{"aws ecs update-service --count 3"},
			Stable: true, Waits: "waits until it is stable", Waited: 12 * time.Second,
		},
	}
	none := []procedures.Change{{PlanNumber: 1, Command: "ecs delete-service", NoRollback: "AWS brings no deleted service back"}}
	other, manual := &procedures.Step{ID: "back", Title: "Back to small", Kind: procedures.KindScript},
		&procedures.Step{ID: "by-hand", Title: "Call them", Kind: procedures.KindManual}
	cases := []struct {
		name            string
		changed         journal.AppliedChanges
		rollback        string
		state           procedures.RunState
		running         bool
		way, noRollback string // a part of each; "" for none
		check           string
	}{
		{
			"with values from before", journal.AppliedChanges{Changes: back}, "", procedures.RunOpen, false,
			"previous values", "", "rollback: aws ecs update-service --count 3",
		},
		{
			"of a rollback", journal.AppliedChanges{Changes: back, RollbackOf: "x"}, "", procedures.RunOpen, false,
			"roll this back too", "", "rollback: aws ecs",
		},
		{
			"none", journal.AppliedChanges{Changes: none}, "", procedures.RunOpen, false, "", "",
			"no rollback: AWS brings no deleted service back",
		},
		{
			"a line of the runbook", journal.AppliedChanges{Changes: none}, "aws ecs create-service",
			procedures.RunOpen, false, "the command from the runbook", "", "rollback from the runbook: aws ecs create-service",
		},
		{
			"a step of the runbook", journal.AppliedChanges{Changes: back}, "back", procedures.RunOpen, false,
			"Back to small", "", "rollback from the runbook: Back to small",
		},
		{
			"a manual step", journal.AppliedChanges{Changes: back}, "by-hand", procedures.RunOpen, false, "",
			"manual step: “Call them”", "rollback from the runbook: Call them",
		},
		{"a finished run", journal.AppliedChanges{Changes: back}, "", procedures.RunFinished, false, "", "Reopen it", "rollback: aws ecs"},
		{"while it runs", journal.AppliedChanges{Changes: back}, "", procedures.RunOpen, true, "", "", "stable after 12.0 s"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			step := &procedures.Step{ID: "s", Annotations: procedures.Annotations{Rollback: c.rollback}}
			page := &templates.RunPage{
				Procedure: &procedures.Procedure{Steps: []*procedures.Step{step, other, manual}}, Run: &procedures.Run{State: c.state},
			}
			view := &journal.StepView{Attempt: &journal.Attempt{}, Changed: &c.changed}
			if c.running {
				view.State = procedures.ExecutionRunning
			}
			got := changed(page, step, view)
			if (got.Rollback != "") != (c.way != "") || !strings.Contains(got.Rollback, c.way) ||
				(got.NoRollback != "") != (c.noRollback != "") || !strings.Contains(got.NoRollback, c.noRollback) {
				t.Errorf("offered %q, or not because %q", got.Rollback, got.NoRollback)
			}
			var checks strings.Builder
			for _, check := range got.Plan.Checks {
				checks.WriteString(check.Text + " " + check.Code + check.More + "\n")
			}
			if !strings.Contains(checks.String(), c.check) {
				t.Errorf("the checks are\n%s", checks.String())
			}
		})
	}
	if changed(&templates.RunPage{}, other, &journal.StepView{Attempt: &journal.Attempt{}}) != nil {
		t.Error("a step that changed nothing has a panel")
	}
}
