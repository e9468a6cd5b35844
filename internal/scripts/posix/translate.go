package posix

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Syntax is one of POSIX's two, or awk's.
type Syntax int

// The syntaxes. Strict is Extended where a repetition of nothing is an error, as regcomp has it; grep takes it.
const (
	Basic Syntax = iota
	Extended
	Strict
	Awk
)

// Characters that stand for what Go's expressions do not have. They are in no text that is matched but by them: see program.
const (
	wordStart  = '\U000F8F01' // \<
	wordEnd    = '\U000F8F02' // \>
	wordEdge   = '\U000F8F03' // \b
	wordInside = '\U000F8F04' // \B
)

// translator turns an expression into one of Go's.
type translator struct {
	o      Options
	in     string
	i      int
	out    []byte
	groups int
	open   []group
	closed []bool // which groups have ended, by number - 1
	// atom is where the last atom begins in out; -1 where there is none. repeated says that it is repeated already.
	atom       int
	repeated   bool
	backs      bool
	words      bool
	alternates bool
}

// group is an open parenthesis.
type group struct{ at, number int }

func (t *translator) extended() bool { return t.o.Syntax != Basic }

// translate adds an expression to what is there. Errors are GNU's.
func (t *translator) translate(pattern string) error {
	if t.o.Literal {
		t.out = append(t.out, regexp.QuoteMeta(pattern)...)
		return nil
	}
	t.in, t.i, t.atom, t.open = pattern, 0, -1, nil
	t.out = append(t.out, "(?:"...)
	for t.i < len(t.in) {
		if err := t.next(); err != nil {
			return err
		}
	}
	if len(t.open) > 0 {
		return errors.New("Unmatched ( or \\(")
	}
	t.out = append(t.out, ')')
	return nil
}

// next reads what stands at i.
func (t *translator) next() error {
	c := t.in[t.i]
	switch {
	case c == '\\':
		return t.escape()
	case c == '[':
		return t.bracket()
	case c == '.':
		t.begin(".", 1)
	case c == '*':
		return t.star()
	case c == '^':
		t.caret()
	case c == '$':
		t.dollar()
	case t.extended() && strings.IndexByte("(|)+?{", c) >= 0:
		return t.operator(c, 1)
	default:
		t.literal(utf8Len(t.in[t.i:]))
	}
	return nil
}

// begin adds an atom that takes n bytes of the pattern.
func (t *translator) begin(text string, n int) {
	t.atom, t.repeated = len(t.out), false
	t.out = append(t.out, text...)
	t.i += n
}

// literal adds n bytes as they are.
func (t *translator) literal(n int) { t.begin(quote(t.in[t.i:t.i+n]), n) }

// quote is a text that stands for itself, one character of which is one atom.
func quote(s string) string { return regexp.QuoteMeta(s) }

// star repeats what stands before it; at the beginning of a basic expression it is itself.
func (t *translator) star() error {
	if t.atom < 0 && !t.extended() {
		t.literal(1)
		return nil
	}
	return t.repeat("*", 1)
}

// repeat adds a repetition of the last atom.
func (t *translator) repeat(operator string, n int) error {
	if t.atom < 0 {
		switch t.o.Syntax {
		case Strict:
			return errors.New("Invalid preceding regular expression")
		case Awk:
			t.literal(n)
			return nil
		}
		t.i += n
		return nil // a repetition of nothing
	}
	if t.repeated {
		t.wrap()
	}
	t.out = append(t.out, operator...)
	t.repeated = true
	t.i += n
	return nil
}

// wrap makes one atom of what begins at the last one.
func (t *translator) wrap() {
	inner := string(t.out[t.atom:])
	t.out = append(t.out[:t.atom], "(?:"+inner+")"...)
}

// caret is an anchor at the beginning of an expression or a group, anywhere in an extended one.
func (t *translator) caret() {
	switch {
	case t.extended():
		t.begin("^", 1)
	case t.starts():
		t.begin("^", 1)
		t.atom = -1 // ^* is ^ and a star
	default:
		t.literal(1)
	}
}

// starts reports whether a basic expression, or a part of one, begins at i.
func (t *translator) starts() bool {
	before := t.in[:t.i]
	return before == "" || endsWith(before, `\(`) || endsWith(before, `\|`)
}

// endsWith reports whether a text ends with an operator of two bytes whose backslash is not itself quoted.
func endsWith(text, operator string) bool {
	if !strings.HasSuffix(text, operator) {
		return false
	}
	text = text[:len(text)-1]
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

func (t *translator) dollar() {
	rest := t.in[t.i+1:]
	if t.extended() || rest == "" || strings.HasPrefix(rest, `\)`) || strings.HasPrefix(rest, `\|`) {
		t.begin("$", 1)
		return
	}
	t.literal(1)
}

// operator is one of ( | ) + ? {, which takes n bytes.
func (t *translator) operator(c byte, n int) error {
	switch c {
	case '(':
		t.groups++
		t.open = append(t.open, group{len(t.out), t.groups})
		t.closed = append(t.closed, false)
		t.out = append(t.out, '(')
		t.atom = -1
		t.i += n
	case '|':
		t.out = append(t.out, '|')
		t.atom, t.alternates = -1, true
		t.i += n
	case ')':
		if len(t.open) == 0 {
			if t.extended() && t.o.Syntax != Awk && t.o.Syntax != Extended {
				return errors.New("Unmatched ) or \\)")
			}
			if !t.extended() || t.o.Syntax == Awk {
				return errors.New("Unmatched ) or \\)")
			}
			t.literal(n)
			return nil
		}
		last := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		t.closed[last.number-1] = true
		t.out = append(t.out, ')')
		t.atom, t.repeated = last.at, false
		t.i += n
	case '+', '?':
		if t.atom < 0 && !t.extended() {
			t.begin(quote(string(c)), n)
			return nil
		}
		return t.repeat(string(c), n)
	case '{':
		return t.interval(n)
	}
	return nil
}

// interval reads {n}, {n,}, {,m} and {n,m}, whose brace takes n bytes.
func (t *translator) interval(n int) error {
	closing := "}"
	if !t.extended() {
		closing = `\}`
	}
	end := strings.Index(t.in[t.i+n:], closing)
	text := ""
	if end >= 0 {
		text = t.in[t.i+n : t.i+n+end]
	}
	low, high, comma := strings.Cut(text, ",")
	valid := end >= 0 && isCount(low) && isCount(high) && (low != "" || comma)
	switch {
	case !valid && t.extended() && t.o.Syntax != Strict, t.atom < 0 && t.o.Syntax == Awk:
		t.literal(n) // as it is written
		return nil
	case t.atom < 0 && !t.extended():
		if t.in[:t.i] == "" || !valid {
			return errors.New("Invalid preceding regular expression")
		}
	case end < 0:
		return errors.New("Unmatched { or \\{")
	case !valid:
		return errors.New("Invalid content of \\{\\}")
	}
	from, _ := strconv.Atoi(low)
	to, _ := strconv.Atoi(high)
	if comma && high != "" && to < from {
		return errors.New("Invalid content of \\{\\}")
	}
	if max(from, to) > 1000 {
		return errors.New("Regular expression too big")
	}
	operator := "{" + strconv.Itoa(from)
	if comma {
		operator += "," + high
	}
	operator += "}"
	if operator == "{0,}" {
		operator = "*"
	}
	return t.repeat(operator, n+len(text)+len(closing))
}

// isCount reports whether a text is empty or a number.
func isCount(s string) bool { return strings.Trim(s, "0123456789") == "" && len(s) < 6 }

// escape reads a backslash and what stands behind it.
func (t *translator) escape() error {
	if t.i+1 >= len(t.in) {
		if t.o.Syntax == Awk {
			t.begin(`\\`, 1)
			return nil
		}
		return errors.New("Trailing backslash")
	}
	c := t.in[t.i+1]
	if t.o.Syntax == Awk {
		t.awkEscape(c)
		return nil
	}
	switch {
	case !t.extended() && strings.IndexByte("(|)+?{", c) >= 0:
		return t.operator(c, 2)
	case c >= '1' && c <= '9':
		if number := int(c - '0'); number > len(t.closed) || !t.closed[number-1] {
			return errors.New("Invalid back reference")
		}
		t.backs = true
		t.begin(`(?:\`+string(c)+`)`, 2)
	case c == 'w':
		t.begin(`[\pL\pN_]`, 2)
	case c == 'W':
		t.begin(`[^\pL\pN_]`, 2)
	case c == 's':
		t.begin(`[`+classes["space"]+`]`, 2)
	case c == 'S':
		t.begin(`[^`+classes["space"]+`]`, 2)
	case strings.IndexByte("<>bB", c) >= 0:
		t.words = true
		t.begin(string(map[byte]rune{'<': wordStart, '>': wordEnd, 'b': wordEdge, 'B': wordInside}[c]), 2)
		t.repeated = true
	case c == '`':
		t.begin(`\A`, 2)
	case c == '\'':
		t.begin(`\z`, 2)
	default:
		n := utf8Len(t.in[t.i+1:])
		t.begin(quote(t.in[t.i+1:t.i+1+n]), 1+n)
	}
	return nil
}

// awkEscapes are those that awk's expressions share with its strings.
var awkEscapes = map[byte]string{'a': `\x07`, 'b': `\x08`, 'f': `\x0c`, 'n': `\n`, 'r': `\r`, 't': `\t`, 'v': `\x0b`}

func (t *translator) awkEscape(c byte) {
	if text, ok := awkEscapes[c]; ok {
		t.begin(text, 2)
		return
	}
	if c >= '0' && c <= '7' {
		n := 1
		for n < 3 && t.i+1+n < len(t.in) && t.in[t.i+1+n] >= '0' && t.in[t.i+1+n] <= '7' {
			n++
		}
		code, _ := strconv.ParseUint(t.in[t.i+1:t.i+1+n], 8, 16)
		t.begin(quote(string(rune(code&0xff))), 1+n)
		return
	}
	n := utf8Len(t.in[t.i+1:])
	t.begin(quote(t.in[t.i+1:t.i+1+n]), 1+n)
}

// utf8Len is the length of the first character; at least 1.
func utf8Len(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return max(n, 1)
}

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
