package templates

import "github.com/opsbook/opsbook/internal/procedures"

// Lane is what one thing was in over the time of a timeline.
type Lane struct {
	Name  string
	Label string // says it, for those who do not see it
	Spans []LaneSpan
}

// LaneSpan is a state, in the coordinates 0 0 600 20: worse ones are higher.
type LaneSpan struct {
	X, Width, Y, Height string
	Verdict             procedures.Verdict
	Title               string
}
