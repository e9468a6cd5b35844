package templates

// Waiting is the page of what waits for its reader, in all environments that they may view.
type Waiting struct {
	Frame
	Approvals []Need // changes that they may approve or decline
	Own       []Need // their open runs
	Asked     []Need // what they asked others to approve
	More      int    // that are not listed
}

// Count is how much waits for the reader, and not for others.
func (p *Waiting) Count() int { return len(p.Approvals) + len(p.Own) }
