package runbook

import (
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCoverageCountsEachStepOnce(t *testing.T) {
	t.Parallel()
	d := &procedures.Document{ID: "a", File: "a.md", Blocks: 3,
		Findings: []procedures.Finding{{Rule: "encoding", Severity: procedures.SeverityError}},
		Procedures: []*procedures.Procedure{{
			Findings: []procedures.Finding{
				{Rule: "aws-enum", Severity: procedures.SeverityWarning}, {Rule: "aws-enum", Severity: procedures.SeverityNote},
			},
			Steps: []*procedures.Step{
				{Kind: procedures.KindScript},
				{Kind: procedures.KindManual, Why: "python"},
				{Kind: procedures.KindScript, Annotations: procedures.Annotations{Manual: true}},
				{Kind: procedures.KindScript, Analysis: procedures.Analysis{Programs: []string{"terraform", "gh"}}},
				{Kind: procedures.KindScript, Analysis: procedures.Analysis{Programs: []string{"terraform", "git"}}},
				{Kind: procedures.KindScript, Analysis: procedures.Analysis{Programs: []string{"git"}}},
				{Kind: procedures.KindScript, Line: 9, Analysis: procedures.Analysis{Refused: "eval"}},
				{Kind: procedures.KindScript, Line: 11, Analysis: procedures.Analysis{
					Calls: []string{"ecs list-tasks"}, ByHand: []procedures.ByHand{{Line: 12, Why: "it opens a session"}},
				}},
			},
		}}}
	one := CoverageOf(d, Where{Runs: func(program string) bool { return program == "git" }})
	for _, c := range []Coverage{one, CoverageOfAll([]Coverage{one})} {
		if c.Steps != 8 || c.Live != 3 || c.ByHand != 2 || c.Needing != 2 || len(c.NotRead) != 1 || c.NotRead[0].Line != 9 {
			t.Errorf("the steps are counted as %+v", c)
		}
		if c.Steps != c.Live+c.ByHand+c.Needing+len(c.NotRead) {
			t.Errorf("a step counts once: %+v", c)
		}
		if words := c.Words(); !slices.Equal(words,
			[]string{"3 steps live", "2 by hand", "2 need terraform", "1 needs gh", "1 partly by hand", "1 not read", "3 findings"}) {
			t.Errorf("it is said as %q", words)
		}
		if len(c.Partly) != 1 || c.Partly[0].Line != 11 || c.Partly[0].Why != "Line 12 is not run here: it opens a session." {
			t.Errorf("partly by hand %+v", c.Partly)
		}
		if len(c.Hand) != 1 || c.Hand[0].Why != "python" {
			t.Errorf("by hand because %+v", c.Hand)
		}
		if !slices.Equal(c.Needed(), []string{"terraform", "gh"}) || c.Findings() != 3 || c.Rules["aws-enum"] != 2 || c.Blocks != 3 {
			t.Errorf("programs %v, findings %v, %d blocks", c.Programs, c.Rules, c.Blocks)
		}
	}
}

func TestRehearsalInWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answers []string
		want    string
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{procedures.EstateAnswer}, "1 of 1 call (1 simulated)"},
		{[]string{procedures.EstateAnswer, procedures.GrownAnswer, procedures.GrownAnswer}, "3 of 3 calls (1 simulated, 2 grown)"},
		{[]string{procedures.SampleAnswer, procedures.EmptyAnswer, procedures.NoAnswer}, "0 of 3 calls, 2 samples, 1 not simulated"},
	} {
		var one, all Rehearsal
		for _, answer := range test.answers {
			one.Count("glue get-job", answer)
		}
		all.Add(one)
		all.Add(Rehearsal{})
		if one.Words() != test.want || all.Words() != test.want || all.Calls != one.Calls || len(all.Missing) != min(1, one.NotSimulated) {
			t.Errorf("%q: %q and %+v, want %q", test.answers, one.Words(), all, test.want)
		}
	}
}
