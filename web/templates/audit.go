package templates

import (
	"fmt"
	"time"
)

// AuditView is the page of the audit log. Kind, Who, In (the environment), Of (the beginning of a procedure's identifier) and Run are
// what it is filtered for.
type AuditView struct {
	Frame
	Kind, Who, In, Of, Run string
	Kinds                  []string
	Entries                []AuditLine
	Older                  string // address of those before them; empty where there are none
	MayErase               bool
	Streams                []AuditStream
}

// AuditStream is how far a stream of the audit log is.
type AuditStream struct {
	Name, Place string
	Number      int64 // of the last entry that its receiver has
	Behind      int64 // entries that it has not
	Sent        time.Time
	Error       string // why it fails; empty where it does not
	Failing     time.Time
}

// AuditLine is one entry.
type AuditLine struct {
	Number                            int64
	At                                time.Time
	Kind, Result                      string
	Environment, Procedure, Run, Step string
	Name, Email, Account              string
	Address, Session                  string
	Digest, Request, Text, Hash       string
	Erased                            bool
	Stays                             bool // it cannot be erased
}

// eraseForm erases the text of an entry.
func (p *AuditView) eraseForm(e AuditLine) Form {
	return Form{Action: "/audit/erase", Class: "act", Plain: true, Hidden: hidden("number", fmt.Sprint(e.Number), "back", p.Here)}
}
