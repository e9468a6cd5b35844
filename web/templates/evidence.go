package templates

import (
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// EvidencePage is a run as a document.
type EvidencePage struct {
	Frame
	*journal.Evidence
	Chapter string
	Facts   []Fact
	Goals   []Goal
	Parts   []EvidencePart
	Made    time.Time
	// PartOfFile reports that the reader may view a part of the runbook's file alone: its text is not for them.
	PartOfFile bool
}

// Fact is one thing that a head says.
type Fact struct {
	Name, Text string
	Code       bool // it is a name of the machine's
}

// Goal is something that was to be achieved.
type Goal struct {
	Name, Achieved, Target, Says string
	Verdict                      procedures.Verdict // empty where nothing is judged
}

// EvidencePart is a step with all of its attempts.
type EvidencePart struct {
	*procedures.Step
	*journal.StepView
	Number   int
	Attempts []EvidenceAttempt
}

// EvidenceAttempt is one attempt with what its calls answered, drawn.
type EvidenceAttempt struct {
	*journal.Attempt
	Target  time.Duration // how long it may take; 0 for no target
	Account string        // of the run
	Chart   *Chart        // nil for none
	Table   *Table        // nil for none
	Whole   string        // address of its whole output
}

// numbered is a step as the list of actions names it: "3. Restore it"; empty for none.
func (p *EvidencePage) numbered(step string) string {
	i := slices.IndexFunc(p.Procedure.Steps, func(s *procedures.Step) bool { return s.ID == step })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("%d. %s", i+1, p.Procedure.Steps[i].Title)
}

// newest is what the row of a step says: who settled it, when, why, and how long that took. A mark counts before an attempt.
func (p *EvidencePart) newest() (by string, at time.Time, why string, took, target time.Duration) {
	if len(p.Attempts) > 0 {
		by, at, took, target = someone(p.By), p.Since(), p.Duration, p.Attempts[len(p.Attempts)-1].Target
	}
	switch {
	case p.Running():
		why = "Still running."
	case p.Done(), p.Skipped():
		return someone(p.Mark.By), p.Mark.At, p.Mark.Text, 0, target
	}
	return by, at, why + p.Judged().Reason, took, target
}

// timing is who requested an attempt, when, and how long it took.
func (a *EvidenceAttempt) timing() string {
	out := "Requested by " + someone(a.By) + " at " + Stamp(a.Requested)
	switch {
	case a.Started.IsZero():
		return out + "; not started."
	case a.State != procedures.ExecutionFinished:
		return out + "; started at " + Stamp(a.Since()) + ", not finished."
	}
	out += "; started at " + Stamp(a.Since()) + ", took " + procedures.Spoken(a.Duration)
	if a.Target > 0 {
		out += ", limit " + procedures.Spoken(a.Target)
	}
	return out + "."
}

// judgement is what the attempt came to; zero until it has ended.
func (a *EvidenceAttempt) judgement() procedures.Judgement {
	if a.Judgement == nil {
		return procedures.Judgement{}
	}
	return *a.Judgement
}

// journalURL is the address of the events that the page is about.
func (p *EvidencePage) journalURL() string {
	return fmt.Sprintf("/runs/%s/journal.jsonl?to=%d", p.Run.ID, p.Last)
}
