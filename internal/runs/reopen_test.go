package runs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

func TestAFinishedRunIsOpenedAgain(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Find it\nID=$(aws lambda get-id)\n\n# Use it\naws lambda get-function --name \"$ID\""))
	p.aws.Answer = func(_ context.Context, _ []string) (document.Value, int) { return "fn-1", 0 }
	run := p.press(p.request("find-it")).Run
	p.finished(run, "find-it")
	if err := p.Finish(t.Context(), run, oncall); err != nil {
		t.Fatal(err)
	}
	p.later(1e9)
	if err := p.Reopen(t.Context(), run, access.Person{Name: "ada"}); err != nil {
		t.Fatal(err)
	}
	v, err := p.View(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if last := v.Timeline[len(v.Timeline)-1]; v.Finished || last.Kind != procedures.EventRunReopened || last.By != "ada" {
		t.Errorf("finished is %v, and the last entry %+v", v.Finished, last)
	}
	// What the first step set was deleted with the end of the run: it is asked for again.
	again := p.press(p.request("use-it"))
	if again.Run != run || len(again.Needs) != 1 || again.Needs[0].ID != "find-it" {
		t.Errorf("after the reopening: %+v", again)
	}
	if err := p.Reopen(t.Context(), run, oncall); err != nil {
		t.Errorf("an open run: %v", err)
	}
}

func TestOneRunIsOpen(t *testing.T) {
	p := newPortal(t, enginetest.Fence(two))
	first := p.press(p.request(p.Library().Procedures()[0].Steps[0].ID)).Run
	p.finished(first, p.Library().Procedures()[0].Steps[0].ID)
	if err := p.Finish(t.Context(), first, oncall); err != nil {
		t.Fatal(err)
	}
	second := p.press(p.request(p.Library().Procedures()[0].Steps[0].ID)).Run
	if err := p.Reopen(t.Context(), first, oncall); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("two runs are open: %v", err)
	}
	if second == first {
		t.Error("the second press joined the finished run")
	}
}

// TestARunOfAFormerTextIsOpenedAgain reopens a run whose procedure was edited, is called otherwise, or is gone: it goes on with its own
// text. A run of the new name that is open keeps it finished.
func TestARunOfAFormerTextIsOpenedAgain(t *testing.T) {
	const text = "---\nprocedure: 2\n---\n# Book\n\n## Restart it\n\n```bash\naws lambda get-one\n```\n\n```bash\naws lambda get-two\n```\n"
	p := newPortal(t, text)
	was := p.Library().Procedures()[0]
	run := p.press(p.request(was.Steps[0].ID)).Run
	p.finished(run, was.Steps[0].ID)
	renamed := strings.Replace(text, "Restart it", "Start it again", 1)
	renamed = strings.Replace(renamed, "procedure: 2", "procedure: 2\naliases: [{Start it again: Restart it}]", 1)
	for _, edited := range []string{strings.Replace(text, "get-two", "get-three", 1), renamed, "# Nothing\n\nGone.\n"} {
		if err := p.Finish(t.Context(), run, oncall); err != nil {
			t.Fatal(err)
		}
		p.edit(edited, runbook.Options{})
		if err := p.Reopen(t.Context(), run, oncall); err != nil {
			t.Errorf("%q: %v", edited, err)
			continue
		}
		if v, err := p.View(t.Context(), run); err != nil || v.Finished {
			t.Errorf("%q: finished: %+v, %v", edited, v, err)
		}
	}
	if err := p.Finish(t.Context(), run, oncall); err != nil {
		t.Fatal(err)
	}
	p.edit(renamed, runbook.Options{})
	now := p.Library().Procedures()[0]
	if now.ID == was.ID {
		t.Fatalf("it is still called %s", now.ID)
	}
	r := p.request(now.Steps[0].ID)
	r.Procedure = now.ID
	if other := p.press(r).Run; other == run {
		t.Error("the press joined a finished run")
	}
	if err := p.Reopen(t.Context(), run, oncall); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("two runs of one procedure are open, by its two names: %v", err)
	}
}
