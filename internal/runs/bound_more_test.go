package runs_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// TestARollbackIsBoundToItsFile plans a rollback that reads a file, writes the file anew, and confirms the plan.
func TestARollbackIsBoundToItsFile(t *testing.T) { onEach(t, testARollbackIsBoundToItsFile) }

func testARollbackIsBoundToItsFile(t *testing.T) {
	for other, made := range map[string]int{"echo two > b.json": 1, "echo one > b.json": 2} {
		p := withWeb(t, enginetest.Fence("# First\necho one > b.json\n\n"+
			"#| title: Scale\n#| rollback: 'aws ecs update-service --name web --body file://b.json'\n"+
			"aws ecs update-service --name web --count 4\n\n# Other\n"+other))
		p.pressed("first")
		first := p.confirmed("scale")
		p.finished(first.Run, "scale")
		r := p.request("scale")
		r.Rollback = first.Execution
		plan := p.press(r).Plan
		p.pressed("other")
		r.Rollback, r.Confirmed = "", plan.Execution
		p.press(r)
		j := p.finished(first.Run, "scale").Step("scale").Judgement
		refused := strings.Contains(j.Reason, "`--body` file://b.json: its content is not what was approved")
		if got := p.changing(); len(got) != made || refused != (made == 1) {
			t.Errorf("after %s: %q was made, and it is %+v", other, got, j)
		}
	}
}

// TestAPlanThatIsOverKeepsNoAnswers ends a plan with a drawn password in each way in which it is not carried out.
func TestAPlanThatIsOverKeepsNoAnswers(t *testing.T) { onEach(t, testAPlanThatIsOverKeepsNoAnswers) }

func testAPlanThatIsOverKeepsNoAnswers(t *testing.T) {
	for name, end := range map[string]func(*portal, *runs.Plan) bool{ // reports whether the answers are still kept
		"requested and approved": func(p *portal, plan *runs.Plan) bool {
			p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
			return true
		},
		"declined": func(p *portal, plan *runs.Plan) bool {
			p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Decline, plan, bert, "not today"))
			return false
		},
		"withdrawn": func(p *portal, plan *runs.Plan) bool {
			p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Withdraw, plan, ada, ""))
			return false
		},
		"approved and applied": func(p *portal, plan *runs.Plan) bool {
			p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""), p.confirmAs(plan, ada))
			return false
		},
		"about to expire": func(p *portal, _ *runs.Plan) bool {
			p.later(59 * time.Minute)
			p.must(p.ExpireAnswers(p.t.Context()))
			return true
		},
		"expired, and nobody plans anything else": func(p *portal, plan *runs.Plan) bool {
			p.later(61 * time.Minute)
			p.watch()
			for data := []byte{1}; data != nil; runtime.Gosched() { // the test's own time is the bound
				var err error
				data, err = p.db.Answers(p.t.Context(), nil, plan.Execution)
				p.must(err)
			}
			return false
		},
		"finished with its run": func(p *portal, plan *runs.Plan) bool {
			p.must(p.Finish(p.t.Context(), planRun(p, plan), ada))
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := withWeb(t, enginetest.Fence("#| title: Scale\n#| approvals: 1\nNEW=$(aws secretsmanager get-random-password)\n"+
				"aws ecs update-service --name web --word \"$NEW\""))
			p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
				if args[1] == "get-random-password" {
					return "drawn-password-1", 0
				}
				return nil, 0
			}
			plan := p.planned(ada)
			if data, err := p.db.Answers(t.Context(), nil, plan.Execution); err != nil || len(data) == 0 {
				t.Fatalf("a plan keeps %d bytes, %v", len(data), err)
			}
			kept := end(p, plan)
			if data, err := p.db.Answers(t.Context(), nil, plan.Execution); err != nil || kept != (len(data) > 0) {
				t.Errorf("%d bytes are kept, %v", len(data), err)
			}
		})
	}
}

// TestACallThatWasBegunIsNamed ends the process, as far as others can tell, while the second of three calls is being sent.
func TestACallThatWasBegunIsNamed(t *testing.T) { onEach(t, testACallThatWasBegunIsNamed) }

func testACallThatWasBegunIsNamed(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Change\naws ecs update-a --name a\naws ecs update-b --name b\naws ecs update-c --name c"))
	begun, release := make(chan struct{}), make(chan struct{})
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "update-b" {
			close(begun)
			<-release
		}
		return nil, 0
	}
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	pressed := p.press(yes)
	<-begun
	p.takenOver("departed", pressed.Run, pressed.Execution)
	p.watch()
	j := p.finished(pressed.Run, "change").Step("change").Judgement
	const says = "Call 2 was begun, and whether it was made is not known: aws ecs update-b"
	if j.Verdict != procedures.Unknown || !strings.Contains(j.Reason, says) {
		t.Errorf("it is %+v", j)
	}
	close(release)
	p.work.Wait()
	if made := p.changing(); slices.ContainsFunc(made, func(c string) bool { return strings.Contains(c, "update-c") }) || len(made) != 2 {
		t.Errorf("%q was made", made)
	}
}
