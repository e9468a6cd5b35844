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
}

// Count is a number of steps with what they came to.
type Count struct {
	N       int
	Word    string
	Verdict procedures.Verdict
}
