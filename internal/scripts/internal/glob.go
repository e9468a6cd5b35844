// This file is Opsbook's: patterns as bash matches them, in the time of their length times that of the text.

package internal

import (
	"slices"
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/limits"
)

// Glob is a pattern of bash: * ? [ ] and, with extended operators, ?( *( +( @( and !(. A backslash quotes what follows it.
type Glob struct {
	meter    *limits.Meter
	ahead    []inst // matches from the beginning of a text
	behind   []inst // matches from its end
	fold     bool
	literal  string // what it matches, where it has no operators
	isText   bool
	startDot bool // it begins with a dot that is written
}

// inst is one of a program: it takes a character, or goes on at one of two others.
type inst struct {
	op   byte // c: one of set; s: goes on at x and y; m: has matched; n: what none of subs matches, then x
	set  func(rune) bool
	x, y int
	subs [][]inst
}

// node is a part of a pattern.
type node struct {
	set  func(rune) bool // of a character; nil for a star or an operator
	op   byte            // '*' of a star; ? * + @ ! of an operator with alternatives
	alts [][]node
	char rune // of a set that is one character, else -1
}

// NewGlob reads a pattern. The meter is charged for what it holds and how long it matches; one that refuses makes nothing match.
func NewGlob(meter *limits.Meter, pattern string, extended, fold bool) *Glob {
	p := globParser{text: []rune(pattern), extended: extended, fold: fold}
	nodes, _ := p.sequence(false)
	g := &Glob{meter: meter, fold: fold, isText: !fold}
	var b strings.Builder
	for _, n := range nodes {
		if n.set == nil || n.char < 0 {
			g.isText = false
			break
		}
		b.WriteRune(n.char)
	}
	g.literal = b.String()
	g.startDot = len(nodes) > 0 && nodes[0].char == '.'
	if !g.isText && meter.Charge(int64(len(pattern))*textBytes) == nil {
		g.ahead, g.behind = program(nodes, false), program(nodes, true)
	}
	return g
}

// Text is the one text that the pattern matches; ok is false where it has operators.
func (g *Glob) Text() (text string, ok bool) { return g.literal, g.isText }

// HasGlob reports whether a text has an operator of patterns.
func HasGlob(pattern string, extended bool) bool {
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case c == '*' || c == '?':
			return true
		case c == '[' && strings.IndexByte(pattern[i+1:], ']') > 0:
			return true
		case extended && strings.IndexByte("+@!", c) >= 0 && i+1 < len(pattern) && pattern[i+1] == '(':
			return true
		}
	}
	return false
}

// QuoteGlob is a pattern that matches a text and nothing else.
func QuoteGlob(text string) string {
	if !strings.ContainsAny(text, `\*?[]()|!@+-^&`) {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(`\*?[]()|!@+-^&`, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// UnquoteGlob is a pattern without its backslashes.
func UnquoteGlob(pattern string) string {
	if !strings.Contains(pattern, `\`) {
		return pattern
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

type globParser struct {
	text           []rune
	at             int
	extended, fold bool
}

// sequence reads parts up to the end, or inside of an operator up to | or ).
func (p *globParser) sequence(inside bool) (out []node, ended bool) {
	for p.at < len(p.text) {
		c := p.text[p.at]
		if inside && (c == '|' || c == ')') {
			return out, true
		}
		if p.extended && strings.ContainsRune("?*+@!", c) && p.at+1 < len(p.text) && p.text[p.at+1] == '(' {
			if n, ok := p.operator(); ok {
				out = append(out, n)
				continue
			}
		}
		p.at++
		switch {
		case c == '*':
			if n := len(out); n == 0 || out[n-1].op != '*' || out[n-1].alts != nil {
				out = append(out, node{op: '*', char: -1})
			}
		case c == '?':
			out = append(out, node{set: func(rune) bool { return true }, char: -1})
		case c == '[':
			if set, ok := p.bracket(); ok {
				out = append(out, node{set: set, char: -1})
				continue
			}
			out = append(out, p.char(c))
		case c == '\\' && p.at < len(p.text):
			out = append(out, p.char(p.text[p.at]))
			p.at++
		default:
			out = append(out, p.char(c))
		}
	}
	return out, !inside
}

func (p *globParser) char(c rune) node {
	if p.fold {
		low, up := unicode.ToLower(c), unicode.ToUpper(c)
		return node{set: func(r rune) bool { return r == c || r == low || r == up }, char: c}
	}
	return node{set: func(r rune) bool { return r == c }, char: c}
}

// operator reads ?(a|b); one that is not closed is text.
func (p *globParser) operator() (node, bool) {
	begin := p.at
	n := node{op: byte(p.text[p.at]), char: -1}
	p.at += 2
	for {
		alternative, ok := p.sequence(true)
		if !ok || p.at >= len(p.text) {
			p.at = begin
			return node{}, false
		}
		n.alts = append(n.alts, alternative)
		p.at++
		if p.text[p.at-1] == ')' {
			return n, true
		}
	}
}

// bracket reads a set behind its [; one that is not closed is text.
func (p *globParser) bracket() (func(rune) bool, bool) {
	begin := p.at
	not := false
	if p.at < len(p.text) && (p.text[p.at] == '!' || p.text[p.at] == '^') {
		not = true
		p.at++
	}
	var sets []func(rune) bool
	for first := true; ; first = false {
		if p.at >= len(p.text) {
			p.at = begin
			return nil, false
		}
		c := p.text[p.at]
		if c == ']' && !first {
			p.at++
			break
		}
		if c == '[' && p.at+1 < len(p.text) && strings.ContainsRune(":.=", p.text[p.at+1]) {
			if set, ok := p.class(p.text[p.at+1]); ok {
				sets = append(sets, set)
				continue
			}
		}
		from := p.element()
		to := from
		if p.at+1 < len(p.text) && p.text[p.at] == '-' && p.text[p.at+1] != ']' {
			p.at++
			to = p.element()
		}
		sets = append(sets, func(r rune) bool { return from <= r && r <= to })
	}
	fold := p.fold
	return func(r rune) bool {
		in := slices.ContainsFunc(sets, func(set func(rune) bool) bool {
			return set(r) || fold && (set(unicode.ToLower(r)) || set(unicode.ToUpper(r)))
		})
		return in != not
	}, true
}

// element reads a character of a set.
func (p *globParser) element() rune {
	c := p.text[p.at]
	p.at++
	if c == '\\' && p.at < len(p.text) {
		c = p.text[p.at]
		p.at++
	}
	return c
}

// classes are the character classes of POSIX, as C.UTF-8 has them.
var classes = map[string]func(rune) bool{
	"alpha": unicode.IsLetter, "upper": unicode.IsUpper, "lower": unicode.IsLower, "print": unicode.IsPrint,
	"digit": func(r rune) bool { return '0' <= r && r <= '9' },
	"alnum": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) },
	"space": func(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' || r > 127 && unicode.IsSpace(r) },
	"blank": func(r rune) bool { return r == ' ' || r == '\t' },
	"cntrl": unicode.IsControl,
	"graph": func(r rune) bool { return unicode.IsPrint(r) && r != ' ' },
	"punct": func(r rune) bool {
		return r > 32 && r < 127 && !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > 127 && unicode.IsPunct(r)
	},
	"xdigit": func(r rune) bool { return strings.ContainsRune("0123456789abcdefABCDEF", r) },
	"word":   func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) },
	"ascii":  func(r rune) bool { return r < 128 },
}

// class reads [:alpha:], [.x.] or [=x=].
func (p *globParser) class(kind rune) (func(rune) bool, bool) {
	for i := p.at + 2; i+1 < len(p.text); i++ {
		if p.text[i] != kind || p.text[i+1] != ']' {
			continue
		}
		name := string(p.text[p.at+2 : i])
		one := []rune(name)
		set := classes[name]
		switch {
		case kind != ':' && len(one) == 1:
			set = func(r rune) bool { return r == one[0] }
		case kind != ':' || set == nil:
			set = func(rune) bool { return false }
		}
		p.at = i + 2
		return set, true
	}
	return nil, false
}

// program is what a pattern is matched by; backwards from the end of a text.
func program(nodes []node, backwards bool) []inst {
	out := appendProgram(nil, nodes, backwards)
	return append(out, inst{op: 'm'})
}

func appendProgram(out []inst, nodes []node, backwards bool) []inst {
	for i := range nodes {
		n := nodes[i]
		if backwards {
			n = nodes[len(nodes)-1-i]
		}
		switch {
		case n.set != nil:
			out = append(out, inst{op: 'c', set: n.set, x: len(out) + 1})
		case n.alts == nil: // a star
			out = append(out, inst{op: 's', x: len(out) + 1, y: len(out) + 2}, inst{op: 'c', set: func(rune) bool { return true }, x: len(out)})
		case n.op == '!':
			not := inst{op: 'n', x: len(out) + 1}
			for _, alternative := range n.alts {
				not.subs = append(not.subs, program(alternative, backwards))
			}
			out = append(out, not)
		default:
			out = appendOperator(out, n, backwards)
		}
	}
	return out
}

// appendOperator appends the alternatives of ?( *( +( or @(.
func appendOperator(out []inst, n node, backwards bool) []inst {
	begin := len(out)
	var ends []int
	if n.op == '?' || n.op == '*' {
		out = append(out, inst{op: 's', x: begin + 1}) // y is the end
		ends = append(ends, begin)
	}
	again := len(out)
	for i, alternative := range n.alts {
		branch := -1
		if i < len(n.alts)-1 {
			branch = len(out)
			out = append(out, inst{op: 's', x: branch + 1})
		}
		out = appendProgram(out, alternative, backwards)
		out = append(out, inst{op: 's'}) // to the end, and for a repetition to the beginning too
		ends = append(ends, len(out)-1)
		if branch >= 0 {
			out[branch].y = len(out)
		}
	}
	end := len(out)
	for _, at := range ends {
		switch {
		case at == begin && (n.op == '?' || n.op == '*'):
			out[at].y = end
		case n.op == '*' || n.op == '+':
			out[at].x, out[at].y = again, end
		default:
			out[at].x, out[at].y = end, end
		}
	}
	return out
}

// globRun is one match: where a program was already, so that it never is twice.
type globRun struct {
	meter *limits.Meter
	seen  []bool
}

// ends calls found with each place up to which a program matches a text from its beginning, until found is done.
func (g *globRun) ends(p []inst, text []rune, found func(int) (done bool)) {
	size := len(p) * (len(text) + 1)
	if g.meter.Charge(int64(size)) != nil {
		return
	}
	defer g.meter.Release(int64(size))
	if cap(g.seen) < size {
		g.seen = make([]bool, size)
	}
	g.seen = g.seen[:size]
	clear(g.seen)
	type place struct{ pc, at int }
	stack := []place{{0, 0}}
	for work := 0; len(stack) > 0; work++ {
		if work%1024 == 0 && g.meter.Work(int64(size/8+1024)) != nil {
			return
		}
		here := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i := here.pc*(len(text)+1) + here.at; g.seen[i] {
			continue
		} else {
			g.seen[i] = true
		}
		switch in := p[here.pc]; in.op {
		case 'm':
			if found(here.at) {
				return
			}
		case 'c':
			if here.at < len(text) && in.set(text[here.at]) {
				stack = append(stack, place{in.x, here.at + 1})
			}
		case 's':
			stack = append(stack, place{in.y, here.at}, place{in.x, here.at})
		case 'n':
			is := make([]bool, len(text)+1)
			for _, sub := range in.subs {
				inner := globRun{meter: g.meter}
				inner.ends(sub, text[here.at:], func(end int) bool { is[here.at+end] = true; return false })
			}
			for end := here.at; end <= len(text); end++ {
				if !is[end] {
					stack = append(stack, place{in.x, end})
				}
			}
		}
	}
}

// Match reports whether the pattern matches all of a text.
func (g *Glob) Match(text string) bool {
	if g.isText {
		return text == g.literal
	}
	runes := runesOf(text)
	matched := false
	run := globRun{meter: g.meter}
	if g.ahead != nil {
		run.ends(g.ahead, runes, func(end int) bool { matched = matched || end == len(runes); return matched })
	}
	return matched
}

// MatchName is Match of a file's name: one that begins with a dot is only matched by a written dot, unless dots are taken.
func (g *Glob) MatchName(name string, dots bool) bool {
	if strings.HasPrefix(name, ".") && !g.startDot && (!dots || name == "." || name == "..") {
		return false
	}
	return g.Match(name)
}

// Prefix is the length in bytes of the longest or shortest beginning of a text that the pattern matches, -1 for none.
func (g *Glob) Prefix(text string, longest bool) int {
	if g.isText {
		if strings.HasPrefix(text, g.literal) {
			return len(g.literal)
		}
		return -1
	}
	runes := runesOf(text)
	if n := g.length(g.ahead, runes, longest, &globRun{meter: g.meter}); n >= 0 {
		return bytesOf(runes[:n])
	}
	return -1
}

// Suffix is Prefix of the end of a text.
func (g *Glob) Suffix(text string, longest bool) int {
	if g.isText {
		if strings.HasSuffix(text, g.literal) {
			return len(g.literal)
		}
		return -1
	}
	runes := runesOf(text)
	slices.Reverse(runes)
	if n := g.length(g.behind, runes, longest, &globRun{meter: g.meter}); n >= 0 {
		return bytesOf(runes[:n])
	}
	return -1
}

func (g *Glob) length(p []inst, runes []rune, longest bool, run *globRun) int {
	best := -1
	if p == nil {
		return best
	}
	run.ends(p, runes, func(end int) bool {
		if best < 0 || longest == (end > best) {
			best = end
		}
		return false
	})
	return best
}

// Each calls do with the places, in bytes, of the longest matches in turn that do not overlap, at most n of them (all where n is
// negative). It ends where the meter refuses.
func (g *Glob) Each(text string, n int, do func(start, end int) error) error {
	if g.isText {
		for at := 0; n != 0 && g.literal != ""; n-- {
			i := strings.Index(text[at:], g.literal)
			if i < 0 {
				return nil
			}
			if err := do(at+i, at+i+len(g.literal)); err != nil {
				return err
			}
			at += i + len(g.literal)
		}
		return nil
	}
	runes := runesOf(text)
	run := globRun{meter: g.meter}
	if g.ahead == nil {
		return nil
	}
	for at, bytes := 0, 0; at <= len(runes) && n != 0; {
		if first := g.ahead[0]; first.op == 'c' && (at == len(runes) || !first.set(runes[at])) {
			if at < len(runes) {
				bytes += runeBytes(runes[at])
			}
			at++
			continue
		}
		if err := g.meter.Work(64); err != nil {
			return err
		}
		length := g.length(g.ahead, runes[at:], true, &run)
		if length == 0 && at < len(runes) { // no characters, which are found everywhere but at the end
			if err := do(bytes, bytes); err != nil {
				return err
			}
			n--
		}
		if length <= 0 {
			if at < len(runes) {
				bytes += runeBytes(runes[at])
			}
			at++
			continue
		}
		size := bytesOf(runes[at : at+length])
		if err := do(bytes, bytes+size); err != nil {
			return err
		}
		at, bytes, n = at+length, bytes+size, n-1
	}
	return nil
}

// A byte that is no character is kept as one above those of Unicode, so that lengths in bytes stay what they are.
const noRune = unicode.MaxRune + 1

func runesOf(text string) []rune {
	out := make([]rune, 0, len(text))
	for i, r := range text {
		if r == unicode.ReplacementChar && width(text[i:]) == 1 {
			r = noRune + rune(text[i])
		}
		out = append(out, r)
	}
	return out
}

func runeBytes(r rune) int {
	if r >= noRune {
		return 1
	}
	return len(string(r))
}

func bytesOf(runes []rune) int {
	n := 0
	for _, r := range runes {
		n += runeBytes(r)
	}
	return n
}
