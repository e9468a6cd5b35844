package templates

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Chart is datapoints as lines, amounts as bars, or states as lanes of a timeline.
type Chart struct {
	Label     string // says what the lines do, for those who do not see them
	Series    []Series
	More      int      // lines that are not drawn
	Guides    []Series // how the lines rise, and their limits
	Bars      []Bar
	Lanes     []Lane
	Gridlines []float64 // where days or weeks begin, of a timeline
	Days      bool      // From and To are days
	Top       string    // the highest value on the scale
	Bottom    string
	From      time.Time
	To        time.Time
	// Reached is an SVG path where the lines end, of a chart whose time is not over; empty otherwise.
	Reached string
	Table   *Table
}

// Moment words an end of the time that the chart is about.
func (c *Chart) Moment(t time.Time) string {
	if c.Days {
		return t.UTC().Format("2 Jan")
	}
	return t.UTC().Format("2 Jan 15:04 UTC")
}

// Series is one line of a chart, in the coordinates 0 0 600 110.
type Series struct {
	Name    string
	Line    string // an SVG path
	Area    string
	Open    string             // the last part of the line, of a period that is not over
	Verdict procedures.Verdict // of a timeline's state
}

// Bar is a part of a bar, in the same coordinates.
type Bar struct {
	Series int // whose colour it has
	Path   string
	Title  string // what it stands for
}
