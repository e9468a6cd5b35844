package runs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
)

const scale = "# Scale\naws ecs update-service --name web --count 4"

// withWeb is a portal whose account has a service.
func withWeb(t *testing.T, markdown string) *portal {
	t.Helper()
	p := newPortal(t, markdown)
	p.aws.Things = enginetest.Things{"web": {"count": "3", "size": "small"}}
	return p
}

func TestChangeIsSeenBefore(t *testing.T) { onEach(t, testChangeIsSeenBefore) }

func testChangeIsSeenBefore(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
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

// TestPlanSaysWhoChangesTheSame asks while another run changes the same thing.
func TestPlanSaysWhoChangesTheSame(t *testing.T) {
	onEach(t, testPlanSaysWhoChangesTheSame)
}

func testPlanSaysWhoChangesTheSame(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale)+"\n## Other\n\n```bash\n# Grow\naws ecs update-service --name web --size big\n```\n")
	began, release := make(chan struct{}), make(chan struct{})
	p.aws.Answer = hold(began, release)
	yes := p.request("scale")
	yes.Confirmed = p.press(yes).Plan.Execution
	p.press(yes)
	<-began
	grow := p.request("grow")
	grow.Procedure = "book/other"
	plan := p.press(grow).Plan
	close(release)
	if len(plan.Concurrent) != 1 || plan.Concurrent[0].By != "oncall" || plan.Concurrent[0].Step != "Check: Scale" ||
		plan.Concurrent[0].Title != "Check" {
		t.Errorf("others change it: %+v", plan.Concurrent)
	}
}

// TestSecretsOfAChangeAreMasked gives a changing step a secret that its reading answers with.
func TestSecretsOfAChangeAreMasked(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Rotate\naws db update-user --name app --word \"$DB_PASSWORD\""))
	p.aws.Things = enginetest.Things{"app": {"word": "hunter2-hunter2"}}
	r := p.request("rotate")
	r.Parameters = map[string]string{"DB_PASSWORD": "correct-horse-battery"}
	plan := p.press(r).Plan
	if text := fmt.Sprintf("%+v", plan.Changes); strings.Contains(text, "correct-horse") || len(plan.Changes[0].Differences) != 1 {
		t.Errorf("the plan shows %s", text)
	}
}
