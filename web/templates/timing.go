package templates

import "time"

// Timing is when a procedure is to be done: by its schedule, or by how often its heading says.
type Timing struct {
	Word string    // "due", "overdue" or "missed"; empty for nothing that presses
	Tone string    // warn or fail
	At   time.Time // since when; zero where it was never done
	Why  string    // why a planned time had no run
	Next time.Time // the next time; zero for none
}
