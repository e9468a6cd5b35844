package runs_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

const copying = "# Copy\nSIZE=$(aws ecs get-size)\necho again >> times.txt\nID=$(aws ecs create-copy --name web " +
	"--size \"$SIZE\" --at \"$(date +%s)\" | head -1)\naws ecs update-service --name \"$ID\" --count 4\naws ecs " +
	"update-service --name \"$ID\" --size \"of-$ID\"\n\n" +
	"#| needs: copy\n# Use\naws lambda get-it --name \"$ID\""

// copies answers the making of a copy with its name.
func copies(p *portal) {
	p.aws.Things["copy-1"] = map[string]string{"count": "0", "size": "none"}
	n := 0
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		switch args[1] {
		case "get-size":
			return "small", 0
		case "create-copy":
			n++
			return "copy-" + string(rune('0'+n)), 0
		}
		return nil, 0
	}
}

// TestValuesOfAnEarlierChangeArePlannedWhenKnown makes a copy whose name the calls behind it need.
func TestValuesOfAnEarlierChangeArePlannedWhenKnown(t *testing.T) {
	onEach(t, testValuesOfAnEarlierChangeArePlannedWhenKnown)
}

func testValuesOfAnEarlierChangeArePlannedWhenKnown(t *testing.T) {
	p := withWeb(t, enginetest.Fence(copying))
	copies(p)
	r := p.request("copy")
	plan := p.press(r).Plan
	if len(plan.Calls) != 2 || plan.Calls[0].Unknown || !plan.Calls[1].Unknown ||
		!strings.Contains(plan.Changes[1].NotRead, "are known only after") {
		t.Fatalf("the plan shows %+v", plan.Calls)
	}
	r.Confirmed = plan.Execution
	first := p.press(r)
	p.later(1000)
	v := p.finished(first.Run, "copy").Step("copy")
	if got := p.changing(); len(got) != 1 || !strings.Contains(got[0], "create-copy") {
		t.Fatalf("calls %q", got)
	}
	if v.Verdict() != procedures.Warned || !v.Resumable() || len(v.Changed.Changes) != 1 {
		t.Errorf("it is %+v, changed %+v", v.Judgement, v.Changed)
	}
	proc := p.Library().Procedures()[0]
	if err := journal.Ready(p.finished(first.Run, "copy"), proc, proc.Step("use")); err == nil ||
		!strings.Contains(err.Error(), "waiting for") {
		t.Errorf("what needs it is ready: %v", err)
	}
	r = p.request("copy")
	r.Resume = first.Execution
	rest := p.press(r).Plan
	var lines []string
	for _, c := range rest.Calls {
		lines = append(lines, journal.PlannedLine(c))
	}
	if want := []string{
		"aws ecs update-service --name copy-1 --count 4", "aws ecs update-service --name copy-1 --size of-copy-1",
	}; !slices.Equal(lines, want) || rest.Resumes != first.Execution || len(rest.Changes[0].Differences) != 1 {
		t.Fatalf("the rest is %q, changes %+v", lines, rest.Changes)
	}
	r.Resume, r.Confirmed = "", rest.Execution
	second := p.press(r)
	v = p.finished(second.Run, "copy").Step("copy")
	if v.Verdict() != procedures.Passed || v.Resumable() || len(v.Changed.Changes) != 3 ||
		!slices.ContainsFunc(v.Changed.Changes, func(c procedures.Change) bool {
			return c.PlanNumber == 3
		}) {
		t.Errorf("it is %+v, changed %+v", v.Judgement, v.Changed)
	}
	if got := p.changing(); len(got) != 3 || strings.Count(strings.Join(got, "\n"), "create-copy") != 1 {
		t.Errorf("calls %q", got)
	}
	if data, err := p.File(t.Context(), first.Run, "times.txt"); err != nil || string(data) != "again\n" {
		t.Errorf("the file has %q, %v", data, err)
	}
	p.finished(p.press(p.request("use")).Run, "use")
	if got := p.aws.Calls(); got[len(got)-1] != "lambda get-it --name copy-1" {
		t.Errorf("then %q is called", got[len(got)-1])
	}
	for _, id := range []string{first.Execution, second.Execution} {
		r := p.request("copy")
		r.Resume = id
		if _, err := p.Press(t.Context(), r); err == nil {
			t.Error("what is whole is gone on with")
		}
	}
	p.rolledBack("copy", second.Execution)
	if got := p.aws.Thing("copy-1"); got != "count=0 size=none" {
		t.Errorf("rolled back it is %s", got)
	}
}

// TestTheRestIsPlannedWithWhatTheFirstCallsWereMadeWith would read something else when the rest is planned.
func TestTheRestIsPlannedWithWhatTheFirstCallsWereMadeWith(t *testing.T) {
	p := withWeb(t, enginetest.Fence(copying))
	copies(p)
	first := p.confirmed("copy")
	p.finished(first.Run, "copy")
	answer := p.aws.Answer
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		if args[1] == "get-size" {
			return "big", 0
		}
		return answer(ctx, args)
	}
	r := p.request("copy")
	r.Resume = first.Execution
	rest := p.press(r).Plan
	r.Resume, r.Confirmed = "", rest.Execution
	p.press(r)
	v := p.finished(first.Run, "copy").Step("copy")
	if got := p.changing(); len(got) != 3 || strings.Count(strings.Join(got, "\n"), "create-copy") != 1 ||
		v.Verdict() != procedures.Passed {
		t.Errorf("calls %q: %+v", got, v.Judgement)
	}
}

// TestStateThatIsNotKnownEndsThePlan waits, in the script, for what its first change makes.
func TestStateThatIsNotKnownEndsThePlan(t *testing.T) {
	const waiting = "# Copy\nID=$(aws ecs create-copy --name web)\nuntil [ \"$(aws ecs get-state --name \"$ID\")\" = " +
		"done ]; do sleep 5; done\nN=$(echo \"$ID\" | wc -c)\naws ecs update-service --name \"$ID\" --count \"$N\""
	p := withWeb(t, enginetest.Fence(waiting))
	copies(p)
	answer := p.aws.Answer
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		if args[1] == "get-state" {
			return "done", 0
		}
		return answer(ctx, args)
	}
	first := p.confirmed("copy")
	if v := p.finished(first.Run, "copy").Step("copy"); !v.Resumable() {
		t.Fatalf("it is %+v", v.Judgement)
	}
	r := p.request("copy")
	r.Resume = first.Execution
	plan := p.press(r).Plan
	if len(plan.Calls) != 1 || journal.PlannedLine(plan.Calls[0]) != "aws ecs update-service --name copy-1 --count 7" {
		t.Errorf("the rest is %+v", plan.Calls)
	}
}
