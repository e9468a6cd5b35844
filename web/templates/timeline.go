package templates

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Entry is a line of the timeline.
type Entry struct {
	At      time.Time
	By      string
	Text    string
	Verdict procedures.Verdict
	Step    string // id
}

// noteForm adds a note to the run.
func (p *RunPage) noteForm() Form {
	f := p.pressForm("/marks", "kind", "note")
	f.Class, f.Clear = "write-note", true
	return f
}
