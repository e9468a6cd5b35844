package commands

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// each writes what do makes of every line of the inputs; a last line without its newline gets none.
func eachChanged(ctx context.Context, inv *procedures.Invocation, names []string, end byte, do func(line string) (string, error)) int {
	return eachInput(ctx, inv, names, func(_ string, r io.Reader) error {
		out := bufio.NewWriter(inv.Stdout)
		err := eachWhole(r, end, func(line string, ended bool) error {
			text, err := do(line)
			if err != nil {
				return err
			}
			if ended {
				text += string(end)
			}
			if _, err := out.WriteString(text); err != nil {
				return &writeError{err}
			}
			return nil
		})
		if flushed := out.Flush(); err == nil && flushed != nil {
			return &writeError{flushed}
		}
		return err
	})
}

var revOptions = []option{{'0', "zero", noArgument}}

// runRev prints the characters of each line from the last to the first.
func runRev(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], revOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	end := byte('\n')
	if p.has("zero") {
		end = 0
	}
	return eachChanged(ctx, inv, p.operands, end, func(line string) (string, error) {
		runes := []rune(line)
		slices.Reverse(runes)
		return string(runes), inv.Meter.Work(int64(4 * len(line)))
	})
}

var tacOptions = []option{{'b', "before", noArgument}, {'s', "separator", needsArgument}}

// runTac prints the lines of each input from the last to the first. A separator ends what stands before it, with -b it begins what
// follows.
func runTac(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], tacOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	separator := "\n"
	if p.has("separator") {
		if separator = p.last("separator"); separator == "" {
			separator = "\x00"
		}
	}
	return eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		text, err := allOf(r)
		if err != nil {
			return err
		}
		if err := meterOf(r).Charge(16 * int64(strings.Count(text, separator)+1)); err != nil {
			return err
		}
		var parts []string
		if p.has("before") {
			for at := strings.LastIndex(text, separator); at >= 0; at = strings.LastIndex(text, separator) {
				parts = append(parts, text[at:])
				text = text[:at]
			}
			parts = append(parts, text)
		} else {
			parts = strings.SplitAfter(text, separator)
			slices.Reverse(parts)
		}
		return write(inv.Stdout, []byte(strings.Join(parts, "")))
	})
}

// allOf reads everything of an input, which is held until the command ends.
func allOf(r io.Reader) (string, error) {
	meter := meterOf(r)
	var out strings.Builder
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Read(buffer)
		if bound := meter.Charge(3 * int64(n)); bound != nil {
			return "", bound
		}
		out.Write(buffer[:n])
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
	}
}

var foldOptions = []option{{'w', "width", needsArgument}, {'s', "spaces", noArgument}, {'b', "bytes", noArgument}}

// oldWidth turns -60 into -w60.
func oldWidth(args []string) []string {
	for i, a := range args {
		if oldStyle().MatchString(a) {
			args = slices.Clone(args)
			args[i] = "-w" + a[1:]
		}
	}
	return args
}

// runFold breaks lines that are wider than a width. Columns are bytes, as in GNU's; a tab goes on to the next multiple of 8.
func runFold(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], oldWidth(inv.Args[1:]), foldOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	width := 80
	if p.has("width") {
		if width = number(p.last("width")); width < 1 || p.last("width") != digitsOf(p.last("width")) {
			return complain(inv, 1, "invalid number of columns: ‘%s’", p.last("width"))
		}
	}
	return eachChanged(ctx, inv, p.operands, '\n', func(line string) (string, error) {
		return fold(line, width, p.has("spaces"), p.has("bytes")), inv.Meter.Work(int64(4 * len(line)))
	})
}

func fold(line string, width int, spaces, bytes bool) string {
	var out strings.Builder
	from, column := 0, 0
	advance := func(c byte, column int) int {
		switch {
		case bytes:
			return column + 1
		case c == '\b':
			return max(0, column-1)
		case c == '\r':
			return 0
		case c == '\t':
			return column + 8 - column%8
		}
		return column + 1
	}
	for i := 0; i < len(line); i++ {
		next := advance(line[i], column)
		if next <= width || i == from {
			column = next
			continue
		}
		at := i
		if spaces {
			if blank := strings.LastIndexAny(line[from:i], " \t"); blank >= 0 {
				at = from + blank + 1
			}
		}
		out.WriteString(line[from:at] + "\n")
		from, column = at, 0
		for j := at; j < i; j++ {
			column = advance(line[j], column)
		}
		column = advance(line[i], column)
		if column > width && i > from {
			i--
			column = 0
			for j := at; j <= i; j++ {
				column = advance(line[j], column)
			}
		}
	}
	out.WriteString(line[from:])
	return out.String()
}
