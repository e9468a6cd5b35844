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
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
)

const two = "# One\naws lambda get-function --name one\n\n# Two\naws lambda get-function --name two"

func TestPressExecutesOneStep(t *testing.T) { onEach(t, testPressExecutesOneStep) }

func testPressExecutesOneStep(t *testing.T) {
	p := newPortal(t, enginetest.Fence(two))
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
	p := newPortal(t, enginetest.Fence(two))
	release := make(chan struct{})
	p.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
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
	if n := len(p.aws.Calls()); n != 1 {
		t.Errorf("%d calls were made", n)
	}
}

func TestResentPressIsNotASecondOne(t *testing.T) { onEach(t, testResentPressIsNotASecondOne) }

func testResentPressIsNotASecondOne(t *testing.T) {
	p := newPortal(t, enginetest.Fence(two))
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
	p := newPortal(t, enginetest.Fence(two))
	asked := p.request("one")
	first := p.press(asked)
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
	p := newPortal(t, enginetest.Fence("# Scale\naws ecs update-service --name web"))
	confirm := func() *runs.Pressed {
		yes := p.request("scale")
		yes.Confirmed = p.press(p.request("scale")).Plan.Execution
		pressed := p.press(yes)
		p.finished(pressed.Run, "scale")
		return pressed
	}
	earlier := p.press(p.request("scale")).Plan // shown first, confirmed last
	first, second := confirm(), confirm()
	p.press(p.request("scale")) // a plan that is only shown
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
	p := newPortal(t, enginetest.Fence("# Find it\nID=$(aws lambda get-id)\n\n# Use it\naws lambda get-function --name \"$ID\""))
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
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
	if len(p.aws.Calls()) != 0 {
		t.Fatalf("something was called before the answer: %v", p.aws.Calls())
	}
	r.WithEarlier = true
	pressed := p.press(r)
	p.finished(pressed.Run, "find-it", "use-it")
	if got, want := p.aws.Calls(), []string{"lambda get-id", "lambda get-function --name i-123"}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	r.WithEarlier = false
	if again := p.press(r); again.Needs != nil {
		t.Error("a step that was executed is offered again")
	}
	p.finished(pressed.Run, "use-it")
}

func TestRunAllRunsTogetherWhatIsIndependent(t *testing.T) {
	onEach(t, testRunAllRunsTogetherWhatIsIndependent)
}

func testRunAllRunsTogetherWhatIsIndependent(t *testing.T) {
	p := newPortal(t,
		enginetest.Fence("# A\naws lambda get-a\n\n# B\naws lambda get-b\n\n# C\nX=$(aws lambda get-c)\n\n# D\naws lambda get-d "+
			"--name \"$X\"\n\n# Change\naws lambda update-it\n\n# E\naws lambda get-e"))
	var arrived sync.WaitGroup
	arrived.Add(3)
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
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
	if before := runs.StopsBefore(p.Library().Procedures()[0]); before == nil || before.Title != "Check: Change" {
		t.Errorf("Run all stops before %+v", before)
	}
	v := p.finished(pressed.Run, "a", "b", "c", "d")
	if v.Step("change").State != "" || v.Step("e").State != "" {
		t.Error("it went past the changing step")
	}
	if calls := p.aws.Calls(); calls[len(calls)-1] != "lambda get-d --name x" {
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
	if calls := p.aws.Calls(); len(calls) != 6 {
		t.Errorf("what was run before the change was run again: %q", calls)
	}
}

func TestVariablesAndFilesGoFromStepToStepEncrypted(t *testing.T) {
	onEach(t, testVariablesAndFilesGoFromStepToStepEncrypted)
}

func testVariablesAndFilesGoFromStepToStepEncrypted(t *testing.T) {
	p := newPortal(t,
		enginetest.Fence("# Keep\nNUMBER=$(aws lambda get-token)\n"+
			"echo \"$NUMBER\" > kept.txt\n\n# Use\ncat kept.txt\necho \"and $NUMBER\""))
	const token = "s3cr3t-of-the-run"
	p.aws.Answer = func(context.Context, []string) (document.Value, int) { return token, 0 }
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

func TestOpenRunKeepsItsText(t *testing.T) { onEach(t, testOpenRunKeepsItsText) }

// testOpenRunKeepsItsText edits a runbook below an open run: every press goes by the run's text, until a person finishes it.
func testOpenRunKeepsItsText(t *testing.T) {
	p := newPortal(t, enginetest.Fence(two))
	asked := p.request("one")
	first := p.press(asked)
	p.finished(first.Run, "one")
	p.edit(enginetest.Fence("# One\naws lambda get-function --name other"), runbook.Options{})
	again := p.press(p.request("two"))
	if again.Run != first.Run {
		t.Fatal("a step of the open run's text began another run")
	}
	p.finished(again.Run, "two")
	note := runs.Mark{Procedure: asked.Procedure, Environment: asked.Environment, By: oncall, Text: "still on it"}
	if out, err := p.AddNote(t.Context(), note); err != nil || out != first.Run {
		t.Errorf("a note went to the run %s, %v", out, err)
	}
	p.must(p.Finish(t.Context(), first.Run, oncall))
	second := p.press(p.request("one"))
	if second.Run == first.Run {
		t.Fatal("the edited text is run in the finished run")
	}
	p.finished(second.Run, "one")
	if calls := p.aws.Calls(); !strings.Contains(calls[len(calls)-1], "--name other") {
		t.Errorf("the new run called %q", calls)
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
	p := newPortal(t, enginetest.Fence(two))
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

func TestAReadingStepWaitsForWhatItNeeds(t *testing.T) {
	onEach(t, testAReadingStepWaitsForWhatItNeeds)
}

func testAReadingStepWaitsForWhatItNeeds(t *testing.T) {
	p := newPortal(t, enginetest.Fence(
		"#| id: check\naws lambda get-id\n\n#| title: Look further\n#| needs: check\naws lambda get-function --name a"))
	status := 1
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "get-id" {
			return nil, status
		}
		return nil, 0
	}
	further := p.request("look-further")
	if _, err := p.Press(t.Context(), further); procedures.CodeOf(err) != procedures.CodeRefused {
		t.Fatalf("pressed before what it needs: %v", err)
	}
	first := p.press(p.request("check"))
	p.finished(first.Run, "check")
	if _, err := p.Press(t.Context(), further); procedures.CodeOf(err) != procedures.CodeRefused {
		t.Fatalf("pressed after what it needs failed: %v", err)
	}
	status = 0
	again := p.request("check")
	p.press(again)
	p.finished(first.Run, "check")
	p.press(further)
	p.finished(first.Run, "look-further")
}
