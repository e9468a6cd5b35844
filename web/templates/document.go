package templates

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// DocumentView is the page of a Markdown file.
type DocumentView struct {
	Frame
	Document *procedures.Document
	Coverage Covered
}

func (p *DocumentView) mistakesURL() string { return mistakesOf(p.Document.File) }

// listed reports whether the procedures are listed beside the text.
func (p *DocumentView) listed() bool {
	return withSteps(p.Document) > 0
}

// mistakesOf leads to what is wrong in a file.
func mistakesOf(file string) string { return "/mistakes?document=" + url.QueryEscape(file) }

// Folder is documents of one folder.
type Folder struct {
	Name      string
	Documents []ListedDocument
}

// ListedDocument is a document in a list.
type ListedDocument struct {
	ID, Title, File string
	Blocks          int
	Coverage        Covered
}

// CoverageView is the page that says what became of all documents.
type CoverageView struct {
	Frame
	Source    string
	Total     TotalCovered
	Documents []ListedDocument
	Partly    []NotRun // steps of which a part is done by hand
	NotRead   []NotRun
	Rules     []Needed // findings by rule
}

// TotalCovered is what became of all documents together.
type TotalCovered struct {
	Covered
	Documents, Blocks, Steps int
}

// NotRun is a step that is not run as it is written.
type NotRun struct {
	File, Step, Why string
	Line            int
}

// documentReadAs says how a document that is a page of its own was read.
func documentReadAs(d *procedures.Document) string {
	switch n := withSteps(d); n {
	case 0:
		return "text: nothing in it can be run"
	case 1:
		return "one procedure"
	default:
		return fmt.Sprintf("%d procedures", n)
	}
}

// withSteps is how many procedures of a document have something to do: those that are listed.
func withSteps(d *procedures.Document) int {
	n := 0
	for _, p := range d.Procedures {
		if len(p.Steps) > 0 {
			n++
		}
	}
	return n
}

// needed lists programs with the number of steps that need each: "terraform 3, gh 1".
func needed(list []Needed) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = fmt.Sprintf("%s %d", n.Program, n.N)
	}
	return strings.Join(parts, ", ")
}
