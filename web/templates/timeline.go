package templates

import "github.com/opsbook/opsbook/internal/journal"

// maxTimeline is how many entries the timeline shows: the newest.
const maxTimeline = 200

// NewestOf are the entries that the timeline shows.
func NewestOf(entries []journal.Entry) []journal.Entry {
	return entries[max(0, len(entries)-maxTimeline):]
}

// title is the title of a step; empty for none.
func (p *RunPage) title(step string) string {
	if s := p.Procedure.Step(step); s != nil {
		return s.Title
	}
	return ""
}

// noteForm adds a note to the run.
func (p *RunPage) noteForm() Form {
	f := p.pressForm("/marks", "kind", "note")
	f.Class, f.Clear = "write-note", true
	return f
}
