package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// sortOptions are GNU's but for those of merging, buffers and other orders (-m, -S, -M, -R), which
// are refused.
var sortOptions = []option{
	{'b', "ignore-leading-blanks", noArgument}, {'f', "ignore-case", noArgument},
	{'g', "general-numeric-sort", noArgument}, {'h', "human-numeric-sort", noArgument},
	{'n', "numeric-sort", noArgument}, {'r', "reverse", noArgument}, {'V', "version-sort", noArgument},
	{'u', "unique", noArgument}, {'s', "stable", noArgument},
	{'k', "key", needsArgument}, {'t', "field-separator", needsArgument}, {'o', "output", needsArgument}, {'c', "check", noArgument},
}

// sortKey is one -k F[.C][OPTS][,F[.C][OPTS]], or the whole line.
type sortKey struct {
	from, fromChar int // counted from 1
	to, toChar     int // 0: to the end of the line, or of the field
	order          string
}

// runSort sorts lines by bytes (the C locale), or by keys.
// Lines that compare equal by their keys are compared whole, unless -s or -u is given. The status
// is 2 for an error, as POSIX has it, and 1 for lines out of order with -c. The output may be one
// of the inputs, as all is read before.
func runSort(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], sortOptions)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	keys, err := sortKeys(p)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	if separator := p.last("field-separator"); len([]rune(separator)) > 1 {
		return complain(inv, 2, "multi-character tab ‘%s’", separator)
	}
	var lines []string
	if status := eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error { return allLines(r, &lines) }); status != 0 {
		return max(status, 2)
	}
	// -u compares by the keys alone: lines that are equal by them keep their order
	s := &sorter{
		keys: keys, separator: p.last("field-separator"), reverse: p.has("reverse"), plain: p.has("stable") ||
			p.has("unique"), meter: inv.Meter,
	}
	if p.has("check") {
		return s.check(inv, lines, p.has("unique"))
	}
	slices.SortStableFunc(lines, s.compare)
	if p.has("unique") {
		lines = slices.CompactFunc(lines, func(a, b string) bool { return s.byKeys(a, b) == 0 })
	}
	if s.failed != nil {
		return complain(inv, 2, "%v", s.failed)
	}
	if name := p.last("output"); name != "" {
		return writeFile(inv, name, lines)
	}
	if writeLines(inv.Stdout, lines) != nil {
		return 2
	}
	return 0
}

// writeLines ends each line with a newline.
func writeLines(w io.Writer, lines []string) error {
	out := bufio.NewWriterSize(w, 32<<10)
	for _, line := range lines {
		_, _ = out.WriteString(line) // the error comes again from Flush
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeFile writes the output of -o, a file of the run. The status is 2 where it cannot.
func writeFile(inv *procedures.Invocation, name string, lines []string) int {
	f, err := inv.Files.Create(name, false)
	if err != nil {
		return complain(inv, 2, "open failed: %s: %s", name, fileError(err))
	}
	err = writeLines(f, lines)
	if err = errors.Join(err, f.Close()); err != nil {
		return complain(inv, 2, "write failed: %s: %s", name, fileError(err))
	}
	return 0
}

// keyForm is F[.C][OPTS][,F[.C][OPTS]].
var keyForm = lazy.Regexp(`^(\d+)(?:\.(\d+))?([bfghnrV]*)(?:,(\d+)(?:\.(\d+))?([bfghnrV]*))?$`)

// sortKeys reads -k, each with the order of the global options unless it has its own.
// Without -k the whole line is the key.
func sortKeys(p *parsed) ([]sortKey, error) {
	global := ""
	for name, letter := range map[string]string{
		"ignore-leading-blanks": "b", "ignore-case": "f", "general-numeric-sort": "g", "human-numeric-sort": "h",
		"numeric-sort": "n", "version-sort": "V",
	} {
		if p.has(name) {
			global += letter
		}
	}
	if !p.has("key") {
		return []sortKey{{from: 1, order: global}}, nil
	}
	var keys []sortKey
	for _, text := range p.values["key"] {
		m := keyForm().FindStringSubmatch(text)
		if m == nil || number(m[1]) == 0 {
			return nil, fmt.Errorf("invalid field specification ‘%s’", text)
		}
		k := sortKey{from: number(m[1]), fromChar: number(m[2]), to: number(m[4]), toChar: number(m[5]), order: m[3] + m[6]}
		if k.order == "" {
			k.order = global
			if p.has("reverse") {
				k.order += "r"
			}
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// sorter compares lines.
type sorter struct {
	keys      []sortKey
	separator string
	reverse   bool
	plain     bool // no last resort: lines with equal keys keep their order
	meter     *limits.Meter
	failed    error // why the step ends: what remains is not compared
}

// compare is byKeys with GNU's last resort, the whole line.
func (s *sorter) compare(a, b string) int {
	if c := s.byKeys(a, b); c != 0 || s.plain {
		return c
	}
	return s.turn(strings.Compare(a, b))
}

// turn reverses an order where -r is given.
func (s *sorter) turn(c int) int {
	if s.reverse {
		return -c
	}
	return c
}

// A key with r is reversed, and so is the whole line by -r.
func (s *sorter) byKeys(a, b string) int {
	if s.failed != nil {
		return 0
	}
	if s.failed = s.meter.Work(int64(len(a)+len(b)) + lineWork); s.failed != nil {
		return 0
	}
	for _, k := range s.keys {
		c := compareKeys(s.field(a, k), s.field(b, k), k.order)
		if c == 0 {
			continue
		}
		// a key without options inherits r when it is read: see sortKeys
		whole := k.from == 1 && k.to == 0 && k.fromChar == 0
		if strings.Contains(k.order, "r") || whole && s.reverse && !strings.Contains(k.order, "r") {
			return -c
		}
		return c
	}
	return 0
}

// check reports the first line that is out of order, with -u also one that equals the line before.
func (s *sorter) check(inv *procedures.Invocation, lines []string, unique bool) int {
	for i := 1; i < len(lines); i++ {
		if order := s.compare(lines[i-1], lines[i]); order > 0 || unique && order == 0 {
			return complain(inv, 1, "-:%d: disorder: %s", i+1, lines[i])
		}
	}
	return 0
}

// field cuts a key out of a line. Without a separator a field begins with the blanks before it.
func (s *sorter) field(line string, k sortKey) string {
	if k.from == 1 && k.fromChar <= 1 && k.to == 0 {
		return line
	}
	from, to, n := -1, len(line), 0
	for start, end := range s.fields(line) {
		if n++; n == k.from {
			from = start + max(0, k.fromChar-1)
		}
		if k.to > 0 && n == k.to {
			to = end
			if k.toChar > 0 {
				to = min(to, start+k.toChar)
			}
		}
		if n >= max(k.from, k.to) {
			break
		}
	}
	if from < 0 || from >= to {
		return ""
	}
	return line[from:to]
}

// fields are where each field begins and ends, in bytes. A separator is in no field.
func (s *sorter) fields(line string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		if s.separator != "" {
			at := 0
			for part := range strings.SplitSeq(line, s.separator) {
				if !yield(at, at+len(part)) {
					return
				}
				at += len(part) + len(s.separator)
			}
			return
		}
		for i := 0; i < len(line); {
			start := i
			for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
				i++
			}
			for i < len(line) && line[i] != ' ' && line[i] != '\t' {
				i++
			}
			if !yield(start, i) {
				return
			}
		}
	}
}

// compareKeys compares as the letters of order say, of which n, g, h, V and f count in that order;
// without any, bytes do.
func compareKeys(a, b, order string) int {
	// the numeric orders pass over blanks by themselves
	if strings.ContainsAny(order, "bnghV") {
		a, b = strings.TrimLeft(a, " \t"), strings.TrimLeft(b, " \t")
	}
	switch {
	case strings.Contains(order, "n"):
		return decimal(a).Cmp(decimal(b))
	case strings.Contains(order, "g"):
		return compareFloats(a, b)
	case strings.Contains(order, "h"):
		return humanSize(a).Cmp(humanSize(b))
	case strings.Contains(order, "V"):
		return compareVersions(a, b)
	case strings.Contains(order, "f"):
		return strings.Compare(strings.ToUpper(a), strings.ToUpper(b))
	}
	return strings.Compare(a, b)
}

var (
	decimalForm = lazy.Regexp(`^-?\d*(?:\.\d*)?`)
	floatForm   = lazy.Regexp(`^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`)
	digitsForm  = lazy.Regexp(`^\d+`)
)

// decimal is the number that a text begins with, 0 where it begins with none.
// Numbers are exact; of one with more than 400 characters the first 400 count.
func decimal(text string) *big.Rat {
	digits := strings.TrimSuffix(decimalForm().FindString(text), ".")
	if len(digits) > 400 {
		digits = digits[:400]
	}
	if r, ok := new(big.Rat).SetString(digits); ok {
		return r
	}
	return new(big.Rat)
}

// humanSize is a number with K, M, G and so on, powers of 1024; -h of GNU's takes a small k as
// well.
func humanSize(text string) *big.Rat {
	n := decimal(text)
	rest := text[len(decimalForm().FindString(text)):]
	if rest == "" {
		return n
	}
	power := strings.IndexByte("KMGTPEZY", rest[0])
	if rest[0] == 'k' {
		power = 0
	}
	for range power + 1 {
		n.Mul(n, big.NewRat(1024, 1))
	}
	return n
}

// Texts that are no numbers come first and are equal.
func compareFloats(a, b string) int {
	x, errX := strconv.ParseFloat(floatForm().FindString(a), 64)
	y, errY := strconv.ParseFloat(floatForm().FindString(b), 64)
	switch {
	case errX != nil && errY != nil:
		return 0
	case errX != nil || errY == nil && x < y:
		return -1
	case errY != nil || x > y:
		return 1
	}
	return 0
}

// compareVersions compares runs of digits as numbers and the rest as text.
// So app-9 comes before app-10.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		x, y := digitsForm().FindString(a), digitsForm().FindString(b)
		if x != "" && y != "" {
			if c := decimal(x).Cmp(decimal(y)); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return strings.Compare(a[:1], b[:1])
		}
		a, b = a[1:], b[1:]
	}
	return strings.Compare(a, b)
}
