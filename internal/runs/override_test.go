package runs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

func TestProceedingPastAFailureNeedsAReason(t *testing.T) {
	onEach(t, testProceedingPastAFailureNeedsAReason)
}

func testProceedingPastAFailureNeedsAReason(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Check\naws lambda get-function --name web\n\n# Deploy\naws ecs update-service --name web"))
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "get-function" {
			return nil, 1
		}
		return nil, 0
	}
	checked := p.press(p.request("check"))
	p.finished(checked.Run, "check")
	asked := p.press(p.request("deploy"))
	if asked.Plan == nil || len(asked.Plan.FailedBefore) != 1 || asked.Plan.FailedBefore[0].ID != "check" {
		t.Fatalf("asked %+v", asked.Plan)
	}
	yes := p.request("deploy")
	yes.Confirmed = asked.Plan.Execution
	if _, err := p.Press(t.Context(), yes); procedures.CodeOf(err) != procedures.CodeInvalid ||
		!strings.Contains(err.Error(), "Check failed before") {
		t.Fatalf("without a reason: %v", err)
	}
	if n := len(p.aws.Calls()); n != 1 {
		t.Fatalf("something was changed: %q", p.aws.Calls())
	}
	yes.Reason = "the check itself is broken"
	v := p.finished(p.press(yes).Run, "deploy")
	if v.Step("deploy").Verdict() != procedures.Passed {
		t.Errorf("judged %+v", v.Step("deploy").Judgement)
	}
	recorded := false
	for _, e := range v.Timeline {
		recorded = recorded || e.Kind == procedures.EventOverride && e.Text == yes.Reason && e.By == oncall.Name && e.Step == "deploy"
	}
	if !recorded {
		t.Errorf("the reason is not in the timeline: %+v", v.Timeline)
	}
}

func TestConditionLeftOutForAReasonIsNotWaitedFor(t *testing.T) {
	onEach(t, testConditionLeftOutForAReasonIsNotWaitedFor)
}

func testConditionLeftOutForAReasonIsNotWaitedFor(t *testing.T) {
	p := newPortal(t, enginetest.Fence("- [ ] Announced", "# Deploy\naws ecs update-service --name web"))
	if _, err := p.MarkSkipped(t.Context(),
		runs.Mark{
			Procedure: p.request("").Procedure, Environment: "test", Step: "announced", Text: "the channel is down", By: oncall,
		}); err != nil {
		t.Fatal(err)
	}
	if asked := p.press(p.request("deploy")); asked.Plan == nil {
		t.Errorf("got %+v", asked)
	}
}
