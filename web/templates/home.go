package templates

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// HomeRows is how many procedures the first page lists at a time.
const HomeRows = 50

// about is the line under a procedure's name.
func about(p *procedures.Procedure) string {
	return aboutWith(p, plural(len(p.Steps), "step", "steps"))
}

// aboutWith is about with something else in place of the number of steps.
func aboutWith(p *procedures.Procedure, what string) string {
	out := []string{what}
	if p.Rhythm != "" {
		out = []string{string(p.Rhythm), what}
	}
	if p.Duration > 0 {
		out = append(out, Expected(p.Duration))
	}
	if p.Owner != "" {
		out = append(out, p.Owner)
	}
	out = append(out, p.Tags...)
	return strings.Join(out, " · ")
}

// Home is the page at /.
type Home struct {
	Frame
	Source   string   // where the runbooks came from
	Texts    []Folder // the documents in which nothing can be run, by folder; nil where all are too many for this page
	Chapters []HomeChapter
	By       string // what the list is grouped by
	// Groupings are what it can be grouped by; one is no choice.
	Groupings []string
	Words     string // what is looked for in the names; empty for all
	From      int    // how many procedures come before those that are listed
	Found     int    // how many there are with the words
	Long      bool   // not all of an environment's procedures fit on a page

	Needs             []Need // the most urgent first
	MoreRed, MoreLate int    // that are not listed
	Tiles             []Tile
	MoreTiles         int
	Running           []HomeRunning
	MoreOpen          int
	Due               []HomeDue
	MoreDue           int
	Done              []HomeDone
}

// What the list of procedures is grouped by.
const (
	ByFolder  = "folder" // as the documents lie in folders and chapters
	ByService = "service"
	ByTag     = "tag"
)

// Groupings are all of them, the usual one first.
var Groupings = []string{ByFolder, ByService, ByTag}

// by is the page with another grouping, from the list's beginning.
func (p *Home) by(grouping string) *Home {
	other := *p
	other.By = grouping
	return &other
}

// homeAddress is that of a part of the first page or, with "/stream?home=true&", of its stream.
func homeAddress(p *Home, page string, from int) string {
	q := url.Values{"environment": {p.Environment.Name}}
	if p.Words != "" {
		q.Set("q", p.Words)
	}
	if p.By != "" && p.By != ByFolder {
		q.Set("by", p.By)
	}
	if from > 0 {
		q.Set("from", strconv.Itoa(from))
	}
	return page + q.Encode()
}

// shownOf says which of the procedures are listed.
func shownOf(p *Home) string {
	return fmt.Sprintf("Procedures %d to %d of %d", p.From+1, min(p.From+HomeRows, p.Found), p.Found)
}

// HomeChapter is a chapter's panel.
type HomeChapter struct {
	ID, Title string
	Document  *ListedDocument // that its procedures are in, nil where they are of several
	Items     []HomeItem
}

// HomeItem is a procedure's line.
type HomeItem struct {
	Procedure *procedures.Procedure
	Document  *ListedDocument      // that it is as a whole, nil where it is a part of one
	Last      *procedures.Run      // nil when it was never run here
	Standing  Standing             // how far Last is
	Verdicts  []procedures.Verdict // of its last runs, newest last
	Mistakes  int
	Timing    Timing
}
