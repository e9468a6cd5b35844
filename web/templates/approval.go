package templates

import (
	"fmt"
	"time"
)

// Request is that somebody asks for another person's yes.
type Request struct {
	Confirm   *Confirm // what is asked about; nil where it is over
	Execution string
	By        string
	At, Until time.Time
	Needed    int
	Answers   []Entry // who agreed
	Enough    bool
	Over      string // why it is over; empty while it is not
	Claimed   bool   // people are who they say they are: nobody checks it
}

func (r *Request) title() string {
	switch {
	case r.Over != "":
		return "Not agreed to"
	case r.Enough:
		return "Agreed to"
	case r.Needed-len(r.Answers) == 1:
		return "Waits for one more person’s yes"
	}
	return fmt.Sprintf("Waits for the yes of %d other people", r.Needed-len(r.Answers))
}

// asksWhom says what asking does.
func asksWhom(n int) string {
	if n == 1 {
		return "Here one other person has to agree, to exactly this and within an hour. Asking changes nothing: the step shows it to everybody."
	}
	return fmt.Sprintf("Here %d other people have to agree, to exactly this and within an hour. Asking changes nothing: the step shows it to everybody.", n)
}

// approvalForm answers a request for approval; its buttons say how.
func (s *Step) approvalForm() Form {
	return Form{Action: "/approvals", Class: "act", Hidden: hidden("execution", s.Request.Execution, "back", s.Page.Here)}
}
