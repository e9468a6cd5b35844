package runs_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
)

// rolledBack rolls an execution back and waits until that is done.
func (p *portal) rolledBack(step, execution string) *runs.Pressed {
	p.t.Helper()
	r := p.request(step)
	r.Rollback = execution
	plan := p.press(r).Plan
	if plan == nil || plan.RollbackOf != execution {
		p.t.Fatalf("it is not planned: %+v", plan)
	}
	r.Rollback, r.Confirmed, r.Typed = "", plan.Execution, plan.Type
	pressed := p.press(r)
	p.finished(pressed.Run, step)
	return pressed
}

func TestChangeIsRolledBackAndThatToo(t *testing.T) { onEach(t, testChangeIsRolledBackAndThatToo) }

func testChangeIsRolledBackAndThatToo(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale+"\naws ecs update-service --name api --count 9"))
	p.aws.Things["api"] = map[string]string{"count": "8"}
	first := p.confirmed("scale")
	p.finished(first.Run, "scale")
	back := p.rolledBack("scale", first.Execution)
	if got := p.aws.Thing("web") + " " + p.aws.Thing("api"); got != "count=3 size=small count=8" {
		t.Errorf("after the rollback it is %s", got)
	}
	v, err := p.View(t.Context(), first.Run)
	if err != nil {
		t.Fatal(err)
	}
	s := v.Step("scale")
	if s.RollbackOf != first.Execution || s.Changed == nil || s.Changed.RollbackOf != first.Execution ||
		s.Changed.Reapplied || len(s.Changed.Changes) != 2 || s.Verdict() != procedures.Passed {
		t.Errorf("the page sees %+v, changed %+v", s, s.Changed)
	}
	again := p.rolledBack("scale", back.Execution)
	if got := p.aws.Thing("web") + " " + p.aws.Thing("api"); got != "count=4 size=small count=9" {
		t.Errorf("after the rollback of the rollback it is %s", got)
	}
	if v, err = p.View(t.Context(), first.Run); err != nil || !v.Step("scale").Changed.Reapplied {
		t.Errorf("the page sees changed %+v, %v", v.Step("scale").Changed, err)
	}
	want := []string{
		"ecs update-service --name web --count 4", "ecs update-service --name api --count 9",
		"ecs update-service --name api --count 8", "ecs update-service --name web --count 3",
		"ecs update-service --name web --count 4", "ecs update-service --name api --count 9",
	}
	if got := p.changing(); !slices.Equal(got, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, execution := range []string{first.Execution, back.Execution} {
		r := p.request("scale")
		r.Rollback = execution
		if _, err := p.Press(t.Context(), r); procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("what was rolled back is rolled back again: %v", err)
		}
	}
	if e, err := p.db.Execution(t.Context(), nil, again.Execution); err != nil || e.RollbackOf != back.Execution ||
		strings.Contains(fmt.Sprint(e), "--count") {
		t.Errorf("the database has %+v, %v", e, err)
	}
}

func TestRollbackIsMadeOnce(t *testing.T) { onEach(t, testRollbackIsMadeOnce) }

func testRollbackIsMadeOnce(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	first := p.confirmed("scale")
	p.finished(first.Run, "scale")
	plans := make([]string, 4)
	for i := range plans {
		r := p.request("scale")
		r.Rollback = first.Execution
		plans[i] = p.press(r).Plan.Execution
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			r := p.request("scale")
			r.Confirmed = plans[i%len(plans)]
			if _, err := p.Press(t.Context(), r); err != nil && procedures.CodeOf(err) != procedures.CodeConflict {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p.finished(first.Run, "scale")
	p.work.Wait()
	if got := p.changing(); len(got) != 2 {
		t.Errorf("calls %q", got)
	}
}

func TestRollbackIsRefused(t *testing.T) { onEach(t, testRollbackIsRefused) }

func testRollbackIsRefused(t *testing.T) {
	markdown := enginetest.Fence(scale + "\n\n# Look\naws lambda get-function\n\n# Blind\naws ecs update-service --name nowhere --count 4")
	cases := []struct {
		name   string
		change func(p *portal, r *runs.Request)
		says   string
	}{
		{"a newer change", func(p *portal, _ *runs.Request) {
			p.aws.Put("web", "count", "5")
			p.finished(p.confirmed("scale").Run, "scale")
		}, "ran the step again since"},
		{"another step", func(_ *portal, r *runs.Request) { r.Step = "blind" }, "belongs to another step"},
		{"what only reads", func(p *portal, r *runs.Request) {
			pressed := p.press(p.request("look"))
			p.finished(pressed.Run, "look")
			r.Step, r.Rollback = "look", pressed.Execution
		}, "changed nothing"},
		{"what has no rollback", func(p *portal, r *runs.Request) {
			pressed := p.confirmed("blind")
			p.finished(pressed.Run, "blind")
			r.Step, r.Rollback = "blind", pressed.Execution
		}, "there is no rollback: it was not read"},
		{"a finished run", func(p *portal, _ *runs.Request) {
			open, err := p.Open(p.t.Context(), p.request("").Procedure, "test")
			if err == nil {
				err = p.Finish(p.t.Context(), open.ID, oncall)
			}
			if err != nil {
				p.t.Fatal(err)
			}
		}, "the run is finished"},
		{"what is not there", func(_ *portal, r *runs.Request) { r.Rollback = "nothing" }, "no execution"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := withWeb(t, markdown)
			first := p.confirmed("scale")
			p.finished(first.Run, "scale")
			r := p.request("scale")
			r.Rollback = first.Execution
			c.change(p, &r)
			before := len(p.changing())
			if _, err := p.Press(t.Context(), r); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			if got := p.changing(); len(got) != before {
				t.Errorf("calls %q", got)
			}
		})
	}
}

// TestUnmadeExecutionLeavesTheRollback executes the step again in vain: what it changed before can still be rolled back.
func TestUnmadeExecutionLeavesTheRollback(t *testing.T) {
	onEach(t, testUnmadeExecutionLeavesTheRollback)
}

func testUnmadeExecutionLeavesTheRollback(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	first := p.confirmed("scale")
	p.finished(first.Run, "scale")
	p.aws.Put("web", "count", "5")
	r := p.request("scale")
	r.Confirmed = p.press(r).Plan.Execution
	p.aws.Put("web", "count", "6") // since it was shown
	p.finished(p.press(r).Run, "scale")
	v, err := p.View(t.Context(), first.Run)
	if err != nil || v.Step("scale").Changed == nil || v.Step("scale").Changed.Execution != first.Execution {
		t.Fatalf("the page sees %+v, %v", v.Step("scale").Changed, err)
	}
	p.rolledBack("scale", first.Execution)
	if got := p.aws.Thing("web"); got != "count=3 size=small" {
		t.Errorf("it is %s", got)
	}
}

func TestRollbackOfTheRunbookTakesPrecedence(t *testing.T) {
	onEach(t, testRollbackOfTheRunbookTakesPrecedence)
}

func testRollbackOfTheRunbookTakesPrecedence(t *testing.T) {
	const other = "\n\n# Back to small\naws ecs update-service --name \"$SERVICE\" --size tiny"
	for name, c := range map[string]struct{ annotation, title, call string }{
		"a line": {
			`'aws ecs update-service --name "$SERVICE" --count 1'`,
			`aws ecs update-service --name "$SERVICE" --count 1`, "ecs update-service --name web --count 1",
		},
		"a step": {"back-to-small", "Back to small", "ecs update-service --name web --size tiny"},
	} {
		t.Run(name, func(t *testing.T) {
			p := withWeb(t, enginetest.Fence("#| title: Scale\n#| rollback: "+c.annotation+
				"\naws ecs update-service --name \"$SERVICE\" --count 4"+other))
			r := p.request("scale")
			r.Parameters = map[string]string{"SERVICE": "web"}
			plan := p.press(r).Plan
			if plan.Rollback != c.title {
				t.Errorf("the plan names the rollback %q", plan.Rollback)
			}
			r.Confirmed = plan.Execution
			first := p.press(r)
			p.finished(first.Run, "scale")
			p.rolledBack("scale", first.Execution)
			if got := p.changing(); len(got) != 2 || got[1] != c.call {
				t.Errorf("calls %q", got)
			}
			v, err := p.View(t.Context(), first.Run)
			if err != nil || v.Step("back-to-small").State != "" || v.Step("scale").RollbackOf != first.Execution {
				t.Errorf("the page sees %+v, %v", v.Steps, err)
			}
		})
	}
}

// TestEditedRunbookIsRolledBackByItsOwnText edits the runbook after the change.
func TestEditedRunbookIsRolledBackByItsOwnText(t *testing.T) {
	onEach(t, testEditedRunbookIsRolledBackByItsOwnText)
}

func testEditedRunbookIsRolledBackByItsOwnText(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	first := p.confirmed("scale")
	p.finished(first.Run, "scale")
	p.edit(enginetest.Fence("# Scale\naws ecs update-service --name web --count 40"), runbook.Options{})
	p.rolledBack("scale", first.Execution)
	if got := p.aws.Thing("web"); got != "count=3 size=small" {
		t.Errorf("it is %s", got)
	}
}

// TestSecretsComeBackAsTheyWere rolls a secret back that no page may show.
func TestSecretsComeBackAsTheyWere(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Rotate\naws db update-user --name app --word \"$DB_PASSWORD\""))
	p.aws.Things = enginetest.Things{"app": {"word": "old-secret-of-old"}}
	r := p.request("rotate")
	r.Parameters = map[string]string{"DB_PASSWORD": "correct-horse-battery"}
	r.Confirmed = p.press(r).Plan.Execution
	first := p.press(r)
	v := p.finished(first.Run, "rotate")
	if text := fmt.Sprintf("%+v", v.Step("rotate").Changed); strings.Contains(text, "correct-horse") || !strings.Contains(text, "word") {
		t.Errorf("the page shows %s", text)
	}
	back := p.rolledBack("rotate", first.Execution)
	if got := p.aws.Thing("app"); got != "word=old-secret-of-old" {
		t.Errorf("it is %s", got)
	}
	p.rolledBack("rotate", back.Execution)
	if got := p.aws.Thing("app"); got != "word=correct-horse-battery" {
		t.Errorf("it is %s", got)
	}
}

// TestUnknownChangeVoidsTheRollback cuts a change off in the middle: what was changed before it is not what there is.
func TestUnknownChangeVoidsTheRollback(t *testing.T) { onEach(t, testUnknownChangeVoidsTheRollback) }

func testUnknownChangeVoidsTheRollback(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	first := p.confirmed("scale")
	p.finished(first.Run, "scale")
	p.aws.Put("web", "count", "5")
	began := make(chan struct{}, 1)
	p.aws.Answer = hold(began, nil)
	p.confirmed("scale")
	<-began
	if err := p.Cancel(t.Context(), first.Run, "scale", oncall); err != nil {
		t.Fatal(err)
	}
	if v := p.finished(first.Run, "scale").Step("scale"); v.Verdict() != procedures.Unknown || v.Changed != nil {
		t.Errorf("it is %s, and changed %+v", v.Verdict(), v.Changed)
	}
	r := p.request("scale")
	r.Rollback = first.Execution
	if _, err := p.Press(t.Context(), r); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("got %v", err)
	}
}

func TestChangeIsRolledBackInARunThatWasOpenedAgain(t *testing.T) {
	onEach(t, testChangeIsRolledBackInARunThatWasOpenedAgain)
}

func testChangeIsRolledBackInARunThatWasOpenedAgain(t *testing.T) {
	p := withWeb(t, enginetest.Fence(scale))
	first := p.confirmed("scale")
	p.finished(first.Run, "scale")
	if err := p.Finish(t.Context(), first.Run, oncall); err != nil {
		t.Fatal(err)
	}
	if err := p.Reopen(t.Context(), first.Run, oncall); err != nil {
		t.Fatal(err)
	}
	p.rolledBack("scale", first.Execution)
	if got := p.aws.Thing("web"); got != "count=3 size=small" {
		t.Errorf("it is %s", got)
	}
}

// TestNamedRollbackNeedsWhatTheStepNeeds names a step as the rollback that by itself needs nobody.
func TestNamedRollbackNeedsWhatTheStepNeeds(t *testing.T) {
	p := withWeb(t,
		enginetest.Fence("#| title: Scale\n#| approvals: 1\n#| confirm: web\n#| rollback: smaller\naws ecs update-service "+
			"--name web --count 4\n\n# Smaller\naws ecs update-service --name web --count 1"))
	plan := p.planned(ada)
	p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""), p.confirmAs(plan, ada))
	r := p.request("scale")
	r.By, r.Rollback = ada, plan.Execution
	back := p.press(r).Plan
	if back.Approvals != 1 || back.Type != "web" {
		t.Fatalf("the rollback needs %d people, and %q typed", back.Approvals, back.Type)
	}
	if err := p.confirmAs(back, ada); err == nil {
		t.Error("it was rolled back by one alone")
	}
	p.must(p.says(p.RequestApproval, back, ada, ""), p.says(p.Approve, back, bert, ""), p.confirmAs(back, ada))
	if got := p.aws.Thing("web"); got != "count=1 size=small" {
		t.Errorf("it is %s", got)
	}
}
