package runs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
)

const two = "# One\naws lambda get-function --name one\n\n# Two\naws lambda get-function --name two"

func TestPressExecutesOneStep(t *testing.T) { onEach(t, testPressExecutesOneStep) }

func testPressExecutesOneStep(t *testing.T) {
	p := newPortal(t, fence(two))
	pressed := p.press(p.request("one"))
	v := p.finished(pressed.Run, "one")
	s := v.Step("one")
	if s.Verdict() != procedures.Passed || s.By != "oncall" || len(s.Calls) != 1 || s.Execution != pressed.Execution {
		t.Errorf("the step is %+v", s)
	}
	if v.Step("two").State != "" {
		t.Error("the other step was executed too")
	}
	events, err := p.Since(t.Context(), pressed.Run, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i, e := range events {
		if e.Number != int64(i+1) || e.Run != pressed.Run || e.At.IsZero() {
			t.Errorf("event %d is number %d of %q at %s", i, e.Number, e.Run, e.At)
		}
		kinds = append(kinds, string(e.Kind))
	}
	if got, want := strings.Join(kinds, " "), "run-started step-requested step-started command call step-finished"; got != want {
		t.Errorf("events: %s, want %s", got, want)
	}
	r, err := p.Run(t.Context(), pressed.Run)
	if err != nil || r.Verdict != procedures.Passed || r.State != procedures.RunOpen || r.Account != "210987654321" ||
		r.StartedBy != "oncall" {
		t.Errorf("the run is %+v, %v", r, err)
	}
}

func TestHundredPressesAreOneExecution(t *testing.T) { onEach(t, testHundredPressesAreOneExecution) }

func testHundredPressesAreOneExecution(t *testing.T) {
	p := newPortal(t, fence(two))
	release := make(chan struct{})
	p.aws.answer = func(ctx context.Context, _ []string) (document.Value, int) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil, 0
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			r := p.request("one")
			r.Key = fmt.Sprintf("press-%d", i)
			pressed, err := p.Press(t.Context(), r)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[pressed.Execution]++
		})
	}
	all.Wait()
	close(release)
	if len(seen) != 1 {
		t.Errorf("a hundred presses began %d executions: %v", len(seen), seen)
	}
	for id := range seen {
		e, err := p.db.Execution(t.Context(), nil, id)
		if err != nil {
			t.Fatal(err)
		}
		p.finished(e.Run, "one")
	}
	if n := len(p.aws.calls()); n != 1 {
		t.Errorf("%d calls were made", n)
	}
}

func TestResentPressIsNotASecondOne(t *testing.T) { onEach(t, testResentPressIsNotASecondOne) }

func testResentPressIsNotASecondOne(t *testing.T) {
	p := newPortal(t, fence(two))
	r := p.request("one")
	r.Key = "a-key"
	first := p.press(r)
	p.finished(first.Run, "one")
	again := p.press(r)
	if !again.Joined || again.Execution != first.Execution {
		t.Errorf("the same press again: %+v, first %+v", again, first)
	}
	r.Key = "another-key"
	if third := p.press(r); third.Joined {
		t.Error("another press was taken for the first")
	}
}

func TestPressJoinsWhatItsPageHadNotSeen(t *testing.T) {
	onEach(t, testPressJoinsWhatItsPageHadNotSeen)
}

func testPressJoinsWhatItsPageHadNotSeen(t *testing.T) {
	p := newPortal(t, fence(two))
	first := p.press(p.request("one"))
	p.finished(first.Run, "one")
	second := p.press(p.request("one"))
	p.finished(second.Run, "one")
	r := p.request("one")
	r.Seen = first.Execution // a page that slept through the second
	if third := p.press(r); !third.Joined || third.Execution != second.Execution {
		t.Errorf("got %+v, want the second execution %s joined", third, second.Execution)
	}
}

func TestPressJoinsWhatItsPageHadNotSeenBehindAPlan(t *testing.T) {
	onEach(t, testPressJoinsWhatItsPageHadNotSeenBehindAPlan)
}

func testPressJoinsWhatItsPageHadNotSeenBehindAPlan(t *testing.T) {
	p := newPortal(t, fence("# Scale\naws ecs update-service --name web"))
	confirm := func() *runs.Pressed {
		yes := p.request("scale")
		yes.Confirmed = p.press(p.request("scale")).Plan.Execution
		pressed := p.press(yes)
		p.finished(pressed.Run, "scale")
		return pressed
	}
	earlier := p.press(p.request("scale")).Plan // shown first, confirmed last
	first, second := confirm(), confirm()
	p.press(p.request("scale")) // a question that is only shown
	r := p.request("scale")
	r.Seen = first.Execution
	if third := p.press(r); !third.Joined || third.Execution != second.Execution {
		t.Errorf("got %+v, want the second execution %s joined", third, second.Execution)
	}
	yes := p.request("scale")
	yes.Confirmed = earlier.Execution
	p.press(yes)
	p.finished(first.Run, "scale")
	r.Seen = second.Execution
	if fourth := p.press(r); !fourth.Joined || fourth.Execution != earlier.Execution {
		t.Errorf("got %+v, want what was confirmed last, %s", fourth, earlier.Execution)
	}
}

func TestEarlierStepsAreOffered(t *testing.T) { onEach(t, testEarlierStepsAreOffered) }

func testEarlierStepsAreOffered(t *testing.T) {
	p := newPortal(t, fence("# Find it\nID=$(aws lambda get-id)\n\n# Use it\naws lambda get-function --name \"$ID\""))
	p.aws.answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "get-id" {
			return "i-123", 0
		}
		return nil, 0
	}
	r := p.request("use-it")
	asked := p.press(r)
	if len(asked.Needs) != 1 || asked.Needs[0].ID != "find-it" || asked.Execution != "" {
		t.Fatalf("got %+v", asked)
	}
	if len(p.aws.calls()) != 0 {
		t.Fatalf("something was called before the answer: %v", p.aws.calls())
	}
	r.WithEarlier = true
	pressed := p.press(r)
	p.finished(pressed.Run, "find-it", "use-it")
	if got, want := p.aws.calls(), []string{"lambda get-id", "lambda get-function --name i-123"}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	r.WithEarlier = false
	if again := p.press(r); again.Needs != nil {
		t.Error("a step that was executed is offered again")
	}
	p.finished(pressed.Run, "use-it")
}

func TestChangeIsPlannedConfirmedAndMadeOnce(t *testing.T) {
	onEach(t, testChangeIsPlannedConfirmedAndMadeOnce)
}

func testChangeIsPlannedConfirmedAndMadeOnce(t *testing.T) {
	p := newPortal(t, fence("# Scale\nN=$(aws ecs get-count)\naws ecs update-service --name web --count $((N+1))"))
	p.aws.answer = func(_ context.Context, args []string) (document.Value, int) {
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
	if got := p.aws.calls(); !slices.Equal(got, []string{"ecs get-count"}) {
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
	if got, want := p.aws.calls(), []string{
		"ecs get-count", "ecs get-count", "ecs update-service --name web --count 4",
	}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

func TestChangedValueIsNotWhatWasConfirmed(t *testing.T) {
	onEach(t, testChangedValueIsNotWhatWasConfirmed)
}

func testChangedValueIsNotWhatWasConfirmed(t *testing.T) {
	p := newPortal(t, fence("# Scale\nN=$(aws ecs get-count)\naws ecs update-service --name web --count $N"))
	count := "3"
	p.aws.answer = func(_ context.Context, args []string) (document.Value, int) {
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
	if j := v.Step("scale").Judgement; j.Verdict != procedures.Errored || !strings.Contains(j.Reason, "not confirmed") {
		t.Errorf("judged %+v", j)
	}
	if slices.ContainsFunc(p.aws.calls(), func(c string) bool { return strings.Contains(c, "update-service") }) {
		t.Errorf("the changed call was made: %q", p.aws.calls())
	}
}

func TestConfirmationIsChecked(t *testing.T) { onEach(t, testConfirmationIsChecked) }

func testConfirmationIsChecked(t *testing.T) {
	markdown := fence("# Drop it\naws dynamodb delete-table --name orders\n\n# Look\naws lambda get-function")
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
		{"an edited runbook", func(p *portal, _ *runs.Request) {
			p.edit(strings.Replace(markdown, "# Drop it", "# Drop it\n# really", 1), runbook.Options{})
		}, "", ""},
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
			if n := len(p.aws.calls()); n != 0 {
				t.Errorf("%q was called", p.aws.calls())
			}
		})
	}
	p := newPortal(t, markdown)
	yes := p.request("drop-it")
	yes.Confirmed, yes.Typed = p.press(p.request("drop-it")).Plan.Execution, " orders "
	pressed := p.press(yes)
	p.finished(pressed.Run, "drop-it")
	if got := p.aws.calls(); !slices.Equal(got, []string{"dynamodb delete-table --name orders"}) {
		t.Errorf("calls %q", got)
	}
}

func TestConditionsAreMarkedBeforeAChange(t *testing.T) {
	onEach(t, testConditionsAreMarkedBeforeAChange)
}

func testConditionsAreMarkedBeforeAChange(t *testing.T) {
	p := newPortal(t, fence("- [ ] Announced\n- [ ] Rollback plan ready", "# Deploy\naws ecs update-service --name web"))
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

func TestRunAllRunsTogetherWhatIsIndependent(t *testing.T) {
	onEach(t, testRunAllRunsTogetherWhatIsIndependent)
}

func testRunAllRunsTogetherWhatIsIndependent(t *testing.T) {
	p := newPortal(t,
		fence("# A\naws lambda get-a\n\n# B\naws lambda get-b\n\n# C\nX=$(aws lambda get-c)\n\n# D\naws lambda get-d "+
			"--name \"$X\"\n\n# Change\naws lambda update-it\n\n# E\naws lambda get-e"))
	var arrived sync.WaitGroup
	arrived.Add(3)
	p.aws.answer = func(_ context.Context, args []string) (document.Value, int) {
		switch args[1] {
		case "get-a", "get-b", "get-c": // none of them answers before all are asked
			arrived.Done()
			arrived.Wait()
			return "x", 0
		}
		return nil, 0
	}
	pressed, err := p.RunAll(t.Context(), p.request(""))
	if err != nil {
		t.Fatal(err)
	}
	if before := runs.StopsBefore(p.Library().Procedures()[0]); before == nil || before.Title != "Change" {
		t.Errorf("Run all stops before %+v", before)
	}
	v := p.finished(pressed.Run, "a", "b", "c", "d")
	if v.Step("change").State != "" || v.Step("e").State != "" {
		t.Error("it went past the changing step")
	}
	if calls := p.aws.calls(); calls[len(calls)-1] != "lambda get-d --name x" {
		t.Errorf("calls %q", calls)
	}
	yes := p.request("change")
	yes.Confirmed = p.press(p.request("change")).Plan.Execution
	p.press(yes)
	p.finished(pressed.Run, "change")
	if _, err := p.RunAll(t.Context(), p.request("")); err != nil {
		t.Fatal(err)
	}
	p.finished(pressed.Run, "e")
	if calls := p.aws.calls(); len(calls) != 6 {
		t.Errorf("what was run before the change was run again: %q", calls)
	}
}

func TestCancelEndsWhatRunsAndWhatWaits(t *testing.T) { onEach(t, testCancelEndsWhatRunsAndWhatWaits) }

func testCancelEndsWhatRunsAndWhatWaits(t *testing.T) {
	p := newPortal(t, fence("# Slow\nX=$(aws lambda get-slow)\n\n# After\naws lambda get-after --name \"$X\""))
	began := make(chan struct{}, 2) // the step is begun again after its cancel, where the second cancel comes late enough
	p.aws.answer = func(ctx context.Context, args []string) (document.Value, int) {
		if args[1] == "get-slow" {
			began <- struct{}{}
			<-ctx.Done()
		}
		return nil, 0
	}
	pressed, err := p.RunAll(t.Context(), p.request(""))
	if err != nil {
		t.Fatal(err)
	}
	<-began
	if err := p.Cancel(t.Context(), pressed.Run, "", oncall); err != nil {
		t.Fatal(err)
	}
	v := p.finished(pressed.Run, "slow", "after")
	for _, id := range []string{"slow", "after"} {
		if j := v.Step(id).Judgement; j.Verdict != procedures.Skipped || !strings.Contains(j.Reason, "cancelled by oncall") {
			t.Errorf("%s is judged %+v", id, j)
		}
	}
	if calls := p.aws.calls(); len(calls) != 1 {
		t.Errorf("calls %q", calls)
	}
	p.work.Wait()
	again, err := p.RunAll(t.Context(), p.request(""))
	if err != nil || again.Run != pressed.Run {
		t.Errorf("after a cancel the run does not go on: %+v, %v", again, err)
	}
	if err := p.Cancel(t.Context(), pressed.Run, "", oncall); err != nil {
		t.Error(err)
	}
}

func TestCancelledChangeIsUnknown(t *testing.T) { onEach(t, testCancelledChangeIsUnknown) }

func testCancelledChangeIsUnknown(t *testing.T) {
	p := newPortal(t, fence("# Change\naws lambda update-it"))
	began := make(chan struct{})
	p.aws.answer = func(ctx context.Context, _ []string) (document.Value, int) {
		close(began)
		<-ctx.Done()
		return nil, 0
	}
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	pressed := p.press(yes)
	<-began
	if err := p.Cancel(t.Context(), pressed.Run, "change", oncall); err != nil {
		t.Fatal(err)
	}
	if v := p.finished(pressed.Run, "change").Step("change"); v.Verdict() != procedures.Unknown || v.Judgement.Advice == "" {
		t.Errorf("judged %+v", v.Judgement)
	}
}

func TestRecoverReadsAgainAndNeverChangesAgain(t *testing.T) {
	onEach(t, testRecoverReadsAgainAndNeverChangesAgain)
}

func testRecoverReadsAgainAndNeverChangesAgain(t *testing.T) {
	p := newPortal(t, fence("# Read\naws lambda get-it\n\n# Change\naws lambda update-it"))
	p.held = make(chan struct{}) // nothing is delivered: the server ended in the middle
	read := p.press(p.request("read"))
	yes := p.request("change")
	yes.Confirmed = p.press(p.request("change")).Plan.Execution
	change := p.press(yes)
	if _, err := p.db.SQL().ExecContext(t.Context(),
		"UPDATE executions SET state = 'running', replica = 'departed' WHERE id IN ($1, $2)", read.Execution,
		change.Execution); err != nil {
		t.Fatal(err)
	}
	close(p.held)
	p.watch()
	v := p.finished(read.Run, "read", "change")
	p.work.Wait()
	if got := v.Step("change"); got.Verdict() != procedures.Unknown || !strings.Contains(got.Judgement.Advice, "aws lambda get-it") {
		t.Errorf("the change is %+v", got.Judgement)
	}
	if got := v.Step("read").Verdict(); got != procedures.Passed {
		t.Errorf("the reading is %q", got)
	}
	if got := p.aws.calls(); !slices.Equal(got, []string{"lambda get-it"}) {
		t.Errorf("calls %q", got)
	}
}

func TestVariablesAndFilesGoFromStepToStepEncrypted(t *testing.T) {
	onEach(t, testVariablesAndFilesGoFromStepToStepEncrypted)
}

func testVariablesAndFilesGoFromStepToStepEncrypted(t *testing.T) {
	p := newPortal(t,
		fence("# Keep\nTOKEN=$(aws lambda get-token)\necho \"$TOKEN\" > kept.txt\n\n# Use\ncat kept.txt\necho \"and $TOKEN\""))
	const token = "s3cr3t-of-the-run"
	p.aws.answer = func(context.Context, []string) (document.Value, int) { return token, 0 }
	kept := p.press(p.request("keep"))
	p.finished(kept.Run, "keep")
	used := p.press(p.request("use"))
	v := p.finished(used.Run, "use")
	if got, want := output(v.Step("use")), token+"\nand "+token+"\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if files := v.Step("keep").Files; len(files) != 1 || files[0].Text != "kept.txt" || files[0].Size != int64(len(token)+1) {
		t.Errorf("files %+v", files)
	}
	data, err := p.File(t.Context(), kept.Run, "kept.txt")
	if err != nil || string(data) != token+"\n" {
		t.Errorf("the file is %q, %v", data, err)
	}
	held, err := p.db.Snapshot(t.Context(), nil, kept.Run)
	if err != nil || len(held) != 2 {
		t.Fatalf("kept %d things, %v", len(held), err)
	}
	for name, sealed := range held {
		if strings.Contains(string(sealed), "s3cr3t") {
			t.Errorf("%s is kept in the clear", name)
		}
	}
	if err := p.Finish(t.Context(), kept.Run, oncall); err != nil {
		t.Fatal(err)
	}
	if held, err := p.db.Snapshot(t.Context(), nil, kept.Run); err != nil || len(held) != 0 {
		t.Errorf("a finished run keeps %d things, %v", len(held), err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "opsbook-run-*"))
	if err != nil {
		t.Fatal(err)
	}
	p.work.Wait()
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) < time.Minute && containsFile(dir, "kept.txt") {
			t.Errorf("the run's folder %s was left behind", dir)
		}
	}
}

func containsFile(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func TestEditedRunbookBeginsAnotherRun(t *testing.T) { onEach(t, testEditedRunbookBeginsAnotherRun) }

func testEditedRunbookBeginsAnotherRun(t *testing.T) {
	p := newPortal(t, fence(two))
	first := p.press(p.request("one"))
	p.finished(first.Run, "one")
	p.edit(fence("# One\naws lambda get-function --name other"), runbook.Options{})
	second := p.press(p.request("one"))
	if second.Run == first.Run {
		t.Fatal("the edited text is run in the old run")
	}
	p.finished(second.Run, "one")
	v, err := p.View(t.Context(), first.Run)
	if err != nil || !v.Finished || !strings.Contains(v.Reason, "edited") {
		t.Errorf("the old run: finished %v, %q, %v", v.Finished, v.Reason, err)
	}
	old, err := p.Run(t.Context(), first.Run)
	if err != nil {
		t.Fatal(err)
	}
	proc, err := p.Procedure(t.Context(), old)
	if err != nil || len(proc.Steps) != 2 {
		t.Errorf("the old run shows %d steps, %v", len(proc.Steps), err)
	}
}

func TestIdleRunIsFinished(t *testing.T) { onEach(t, testIdleRunIsFinished) }

func testIdleRunIsFinished(t *testing.T) {
	p := newPortal(t, fence(two))
	pressed := p.press(p.request("one"))
	p.finished(pressed.Run, "one")
	p.later(11 * time.Hour)
	if err := p.FinishIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, err := p.Open(t.Context(), p.request("").Procedure, "test"); err != nil || open == nil {
		t.Fatalf("finished after eleven hours: %v, %v", open, err)
	}
	p.later(2 * time.Hour)
	if err := p.FinishIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, err := p.Open(t.Context(), p.request("").Procedure, "test"); err != nil || open != nil {
		t.Errorf("still open after thirteen hours: %v, %v", open, err)
	}
}

func TestParameters(t *testing.T) { onEach(t, testParameters) }

func testParameters(t *testing.T) {
	markdown := "---\nparams:\n  size: {one of: [small, large]}\n  zone: {pattern: '[a-c]', default: a}\n---\n# " +
		"Book\n\n## Check\n\n```bash\n# Look\naws lambda get-function --name \"$name\" --size \"$size\" --zone \"$zone\"\n```\n"
	cases := []struct {
		name  string
		given map[string]string
		says  string // of the error; empty for none
	}{
		{"all given", map[string]string{"name": "x", "size": "small", "zone": "b"}, ""},
		{"a default", map[string]string{"name": "x", "size": "small"}, ""},
		{"one missing", map[string]string{"size": "small"}, "name has no value"},
		{"not declared", map[string]string{"name": "x", "size": "small", "PATH": "/evil"}, `no parameter "PATH"`},
		{"no choice", map[string]string{"name": "x", "size": "huge"}, "must be one of small, large"},
		{"no match", map[string]string{"name": "x", "size": "small", "zone": "abc"}, "must match [a-c]"},
		{"a NUL", map[string]string{"name": "a\x00b", "size": "small"}, "NUL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t, markdown)
			r := p.request("look")
			r.Parameters = c.given
			pressed, err := p.Press(t.Context(), r)
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				p.finished(pressed.Run, "look")
				return
			}
			if procedures.CodeOf(err) != procedures.CodeInvalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if len(p.aws.calls()) != 0 {
				t.Errorf("%q was called", p.aws.calls())
			}
		})
	}
}

func FuzzParameterArrivesAsOneArgument(f *testing.F) {
	for _, seed := range []string{
		"plain", "$(touch x)", "`id`", "'; rm -rf /", "\"", "a\nb", "*", "~", "${HOME}", "--output text", "\\", "é\u202e",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if value == "" || strings.ContainsRune(value, 0) || len(value) > 1000 {
			t.Skip()
		}
		p := newPortal(t, fence("# Look\naws lambda get-function --name \"$name\""))
		r := p.request("look")
		r.Parameters = map[string]string{"name": value}
		pressed := p.press(r)
		p.finished(pressed.Run, "look")
		if made := p.aws.made; len(made) != 1 || len(made[0]) != 4 || made[0][3] != value {
			t.Errorf("%q arrived as %q", value, made)
		}
	})
}

func TestOutputsOfRunsNeverCross(t *testing.T) { onEach(t, testOutputsOfRunsNeverCross) }

func testOutputsOfRunsNeverCross(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Book\n")
	for i := range 40 {
		fmt.Fprintf(&b, "\n## P%d\n\n```bash\n# Look\nfor i in 1 2 3; do aws lambda get-it --name p%d; done\n```\n", i, i)
	}
	p := newPortal(t, b.String())
	p.aws.answer = func(_ context.Context, args []string) (document.Value, int) { return args[3], 0 }
	var all sync.WaitGroup
	for i, proc := range p.Library().Procedures() {
		all.Go(func() {
			r := runs.Request{Procedure: proc.ID, Environment: "test", Step: "look", By: oncall}
			pressed, err := p.Press(t.Context(), r)
			if err != nil {
				t.Error(err)
				return
			}
			v := p.finished(pressed.Run, "look")
			if got, want := output(v.Step("look")), strings.Repeat(fmt.Sprintf("p%d\n", i), 3); got != want {
				t.Errorf("run %d printed %q, want %q", i, got, want)
			}
		})
	}
	all.Wait()
}

func TestWaitsAreEndedByTheClockOrWithAReason(t *testing.T) {
	onEach(t, testWaitsAreEndedByTheClockOrWithAReason)
}

func testWaitsAreEndedByTheClockOrWithAReason(t *testing.T) {
	p := newPortal(t, fence("# Deploy\naws ecs update-service --name web\n\n# Wait 30 minutes, monitor error rates"))
	const step = "wait-30-minutes-monitor-error-rates"
	say := func(text string) runs.Mark {
		return runs.Mark{Procedure: p.request("").Procedure, Environment: "test", Step: step, Text: text, By: oncall}
	}
	if _, err := p.MarkDone(t.Context(), say("")); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("done before anybody waited: %v", err)
	}
	run, err := p.StartCountdown(t.Context(), say(""))
	if err != nil {
		t.Fatal(err)
	}
	until := func() time.Time {
		t.Helper()
		v, err := p.View(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		return v.Step(step).Until()
	}
	if got, want := until(), p.now.Add(30*time.Minute); !got.Equal(want) {
		t.Errorf("waits until %s, want %s", got, want)
	}
	p.now = p.now.Add(29 * time.Minute)
	if _, err := p.MarkDone(t.Context(), say("")); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("done a minute early without a reason: %v", err)
	}
	if _, err := p.MarkDone(t.Context(), say("error rate is flat")); err != nil || !until().IsZero() {
		t.Errorf("done early with a reason: %v, still waits until %s", err, until())
	}
	if _, err := p.StartCountdown(t.Context(), say("")); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(30 * time.Minute)
	if _, err := p.MarkDone(t.Context(), say("")); err != nil {
		t.Errorf("done when the time is over: %v", err)
	}
	deploy := say("")
	deploy.Step = "deploy"
	if _, err := p.StartCountdown(t.Context(), deploy); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("waited at a step that names no time: %v", err)
	}
}

func TestWordsAndMarks(t *testing.T) { onEach(t, testWordsAndMarks) }

func testWordsAndMarks(t *testing.T) {
	p := newPortal(t, fence("- [ ] Tell everybody", two))
	say := func(step, text string) runs.Mark {
		return runs.Mark{Procedure: p.request("").Procedure, Environment: "test", Step: step, Text: text, By: oncall}
	}
	run, err := p.MarkDone(t.Context(), say("tell-everybody", "told"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.View(t.Context(), run)
	if err != nil || v.Step("tell-everybody").Verdict() != procedures.Passed || v.Step("tell-everybody").Mark.Text != "told" {
		t.Errorf("marked: %+v, %v", v.Step("tell-everybody"), err)
	}
	if _, err := p.MarkUndone(t.Context(), say("tell-everybody", "")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.MarkSkipped(t.Context(), say("one", "")); procedures.CodeOf(err) != procedures.CodeInvalid {
		t.Errorf("skipped without a reason: %v", err)
	}
	if _, err := p.MarkSkipped(t.Context(), say("one", "not today")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddNote(t.Context(), say("", "looks calm")); err != nil {
		t.Fatal(err)
	}
	if v, err = p.View(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if v.Step("tell-everybody").Verdict() != "" || v.Step("one").Verdict() != procedures.Skipped ||
		v.Timeline[len(v.Timeline)-1].Text != "looks calm" {
		t.Errorf("the view is %+v", v.Timeline)
	}
	if _, err := p.MarkDone(t.Context(), say("no-such-step", "")); procedures.CodeOf(err) != procedures.CodeNotFound {
		t.Errorf("a step that is not there: %v", err)
	}
}
