package runs_test

import (
	"context"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
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
