package runbook

import (
	"github.com/yuin/goldmark/parser"

	"github.com/opsbook/opsbook/internal/procedures"
)

// notes are what the parsers of a document have to say, by the order in which they found it.
var notesKey = parser.NewContextKey()

// unshown is a piece of the source that the page leaves out on purpose.
type unshown struct {
	from, to int    // offsets
	why      string // "comment", "script", "style"
}

// anchored is a place that a document gives a name to.
type anchored struct {
	id string
	at int
}

// remark is a finding whose place is an offset.
type remark struct {
	at       int
	severity procedures.Severity
	rule     string
	message  string
}

// note keeps an unshown, an anchored or a remark.
func note(pc parser.Context, what any) {
	all, _ := pc.Get(notesKey).([]any)
	pc.Set(notesKey, append(all, what))
}

// readNotes takes over what the parsers noted.
func (d *docReader) readNotes(pc parser.Context) {
	if refused, ok := pc.Get(refusedLinks).([]refusedLink); ok {
		d.findLinks(refused)
	}
	all, _ := pc.Get(notesKey).([]any)
	for _, n := range all {
		switch n := n.(type) {
		case unshown:
			first := d.lineOf(n.from)
			d.unshown = append(d.unshown, procedures.Unshown{Line: first, Last: max(first, d.lineOf(max(n.from, n.to-1))), Why: n.why})
		case anchored:
			d.places = append(d.places, n)
		case remark:
			line := d.lineOf(n.at)
			d.findings = append(d.findings, procedures.Finding{
				File: d.file, Line: line, Column: n.at - d.lineStarts[max(0, line-1)] + 1,
				Severity: n.severity, Rule: n.rule, Message: n.message,
			})
		}
	}
}
