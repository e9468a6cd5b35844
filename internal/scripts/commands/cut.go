package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// cutOptions has -n, which GNU's cut ignores.
var cutOptions = []option{
	{'b', "bytes", needsArgument}, {'c', "characters", needsArgument}, {'d', "delimiter", needsArgument}, {'f', "fields", needsArgument},
	{'s', "only-delimited", noArgument}, {'n', "", noArgument}, {0, "complement", noArgument}, {0, "output-delimiter", needsArgument},
	{'z', "zero-terminated", noArgument},
}

// positions says which fields or bytes are kept, counted from 1.
type positions struct {
	ranges     [][2]int // both ends included; 0 as the second: to the end
	complement bool
}

// rangeForm is N, N-, N-M or -M.
var rangeForm = lazy.Regexp(`^(\d*)(-?)(\d*)$`)

// parsePositions reads a list such as 1,3-5,7-. The errors are worded as GNU's. Numbers have nine
// digits at most.
func parsePositions(list string) (positions, error) {
	var p positions
	for part := range strings.SplitSeq(list, ",") {
		m := rangeForm().FindStringSubmatch(part)
		if m == nil || part == "" || part == "-" || len(m[1]) > 9 || len(m[3]) > 9 {
			return p, fmt.Errorf("invalid field range ‘%s’", part)
		}
		from, to := number(m[1]), number(m[3])
		switch {
		case m[2] == "":
			to = from
		case m[1] == "":
			from = 1
		}
		if from == 0 {
			return p, errors.New("fields are numbered from 1")
		}
		if m[2] != "" && m[3] != "" && to < from {
			return p, errors.New("invalid decreasing range")
		}
		p.ranges = append(p.ranges, [2]int{from, to})
	}
	return p, nil
}

// keep reports whether the i-th field or byte is kept, counted from 1.
func (p positions) keep(i int) bool {
	for _, r := range p.ranges {
		if i >= r[0] && (r[1] == 0 || i <= r[1]) {
			return !p.complement
		}
	}
	return p.complement
}

// begins reports whether one of the ranges begins at i, and none goes on there. Ranges that overlap are one.
func (p positions) begins(i int) bool {
	if p.complement {
		return false
	}
	begins := false
	for _, r := range p.ranges {
		if r[0] < i && (r[1] == 0 || i <= r[1]) {
			return false
		}
		begins = begins || r[0] == i
	}
	return begins
}

// runCut keeps fields or bytes of each line.
// Characters (-c) are bytes, as in GNU's cut. The delimiter is one character, a tab unless -d is
// given.
func runCut(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], cutOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	list := p.last("fields") + p.last("bytes") + p.last("characters")
	if len(p.values["fields"])+len(p.values["bytes"])+len(p.values["characters"]) != 1 {
		return complain(inv, 1, "you must specify exactly one list of bytes, characters, or fields")
	}
	keep, err := parsePositions(list)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	keep.complement = p.has("complement")
	delimiter := "\t"
	if p.has("delimiter") {
		if !p.has("fields") {
			return complain(inv, 1, "an input delimiter may be specified only when operating on fields")
		}
		delimiter = p.last("delimiter")
	}
	switch {
	case delimiter == "": // stands for the zero byte
		delimiter = "\x00"
	case len(delimiter) > 1:
		return complain(inv, 1, "the delimiter must be a single character")
	case p.has("only-delimited") && !p.has("fields"):
		return complain(inv, 1, "suppressing non-delimited lines makes sense\n\tonly when operating on fields")
	}
	end := lineEnd(p)
	if delimiter[0] == end {
		return complain(inv, 1, "%v", missing("-d with the end of a line", "each line is a field"))
	}
	c := cutter{p: p, keep: keep, delimiter: delimiter, between: delimiter, end: end}
	if p.has("output-delimiter") {
		if c.between = p.last("output-delimiter"); c.between == "" {
			c.between = "\x00"
		}
	}
	return eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		out := bufio.NewWriter(inv.Stdout)
		return eachRecord(r, end, func(line string) error {
			if err := c.line(out, meterOf(r), line); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return &writeError{err}
			}
			return nil
		})
	})
}

// cutter is a line of cut.
type cutter struct {
	p                  *parsed
	keep               positions
	delimiter, between string
	end                byte
}

// line writes what is kept of a line: one without the delimiter is printed whole, or with -s not at all. Fields keep the
// order of the line, whatever the order of the list.
func (c *cutter) line(out *bufio.Writer, meter *limits.Meter, line string) error {
	p, keep, delimiter, between := c.p, c.keep, c.delimiter, c.between
	turns := 0
	work := func() error {
		if turns++; turns%256 == 0 {
			return meter.Work(256 * int64(len(keep.ranges)))
		}
		return nil
	}
	if !p.has("fields") {
		last := -1 // the byte before which nothing was left out
		for i := range len(line) {
			if err := work(); err != nil {
				return err
			}
			if keep.keep(i + 1) {
				if p.has("output-delimiter") && last >= 0 && (last != i-1 || keep.begins(i+1)) {
					_, _ = out.WriteString(between)
				}
				last = i
				_ = out.WriteByte(line[i]) // its error comes again when the line is written
			}
		}
		_ = out.WriteByte(c.end)
		return nil
	}
	if !strings.Contains(line, delimiter) {
		if !p.has("only-delimited") {
			_, _ = out.WriteString(line)
			_ = out.WriteByte(c.end)
		}
		return nil
	}
	i, first := 0, true
	for f := range strings.SplitSeq(line, delimiter) {
		if err := work(); err != nil {
			return err
		}
		if i++; !keep.keep(i) {
			continue
		}
		if !first {
			_, _ = out.WriteString(between)
		}
		first = false
		_, _ = out.WriteString(f)
	}
	_ = out.WriteByte(c.end)
	return nil
}
