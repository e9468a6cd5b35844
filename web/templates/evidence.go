package templates

import (
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// attemptSays is who carried something out, when, and how long it took.
func attemptSays(a EvidenceAttempt) string {
	out := a.By + " asked for it at " + Stamp(a.Asked)
	if a.Started.IsZero() {
		return out + "; it did not begin."
	}
	out += "; it began at " + Stamp(a.Started)
	if a.Verdict == "" {
		return out + " and has not ended."
	}
	out += " and took " + Took(a.Took)
	if a.Target > 0 {
		out += " of at most " + procedures.Spoken(a.Target)
	}
	return out + "."
}

// callSays is what became of a call, and where it went.
func callSays(c EvidenceCall) string {
	out := c.Reason
	if where := strings.Trim(c.Account+", "+c.Region, ", "); where != "" {
		out += " In " + where + "."
	}
	if c.Status != 0 {
		out += fmt.Sprintf(" Exit status %d.", c.Status)
	}
	if c.Rehearsed {
		out += " Rehearsed: it was not done."
	}
	if c.Duration > 0 {
		out += " " + Took(c.Duration) + "."
	}
	return out
}

// EvidencePage is a run as a document.
type EvidencePage struct {
	Frame
	Run       *procedures.Run
	Procedure *procedures.Procedure
	Chapter   string
	Facts     []Fact
	Goals     []Goal
	Rows      []EvidenceRow
	Parts     []EvidencePart
	Words     []EvidenceWord
	File      string // of the runbook
	Text      string // SHA-256 of its text
	Journal   string // SHA-256 of the journal up to Last
	Last      int64
	Made      time.Time
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

// EvidenceRow is what a step came to.
type EvidenceRow struct {
	ID, Title string
	Number    int
	Verdict   procedures.Verdict
	By        string
	At        time.Time // zero where it was not carried out
	Took      time.Duration
	Target    time.Duration
	Over      bool // it took longer than its target
	Reason    string
	Times     int // that it was carried out
}

// EvidencePart is every carrying out of a step.
type EvidencePart struct {
	ID, Title, Source string
	Number            int
	Attempts          []EvidenceAttempt
}

// EvidenceAttempt is one carrying out of a step.
type EvidenceAttempt struct {
	By             string
	Asked, Started time.Time
	Took, Target   time.Duration
	Verdict        procedures.Verdict // empty where it has not ended
	Reason         string
	Expected       string
	Status         int
	Corrected      bool
	Undoes         bool // it is the way back of an earlier change
	Cancelled      string
	Looks, Bad     int
	Calls          []EvidenceCall
	Changes        []*procedures.Change
	Chart          *Chart // of what the calls answered; nil for none
	Table          *Table // of what was found of each thing; nil for none
	Output         string
	Cut            bool
	Whole          string // address of the whole output, where it is cut
}

// EvidenceCall is a call with where it went.
type EvidenceCall struct {
	CallLine
	Effect          procedures.Effect
	Account, Region string
	Status          int
}

// EvidenceWord is what a person did or said.
type EvidenceWord struct {
	At                  time.Time
	By, Did, Step, Text string
}
