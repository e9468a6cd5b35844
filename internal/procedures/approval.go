package procedures

import "time"

// Answer is a person's answer to a planned change.
type Answer string

// The answers.
const (
	AnswerRequested Answer = "asked" // the others are asked
	AnswerApproved  Answer = "yes"
	AnswerDeclined  Answer = "no"
	AnswerWithdrawn Answer = "withdrawn" // the request is taken back
)

// Approval is one answer to exactly these calls with exactly these values.
type Approval struct {
	Person string // who it is, never shown: an account's name, or a session's id
	Email  string // the verified address; empty where there is none
	Name   string // as others see it
	Answer Answer
	Reason string
	At     time.Time
	Digest string // SHA-256 of what was seen
}

// Approvals is how many other people have to approve a step of a procedure before it runs in an environment: the largest
// number of the three. A step that only reads needs none.
func Approvals(e Environment, p *Procedure, s *Step) int {
	if !s.Effect().Changes() {
		return 0
	}
	return max(e.Approvals, p.Approvals, s.Annotations.Approvals)
}
