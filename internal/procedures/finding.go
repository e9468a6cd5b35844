package procedures

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // it cannot work; the line is not sent
	SeverityWarning Severity = "warning" // it works, but misleads
	SeverityNote    Severity = "note"    // it could be better
)

// Finding is one thing that is wrong in a runbook, said as a colleague would.
type Finding struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`   // from 1
	Column   int      `json:"column"` // from 1, in bytes; 1 when it is about the whole line
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"` // short and stable, such as "aws-enum"
	Message  string   `json:"message"`
	// Corrected is the whole corrected text of the statement at Line (its
	// continuation lines included), or empty where there is no such text.
	Corrected string `json:"corrected"`
	// About names what is meant, where a document may have several: the file that is missing, the operation. Empty for none.
	About string `json:"-"`
}

func (m Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s (%s)", m.File, m.Line, m.Column, m.Severity, m.Message, m.Rule)
}

// SortFindings orders by file, line, column and rule, and drops equal ones.
func SortFindings(ms []Finding) []Finding {
	slices.SortFunc(ms, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(ms)
}
