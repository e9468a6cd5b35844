package templates

import (
	"net/url"
	"strconv"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates/terminal"
)

// LinesPage is an output line by line, and where words stand in it.
type LinesPage struct {
	Frame
	Run       *procedures.Run
	Step      *procedures.Step // nil where the text of the run does not have it any more
	Execution string

	Words string
	Hits  []NumberedLine // the first of those that have the words
	Found int            // how many have them

	From  int // the number of the first line that is shown, from 1 on
	Shown []NumberedLine
	Total int // lines
}

// LinesShown is how many lines a page of an output shows.
const LinesShown = 500

// NumberedLine is a line with its number, from 1 on.
type NumberedLine struct {
	N     int
	Line  terminal.Line
	Parts []MarkedText // of a hit: the words are marked, and what is far from them is left out
}

// Title is what the page is about.
func (p *LinesPage) of() string {
	if p.Step != nil {
		return p.Step.Title
	}
	return "a step"
}

// at is the address of the page that shows a line.
func (p *LinesPage) at(line int) string {
	q := url.Values{"from": {strconv.Itoa(line)}}
	if p.Words != "" {
		q.Set("q", p.Words)
	}
	return LinesURL(p.Run.ID, p.Execution) + "?" + q.Encode()
}

// around is the address of a line, with some before it.
func (p *LinesPage) around(line int) string {
	return p.at(max(1, line-20)) + "#L" + strconv.Itoa(line)
}
