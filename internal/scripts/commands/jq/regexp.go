package jq

import (
	"errors"
	"io"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
)

// expression is a compiled regular expression. jq has those of Oniguruma; here they are RE2's, which take linear time: looking around
// and references to groups are refused.
type expression struct {
	*regexp.Regexp
	source string
	size   int64 // instructions
	names  []string
	dollar bool           // see endsLine
	behind *regexp.Regexp // see later
}

// flags are what a match may be told, by letters.
type flags struct {
	global, extended, notEmpty, longest bool
	syntax                              string // as RE2 writes them
}

// maxExpressions bounds how many expressions are kept compiled.
const maxExpressions = 64

// readFlags reads the letters of flags; nil has none.
func readFlags(v any) (flags, error) {
	var f flags
	letters, ok := v.(string)
	if !ok && v != nil {
		return f, wrong(v, "is not a string")
	}
	for _, c := range letters {
		switch c {
		case 'g':
			f.global = true
		case 'i':
			f.syntax += "i"
		case 'x':
			f.extended = true
		case 'm', 'p':
			f.syntax += "s"
		case 's':
		case 'l':
			f.longest = true
		case 'n':
			f.notEmpty = true
		default:
			return f, fail("%s is not a valid modifier string", letters)
		}
	}
	return f, nil
}

// expression compiles a regular expression, and keeps it.
func (m *machine) expression(source string, f flags) (*expression, error) {
	key := f.syntax + "/" + source
	if f.extended {
		key = "x" + key
	}
	if f.longest {
		key = "l" + key
	}
	if e, ok := m.regexp[key]; ok {
		return e, nil
	}
	if int64(len(source)) > limits.JQRegexp.Value {
		return nil, limits.JQRegexp.Reached()
	}
	source = translate(source, f.extended)
	if f.syntax != "" {
		source = "(?" + f.syntax + ")" + source
	}
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, fail("Regex failure: %s", regexpProblem(err))
	}
	e := &expression{source: source, size: instructions(parsed), dollar: endsLine(parsed)}
	if e.size > limits.JQRegexp.Value {
		return nil, limits.JQRegexp.Reached()
	}
	if err := m.work(e.size * 100); err != nil {
		return nil, err
	}
	if e.Regexp, err = regexp.Compile(source); err != nil {
		return nil, fail("Regex failure: %s", regexpProblem(err))
	}
	if f.longest {
		e.Longest()
	}
	e.names = e.SubexpNames()
	if len(m.regexp) >= maxExpressions {
		clear(m.regexp)
	}
	if m.regexp == nil {
		m.regexp = map[string]*expression{}
	}
	m.regexp[key] = e
	return e, m.charge(e.size * 120)
}

// regexpProblem words why an expression is refused.
func regexpProblem(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	switch e.Code {
	case syntax.ErrMissingParen:
		return "end pattern with unmatched parenthesis"
	case syntax.ErrUnexpectedParen:
		return "unmatched close parenthesis"
	case syntax.ErrInvalidPerlOp:
		return "invalid group `" + e.Expr + "`: looking ahead and behind, and atomic groups, are not available (RE2)"
	case syntax.ErrInvalidEscape:
		return "invalid escape `" + e.Expr + "`: references to groups are not available (RE2)"
	default:
		return e.Code.String() + ": `" + e.Expr + "`"
	}
}

// instructions estimates how many instructions an expression compiles to, repetitions written out.
func instructions(r *syntax.Regexp) int64 {
	const most = 1 << 40
	n := int64(1)
	switch r.Op {
	case syntax.OpLiteral:
		n = int64(len(r.Rune))
	case syntax.OpCharClass:
		n = 1 + int64(len(r.Rune))/8
	}
	for _, sub := range r.Sub {
		n += instructions(sub)
	}
	switch r.Op {
	case syntax.OpRepeat:
		n *= int64(max(r.Max, r.Min, 1))
	case syntax.OpCapture:
		n += 2
	}
	return min(n, most)
}

// classes are what Oniguruma's classes are in Unicode, to stand in brackets.
var classes = map[byte]string{
	'w': `\p{L}\p{M}\p{N}\p{Pc}`, 'd': `\p{Nd}`, 's': `\t-\r \x{85}\p{Z}`,
}

// translate writes Oniguruma's classes as RE2 has them. For the flag x white space and comments are taken out.
func translate(source string, extended bool) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(source); i++ {
		c := source[i]
		switch {
		case c == '\\' && i+1 < len(source):
			i++
			set, ok := classes[source[i]|0x20]
			negated := source[i]&0x20 == 0
			switch {
			case ok && !negated && class:
				b.WriteString(set)
			case ok && !negated:
				b.WriteString("[" + set + "]")
			case ok && !class:
				b.WriteString("[^" + set + "]")
			default:
				b.WriteByte(c)
				b.WriteByte(source[i])
			}
			continue
		case class:
			class = c != ']'
		case c == '[':
			class = true
			b.WriteByte(c)
			for _, first := range []byte{'^', ']'} { // [^]] and []]
				if i+1 < len(source) && source[i+1] == first {
					i++
					b.WriteByte(first)
				}
			}
			continue
		case !extended:
		case c == ' ' || c >= '\t' && c <= '\r':
			continue
		case c == '#':
			for i < len(source) && source[i] != '\n' {
				i++
			}
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// endsLine reports whether an expression has a $, which matches in front of a last newline too.
func endsLine(r *syntax.Regexp) bool {
	if r.Op == syntax.OpEndText && r.Flags&syntax.WasDollar != 0 {
		return true
	}
	for _, sub := range r.Sub {
		if endsLine(sub) {
			return true
		}
	}
	return false
}

// countedReader reads a text for a match, and ends where the evaluation has to.
type countedReader struct {
	m    *machine
	s    string
	at   int
	cost int64
	err  error
}

// ReadRune implements io.RuneReader.
func (r *countedReader) ReadRune() (rune, int, error) {
	if r.at >= len(r.s) || r.err != nil {
		return 0, 0, io.EOF
	}
	if r.err = r.m.work(r.cost); r.err != nil {
		return 0, 0, io.EOF
	}
	c, size := utf8.DecodeRuneInString(r.s[r.at:])
	r.at += size
	return c, size, nil
}

// quickMatch is how much a match may cost that is not looked at while it goes on: characters times instructions.
const quickMatch = 1 << 20

// matches calls do with the places of each match in s, and of its groups. An empty match may stand right behind another one.
func (m *machine) matches(e *expression, s string, f flags, do func(loc []int) error) error {
	for from := 0; from <= len(s); {
		loc, err := m.search(e, s, from, f)
		if err != nil || loc == nil {
			return err
		}
		if loc[1] > loc[0] || !f.notEmpty {
			if err := do(loc); err != nil {
				return err
			}
			if !f.global {
				return nil
			}
		}
		if from = loc[1]; loc[0] == loc[1] {
			_, size := utf8.DecodeRuneInString(s[from:])
			from += max(size, 1)
		}
	}
	return nil
}

// search finds the first match from a place on.
func (m *machine) search(e *expression, s string, from int, f flags) ([]int, error) {
	loc, err := m.searchIn(e, s, from, f)
	if err != nil || !e.dollar || !strings.HasSuffix(s, "\n") || from >= len(s) {
		return loc, err
	}
	early, err := m.searchIn(e, s[:len(s)-1], from, f)
	if early != nil && (loc == nil || early[0] < loc[0]) {
		return early, err
	}
	return loc, err
}

// searchIn is search where $ is the end of the text.
func (m *machine) searchIn(e *expression, s string, from int, f flags) ([]int, error) {
	re, base, skip := e.Regexp, 0, 0
	if from > 0 {
		// what stands in front decides about ^ and \b
		_, size := utf8.DecodeLastRuneInString(s[:from])
		base, skip = from-size, 1
		var err error
		if re, err = e.later(f); err != nil {
			return nil, err
		}
	}
	var loc []int
	cost := e.size/8 + 1
	if int64(len(s)-base)*cost <= quickMatch {
		loc = re.FindStringSubmatchIndex(s[base:])
		through := len(s) - base
		if loc != nil {
			through = loc[1]
		}
		if err := m.work(int64(through+1) * cost); err != nil {
			return nil, err
		}
	} else {
		r := &countedReader{m: m, s: s, at: base, cost: cost}
		loc = re.FindReaderSubmatchIndex(r)
		if r.err != nil {
			return nil, r.err
		}
	}
	if loc == nil {
		return nil, nil
	}
	loc = loc[2*skip:]
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += base
		}
	}
	return loc, nil
}

// later is the expression behind one character and as few others as possible; its group 1 is the match.
func (e *expression) later(f flags) (*regexp.Regexp, error) {
	if e.behind == nil {
		if f.longest {
			return nil, fail("Regex failure: the flags l and g are not available together (RE2)")
		}
		re, err := regexp.Compile(`(?s:\A.)(?s:.*?)(` + e.source + `)`)
		if err != nil {
			return nil, fail("Regex failure: %s", regexpProblem(err))
		}
		e.behind = re
	}
	return e.behind, nil
}
