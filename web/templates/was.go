package templates

import (
	"strconv"
	"time"
)

// WasAnchor is the id of a step's card as it was when a link to it was copied.
func WasAnchor(step string) string { return "was-" + step }

// At is when the step came to what it shows.
func (s *Step) At() time.Time { return s.at() }

// at is when the step came to what it shows.
func (s *Step) at() time.Time {
	if s.Mark.Kind != "" && s.Mark.At.After(s.Ended) {
		return s.Mark.At
	}
	return s.Ended
}

// Link is the address of the step that people copy: with what it shows now, where it was executed or marked, so that whoever
// follows it sees the same, and is led on to what came after.
func (s *Step) Link() string {
	run := s.Page.Run
	if run == nil || s.Running() || s.at().IsZero() || s.Last == 0 {
		return s.Page.StepURL(s.ID)
	}
	address := "/runs/" + run.ID
	if s.Page.Several() {
		address = InEnvironment(address, s.Page.Environment.Name)
	}
	linked := stepURL(address, s.ID)
	return linked[:len(linked)-len(s.ID)-1] + "&at=" + strconv.FormatInt(s.Last, 10) + "#" + WasAnchor(s.ID) + "-then"
}

// labels are the ids of what names the step's card: what was is told from what is.
func (s *Step) labels() string {
	if s.Was {
		return "title-" + s.ID + " then-" + s.ID
	}
	return "title-" + s.ID
}
