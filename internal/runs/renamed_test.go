package runs_test

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
)

// read is the library of one runbook.
func (p *portal) read(file, markdown string) *runbook.Library {
	p.t.Helper()
	lib, err := runbook.Open(fstest.MapFS{file: {Data: []byte(markdown)}}, runbook.Options{Analyser: &analyse.Analyser{
		Command: func(name string) (procedures.Command, bool) { return p.aws, name == "aws" },
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	return lib
}

// rename puts a runbook of another file, or of another text, in the place of all.
func (p *portal) rename(file, markdown string) {
	lib := p.read(file, markdown)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lib = lib
}

// ids are those of runs.
func ids(list []*procedures.Run) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.ID)
	}
	return out
}

// TestARenamedProcedureGoesOn with its history, its open run and its schedule.
func TestARenamedProcedureGoesOn(t *testing.T) { onEach(t, testARenamedProcedureGoesOn) }

func testARenamedProcedureGoesOn(t *testing.T) {
	steps := enginetest.Fence("# One\naws lambda get-one\n\n# Two\naws lambda get-two", "- [ ] Tell them")
	p := newPortal(t, hourly+steps)
	p.look()
	old := p.press(p.request("one")).Run
	p.finished(old, "one")
	p.must(p.Finish(t.Context(), old, oncall))
	open := p.press(p.request("one")).Run
	p.finished(open, "one")
	p.later(59*time.Minute + 55*time.Second)
	p.look()

	before := p.options.Library()
	options := p.options
	options.Library = func() *runbook.Library { return before }
	behind := runs.New(options) // a replica that has not read the new text yet
	p.rename("ops/renamed.md", "---\nschedule: 0 * * * * UTC\naliases: [/book.md]\n---\n"+steps)

	now, err := p.Open(t.Context(), "ops/renamed", "test")
	if err != nil || now == nil || now.ID != open {
		t.Fatalf("the open run is %+v, %v, want %s", now, err, open)
	}
	list, err := p.History(t.Context(), "ops/renamed", "test", 10)
	if got := ids(list); err != nil || !slices.Contains(got, old) || !slices.Contains(got, open) || len(got) != 2 {
		t.Errorf("its history is %q, %v", got, err)
	}
	latest, err := p.Latest(t.Context(), "test")
	if err != nil || latest["ops/renamed"] == nil || latest["ops/renamed"].ID != list[0].ID || len(latest) != 1 {
		t.Errorf("the newest run is %+v, %v", latest["ops/renamed"], err)
	}
	verdicts, err := p.Verdicts(t.Context(), "test", []string{"ops/renamed"}, 5)
	if err != nil || len(verdicts["ops/renamed"]) != 2 {
		t.Errorf("its verdicts are %v, %v", verdicts, err)
	}
	// A press of the new page, and a mark, go to the open run, by its text; one of a page that was open, too.
	for _, r := range []runs.Request{
		{Procedure: "ops/renamed", Environment: "test", Step: "two", By: oncall},
		{Procedure: "book", Environment: "test", Step: "two", By: oncall, Run: open},
	} {
		if out := p.press(r); out.Run != open {
			t.Errorf("a press of %s began %s", r.Procedure, out.Run)
		}
		p.finished(open, "two")
	}
	p.later(10 * time.Second)
	p.look()
	if err := behind.BeginDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.later(time.Minute)
	if err := behind.BeginDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.look()
	if all := p.scheduled(); len(all) != 1 || all[0].Procedure != "ops/renamed" {
		t.Fatalf("%d runs of the schedule: %+v", len(all), all)
	}
	p.later(59 * time.Minute)
	if err := behind.BeginDue(t.Context()); err != nil { // the other is first this time
		t.Fatal(err)
	}
	p.look()
	if all := p.scheduled(); len(all) != 2 || all[0].Procedure != "book" {
		t.Fatalf("%d runs of the schedule: %+v", len(all), all)
	}
	timing, err := p.Timing(t.Context(), "test", p.Library().Procedures()[0], nil)
	if err != nil || timing.Planned == nil || timing.Planned.Run == "" || !timing.Planned.At.Equal(monday.Add(2*time.Hour)) {
		t.Errorf("planned last: %+v, %v", timing.Planned, err)
	}
	p.must(p.Finish(t.Context(), open, oncall))
	if next := p.press(runs.Request{Procedure: "ops/renamed", Environment: "test", Step: "one", By: oncall}); next.Run == open {
		t.Error("a finished run took a press")
	}
	p.work.Wait()
}

// TestHeadingsThatBecameSectionsKeepTheirRuns: what was several procedures is one, which has the runs of all.
func TestHeadingsThatBecameSectionsKeepTheirRuns(t *testing.T) {
	onEach(t, testHeadingsThatBecameSections)
}

func testHeadingsThatBecameSections(t *testing.T) {
	const text = "# Page the DBA\n\n## Diagnose\n\n```bash\naws lambda get-one\n```\n\n## Mitigate\n\n```bash\naws lambda get-two\n```\n"
	p := newPortal(t, "---\nprocedure: heading\n---\n"+text)
	var made []string
	for _, r := range []runs.Request{
		{Procedure: "book/diagnose", Environment: "test", Step: "diagnose", By: oncall},
		{Procedure: "book/mitigate", Environment: "test", Step: "mitigate", By: oncall},
	} {
		made = append(made, p.press(r).Run)
		p.finished(made[len(made)-1], r.Step)
	}
	p.must(p.Finish(t.Context(), made[0], oncall))
	p.rename("book.md", text)
	list, err := p.History(t.Context(), "book", "test", 10)
	got := ids(list)
	slices.Sort(got)
	want := slices.Sorted(slices.Values(made))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("its history is %q, %v, want %q", got, err, want)
	}
	if now, err := p.Open(t.Context(), "book", "test"); err != nil || now == nil || now.ID != made[1] {
		t.Errorf("the open run is %+v, %v", now, err)
	}
	p.work.Wait()
}
