package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// restored is the evidence of a run in which a step was executed twice, with a note and a skipped step.
func restored(t *testing.T) *EvidencePage {
	t.Helper()
	p := &procedures.Procedure{ID: "book/restore", Title: "Restore", Steps: []*procedures.Step{
		{ID: "restore", Title: "Restore it", Kind: procedures.KindScript},
		{ID: "announce", Title: "Announce it", Kind: procedures.KindManual},
	}}
	e := journal.NewEvidence(&procedures.Run{ID: "abcdefgh", Account: "210987654321"}, p, "book.md", "# Book\n")
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	call := &procedures.Call{
		Command: "rds restore-it", Args: []string{"--name", "copy of it"}, Account: "123456789012", Region: "us-east-1",
		Duration: time.Second, Simulated: procedures.GrownAnswer,
	}
	for i, event := range []procedures.Event{
		{Kind: procedures.EventRunStarted, By: "ada", Text: "Restore"},
		{Kind: procedures.EventStepRequested, Step: "restore", Execution: "one", By: "ada"},
		{Kind: procedures.EventStepStarted, Step: "restore", Execution: "one"},
		{
			Kind: procedures.EventStepFinished, Step: "restore", Execution: "one", Duration: time.Second,
			Judgement: &procedures.Judgement{Verdict: procedures.Failed, Reason: "Denied."},
		},
		{Kind: procedures.EventStepRequested, Step: "restore", Execution: "two", RollbackOf: "one"},
		{Kind: procedures.EventStepStarted, Step: "restore", Execution: "two"},
		{Kind: procedures.EventCommand, Step: "restore", Execution: "two", Text: "aws rds restore-it"},
		{Kind: procedures.EventCall, Step: "restore", Execution: "two", Call: call},
		{Kind: procedures.EventOutput, Step: "restore", Execution: "two", Stream: "stdout", Text: "line one\n\tline \x1b[31mtwo\n"},
		{
			Kind: procedures.EventStepFinished, Step: "restore", Execution: "two", Duration: 3 * time.Second,
			Judgement: &procedures.Judgement{Verdict: procedures.Passed, Reason: "Restored."},
		},
		{Kind: procedures.EventMarkedSkipped, Step: "announce", By: "grace", Text: "nobody is affected"},
		{Kind: procedures.EventRunFinished, Text: "the last step ended"},
	} {
		event.Number, event.At = int64(i+1), at.Add(time.Duration(i)*time.Second)
		if err := e.Apply(event); err != nil {
			t.Fatal(err)
		}
	}
	page := &EvidencePage{Evidence: e, Made: at}
	for i, s := range p.Steps {
		part := EvidencePart{Step: s, StepView: e.Step(s.ID), Number: i + 1}
		for _, a := range e.AttemptsOf(s.ID) {
			part.Attempts = append(part.Attempts,
				EvidenceAttempt{Attempt: a, Target: 2 * time.Second, Account: e.Run.Account, Whole: "/whole"})
		}
		page.Parts = append(page.Parts, part)
	}
	return page
}

func TestEvidenceOfAttempts(t *testing.T) {
	page := restored(t)
	var b strings.Builder
	for i := range page.Parts {
		if err := evidenceStep(&page.Parts[i]).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if err := evidencePart(&page.Parts[i]).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	if err := evidenceActions(page).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	for _, want := range []string{
		"<small>Executed 2 times; this is the last one.</small>", "missed", "nobody is affected", // the rows
		"1 of 2:", "Denied.", "2 of 2:", "This rolled an earlier change back.", // the attempts
		"Requested by someone at 2026-11-23 08:00:04 UTC; started at 2026-11-23 08:00:05 UTC, took 3 s, limit 2 s.",
		"aws rds restore-it --name &#39;copy of it&#39;", "In 123456789012, us-east-1.",
		"Made up: the sandbox has it because the line names it. 1.0 s.",
		"<b>Sandbox: the answer is made up.</b>",
		"<pre class=\"printed\">line one\n\tline two\n</pre>",
		"<td>grace</td><td>skipped <b>2. Announce it</b>", "<q>nobody is affected</q>", // the actions
		"<td>Opsbook</td><td>The run ended", "<q>the last step ended</q>",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the evidence does not have %q:\n%s", want, html)
		}
	}
	if strings.Contains(html, "/whole") || strings.Contains(html, "Executed 0") {
		t.Error("it has more than there is")
	}
}

func TestTimelineNamesSteps(t *testing.T) {
	page := restored(t)
	var b strings.Builder
	if err := Timeline(&RunPage{Procedure: page.Procedure, Timeline: NewestOf(page.Timeline)}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<a href="#restore">Restore it</a>`, `<a href="#announce">grace skipped Announce it: “nobody is affected”</a>`,
		"The run ended: the last step ended",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the timeline does not have %q:\n%s", want, b.String())
		}
	}
	many := make([]journal.Entry, 1000)
	if got := len(NewestOf(many)); got != maxTimeline {
		t.Errorf("%d entries are shown", got)
	}
}
