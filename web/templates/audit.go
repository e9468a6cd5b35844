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
