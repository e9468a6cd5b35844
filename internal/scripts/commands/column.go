package commands

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/opsbook/opsbook/internal/procedures"
)

// columnOptions are those of tables; lists in columns (without -t), JSON and trees are not carried out.
var columnOptions = []option{
	{'t', "table", noArgument}, {'s', "separator", needsArgument}, {'o', "output-separator", needsArgument},
	{'N', "table-columns", needsArgument}, {'R', "table-right", needsArgument}, {'L', "keep-empty-lines", noArgument},
}

// columnForm is an error for a form that is not carried out.
func columnForm(p *parsed) error {
	switch {
	case !p.has("table"):
		return missing("without -t", "")
	case p.has("separator") && p.last("separator") == "":
		return missing("-s ''", "")
	}
	return nil
}

// checkColumn reads the options of a line.
func checkColumn(words []procedures.Word) []procedures.Finding {
	p, err := parseOptions("column", knownTexts(words[1:]), columnOptions)
	if err != nil || slices.ContainsFunc(words, func(w procedures.Word) bool { return w.Split }) {
		return nil // it is said of the options, or not known yet
	}
	return findingNotHere("column", words[0], columnForm(p))
}

// runColumn makes a table of lines, as that of util-linux: each column is as wide as its widest cell, but the last one.
func runColumn(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], columnOptions)
	if err == nil {
		err = columnForm(p)
	}
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	var rows [][]string
	if p.has("table-columns") {
		rows = append(rows, strings.Split(p.last("table-columns"), ","))
	}
	if slices.Contains(p.operands, "-") {
		return complain(inv, 1, "%v", missing("-", "leave it out where there is no other file"))
	}
	status := eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		meter := meterOf(r)
		return eachLine(r, func(line string) error {
			if strings.TrimFunc(line, unicode.IsSpace) == "" && !p.has("keep-empty-lines") {
				return nil
			}
			row := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
			if p.has("separator") {
				row = splitAny(line, p.last("separator"))
			}
			rows = append(rows, row)
			return meter.Charge(int64(len(line)) + int64(len(row)+1)*lineBytes)
		})
	})
	if status == interrupted {
		return status
	}
	if len(rows) == len(p.values["table-columns"]) { // names alone are no table
		return status
	}
	widths, err := columnWidths(rows)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	right, err := columnsRight(p, len(widths))
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	between := "  "
	if p.has("output-separator") {
		between = p.last("output-separator")
	}
	out := bufio.NewWriter(inv.Stdout)
	for _, row := range rows {
		for i, w := range widths {
			cell := ""
			if i < len(row) {
				cell = row[i]
			}
			pad := strings.Repeat(" ", w-cellWidth(cell))
			switch {
			case right[i] && (cell != "" || i < len(widths)-1):
				cell = pad + cell
			case i < len(widths)-1:
				cell += pad
			}
			if i > 0 {
				cell = between + cell
			}
			_, _ = out.WriteString(cell) // its error comes again from Flush
		}
		if err := out.WriteByte('\n'); err != nil {
			return 1
		}
	}
	if out.Flush() != nil {
		return 1
	}
	return status
}

// splitAny splits at each of the letters of a text.
func splitAny(line, letters string) []string {
	var out []string
	from := 0
	for i, r := range line {
		if strings.ContainsRune(letters, r) {
			out = append(out, line[from:i])
			from = i + len(string(r))
		}
	}
	return append(out, line[from:])
}

func columnWidths(rows [][]string) ([]int, error) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if strings.ContainsFunc(cell, unicode.IsControl) || !isText(cell) {
				return nil, missing("of letters that cannot be printed", "take them out first, as with tr -cd '[:print:]\\n'")
			}
			widths[i] = max(widths[i], cellWidth(cell))
		}
	}
	return widths, nil
}

func isText(text string) bool { return !strings.ContainsRune(text, unicode.ReplacementChar) }

// cellWidth is how many columns of a terminal a text takes.
func cellWidth(text string) int {
	n := 0
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case kind == width.EastAsianWide, kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// columnsRight are those of -R, by number or by their names in -N.
func columnsRight(p *parsed, n int) ([]bool, error) {
	out := make([]bool, n)
	if !p.has("table-right") {
		return out, nil
	}
	names := strings.Split(p.last("table-columns"), ",")
	for word := range strings.SplitSeq(p.last("table-right"), ",") {
		at := slices.Index(names, word) + 1
		if number, err := strconv.Atoi(word); at == 0 && err == nil {
			at = number
		}
		if at < 1 || at > n {
			return nil, missing("-R "+word, "")
		}
		out[at-1] = true
	}
	return out, nil
}
