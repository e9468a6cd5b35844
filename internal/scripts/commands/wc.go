package commands

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/procedures"
)

// wcOptions are GNU's; -L counts characters, with a tab as one.
var wcOptions = []option{
	{'l', "lines", noArgument}, {'w', "words", noArgument}, {'c', "bytes", noArgument}, {'m', "chars", noArgument},
	{'L', "max-line-length", noArgument},
}

// wcColumns is the order in which counts are printed, whatever the order of the options.
var wcColumns = []string{"lines", "words", "chars", "bytes", "max-line-length"}

// runWc counts lines, words, characters and bytes.
// Without options it prints lines, words and bytes. A line is a newline, so a last line without
// one does not count. With several files a total follows.
func runWc(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], wcOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	var columns []string
	for _, c := range wcColumns {
		if p.has(c) {
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 {
		columns = []string{"lines", "words", "bytes"}
	}
	total := map[string]int{}
	var rows []wcRow
	status := eachInput(ctx, inv, p.operands, func(name string, r io.Reader) error {
		counts, err := countText(r)
		if err != nil {
			return err
		}
		for k, v := range counts {
			if total[k] += v; k == "max-line-length" {
				total[k] = max(total[k]-v, v)
			}
		}
		// eachInput names standard input even where no operand did
		if name == "-" && len(p.operands) == 0 {
			name = ""
		}
		rows = append(rows, wcRow{counts, name})
		return nil
	})
	if len(p.operands) > 1 {
		rows = append(rows, wcRow{total, "total"})
	}
	width := wcWidth(total, columns, len(p.operands), len(p.operands) == 0 || slices.Contains(p.operands, "-"))
	for _, row := range rows {
		if err := write(inv.Stdout, []byte(row.line(columns, width))); err != nil {
			return 1
		}
	}
	return status
}

// wcRow is a line of the output. Standard input has no name unless "-" is written.
type wcRow struct {
	counts map[string]int
	name   string
}

// wcWidth is GNU's: 7 for standard input with several counts, one digit for a single count, else the digits of the size.
func wcWidth(total map[string]int, columns []string, files int, stdin bool) int {
	switch {
	case len(columns) == 1 && files <= 1:
		return 1
	case stdin: // whose size is not known before it is read
		return max(7, len(strconv.Itoa(total["bytes"])))
	}
	return len(strconv.Itoa(total["bytes"]))
}

// line returns the counts, right-aligned, and the name.
func (r wcRow) line(columns []string, width int) string {
	var fields []string
	for _, c := range columns {
		fields = append(fields, fmt.Sprintf("%*d", width, r.counts[c]))
	}
	if r.name != "" {
		fields = append(fields, r.name)
	}
	return strings.Join(fields, " ") + "\n"
}

// countText counts all columns of one input. Characters are UTF-8's, words are separated by blanks
// of the C locale.
func countText(r io.Reader) (map[string]int, error) {
	counts := map[string]int{}
	buffer := make([]byte, 32<<10)
	inWord, column := false, columnCounter{}
	for {
		n, err := r.Read(buffer)
		part := buffer[:n]
		counts["bytes"] += n
		counts["lines"] += bytes.Count(part, []byte("\n"))
		counts["max-line-length"] = max(counts["max-line-length"], column.add(part))
		for _, c := range part {
			if utf8.RuneStart(c) {
				counts["chars"]++
			}
			if isSpace(c) {
				inWord = false
			} else if !inWord {
				inWord = true
				counts["words"]++
			}
		}
		if err == io.EOF {
			return counts, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// columnCounter counts the columns of a terminal that lines take.
type columnCounter struct {
	column int
	begun  []byte // of a character whose end is not read yet
}

// add goes on with more text, and returns the most columns in it.
func (c *columnCounter) add(text []byte) (most int) {
	text = append(c.begun, text...)
	for len(text) > 0 && (utf8.FullRune(text) || len(text) >= utf8.UTFMax) {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\n' || r == '\r' || r == '\f':
			c.column = 0
		case r == '\t':
			c.column += 8 - c.column%8
		case unicode.IsPrint(r) && (r != utf8.RuneError || n > 1): // nothing else is seen
			c.column += cellWidth(string(text[:n]))
		}
		most = max(most, c.column)
		text = text[n:]
	}
	c.begun = append([]byte(nil), text...)
	return most
}
