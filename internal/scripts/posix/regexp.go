// Package posix has the regular expressions of POSIX, with GNU's additions, as grep, sed, expr, find and awk read them: the longest of the
// leftmost matches, back references, \< and \>. Compiling and matching is charged to a meter, and ends when the step does.
package posix

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"time"

	"github.com/dlclark/regexp2/v2"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/internal"
)

// Options say how an expression is read.
type Options struct {
	Syntax     Syntax
	IgnoreCase bool
	Multiline  bool // ^ and $ match at newlines too
	Line       bool // only whole texts match: grep -x
	Word       bool // only whole words match: grep -w
	Literal    bool // the pattern is a text: grep -F
	Anchored   bool // only what stands at the beginning matches: expr
}

// Regexp is a compiled expression. It is not safe for concurrent use.
type Regexp struct {
	inner *internal.Regexp
	prog  *program        // where words' ends matter; nil elsewhere
	back  *regexp2.Regexp // where it refers back to its groups; nil elsewhere
	meter *limits.Meter
	// Groups is how many groups it has.
	Groups int
	word   bool
}

// backTime bounds a match of an expression with back references, which may take exponential time.
const backTime = 2 * time.Second

// errBackTime says that it was met.
var errBackTime = errors.New("the regular expression takes too long; write it without back references (\\1)")

// Compile reads an expression, or several of which one has to match. The errors are worded as GNU's.
func Compile(meter *limits.Meter, o Options, patterns ...string) (*Regexp, error) {
	t := translator{o: o}
	for i, pattern := range patterns {
		if i > 0 {
			t.out = append(t.out, '|')
		}
		if err := t.translate(pattern); err != nil {
			return nil, err
		}
	}
	text := string(t.out)
	if o.Line {
		text = `\A(?:` + text + `)\z`
	}
	if o.Anchored {
		text = `\A(?:` + text + `)`
	}
	flags := "(?s"
	if o.IgnoreCase {
		flags += "i"
	}
	if o.Multiline {
		flags += "m"
	}
	text = flags + ":" + text + ")"
	if len(text) > limits.RegexpBytes.Size() {
		return nil, meter.Fail(limits.RegexpBytes, limits.RegexpBytes.Value)
	}
	re := &Regexp{meter: meter, Groups: t.groups, word: o.Word}
	if t.backs {
		return re, re.compileBack(text, &t)
	}
	inner, err := internal.Compile(meter, text)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return nil, errors.New("Regular expression too big")
		}
		return nil, err
	}
	inner.Longest()
	re.inner = inner
	if t.words || o.Word {
		if re.prog, err = newProgram(meter, text); err != nil {
			return nil, err
		}
	}
	return re, nil
}

// UnsupportedError is an expression that POSIX allows and that cannot be carried out here.
type UnsupportedError struct{ What string }

func (u *UnsupportedError) Error() string { return "not carried out here: " + u.What }

func unsupported(what string) error { return &UnsupportedError{what} }

// compileBack compiles an expression that refers back to its groups. Which of several alternatives is the longest is not known there.
func (re *Regexp) compileBack(text string, t *translator) (err error) {
	if t.alternates {
		return unsupported("a back reference (\\1) in an expression with alternatives (|)")
	}
	if t.o.Word {
		return unsupported("a back reference (\\1) with -w")
	}
	re.back, err = regexp2.Compile(forRegexp2(text))
	if err != nil {
		return fmt.Errorf("invalid regular expression: %w", err)
	}
	re.back.MatchTimeout = backTime
	return nil
}

// Match reports whether the expression is in s.
func (re *Regexp) Match(s string) (bool, error) {
	if re.back == nil && re.prog == nil {
		return re.inner.Match(s)
	}
	loc, err := re.Find(s, 0)
	return loc != nil, err
}

// Find returns the places of the leftmost match at or behind from, and of its groups, as [regexp.Regexp.FindStringSubmatchIndex] does; nil
// for none. What stands before from is seen by ^, \b and their like.
func (re *Regexp) Find(s string, from int) ([]int, error) {
	switch {
	case re.back != nil:
		return re.findBack(s, from)
	case re.prog != nil && re.word:
		return re.findWord(s, from)
	case re.prog != nil:
		return re.prog.find(s, from, -1)
	case from == 0:
		return re.inner.Find(s)
	case re.inner.Looks():
		return re.lookedAt(s, from)
	}
	loc, err := re.inner.Find(s[from:])
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += from
		}
	}
	return loc, err
}

// lookedAt is Find for an expression that looks at what stands before it.
func (re *Regexp) lookedAt(s string, from int) ([]int, error) {
	if re.prog == nil {
		prog, err := newProgram(re.meter, re.inner.String())
		if err != nil {
			return nil, err
		}
		re.prog = prog
	}
	return re.prog.find(s, from, -1)
}

// findWord finds a match that is a whole word, as grep -w does: of one that is none, shorter ones are tried, and then later ones.
func (re *Regexp) findWord(s string, from int) ([]int, error) {
	for from <= len(s) {
		loc, err := re.prog.find(s, from, -1)
		if err != nil || loc == nil {
			return nil, err
		}
		start, end := loc[0], loc[1]
		for end > start || end == loc[1] {
			if wordAt(s, start, end) {
				return []int{start, end}, nil
			}
			if end == start {
				break
			}
			shorter, err := re.prog.find(s[:end-1], start, start)
			if err != nil {
				return nil, err
			}
			if shorter == nil || shorter[1] == start {
				break
			}
			end = shorter[1]
		}
		from = start + max(1, runeLen(s[start:]))
	}
	return nil, nil
}

func (re *Regexp) findBack(s string, from int) ([]int, error) {
	if err := re.meter.Work(int64(len(s))*20 + 1000); err != nil {
		return nil, err
	}
	m, err := re.back.FindStringMatchStartingAt(s, from)
	if err != nil {
		return nil, errBackTime
	}
	if m == nil {
		return nil, nil
	}
	var loc []int
	for _, g := range m.Groups() {
		if len(g.Captures) == 0 {
			loc = append(loc, -1, -1)
			continue
		}
		at, n := g.ByteRange()
		loc = append(loc, at, at+n)
	}
	return loc, nil
}

// Each calls do with the matches in turn that do not overlap; an empty one right behind another one is none. It ends with false.
func (re *Regexp) Each(s string, do func(loc []int) (bool, error)) error {
	last := -1
	for from := 0; from <= len(s); {
		loc, err := re.Find(s, from)
		if err != nil || loc == nil {
			return err
		}
		if start, end := loc[0], loc[1]; start == end && end == last {
			if from = loc[1] + max(1, runeLen(s[loc[1]:])); from > len(s) {
				return nil
			}
			continue
		}
		more, err := do(loc)
		if err != nil || !more {
			return err
		}
		last = loc[1]
		if from = loc[1]; loc[0] == loc[1] {
			from += max(1, runeLen(s[loc[1]:]))
		}
	}
	return nil
}

// String is what the expression was translated to.
func (re *Regexp) String() string {
	if re.back != nil {
		return re.back.String()
	}
	return re.inner.String()
}

// Regexp is the expression as Go's, where nothing in it needs more; nil otherwise.
func (re *Regexp) Regexp() *regexp.Regexp {
	if re.inner == nil || re.prog != nil {
		return nil
	}
	return re.inner.Regexp
}
