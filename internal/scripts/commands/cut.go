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
		if to != 0 && to < from {
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
	// GNU's takes an empty one for the zero byte; here it is refused
	if len([]rune(delimiter)) > 1 || delimiter == "" {
		return complain(inv, 1, "the delimiter must be a single character")
	}
	return eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		out := bufio.NewWriter(inv.Stdout)
		return eachLine(r, func(line string) error {
			if err := cutLine(out, meterOf(r), p, keep, delimiter, line); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return &writeError{err}
			}
			return nil
		})
	})
}

// cutLine writes what is kept of a line: one without the delimiter is printed whole, or with -s not at all. Fields keep the
// order of the line, whatever the order of the list.
func cutLine(out *bufio.Writer, meter *limits.Meter, p *parsed, keep positions, delimiter, line string) error {
	turns := 0
	work := func() error {
		if turns++; turns%256 == 0 {
			return meter.Work(256 * int64(len(keep.ranges)))
		}
		return nil
	}
	if !p.has("fields") {
		for i := range len(line) {
			if err := work(); err != nil {
				return err
			}
			if keep.keep(i + 1) {
				_ = out.WriteByte(line[i]) // its error comes again when the line is written
			}
		}
		_ = out.WriteByte('\n')
		return nil
	}
	if !strings.Contains(line, delimiter) {
		if !p.has("only-delimited") {
			_, _ = out.WriteString(line)
			_ = out.WriteByte('\n')
		}
		return nil
	}
	between, i, first := delimiter, 0, true
	if p.has("output-delimiter") {
		between = p.last("output-delimiter")
	}
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
	_ = out.WriteByte('\n')
	return nil
}
