package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestInspectionNeverPreventsThePlan has readings that fail, and one that does not come to an end.
func TestInspectionNeverPreventsThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &enginetest.AWS{Things: enginetest.Things{"web": {"count": "3"}}, Inspecting: func(ctx context.Context, args []string) error {
			switch args[3] {
			case "denied":
				return errors.New("access denied")
			case "slow":
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}}
		eng := engine.Engine{Commands: func(name string) (procedures.Command, bool) { return f, name == "aws" }}
		var calls []procedures.PlannedCall
		for i := range 20 {
			name := []string{"web", "denied", "slow"}[i%3]
			calls = append(calls, enginetest.Planned([]string{"ecs", "update-service", "--name", name, "--count", "4"}))
		}
		calls = append(calls, procedures.PlannedCall{Command: "terraform", Args: []string{"apply"}, Effect: procedures.EffectChange})
		changes := eng.Inspect(t.Context(), engine.Execution{}, calls)
		if len(changes) != len(calls) {
			t.Fatalf("%d changes for %d calls", len(changes), len(calls))
		}
		for i, c := range changes {
			if c.Command != calls[i].Command || fmt.Sprint(c.Args) != fmt.Sprint(calls[i].Args) {
				t.Errorf("change %d is of %s %s", i, c.Command, c.Args)
			}
			switch says := c.NotRead; {
			case strings.Contains(fmt.Sprint(c.Args), "denied") && says != "access denied" &&
				!strings.Contains(says, "within 10s"), strings.Contains(fmt.Sprint(c.Args), "slow") &&
				!strings.Contains(says, "within 10s"), c.Command == "terraform" && !strings.Contains(says, "terraform"):
				t.Errorf("change %d of %s says %q", i, c.Args, says)
			}
		}
		if len(changes[0].Differences) != 1 {
			t.Errorf("what could be read is not there: %+v", changes[0])
		}
	})
}
