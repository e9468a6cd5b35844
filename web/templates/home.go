package templates

import "github.com/opsbook/opsbook/internal/procedures"

// about is the line under a procedure's name.
func about(p *procedures.Procedure) string {
	out := plural(len(p.Steps), "step", "steps")
	if p.Rhythm != "" {
		out = string(p.Rhythm) + " · " + out
	}
	if p.Duration > 0 {
		out += " · " + Expected(p.Duration)
	}
	if p.Owner != "" {
		out += " · " + p.Owner
	}
	return out
}

// Home is the page at /.
type Home struct {
	Frame
	Source   string // where the runbooks came from
	Chapters []HomeChapter
}

// HomeChapter is a chapter's panel.
type HomeChapter struct {
	ID, Title string
	Items     []HomeItem
}

// HomeItem is a procedure's line.
type HomeItem struct {
	Procedure     *procedures.Procedure
	Last          *procedures.Run   // nil when it was never run here
	Runs          []*procedures.Run // newest last
	Mistakes      int
	Timing        Timing
	NeedsApproval bool // another person's yes is waited for
}
