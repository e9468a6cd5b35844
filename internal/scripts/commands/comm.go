package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var commOptions = []option{
	{'1', "", noArgument}, {'2', "", noArgument}, {'3', "", noArgument}, {0, "check-order", noArgument}, {0, "nocheck-order", noArgument},
	{0, "output-delimiter", needsArgument}, {0, "total", noArgument}, {'z', "zero-terminated", noArgument},
}

// commFile is one of the two files.
type commFile struct {
	lines  *lineReader
	line   string
	before string
	there  bool // line is one
	read   int
	bad    bool // it is not sorted
}

func (f *commFile) next(end byte) error {
	line, err := f.lines.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f.before, f.there = f.line, line != ""
	if f.there {
		f.line = strings.TrimSuffix(line, string(end))
		f.bad = f.bad || f.read > 0 && f.line < f.before
		f.read++
	}
	return nil
}

// runComm compares two sorted files line by line: lines of the first alone, of the second alone, and of both, in three columns.
func runComm(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], commOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	switch {
	case len(p.operands) == 0:
		return complain(inv, 1, "missing operand")
	case len(p.operands) == 1:
		return complain(inv, 1, "missing operand after ‘%s’", p.operands[0])
	case len(p.operands) > 2:
		return complain(inv, 1, "extra operand ‘%s’", p.operands[2])
	}
	end, delimiter := byte('\n'), "\t"
	if p.has("zero-terminated") {
		end = 0
	}
	if p.has("output-delimiter") {
		if delimiter = p.last("output-delimiter"); delimiter == "" {
			delimiter = "\x00"
		}
	}
	var files [2]commFile
	for i, name := range p.operands {
		lines, closer, err := openLines(ctx, inv, name, end)
		if err != nil {
			return complain(inv, 1, "%s: %s", name, fileError(err))
		}
		defer closer.Close()
		files[i].lines = lines
		if err := files[i].next(end); err != nil {
			return complain(inv, 1, "%s: %s", name, fileError(err))
		}
	}
	out := bufio.NewWriter(inv.Stdout)
	status, err := commCompare(inv, p, &files, out, delimiter, end)
	if err != nil {
		return complain(inv, 1, "%s", fileError(err))
	}
	if out.Flush() != nil {
		return 1
	}
	return status
}

func commCompare(inv *procedures.Invocation, p *parsed, files *[2]commFile, out *bufio.Writer, delimiter string, end byte) (int, error) {
	prefix, shown := [3]string{}, [3]bool{!p.has("1"), !p.has("2"), !p.has("3")}
	before := ""
	for i := range prefix {
		prefix[i] = before
		if shown[i] {
			before += delimiter
		}
	}
	var count [3]int
	told, unpaired := [2]bool{}, false
	for a, b := &files[0], &files[1]; a.there || b.there; {
		column := 2
		switch {
		case !b.there || a.there && a.line < b.line:
			column = 0
		case !a.there || b.line < a.line:
			column = 1
		}
		text := a.line
		if column == 1 {
			text = b.line
		}
		unpaired = unpaired || column != 2
		count[column]++
		if shown[column] {
			if _, err := out.WriteString(prefix[column] + text + string(end)); err != nil {
				return 1, nil //nolint:nilerr // the reader has gone
			}
		}
		for i := range files {
			if column != 2 && column != i {
				continue
			}
			if err := files[i].next(end); err != nil {
				return 0, err
			}
			if files[i].bad && !told[i] && !p.has("nocheck-order") && (p.has("check-order") || unpaired) {
				told[i] = true
				complain(inv, 1, "file %d is not in sorted order", i+1)
				if p.has("check-order") {
					return 1, nil
				}
			}
		}
	}
	if p.has("total") {
		_, _ = fmt.Fprintf(out, "%d%s%d%s%d%stotal%c", count[0], delimiter, count[1], delimiter, count[2], delimiter, end)
	}
	if told[0] || told[1] {
		return complain(inv, 1, "input is not in sorted order"), nil
	}
	return 0, nil
}
