package runbook

import (
	"bytes"
	"slices"

	"github.com/opsbook/opsbook/internal/lazy"
)

var (
	fenceBegin = lazy.Regexp("^[ \\t>]*(?:(?:[-*+]|\\d+[.)])[ \\t]+)*(`{3,}|~{3,})")
	ruleRow    = lazy.Regexp(`^[ \t>|:-]*-[ \t>|:-]*$`)
	// wordDefinition is what CommonMark takes for the definition of a link, and whose address is a word: "[Reroute]: immediately".
	wordDefinition = lazy.Regexp(`^([ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*)(\[[^\]\^][^\]]*\]:[ \t]*[^\s/.#:@<&?=%]+[ \t]*` +
		`(?:"[^"]*"|'[^']*'|\([^)]*\))?[ \t]*)$`)
)

// shownWhole escapes what would be on no page although people read it: a row's cells beyond its table's columns, most of which are pipes in
// a code span, and a text that looks like the definition of a link. Lines stay, bytes of such a line move.
func shownWhole(source []byte) []byte {
	if !bytes.Contains(source, []byte("|")) && !bytes.Contains(source, []byte("]:")) {
		return source
	}
	lines := bytes.SplitAfter(source, []byte("\n"))
	var fence []byte
	columns := 0
	for i, line := range lines {
		body := bytes.TrimRight(line, "\n")
		mark := fenceBegin().FindSubmatch(body)
		switch {
		case fence != nil:
			if mark != nil && mark[1][0] == fence[0] && len(mark[1]) >= len(fence) {
				fence = nil
			}
			continue
		case mark != nil:
			fence, columns = mark[1], 0
			continue
		}
		switch {
		case i > 0 && ruleRow().Match(body) && bytes.Contains(body, []byte("|")):
			columns = len(cellsOf(body))
		case !bytes.Contains(body, []byte("|")):
			columns = 0
		case columns > 0:
			lines[i] = append(wholeRow(body, columns), line[len(body):]...)
		}
		if m := wordDefinition().FindSubmatch(body); m != nil {
			lines[i] = slices.Concat(m[1], []byte(`\`), m[2], line[len(body):])
		}
	}
	return bytes.Join(lines, nil)
}

// wholeRow is a row that has no more cells than its table has columns: pipes in code spans are text, and so is every one after the last
// column's.
func wholeRow(row []byte, columns int) []byte {
	if len(cellsOf(row)) <= columns {
		return row
	}
	row = escaped(row, func(i, _ int) bool { return inCode(row, i) })
	if len(cellsOf(row)) <= columns {
		return row
	}
	end := len(bytes.TrimRight(row, " \t"))
	return escaped(row, func(i, cell int) bool { return cell >= columns && i < end-1 })
}

// cellsOf are where the cells of a row end, as GitHub divides it: at each pipe that has no backslash before it.
func cellsOf(row []byte) []int {
	var ends []int
	trimmed := bytes.TrimLeft(row, " \t>")
	first := len(row) - len(trimmed)
	if bytes.HasPrefix(trimmed, []byte("|")) {
		first++
	}
	for i := first; i < len(row); i++ {
		if row[i] == '|' && (i == 0 || row[i-1] != '\\') {
			ends = append(ends, i)
		}
	}
	if len(bytes.Trim(row[lastOf(ends, first):], " \t|")) > 0 {
		ends = append(ends, len(row))
	}
	return ends
}

func lastOf(ends []int, otherwise int) int {
	if len(ends) == 0 {
		return otherwise
	}
	return ends[len(ends)-1]
}

// escaped has a backslash before each pipe that divides cells and of which text says that it is none: by its place and its cell, from 1.
func escaped(row []byte, text func(at, cell int) bool) []byte {
	ends := cellsOf(row)
	var out []byte
	from := 0
	for n, at := range ends {
		if at < len(row) && text(at, n+1) {
			out = append(append(out, row[from:at]...), '\\')
			from = at
		}
	}
	return append(out, row[from:]...)
}

// inCode reports whether a place is in a code span: between two runs of as many backticks.
func inCode(row []byte, at int) bool {
	for i := 0; i < at; {
		if row[i] != '`' {
			i++
			continue
		}
		n := len(row[i:]) - len(bytes.TrimLeft(row[i:], "`"))
		end := closing(row[i+n:], n)
		switch {
		case end < 0:
			i += n
		case at < i+n+end:
			return at >= i+n
		default:
			i += n + end + n
		}
	}
	return false
}

// closing is where a run of n backticks is, or -1.
func closing(text []byte, n int) int {
	for i := 0; i < len(text); {
		if text[i] != '`' {
			i++
			continue
		}
		run := len(text[i:]) - len(bytes.TrimLeft(text[i:], "`"))
		if run == n {
			return i
		}
		i += run
	}
	return -1
}
