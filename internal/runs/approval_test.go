package runs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
)

// The people of these tests.
var (
	ada  = access.Person{Name: "Ada", Claimed: true, Subject: "session of Ada"}
	bert = access.Person{Name: "Bert", Claimed: true, Subject: "session of Bert"}
	cleo = access.Person{Name: "Cleo", Claimed: true, Subject: "session of Cleo"}
)

// guardedWeb is a page whose change needs this many other people.
func guardedWeb(t *testing.T, approvals int) *portal {
	t.Helper()
	return withWeb(t,
		enginetest.Fence(fmt.Sprintf("#| title: Scale\n#| approvals: %d\naws ecs update-service --name web --count 4", approvals)))
}

// planned is what somebody was shown of the step.
func (p *portal) planned(who access.Person) *runs.Plan {
	p.t.Helper()
	r := p.request("scale")
	r.By = who
	plan := p.press(r).Plan
	if plan == nil {
		p.t.Fatal("nothing is asked about")
	}
	return plan
}

// confirmAs is what comes of a press that confirms a plan.
func (p *portal) confirmAs(plan *runs.Plan, who access.Person) error {
	r := p.request("scale")
	r.By, r.Confirmed, r.Typed = who, plan.Execution, plan.Type
	pressed, err := p.Press(p.t.Context(), r)
	if err == nil {
		p.finished(pressed.Run, "scale")
	}
	return err
}

func (p *portal) says(do func(context.Context, runs.Answer) (string, error), plan *runs.Plan, who access.Person, reason string) error {
	_, err := do(p.t.Context(), runs.Answer{Execution: plan.Execution, By: who, Reason: reason})
	return err
}

// must fails the test where something was refused.
func (p *portal) must(errs ...error) {
	p.t.Helper()
	for _, err := range errs {
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// refused fails the test where something was not refused with these words, or anything was changed.
func (p *portal) refused(err error, words string) {
	p.t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		p.t.Errorf("refused with %v, want %q", err, words)
	}
	if calls := p.aws.Calls(); len(calls) > 0 {
		p.t.Errorf("it changed something: %q", calls)
	}
}

func TestApprovalIsNeeded(t *testing.T) { onEach(t, testApprovalIsNeeded) }

func testApprovalIsNeeded(t *testing.T) {
	p := guardedWeb(t, 1)
	plan := p.planned(ada)
	if plan.Approvals != 1 {
		t.Fatalf("%d people have to approve", plan.Approvals)
	}
	p.refused(p.confirmAs(plan, ada), "needs 1 approval: request it first")
	p.refused(p.says(p.Approve, plan, bert, ""), "no approval of this was requested")
	p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.RequestApproval, plan, ada, ""))
	p.refused(p.confirmAs(plan, ada), "waiting for 1 approval")
	view, err := p.View(t.Context(), planRun(p, plan))
	if err != nil {
		t.Fatal(err)
	}
	q := view.Step("scale").Request
	if q == nil || q.By != "Ada" || q.Needed != 1 || q.Approved() || !q.Until.Equal(plan.At.Add(time.Hour)) {
		t.Errorf("the page sees %+v", q)
	}
	p.must(p.says(p.Approve, plan, bert, ""), p.says(p.Approve, plan, bert, ""))
	if view, err = p.View(t.Context(), planRun(p, plan)); err != nil || !view.Step("scale").Request.Approved() ||
		len(view.Step("scale").Request.Approvals) != 1 {
		t.Errorf("after the yes the page sees %+v, %v", view.Step("scale").Request, err)
	}
	p.must(p.confirmAs(plan, ada))
	if got := p.aws.Thing("web"); got != "count=4 size=small" {
		t.Errorf("it is %s", got)
	}
	if view, err = p.View(t.Context(), planRun(p, plan)); err != nil || view.Step("scale").Request != nil {
		t.Errorf("an approval counts once, and the page still sees %+v, %v", view.Step("scale").Request, err)
	}
	p.must(p.confirmAs(plan, ada)) // sent again it joins what was executed
	if got := p.aws.Calls(); len(got) != 1 {
		t.Errorf("it was executed %d times: %q", len(got), got)
	}
	if err := p.says(p.Approve, plan, cleo, ""); err == nil || !strings.Contains(err.Error(), "an approval counts once") {
		t.Errorf("an approval afterwards: %v", err)
	}
}

func planRun(p *portal, plan *runs.Plan) string {
	e, err := p.execution(plan.Execution)
	if err != nil {
		p.t.Fatal(err)
	}
	return e.Run
}

func TestNobodyApprovesTheirOwn(t *testing.T) { onEach(t, testNobodyApprovesTheirOwn) }

func testNobodyApprovesTheirOwn(t *testing.T) {
	for name, other := range map[string]access.Person{
		"the same browser":                  ada,
		"the same browser, another name":    {Name: "Bert", Subject: ada.Subject},
		"another browser, the same name":    {Name: "Ada", Subject: "session of a second browser"},
		"in other letters":                  {Name: "  aDA ", Subject: "session of a second browser"},
		"in wide letters":                   {Name: "Ａｄａ", Subject: "session of a second browser"},
		"with letters that nobody sees":     {Name: "A\u200bda\u2060", Subject: "session of a second browser"},
		"the same account through a proxy":  {Name: "Ada L.", Subject: ada.Subject},
		"with letters of no width":          {Name: "A\u00adda\u034f\ufe0f\u3164\U000e0041", Subject: "session of a second browser"},
		"with blanks that are not the same": {Name: "Ada\u00a0", Subject: "session of a second browser"},
	} {
		t.Run(name, func(t *testing.T) {
			p := guardedWeb(t, 1)
			plan := p.planned(ada)
			p.must(p.says(p.RequestApproval, plan, ada, ""))
			p.refused(p.says(p.Approve, plan, other, ""), "cannot approve your own change")
			p.refused(p.confirmAs(plan, other), "waiting for 1 approval")
		})
	}
	t.Run("without a name", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""))
		p.refused(p.says(p.Approve, plan, access.Person{Name: "\u200b", Subject: "session of somebody"}, ""), "set your name first")
	})
	t.Run("who planned it, where another one asks", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, bert, ""))
		p.refused(p.says(p.Approve, plan, ada, ""), "cannot approve your own change")
		p.refused(p.says(p.Approve, plan, bert, ""), "cannot approve your own change")
	})
	t.Run("an approver who presses", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.refused(p.confirmAs(plan, bert), "an approver cannot also execute")
		p.refused(p.confirmAs(plan, access.Person{Name: "Cleo", Subject: bert.Subject}), "an approver cannot also execute")
		p.must(p.confirmAs(plan, cleo))
	})
	t.Run("twice for two", func(t *testing.T) {
		p := guardedWeb(t, 2)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.must(p.says(p.Approve, plan, access.Person{Name: "Cleo", Subject: bert.Subject}, "")) // the same one again
		p.refused(p.says(p.Approve, plan, access.Person{Name: "BERT", Subject: "another"}, ""), "approval counts once")
		p.refused(p.confirmAs(plan, ada), "waiting for 1 approval")
		p.must(p.says(p.Approve, plan, cleo, ""), p.confirmAs(plan, ada))
	})
}

func TestApprovalIsOfExactlyThat(t *testing.T) { onEach(t, testApprovalIsOfExactlyThat) }

func testApprovalIsOfExactlyThat(t *testing.T) {
	t.Run("another plan of the same step", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.refused(p.confirmAs(p.planned(ada), ada), "request it first")
	})
	t.Run("after an hour", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.later(time.Hour + time.Second)
		p.refused(p.confirmAs(plan, ada), "more than an hour ago")
		p.refused(p.says(p.Approve, plan, cleo, ""), "more than an hour ago")
	})
	t.Run("after the runbook was edited", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""))
		p.edit(enginetest.Fence("#| title: Scale\n#| approvals: 1\naws ecs update-service --name web --count 5"), runbook.Options{})
		p.must(p.says(p.Approve, plan, bert, ""), p.confirmAs(plan, ada)) // the run keeps its text: what was approved is sent
		if calls := p.aws.Calls(); len(calls) != 1 || !strings.Contains(calls[0], "--count 4") {
			t.Errorf("%q was called, and --count 4 was approved", calls)
		}
	})
	t.Run("after it was withdrawn", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.refused(p.says(p.Withdraw, plan, cleo, ""), "only Ada can withdraw this")
		p.must(p.says(p.Withdraw, plan, ada, ""))
		p.refused(p.says(p.Approve, plan, cleo, ""), "withdrew")
		p.refused(p.confirmAs(plan, ada), "withdrew")
		p.refused(p.says(p.RequestApproval, plan, ada, ""), "was withdrawn")
	})
	t.Run("after somebody declined", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.refused(p.says(p.Decline, plan, cleo, " "), "say why you decline")
		p.must(p.says(p.Decline, plan, cleo, "not on a Friday"))
		p.refused(p.confirmAs(plan, ada), "Cleo declined: not on a Friday")
		p.refused(p.says(p.Approve, plan, access.Person{Name: "Dora", Subject: "d"}, ""), "this was declined")
	})
	t.Run("after an approval was taken back", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""), p.says(p.Decline, plan, bert, "I misread it"))
		p.refused(p.confirmAs(plan, ada), "Bert declined: I misread it")
	})
	t.Run("pressed by nobody", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.refused(p.confirmAs(plan, access.Person{Subject: "z"}), "set your name first")
	})
	t.Run("in a run that is finished", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""), p.Finish(t.Context(), planRun(p, plan), cleo))
		p.refused(p.confirmAs(plan, ada), "finished")
	})
}

func TestRollbackNeedsApprovalToo(t *testing.T) {
	p := guardedWeb(t, 1)
	plan := p.planned(ada)
	p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""), p.confirmAs(plan, ada))
	r := p.request("scale")
	r.By, r.Rollback = ada, plan.Execution
	back := p.press(r).Plan
	if back == nil || back.Approvals != 1 {
		t.Fatalf("the rollback: %+v", back)
	}
	if err := p.confirmAs(back, ada); err == nil || !strings.Contains(err.Error(), "request it first") {
		t.Errorf("the rollback without approval: %v", err)
	}
	p.must(p.says(p.RequestApproval, back, ada, ""), p.says(p.Approve, back, bert, ""), p.confirmAs(back, ada))
	if got := p.aws.Thing("web"); got != "count=3 size=small" {
		t.Errorf("after the rollback it is %s", got)
	}
}

func TestManyApproveAndPressAtOnce(t *testing.T) { onEach(t, testManyApproveAndPressAtOnce) }

func testManyApproveAndPressAtOnce(t *testing.T) {
	p := guardedWeb(t, 1)
	plan := p.planned(ada)
	p.must(p.says(p.RequestApproval, plan, ada, ""))
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			_, _ = p.Approve(t.Context(), runs.Answer{
				Execution: plan.Execution, By: access.Person{Name: fmt.Sprintf("person %d", i), Subject: fmt.Sprint(i)},
			})
		})
		all.Go(func() {
			r := p.request("scale")
			r.By, r.Confirmed = ada, plan.Execution
			_, _ = p.Press(t.Context(), r)
		})
	}
	all.Wait()
	_ = p.confirmAs(plan, ada) // the press that came before the first approval
	if got := p.aws.Calls(); len(got) != 1 {
		t.Errorf("it was executed %d times: %q", len(got), got)
	}
}
