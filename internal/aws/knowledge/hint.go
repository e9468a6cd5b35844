package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Hint is advice, from AWS's documentation, about a line that is valid and may still surprise: an alarm that is left
// out, a metric without datapoints, a path that a stage does not have.
type Hint struct {
	Severity procedures.Severity
	Rule     string // of the finding
	Text     string
	// Add is the option that the corrected line has more, "" for none.
	Add string
	// Replace are values that the corrected line has in place of others. A hint with some is about lines that have a word for each.
	Replace []Replacement
}

// Replacement is a part of one element of a list, and what stands in its place in the corrected line.
type Replacement struct {
	Member   string // the list
	Index    int    // of the element
	Old, New string
	Text     string // the part of the hint's text, which joins those of all replacements
}

// Written is a line before it runs, as hints see it. Some of its values are only known when it runs.
type Written struct {
	Has   func(member string) bool   // whether the line gives a member at all
	Known func(member string) string // a text of the line, "" where it is not known
	Shown *document.Object           // the input as a page shows it, with names in place of what is not known
}

// Hints are what is worth saying about a line of the operation.
func (o Operation) Hints(w Written) []Hint {
	if o.hints == nil {
		return nil
	}
	return o.hints(w)
}
