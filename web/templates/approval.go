package templates

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/journal"
)

// Approval is a request for approval, as its step shows it.
type Approval struct {
	*journal.ApprovalRequest
	Review  *Review // what is to be approved; nil where the request is over
	Asker   string  // the mark of who asked, see Frame
	Over    string  // why it is over; empty while it is open
	Claimed bool    // names are not verified here
}

// title is the state of the request.
func (r *Approval) title() string {
	switch {
	case r.Over != "":
		return "Not approved"
	case r.Approved():
		return "Approved"
	case r.Needed-len(r.Approvals) == 1:
		return "Waiting for 1 approval"
	}
	return fmt.Sprintf("Waiting for %d approvals", r.Needed-len(r.Approvals))
}

// approvalHint says what asking does.
func approvalHint(n int) string {
	if n == 1 {
		return "One other person must approve exactly this plan within an hour. A request changes nothing. Everybody sees it on the step."
	}
	return fmt.Sprintf("%d other people must approve exactly this plan within an hour. A request changes nothing. "+
		"Everybody sees it on the step.", n)
}

// Asked reports whether the step waits for other people's answer to what it would change. Until then there is nothing else to do.
func (s *Step) Asked() bool { return s.Approval != nil && s.Approval.Over == "" }

// approvalForm answers a request for approval; its buttons say how.
func (s *Step) approvalForm() Form {
	return Form{Action: "/approvals", Class: "act", Hidden: hidden("execution", s.Request.Execution, "back", s.Page.Here)}
}
