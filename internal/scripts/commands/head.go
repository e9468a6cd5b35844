package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// headOptions are tail's too.
var headOptions = []option{
	{'n', "lines", needsArgument}, {'c', "bytes", needsArgument}, {'q', "quiet", noArgument}, {0, "silent", noArgument},
	{'v', "verbose", noArgument}, {'z', "zero-terminated", noArgument},
}

// runHead prints the first lines, or bytes, of each input; all but the last N for -n -N.
func runHead(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], oldCount(inv.Args[1:]), headOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	unit, n, err := count(p, "lines", 10)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	n.all = n.all && strings.HasPrefix(p.last(unit), "-") // -n +5 is -n 5
	end := lineEnd(p)
	return eachInput(ctx, inv, p.operands, titled(inv, p, func(r io.Reader) error {
		switch {
		case unit == "bytes" && n.all:
			return allButLastBytes(inv.Stdout, r, n.value)
		case unit == "bytes":
			return copyTo(inv.Stdout, io.LimitReader(r, int64(n.value)))
		case n.all:
			return allButLastLines(inv.Stdout, r, n.value, end)
		}
		return firstLines(inv.Stdout, r, n.value, end)
	}))
}

// amount is the N of -n N; all stands for -N with head and +N with tail.
type amount struct {
	value int
	all   bool
}

// amountOf is a number with GNU's multipliers: b is 512, kB 1000, K and k 1024, and so on.
var (
	oldStyle  = lazy.Regexp(`^-\d+$`)
	amountOf  = lazy.Regexp(`^([+-]?)(\d+)(b|kB|k|K|KB|KiB|MB|m|M|MiB|GB|G|GiB|TB|T|TiB)?$`)
	multiples = map[string]int{
		"": 1, "b": 512, "kB": 1000, "k": 1 << 10, "K": 1 << 10, "KB": 1000, "MB": 1000 * 1000, "m": 1 << 20,
		"M": 1 << 20, "GB": 1e9, "G": 1 << 30, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "T": 1 << 40, "TiB": 1 << 40, "TB": 1e12,
	}
)

// oldCount turns -5 into -n 5.
func oldCount(args []string) []string {
	if len(args) > 0 && oldStyle().MatchString(args[0]) {
		return append([]string{"-n", args[0][1:]}, args[1:]...)
	}
	return args
}

// count reads -n or -c, whichever came last.
// Without either the amount is usual, in the unit given. Numbers above 1<<40 are refused with
// GNU's message for those that do not fit.
func count(p *parsed, unit string, usual int) (string, amount, error) {
	text := ""
	for _, name := range p.order {
		// GNU's takes the last of them
		if name == "lines" || name == "bytes" {
			unit, text = name, p.last(name)
		}
	}
	if text == "" {
		return unit, amount{value: usual}, nil
	}
	m := amountOf().FindStringSubmatch(text)
	if m == nil {
		return "", amount{}, fmt.Errorf("invalid number of %s: ‘%s’", unit, text)
	}
	n, err := strconv.Atoi(m[2])
	if err != nil || n > 1<<40 {
		return "", amount{}, fmt.Errorf("invalid number of %s: ‘%s’: Value too large for defined data type", unit, text)
	}
	return unit, amount{value: n * multiples[m[3]], all: m[1] != ""}, nil
}

// lineEnd is what lines end with: a newline, or with -z a zero byte.
func lineEnd(p *parsed) byte {
	if p.has("zero-terminated") {
		return 0
	}
	return '\n'
}

// titled prints "==> name <==" over each input where there are several.
func titled(inv *procedures.Invocation, p *parsed, do func(io.Reader) error) func(string, io.Reader) error {
	many := len(p.operands) > 1 && !p.has("quiet") && !p.has("silent") || p.has("verbose")
	first := true
	return func(name string, r io.Reader) error {
		if many {
			if name == "-" {
				name = "standard input"
			}
			title := "==> " + name + " <==\n"
			// a blank line stands between two inputs, and none before the first
			if !first {
				title = "\n" + title
			}
			first = false
			if err := write(inv.Stdout, []byte(title)); err != nil {
				return err
			}
		}
		return do(r)
	}
}

// firstLines copies n lines; a last line without a newline counts.
func firstLines(w io.Writer, r io.Reader, n int, end byte) error {
	if n == 0 {
		return nil
	}
	lines := newRecords(r, end)
	for range n {
		line, err := lines.next()
		if line != "" {
			if err := write(w, []byte(line)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// allButLastLines holds n lines and writes the oldest when another one comes.
func allButLastLines(w io.Writer, r io.Reader, n int, end byte) error {
	held := window{meter: meterOf(r)}
	lines := newRecords(r, end)
	for {
		line, err := lines.next()
		if line != "" {
			if err := held.push(line); err != nil {
				return err
			}
		}
		if len(held.lines) > n {
			if err := write(w, []byte(held.shift())); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// allButLastBytes holds the last n bytes, and writes what comes before them.
func allButLastBytes(w io.Writer, r io.Reader, n int) error {
	return lastOf(r, n, func(before []byte) error { return write(w, before) }, func([]byte) error { return nil })
}

// lastOf calls before with everything but the last n bytes, in parts, and last with those.
func lastOf(r io.Reader, n int, before, last func([]byte) error) error {
	meter, charged := meterOf(r), 0
	var held []byte
	buffer := make([]byte, 32<<10)
	for {
		got, err := r.Read(buffer)
		if len(held)+got > 2*n+len(buffer) { // seldom, as it copies what is held
			if err := before(held[:len(held)-n]); err != nil {
				return err
			}
			held = held[:copy(held, held[len(held)-n:])]
		}
		if need := len(held) + got; need > charged { // slices that grow hold their old bytes too
			if err := meter.Charge(2 * int64(need-charged)); err != nil {
				return err
			}
			charged = need
		}
		held = append(held, buffer[:got]...)
		if errors.Is(err, io.EOF) {
			rest := max(0, len(held)-n)
			if err := before(held[:rest]); err != nil {
				return err
			}
			return last(held[rest:])
		}
		if err != nil {
			return err
		}
	}
}

// tailOptions has -f and -F only for a refusal that says why.
var tailOptions = append([]option{{'f', "follow", mayHaveArgument}, {'F', "", noArgument}}, headOptions...)

// noEnd is an error where a file is followed.
func noEnd(p *parsed) error {
	if p.has("follow") || p.has("F") {
		return missing("-f", "it has no end, and a step ends; leave -f out")
	}
	return nil
}

// checkTail finds a line without an end.
func checkTail(words []procedures.Word) []procedures.Finding {
	p, err := parseOptions("tail", oldTail(knownTexts(words[1:])), tailOptions)
	if err != nil {
		return nil // it is said of the options
	}
	return findingNotHere(words[0].Text, words[0], noEnd(p))
}

// fromLine is +N, which GNU's tail still takes as its only option.
var fromLine = lazy.Regexp(`^\+\d+$`)

// oldTail is oldCount that turns +5 into -n +5, too.
func oldTail(args []string) []string {
	if len(args) > 0 && len(args) <= 2 && fromLine().MatchString(args[0]) {
		return append([]string{"-n", args[0]}, args[1:]...)
	}
	if len(args) > 2 {
		return args // -2 is none of several words
	}
	return oldCount(args)
}

// runTail prints the last lines, or bytes, of each input; from the Nth on for -n +N.
// Following a file (-f) is refused: a step has to end.
func runTail(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], oldTail(inv.Args[1:]), tailOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if err := noEnd(p); err != nil {
		return complain(inv, 1, "%v", err)
	}
	unit, n, err := count(p, "lines", 10)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	n.all = n.all && strings.HasPrefix(p.last(unit), "+") // -n -5 is -n 5
	if n.value == 0 && !n.all {
		return 0 // nothing is opened
	}
	end := lineEnd(p)
	return eachInput(ctx, inv, p.operands, titled(inv, p, func(r io.Reader) error {
		switch {
		case unit == "bytes":
			return lastBytes(inv.Stdout, r, n)
		case n.all:
			return linesFrom(inv.Stdout, r, n.value, end)
		}
		return lastLines(inv.Stdout, r, n.value, end)
	}))
}

// lastBytes copies the last n bytes, and with n.all from the nth byte on, counted from 1.
func lastBytes(w io.Writer, r io.Reader, n amount) error {
	if n.all {
		if _, err := io.CopyN(io.Discard, r, int64(max(0, n.value-1))); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		return copyTo(w, r)
	}
	return lastOf(r, n.value, func([]byte) error { return nil }, func(last []byte) error { return write(w, last) })
}

// linesFrom copies from the nth line on, counted from 1.
func linesFrom(w io.Writer, r io.Reader, n int, end byte) error {
	lines := newRecords(r, end)
	for i := 1; i < n; i++ {
		if _, err := lines.next(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
	return copyTo(w, lines.r)
}

// lastLines holds n lines at most, and writes them at the end of the input.
func lastLines(w io.Writer, r io.Reader, n int, end byte) error {
	held := window{meter: meterOf(r)}
	lines := newRecords(r, end)
	for {
		line, err := lines.next()
		if line != "" {
			if err := held.push(line); err != nil {
				return err
			}
			held.keep(n)
		}
		if errors.Is(err, io.EOF) {
			for _, line := range held.lines {
				if err := write(w, []byte(line)); err != nil {
					return err
				}
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}
