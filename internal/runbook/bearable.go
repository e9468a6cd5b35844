package runbook

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
)

// bearable reports as an error that a text has more of something than may be read. What reads Markdown takes time that grows with the
// square of what this counts, or memory with its product, and cannot be ended. Nothing is parsed here: a line of code may count too.
func bearable(text []byte) error {
	var c counts
	front := frontMatterOf(text)
	if front > limits.FrontMatterBytes.Size() {
		return limits.FrontMatterBytes.Reached().At("line 1")
	}
	for line := range bytes.Lines(text) {
		c.lines++
		if row := c.add(bytes.TrimRight(line, "\r\n")); row != nil {
			return row.Reached().At(fmt.Sprintf("line %d", c.lines))
		}
	}
	return nil
}

// counts are what a text has so far: in all, in the lines since the last empty one, and in the table that they are.
type counts struct {
	lines, parts               int
	last                       int // how long the last line is
	open, marks, columns, rows int
}

// add counts a line. The row is that of the bound that is met.
func (c *counts) add(line []byte) *limits.Row {
	deep, rest := markersOf(line)
	if len(rest) == 0 {
		c.open, c.marks, c.columns, c.rows = 0, 0, 0, 0
	}
	if startsPart(rest) {
		c.parts++
	}
	most := 0
	for _, b := range rest {
		switch b {
		case '[':
			c.open++
			most = max(most, c.open)
		case ']':
			c.open = max(0, c.open-1)
		case '*', '_', '~':
			c.marks++
		}
	}
	columns := bytes.Count(rest, []byte("|"))
	if columns > 0 && len(bytes.Trim(rest, "|:- \t")) == 0 {
		c.columns, c.rows = columns, 0
		c.parts++
	}
	c.rows++
	long := c.last // of what may be a heading
	if c.last = len(rest); bytes.HasPrefix(rest, []byte("#")) {
		long = len(rest)
	} else if len(rest) == 0 || len(bytes.Trim(rest, "=")) > 0 && len(bytes.Trim(rest, "-")) > 0 {
		long = 0 // no line of = or - below it
	}
	switch {
	case long > limits.HeadingBytes.Size():
		return limits.HeadingBytes
	case deep > limits.RunbookNesting.Size():
		return limits.RunbookNesting
	case c.columns > limits.RunbookLineParts.Size(), bytes.Count(rest, []byte("](")) > limits.RunbookLineParts.Size():
		return limits.RunbookLineParts
	case c.parts > limits.RunbookParts.Size(), most > limits.RunbookParts.Size():
		return limits.RunbookParts
	case c.columns*c.rows > limits.RunbookCells.Size(), c.marks > limits.RunbookCells.Size():
		return limits.RunbookCells
	}
	return nil
}

// startsPart reports a line that begins a heading, a block of code, a task, or the definition of a link or a footnote. A table
// counts by the line below its head.
func startsPart(line []byte) bool {
	for _, begin := range []string{"#", "```", "~~~", "[", "==", "--"} {
		if bytes.HasPrefix(line, []byte(begin)) {
			return true
		}
	}
	return false
}

// markersOf counts the quotes and lists that a line begins or continues, and those that its indentation may stand for, and
// returns the rest of the line.
func markersOf(line []byte) (deep int, rest []byte) {
	rest = bytes.TrimLeft(line, " \t")
	indent := len(line) - len(rest)
	for {
		digits := len(rest) - len(bytes.TrimLeft(rest, "0123456789"))
		var n int
		switch {
		case bytes.HasPrefix(rest, []byte(">")):
			n = 1
		case len(rest) > digits+1 && digits > 0 && (rest[digits] == '.' || rest[digits] == ')') && isBlank(rest[digits+1]):
			n = digits + 1
		case len(rest) > 1 && strings.IndexByte("-*+", rest[0]) >= 0 && isBlank(rest[1]):
			n = 1
		default:
			if deep > 0 {
				deep += indent / 4
			}
			return deep, rest
		}
		deep++
		rest = bytes.TrimLeft(rest[n:], " \t")
	}
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// frontMatterOf is how long the front matter of a text is, in bytes.
func frontMatterOf(text []byte) int {
	for _, mark := range []string{"---", "+++"} {
		if !bytes.HasPrefix(text, []byte(mark+"\n")) && !bytes.HasPrefix(text, []byte(mark+"\r\n")) {
			continue
		}
		if end := bytes.Index(text, []byte("\n"+mark)); end >= 0 {
			return end
		}
		return len(text)
	}
	return 0
}
