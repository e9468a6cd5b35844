package commands

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/opsbook/opsbook/internal/procedures"
)

// catOptions has -u, which POSIX requires and GNU ignores.
var catOptions = []option{
	{'A', "show-all", noArgument}, {'b', "number-nonblank", noArgument}, {'e', "", noArgument}, {'E', "show-ends", noArgument},
	{'n', "number", noArgument}, {'s', "squeeze-blank", noArgument}, {'t', "", noArgument}, {'T', "show-tabs", noArgument},
	{'u', "", noArgument}, {'v', "show-nonprinting", noArgument},
}

// cat is what cat does with lines, which go on from one file to the next.
type cat struct {
	number, nonblank, squeeze, ends, tabs, nonprinting bool

	count, empty int
	inside       bool // the last line had no end
}

// runCat copies files to standard output, with what its options add to lines.
// The numbers are six columns wide, end with a tab and count through all files. A file that
// cannot be read makes the exit status 1; the other files are still copied.
func runCat(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], catOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	all := p.has("show-all")
	c := &cat{
		nonblank: p.has("number-nonblank"), squeeze: p.has("squeeze-blank"), ends: all || p.has("e") || p.has("show-ends"),
		tabs: all || p.has("t") || p.has("show-tabs"), nonprinting: all || p.has("e") || p.has("t") || p.has("show-nonprinting"),
	}
	c.number = c.nonblank || p.has("number")
	return eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		if isOutput(inv, r) {
			return errors.New("input file is output file")
		}
		if !c.number && !c.squeeze && !c.ends && !c.tabs && !c.nonprinting {
			return copyTo(inv.Stdout, r)
		}
		return eachWhole(r, '\n', func(line string, ended bool) error { return write(inv.Stdout, c.line(line, ended)) })
	})
}

// line is what is printed of a line, or of the rest of one that began in the file before.
func (c *cat) line(text string, ended bool) []byte {
	var out []byte
	if !c.inside {
		if text == "" && ended {
			if c.empty++; c.squeeze && c.empty > 1 {
				return nil
			}
		} else {
			c.empty = 0
		}
		if c.number && (text != "" || !c.nonblank) {
			c.count++
			out = fmt.Appendf(out, "%6d\t", c.count)
		}
	}
	c.inside = !ended
	for i := range len(text) {
		out = c.visible(out, text[i], c.ends && ended && i == len(text)-1)
	}
	if ended && c.ends {
		out = append(out, '$')
	}
	if ended {
		out = append(out, '\n')
	}
	return out
}

// visible adds a byte as -v shows it: ^X, M-x, and a tab as ^I with -T alone. last is that before the end of a line which is shown.
func (c *cat) visible(out []byte, b byte, last bool) []byte {
	switch {
	case b == '\t' && c.tabs:
		return append(out, "^I"...)
	case !c.nonprinting:
		if b == '\r' && last {
			return append(out, "^M"...)
		}
		return append(out, b)
	case b >= 128:
		out = append(out, "M-"...)
		b -= 128
		if b == '\t' { // whose high bit is set
			return append(out, "^I"...)
		}
	}
	switch {
	case b == 127:
		return append(out, "^?"...)
	case b < 32 && b != '\t':
		return append(out, '^', b+64)
	}
	return append(out, b)
}

// copyTo copies and tells a failure to write from one to read.
// A failed write is a *writeError, which ends a command silently; a failed read is returned as it
// is, and reported with the name of the input. io.Copy does not tell them apart.
func copyTo(w io.Writer, r io.Reader) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			if err := write(w, buffer[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
