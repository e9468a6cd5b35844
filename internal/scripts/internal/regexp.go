package internal

import (
	"io"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
)

// Regexp is a regular expression whose compiling and matching a meter is charged for, and that ends when its step does.
type Regexp struct {
	*regexp.Regexp
	meter *limits.Meter
	size  int64 // instructions, at most
	// looks reports that it looks at what stands around a match: it has ^, $ or \b.
	looks bool
}

// What an expression costs: bytes of a character of its text while it is parsed, of an instruction in all forms that are kept.
const (
	textBytes        = 200
	instructionBytes = 150
)

// slow is the work, in characters times instructions, from which a match is made in a way that can be ended.
const slow = 20_000_000

// Compile charges the meter for an expression, and compiles it. The charge is for as long as the meter is open.
func Compile(meter *limits.Meter, expr string) (*Regexp, error) {
	if len(expr) > limits.RegexpBytes.Size() {
		return nil, meter.Fail(limits.RegexpBytes, limits.RegexpBytes.Value)
	}
	if err := meter.Charge(int64(len(expr)) * textBytes); err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	size := instructions(tree)
	if err := meter.Charge(size * instructionBytes); err != nil {
		return nil, err
	}
	compiled, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	return &Regexp{compiled, meter, size, looksAround(tree)}, nil
}

// instructions bounds how many a tree is compiled to.
func instructions(re *syntax.Regexp) int64 {
	const most = 1 << 32
	n := int64(2)
	for _, sub := range re.Sub {
		n = min(n+instructions(sub), most)
	}
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass:
		n += int64(len(re.Rune))
	case syntax.OpRepeat:
		n = min(n*int64(max(re.Max, re.Min, 1)+1), most)
	default:
	}
	return n
}

// looksAround reports whether a tree has an operator that matches no text.
func looksAround(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	default:
		return slices.ContainsFunc(re.Sub, looksAround)
	}
}

// Looks reports that what stands around a match decides whether it is one.
func (re *Regexp) Looks() bool { return re.looks }

// matchBytes is what the place of one match takes in a list.
const matchBytes = 64

// work counts a match in n bytes, and reports whether it has to be one that can be ended.
func (re *Regexp) work(n int) (bool, error) {
	if int64(n)*re.size > slow {
		return true, nil
	}
	return false, re.meter.Work(int64(n)*min(re.size, 64) + 100)
}

// Match reports whether the expression is in s.
func (re *Regexp) Match(s string) (bool, error) {
	slow, err := re.work(len(s))
	if err != nil {
		return false, err
	}
	if !slow {
		return re.MatchString(s), nil
	}
	r := re.reader(s)
	found := re.MatchReader(r)
	return found && r.err == nil, r.err
}

// Find is FindStringSubmatchIndex.
func (re *Regexp) Find(s string) ([]int, error) {
	slow, err := re.work(len(s))
	if err != nil {
		return nil, err
	}
	if !slow {
		return re.FindStringSubmatchIndex(s), nil
	}
	r := re.reader(s)
	loc := re.FindReaderSubmatchIndex(r)
	return loc, r.err
}

// batch is how many matches Each asks for at a time.
const batch = 1024

// Each calls do with the places of matches in turn that do not overlap, at most n of them (all where n is negative), until it
// returns an error.
func (re *Regexp) Each(s string, n int, do func(start, end int) error) error {
	if re.looks { // what was found cannot be cut off
		if _, err := re.work(len(s)); err != nil {
			return err
		}
		if err := re.meter.Charge(matchBytes * int64(len(s))); err != nil {
			return err
		}
		defer re.meter.Release(matchBytes * int64(len(s)))
		for _, loc := range re.FindAllStringIndex(s, n) {
			if err := do(loc[0], loc[1]); err != nil {
				return err
			}
		}
		return nil
	}
	at, last := 0, -1
	for n != 0 {
		var found [][]int
		slow, err := re.work(len(s) - at)
		switch {
		case err != nil:
			return err
		case slow:
			r := re.reader(s[at:])
			if loc := re.FindReaderIndex(r); loc != nil {
				found = [][]int{loc}
			}
			err = r.err
		default:
			found = re.FindAllStringIndex(s[at:], batch)
		}
		if err != nil || found == nil {
			return err
		}
		from := at
		for _, loc := range found {
			start, end := from+loc[0], from+loc[1]
			at = end
			if start == end {
				at += max(width(s[end:]), 1)
				if start == last { // an empty match right behind another one is none
					continue
				}
			}
			if n == 0 {
				return nil
			}
			n--
			last = end
			if err := do(start, end); err != nil {
				return err
			}
		}
		if at > len(s) {
			return nil
		}
	}
	return nil
}

// width is the length of the first character.
func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// reader is a string that ends, with err, when the step does.
type reader struct {
	strings.Reader
	meter *limits.Meter
	cost  int64
	read  int
	err   error
}

func (re *Regexp) reader(s string) *reader {
	return &reader{Reader: *strings.NewReader(s), meter: re.meter, cost: min(re.size, 64)}
}

// ReadRune implements io.RuneReader.
func (r *reader) ReadRune() (rune, int, error) {
	if r.read++; r.read%256 == 0 && r.err == nil {
		r.err = r.meter.Work(256 * r.cost)
	}
	if r.err != nil {
		return 0, 0, io.EOF
	}
	return r.Reader.ReadRune()
}
