package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestDifferencesAreShownOnce draws differences of each kind with hostile values, and counts what is left out.
func TestDifferencesAreShownOnce(t *testing.T) {
	t.Parallel()
	run := &procedures.Run{ID: "abcdefgh", StartedAt: noon}
	d := journal.Differences{List: []journal.Difference{
		{Kind: journal.Appeared, Name: "alarm " + hostile, After: "StateValue ALARM"},
		{Kind: journal.Gone, Name: "old", Before: "StateValue OK"},
		{Kind: journal.Changed, Name: "f", Path: "MemorySize", Before: "512 MB", After: "576 MB"},
	}, Times: 2}
	n := draw(t, DifferenceList(d.List))
	harmless(t, n)
	says(t, n, map[string]string{
		".is-appeared ins": "StateValue ALARM", ".is-gone del": "StateValue OK", ".is-changed b": "f", ".is-changed .path": "MemorySize",
		".is-changed del": "5 12 MB", ".is-changed ins": "5 76 MB", ".is-changed u": "12 76",
	})
	for range 20 {
		d.List = append(d.List, journal.Difference{Kind: journal.Gone, Before: "line"})
	}
	out := DifferentFrom(run, d)
	if len(out.shown()) != shownDifferences || out.More != 11 || out.times() != "2 times or request IDs are left out." {
		t.Error(len(out.shown()), out.More, out.times())
	}
}

// TestAValueHasItsTrend: of the same measure, with its limit; where nothing was measured before there is none.
func TestAValueHasItsTrend(t *testing.T) {
	t.Parallel()
	limit := 2.0
	value := func(v float64, of procedures.Verdict) EarlierValue {
		return EarlierValue{
			SampleValue: procedures.SampleValue{Name: "max(x)", Value: v, Limit: &limit, Sign: "<=", Verdict: procedures.Failed},
			At:          noon, Of: of,
		}
	}
	other := value(9, procedures.Passed)
	other.Name = "min(x)"
	if TrendOf([]EarlierValue{other}, value(1, procedures.Passed)) != nil {
		t.Error("another measure has made a trend")
	}
	trend := TrendOf([]EarlierValue{other, value(0, procedures.Passed), value(1.5, procedures.Passed)}, value(4, procedures.Failed))
	n := draw(t, valueTrend(trend))
	says(t, n, map[string]string{"code": "max(x)", "b.fail": "4", "p span": "expected <= 2", "circle.fail title": "4, 28 Nov 12:00 UTC"})
	if len(n.All("circle")) != 3 || trend.Says != "max(x) over the last 3 runs: 0, 1.5, 4" || !strings.HasPrefix(trend.Line, "M3 21L") {
		t.Errorf("%+v", trend)
	}
}

// TestACompareFoldsWhatIsTheSame draws two runs of which one step differs, one is the same, and one is gone from the text.
func TestACompareFoldsWhatIsTheSame(t *testing.T) {
	t.Parallel()
	p := &procedures.Procedure{ID: "book/check", Title: "Check", Steps: []*procedures.Step{script("a", procedures.EffectRead)}}
	of := func(id, text string) Compared {
		return Compared{Run: &procedures.Run{
			ID: id, Title: "Check", Procedure: p.ID, Digest: text, StartedAt: noon,
			Parameters: map[string]string{"N": "1 & 2", "step": "x"},
		}, Procedure: p}
	}
	passed := StepSide{Verdict: procedures.Passed, Took: time.Second}
	failed := StepSide{Verdict: procedures.Failed, Reason: "It is " + hostile}
	c := &Compare{
		Before: of("bbbbbb", "1"), After: of("aaaaaa", "2"),
		Values: []journal.Difference{{Kind: journal.Changed, Path: "N", Before: "1", After: "2"}},
		Steps: []ComparedStep{
			{Step: script("a", procedures.EffectRead), Number: 1, Before: passed, After: failed},
			{Step: script("b", procedures.EffectRead), Number: 2, Before: passed, After: passed},
			{Step: script("c", procedures.EffectRead), Before: passed},
		},
	}
	n := draw(t, ComparePage(c))
	if len(n.All("img")) > 0 {
		t.Error("an element came out of a value")
	}
	says(t, n, map[string]string{
		".lede":          "2 steps differ, 1 is the same; 1 value differs; the text of the runbook was edited in between.",
		".equal summary": "1 step is the same: 2", ".equal tr": "2. Step b 1 read ✓ passed 1.0 s ✓ passed 1.0 s",
		"#compare-c .v.none": "not in the text any more",
		"a[href=/procedures/book/check?N=1+%26+2&p.step=x]": "Run again with the same values…",
	})
}

// TestAnExportIsOnlyText: whatever stands in titles, outputs and names is neither Markdown nor HTML of the export.
func TestAnExportIsOnlyText(t *testing.T) {
	t.Parallel()
	step := script("a", procedures.EffectRead)
	step.Title = "*It* <b>is</b> [x](y)"
	view := journal.NewView()
	failed := procedures.Judgement{Verdict: procedures.Failed, Reason: "# no"}
	for i, e := range []procedures.Event{
		{Kind: procedures.EventStepRequested, By: "a_b"}, {Kind: procedures.EventStepStarted},
		{Kind: procedures.EventOutput, Stream: "stdout", Text: "one\n```\n</details>\n````\n"},
		{Kind: procedures.EventStepFinished, Judgement: &failed, Duration: time.Second},
		{Kind: procedures.EventNote, By: "Bo", Text: "look\n# here"},
	} {
		e.Step, e.Execution, e.At, e.Number = "a", "x", noon, int64(i+1)
		view.Apply(e)
	}
	x := &Export{
		Run: &procedures.Run{ID: "abcdefgh", Environment: "prod", StartedAt: noon}, Procedure: &procedures.Procedure{Title: "Check"},
		Values: map[string]string{"N": "a`b"}, Steps: []ExportStep{{Step: step, StepView: view.Step("a"), Number: 1, Different: &Different{
			Run:         &procedures.Run{ID: "earlier", StartedAt: noon},
			Differences: journal.Differences{List: []journal.Difference{{Kind: journal.Changed, Path: "N", Before: "1", After: "2"}}},
		}}},
	}
	got := x.Markdown()
	for _, want := range []string{
		"### 1. \\*It\\* &lt;b&gt;is&lt;/b&gt; \\[x\\](y)\n", "✕ **failed**: \\# no",
		"28 12:00:00 UTC by a\\_b, took 1.0 s", "\n> Bo: look \\# here\n",
		"\n`````text\none\n```\n</details>\n````\n`````\n\n</details>", "- changed `N`: `1` → `2`", "- `N` = ``a`b``",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
