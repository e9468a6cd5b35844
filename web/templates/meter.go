package templates

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Meter is the progress of a run.
type Meter struct {
	Parts   []procedures.Verdict // one a step, "" for what is to go; "running"
	Counts  []Count
	Done    int
	Total   int
	Running bool
	By      string
	Started time.Time
	InAWS   time.Duration
	Next    *NextStep // nil where nothing is left, and for a run that is over
	// Sections are those of the procedure, in order: of its headings those of the highest level.
	Sections []SectionMeter
}

// SectionMeter is the progress within a section.
type SectionMeter struct {
	ID, Title   string
	Parts       []procedures.Verdict
	Done, Total int
	Usual       time.Duration // how long its steps usually take together, as far as it is known
}

// NextStep is the step that comes next.
type NextStep struct {
	*procedures.Step
	Number int
	Usual  time.Duration // 0 where it is not known
}

// Settled reports whether a verdict asks nothing of anybody: the step may be folded.
func Settled(v procedures.Verdict) bool {
	tone := Tone(v)
	return tone == "pass" || tone == "info" || v == procedures.Skipped
}

// Count is a number of steps with what they came to.
type Count struct {
	N       int
	Word    string
	Step    string // the first of them
	Verdict procedures.Verdict
}
