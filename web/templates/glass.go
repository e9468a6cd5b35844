package templates

import "time"

// Raised is somebody who has broken glass: until when, and why.
type Raised struct {
	ID, Name, Reason string
	Until            time.Time
	Left             time.Duration // in whole minutes
	Here             string        // the page, to come back to
	Own, MayEnd      bool
}

// endForm ends it before its time.
func (r Raised) endForm() Form {
	return Form{Action: "/break-glass/end", Plain: true, Hidden: hidden("id", r.ID, "back", r.Here)}
}
