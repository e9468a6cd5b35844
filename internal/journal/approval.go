package journal

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Requested is what became of the newest request for another person's yes.
type Requested struct {
	Execution string // what is asked about
	By        string
	At        time.Time
	Until     time.Time // as long as it counts
	Needed    int
	Yes       []procedures.Event // EventApproved
	No        *procedures.Event  // EventDeclined
	Withdrawn *procedures.Event
}

// Enough reports whether as many have agreed as there have to be.
func (r *Requested) Enough() bool { return r.Open() && len(r.Yes) >= r.Needed }

// Open reports whether nobody has ended it; its time may be over.
func (r *Requested) Open() bool { return r != nil && r.No == nil && r.Withdrawn == nil }

// without is a request that a carrying out ends which it was about.
func (r *Requested) without(execution string) *Requested {
	if r != nil && r.Execution == execution {
		return nil
	}
	return r
}

func (r *Requested) apply(e procedures.Event) *Requested {
	if e.Kind == procedures.EventApprovalRequested {
		return &Requested{Execution: e.Execution, By: e.By, At: e.At, Until: e.At.Add(e.Duration), Needed: e.Approvals}
	}
	if r == nil || r.Execution != e.Execution {
		return r
	}
	out := *r // pages may hold the one before
	switch e.Kind {
	case procedures.EventApproved:
		out.Yes = append(append([]procedures.Event{}, r.Yes...), e)
	case procedures.EventDeclined:
		out.No = &e
	case procedures.EventApprovalWithdrawn:
		out.Withdrawn = &e
	}
	return &out
}
