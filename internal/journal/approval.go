package journal

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ApprovalRequest is what became of the newest request for another person's yes.
type ApprovalRequest struct {
	Execution string // what is asked about
	By        string
	At        time.Time
	Until     time.Time // as long as it counts
	Needed    int
	Approvals []procedures.Event // EventApproved
	Declined  *procedures.Event  // EventDeclined
	Withdrawn *procedures.Event
}

// Approved reports whether as many have agreed as there have to be.
func (r *ApprovalRequest) Approved() bool { return r.Open() && len(r.Approvals) >= r.Needed }

// Open reports whether nobody has ended it; its time may be over.
func (r *ApprovalRequest) Open() bool { return r != nil && r.Declined == nil && r.Withdrawn == nil }

// without is a request that a carrying out ends which it was about.
func (r *ApprovalRequest) without(execution string) *ApprovalRequest {
	if r != nil && r.Execution == execution {
		return nil
	}
	return r
}

func (r *ApprovalRequest) apply(e procedures.Event) *ApprovalRequest {
	if e.Kind == procedures.EventApprovalRequested {
		return &ApprovalRequest{Execution: e.Execution, By: e.By, At: e.At, Until: e.At.Add(e.Duration), Needed: e.Approvals}
	}
	if r == nil || r.Execution != e.Execution {
		return r
	}
	out := *r // pages may hold the one before
	switch e.Kind {
	case procedures.EventApproved:
		out.Approvals = append(append([]procedures.Event{}, r.Approvals...), e)
	case procedures.EventDeclined:
		out.Declined = &e
	case procedures.EventApprovalWithdrawn:
		out.Withdrawn = &e
	}
	return &out
}
