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
	// Sections are those of the procedure, in order: of its headings those of the highest level.
	Sections []SectionMeter
}

// SectionMeter is the progress within a section.
type SectionMeter struct {
	ID, Title   string
	Parts       []procedures.Verdict
	Done, Total int
}

// Count is a number of steps with what they came to.
type Count struct {
	N       int
	Word    string
	Step    string // the first of them
	Verdict procedures.Verdict
}
