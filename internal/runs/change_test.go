package runs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

const scale = "# Scale\naws ecs update-service --name web --count 4"

// withWeb is a portal whose account has a service.
func withWeb(t *testing.T, markdown string) *portal {
	t.Helper()
	p := newPortal(t, markdown)
	p.aws.things = things{"web": {"count": "3", "size": "small"}}
	return p
}

func TestChangeIsSeenBefore(t *testing.T) { onEach(t, testChangeIsSeenBefore) }

func testChangeIsSeenBefore(t *testing.T) {
	p := withWeb(t, fence(scale))
	plan := p.press(p.request("scale")).Plan
	if len(plan.Changes) != 1 {
		t.Fatalf("the plan has the changes %+v", plan.Changes)
	}
	c := plan.Changes[0]
	if want := (procedures.Difference{Path: "count", Before: "3", After: "4"}); len(c.Differences) != 1 ||
		c.Differences[0] != want || c.Same != 1 {
		t.Errorf("it says that %+v will be different and %d stay", c.Differences, c.Same)
	}
	if len(c.Rollback) != 1 || c.Rollback[0] != "aws ecs update-service --name web --count 3" ||
		c.Command != "ecs update-service" || c.Resource != "thing web" {
		t.Errorf("the change is %+v", c)
	}
	e, err := p.execution(plan.Execution)
	if err != nil || len(e.Changes) != 1 || len(e.Changes[0].Differences) != 1 || e.Changes[0].Before == nil {
		t.Errorf("the execution keeps %+v, %v", e.Changes, err)
	}
	if plan.Identity != "arn:aws:iam::210987654321:user/ops" {
		t.Errorf("it is made as %q", plan.Identity)
	}
	if len(plan.Concurrent) != 0 {
		t.Errorf("others change it: %+v", plan.Concurrent)
	}
}

// TestInspectionNeverPreventsTheQuestion has readings that fail, and one that does not come to an end.
func TestInspectionNeverPreventsTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAWS{things: things{"web": {"count": "3"}}, inspecting: func(ctx context.Context, args []string) error {
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
			calls = append(calls, planned([]string{"ecs", "update-service", "--name", name, "--count", "4"}))
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

// TestQuestionSaysWhoChangesTheSame asks while another run changes the same thing.
func TestQuestionSaysWhoChangesTheSame(t *testing.T) {
	onEach(t, testQuestionSaysWhoChangesTheSame)
}

func testQuestionSaysWhoChangesTheSame(t *testing.T) {
	p := withWeb(t, fence(scale)+"\n## Other\n\n```bash\n# Grow\naws ecs update-service --name web --size big\n```\n")
	began, release := make(chan struct{}), make(chan struct{})
	p.aws.answer = hold(began, release)
	yes := p.request("scale")
	yes.Confirmed = p.press(yes).Plan.Execution
	p.press(yes)
	<-began
	grow := p.request("grow")
	grow.Procedure = "book/other"
	plan := p.press(grow).Plan
	close(release)
	if len(plan.Concurrent) != 1 || plan.Concurrent[0].By != "oncall" || plan.Concurrent[0].Step != "Scale" ||
		plan.Concurrent[0].Title != "Check" {
		t.Errorf("others change it: %+v", plan.Concurrent)
	}
}

// TestSecretsOfAChangeAreMasked gives a changing step a secret that its reading answers with.
func TestSecretsOfAChangeAreMasked(t *testing.T) {
	p := newPortal(t, fence("# Rotate\naws db update-user --name app --word \"$DB_PASSWORD\""))
	p.aws.things = things{"app": {"word": "hunter2-hunter2"}}
	r := p.request("rotate")
	r.Parameters = map[string]string{"DB_PASSWORD": "correct-horse-battery"}
	plan := p.press(r).Plan
	if text := fmt.Sprintf("%+v", plan.Changes); strings.Contains(text, "correct-horse") || len(plan.Changes[0].Differences) != 1 {
		t.Errorf("the question shows %s", text)
	}
}
