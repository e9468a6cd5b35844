package templates

import (
	"strings"

	"github.com/opsbook/opsbook/internal/journal"
)

// MaxOutput bounds the output of a step on a page, in bytes: a browser stays quick, and all of it is one click away.
const MaxOutput = 64 << 10

// blockLines is how many lines of an output are laid out together.
const blockLines = 100

// blocks divides an output at line ends. A browser lays out a line with all that stand in one block with it, and one that is out of
// sight not at all, so that an output of any length costs a page as much as what is seen of it.
func blocks(list []journal.Piece) (out [][]journal.Piece) {
	var block []journal.Piece
	lines := 0
	for _, p := range list {
		rest := p.Text
		for line := range strings.Lines(p.Text) {
			if lines == blockLines {
				if done := len(p.Text) - len(rest); done > 0 {
					block = append(block, journal.Piece{Kind: p.Kind, Stream: p.Stream, Text: p.Text[:done]})
				}
				out, block, lines = append(out, block), nil, 0
				p.Text = rest
			}
			rest = rest[len(line):]
			if strings.HasSuffix(line, "\n") {
				lines++
			}
		}
		if p.Text != "" {
			block = append(block, p)
		}
	}
	if len(block) > 0 {
		out = append(out, block)
	}
	return out
}

// isFull reports whether a block has all the lines that it may have, so that its height is known before it is laid out.
func isFull(block []journal.Piece) bool {
	lines := 0
	for _, p := range block {
		lines += strings.Count(p.Text, "\n")
	}
	return lines == blockLines
}

// Views are the tabs that the step's output has.
func (s *Step) Views() []string {
	var out []string
	if s.Chart != nil {
		out = append(out, "chart")
	}
	if s.Table != nil {
		out = append(out, "table")
	}
	out = append(out, "text")
	if s.JSON != "" {
		out = append(out, "json")
	}
	if len(s.Calls) > 0 {
		out = append(out, "calls")
	}
	return out
}

// ViewTitle is what the tab of a view is called.
func (s *Step) ViewTitle(view string) string {
	if view == "chart" && len(s.Chart.Lanes) > 0 {
		return "Timeline"
	}
	return viewTitles[view]
}

var viewTitles = map[string]string{"chart": "Chart", "table": "Table", "text": "Text", "json": "JSON", "calls": "Calls"}
