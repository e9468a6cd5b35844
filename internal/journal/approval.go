package journal

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ApprovalRequest is what became of the newest request for the approval of other people.
type ApprovalRequest struct {
	Execution string // whose plan is to be approved
	By        string
	Issuer    string // who vouches for Subject, which is that person
	Subject   string
	At        time.Time
	Until     time.Time // it expires then
	Needed    int
	Approvals []procedures.Event // EventApproved
	Declined  *procedures.Event  // EventDeclined
	Withdrawn *procedures.Event
}

// Approved reports whether as many people have approved as have to; it may have expired.
func (r *ApprovalRequest) Approved() bool { return r.Open() && len(r.Approvals) >= r.Needed }

// Open reports that nobody declined or withdrew it; it may have expired.
func (r *ApprovalRequest) Open() bool { return r != nil && r.Declined == nil && r.Withdrawn == nil }

// without is the request, unless the execution that it is about begins: that ends it.
func (r *ApprovalRequest) without(execution string) *ApprovalRequest {
	if r != nil && r.Execution == execution {
		return nil
	}
	return r
}

// apply is the request after an event. A new request replaces the one before; answers to another one are late, and change
// nothing.
func (r *ApprovalRequest) apply(e procedures.Event) *ApprovalRequest {
	if e.Kind == procedures.EventApprovalRequested {
		return &ApprovalRequest{
			Execution: e.Execution, By: e.By, Issuer: e.Issuer, Subject: e.Subject,
			At: e.At, Until: e.At.Add(e.Duration), Needed: e.Approvals,
		}
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
