package commands

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var splitOptions = []option{
	{'l', "lines", needsArgument}, {'b', "bytes", needsArgument}, {'d', "", noArgument}, {0, "numeric-suffixes", mayHaveArgument},
	{'x', "", noArgument}, {'a', "suffix-length", needsArgument}, {0, "additional-suffix", needsArgument}, {0, "verbose", noArgument},
}

// splitter writes the pieces of an input, files of the run.
type splitter struct {
	inv            *procedures.Invocation
	prefix, suffix string
	digits         string // of which the names are made
	length         int
	fixed          bool // the length of the names does not grow
	n, first       int
	file           io.WriteCloser
	verbose        bool
}

// runSplit writes an input to files of so many lines, or bytes.
func runSplit(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], oldSplit(inv.Args[1:]), splitOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	s := &splitter{inv: inv, prefix: "x", digits: "abcdefghijklmnopqrstuvwxyz", length: 2, verbose: p.has("verbose")}
	name := "-"
	switch len(p.operands) {
	case 2:
		s.prefix = p.operands[1]
		fallthrough
	case 1:
		name = p.operands[0]
	case 0:
	default:
		return complain(inv, 1, "extra operand ‘%s’", p.operands[2])
	}
	if p.has("numeric-suffixes") || p.has("d") {
		s.digits = "0123456789"
		s.first = number(digitsOf(p.last("numeric-suffixes")))
	}
	if p.has("x") {
		s.digits = "0123456789abcdef"
	}
	if p.has("suffix-length") {
		if s.length, err = strconv.Atoi(p.last("suffix-length")); err != nil || s.length < 1 || s.length > 100 {
			return complain(inv, 1, "invalid suffix length: ‘%s’", p.last("suffix-length"))
		}
		s.fixed = true
	}
	s.suffix = p.last("additional-suffix")
	unit, many, err := count(p, "lines", 1000)
	if len(p.values["lines"])+len(p.values["bytes"]) > 1 {
		return complain(inv, 1, "cannot split in more than one way")
	}
	if err != nil || many.value < 1 || many.all {
		return complain(inv, 1, "invalid number of %s: ‘%s’", unit, p.last(unit))
	}
	status := eachInput(ctx, inv, []string{name}, func(_ string, r io.Reader) error {
		if unit == "bytes" {
			return s.bytes(r, many.value)
		}
		return s.lines(r, many.value)
	})
	if s.file != nil {
		if err := s.file.Close(); err != nil {
			return complain(inv, 1, "%s", fileError(err))
		}
	}
	return status
}

// oldSplit turns -100 into -l 100.
func oldSplit(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; oldStyle().MatchString(a) {
			out[i] = "-l" + a[1:]
		}
	}
	return out
}

// next opens the next file.
func (s *splitter) next() error {
	if s.file != nil {
		if err := s.file.Close(); err != nil {
			return err
		}
	}
	name, ok := s.name()
	if !ok {
		return errors.New("output file suffixes exhausted")
	}
	s.n++
	if s.verbose {
		if err := write(s.inv.Stdout, []byte("creating file '"+name+"'\n")); err != nil {
			return err
		}
	}
	var err error
	s.file, err = s.inv.Files.Create(name, false)
	return err
}

// name is that of the nth file. Names without a given length grow, so that their order stays: xyz is followed by xzaaa.
func (s *splitter) name() (string, bool) {
	base, n, length, lead := len(s.digits), s.n+s.first, s.length, ""
	pow := func(k int) int {
		v := 1
		for range k {
			if v > 1<<40 {
				break
			}
			v *= base
		}
		return v
	}
	if !s.fixed && s.first == 0 {
		for n >= pow(length)-pow(length-1) {
			n -= pow(length) - pow(length-1)
			lead += s.digits[base-1:]
			length++
		}
	} else if n >= pow(length) {
		return "", false
	}
	text := ""
	for range length {
		text = string(s.digits[n%base]) + text
		n /= base
	}
	return s.prefix + lead + text + s.suffix, true
}

func (s *splitter) lines(r io.Reader, most int) error {
	n := most
	return eachWhole(r, '\n', func(line string, ended bool) error {
		if n == most {
			if err := s.next(); err != nil {
				return err
			}
			n = 0
		}
		n++
		if ended {
			line += "\n"
		}
		_, err := io.Copy(s.file, strings.NewReader(line))
		return err
	})
}

func (s *splitter) bytes(r io.Reader, most int) error {
	for {
		var first [1]byte
		if _, err := io.ReadFull(r, first[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := s.next(); err != nil {
			return err
		}
		_, err := io.CopyN(s.file, io.MultiReader(strings.NewReader(string(first[:])), r), int64(most))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
