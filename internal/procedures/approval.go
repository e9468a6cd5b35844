package procedures

import "time"

// Answer is what somebody says of a planned change.
type Answer string

// The answers.
const (
	AnswerRequested Answer = "asked" // asks the others
	AnswerApproved  Answer = "yes"
	AnswerDeclined  Answer = "no"
	AnswerWithdrawn Answer = "withdrawn" // does not ask any more
)

// Approval is one answer to exactly these calls with exactly these values.
type Approval struct {
	Person string // who it is, as nobody sees it: an account's name, or a session's id
	Name   string // as others see it
	Answer Answer
	Reason string
	At     time.Time
	Digest string // SHA-256 of what was seen
}

// Approvals is how many other people have to agree before a step of a procedure is carried out in an environment: as many as the
// strictest of the three says. What only reads needs nobody.
func Approvals(e Environment, p *Procedure, s *Step) int {
	if !s.Effect().Changes() {
		return 0
	}
	return max(e.Approvals, p.Approvals, s.Annotations.Approvals)
}
