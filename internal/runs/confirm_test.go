package runs_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

func TestChangeIsPlannedConfirmedAndMadeOnce(t *testing.T) {
	onEach(t, testChangeIsPlannedConfirmedAndMadeOnce)
}

func testChangeIsPlannedConfirmedAndMadeOnce(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Scale\nN=$(aws ecs get-count)\naws ecs update-service --name web --count $((N+1))"))
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "get-count" {
			return "3", 0
		}
		return nil, 0
	}
	asked := p.press(p.request("scale"))
	if asked.Plan == nil || len(asked.Plan.Calls) != 1 || asked.Execution != "" {
		t.Fatalf("got %+v", asked)
	}
	if got, want := journal.PlannedLine(asked.Plan.Calls[0]), "aws ecs update-service --name web --count 4"; got != want {
		t.Errorf("the plan shows %q, want %q", got, want)
	}
	if got := p.aws.Calls(); !slices.Equal(got, []string{"ecs get-count"}) {
		t.Fatalf("before the yes these were called: %q", got)
	}
	yes := p.request("scale")
	yes.Confirmed = asked.Plan.Execution
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := p.Press(t.Context(), yes); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p.finished(asked.Run, "scale")
	if got, want := p.aws.Calls(), []string{
		"ecs get-count", "ecs update-service --name web --count 4",
	}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

// TestWhatWasReadForThePlanIsSent reads another value after the plan: what was seen and approved is sent.
func TestWhatWasReadForThePlanIsSent(t *testing.T) {
	onEach(t, testWhatWasReadForThePlanIsSent)
}

func testWhatWasReadForThePlanIsSent(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Scale\nN=$(aws ecs get-count)\naws ecs update-service --name web --count $N"))
	count := "3"
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "get-count" {
			return count, 0
		}
		return nil, 0
	}
	asked := p.press(p.request("scale"))
	count = "5"
	yes := p.request("scale")
	yes.Confirmed = asked.Plan.Execution
	p.press(yes)
	v := p.finished(asked.Run, "scale")
	if j := v.Step("scale").Judgement; j.Verdict != procedures.Passed {
		t.Errorf("judged %+v", j)
	}
	if got, want := p.aws.Calls(), []string{"ecs get-count", "ecs update-service --name web --count 3"}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

func TestConfirmationIsChecked(t *testing.T) { onEach(t, testConfirmationIsChecked) }

func testConfirmationIsChecked(t *testing.T) {
	markdown := enginetest.Fence("# Drop it\naws dynamodb delete-table --name orders\n\n# Look\naws lambda get-function")
	cases := []struct {
		name   string
		change func(p *portal, r *runs.Request)
		code   procedures.ErrorCode
		says   string
	}{
		{"nothing typed", func(_ *portal, r *runs.Request) { r.Typed = "" }, procedures.CodeInvalid, "type orders"},
		{"something else typed", func(_ *portal, r *runs.Request) { r.Typed = "order" }, procedures.CodeInvalid, "type orders"},
		{"another step's plan", func(_ *portal, r *runs.Request) { r.Step = "look" }, procedures.CodeInvalid, "another step"},
		{"a plan that is not there", func(_ *portal, r *runs.Request) { r.Confirmed = "nothing" }, procedures.CodeNotFound, "no execution"},
		{"an hour and a minute later", func(p *portal, _ *runs.Request) {
			p.later(61 * time.Minute)
		}, procedures.CodeConflict, "an hour ago"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t, markdown)
			asked := p.press(p.request("drop-it"))
			if asked.Plan == nil || asked.Plan.Type != "orders" || asked.Plan.Effect != procedures.EffectDestroy {
				t.Fatalf("got %+v", asked.Plan)
			}
			yes := p.request("drop-it")
			yes.Confirmed, yes.Typed = asked.Plan.Execution, "orders"
			c.change(p, &yes)
			_, err := p.Press(t.Context(), yes)
			if err == nil || c.code != "" && procedures.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			if n := len(p.aws.Calls()); n != 0 {
				t.Errorf("%q was called", p.aws.Calls())
			}
		})
	}
	p := newPortal(t, markdown)
	yes := p.request("drop-it")
	yes.Confirmed, yes.Typed = p.press(p.request("drop-it")).Plan.Execution, " orders "
	pressed := p.press(yes)
	p.finished(pressed.Run, "drop-it")
	if got := p.aws.Calls(); !slices.Equal(got, []string{"dynamodb delete-table --name orders"}) {
		t.Errorf("calls %q", got)
	}
}

func TestConditionsAreMarkedBeforeAChange(t *testing.T) {
	onEach(t, testConditionsAreMarkedBeforeAChange)
}

func testConditionsAreMarkedBeforeAChange(t *testing.T) {
	p := newPortal(t, enginetest.Fence("- [ ] Announced\n- [ ] Rollback plan ready", "# Deploy\naws ecs update-service --name web"))
	_, err := p.Press(t.Context(), p.request("deploy"))
	if procedures.CodeOf(err) != procedures.CodeRefused || !strings.Contains(err.Error(), "Announced; Rollback plan ready") {
		t.Fatalf("got %v", err)
	}
	for _, id := range []string{"announced", "rollback-plan-ready"} {
		if _, err := p.MarkDone(t.Context(),
			runs.Mark{Procedure: p.request("").Procedure, Environment: "test", Step: id, By: oncall}); err != nil {
			t.Fatal(err)
		}
	}
	if asked := p.press(p.request("deploy")); asked.Plan == nil {
		t.Errorf("got %+v", asked)
	}
}
