package posix

import (
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
)

// program is an expression that is carried out here, as Go's does not know the ends of words: all its threads at the same time, so that it
// takes linear time (Thompson, Pike).
type program struct {
	prog  *syntax.Prog
	meter *limits.Meter
	seen  []uint32 // by instruction, the turn in which it was added
	turn  uint32
}

// thread is a place in the program, with the places of its groups.
type thread struct {
	pc     uint32
	groups []int
}

func newProgram(meter *limits.Meter, text string) (*program, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	if err := meter.Charge(int64(len(prog.Inst)) * 200); err != nil {
		return nil, err
	}
	return &program{prog: prog, meter: meter, seen: make([]uint32, len(prog.Inst))}, nil
}

// find is the longest of the leftmost matches at or behind from; with only at least 0, of those that begin there.
func (p *program) find(s string, from, only int) ([]int, error) {
	var now, next []thread
	var best []int
	size := p.prog.NumCap
	for at := from; ; {
		r, n := rune(-1), 0
		if at < len(s) {
			r, n = utf8.DecodeRuneInString(s[at:])
		}
		before := rune(-1)
		if at > 0 {
			before, _ = utf8.DecodeLastRuneInString(s[:at])
		}
		if at == from {
			p.turn++
		}
		if best == nil && (only < 0 || at == only) {
			groups := make([]int, size)
			for i := range groups {
				groups[i] = -1
			}
			groups[0] = at
			now = p.add(now, uint32(p.prog.Start), at, before, r, groups)
		}
		if err := p.meter.Work(int64(4*len(now) + 4)); err != nil {
			return nil, err
		}
		p.turn++
		next = next[:0]
		for _, th := range now {
			if best != nil && th.groups[0] > best[0] {
				continue
			}
			inst := &p.prog.Inst[th.pc]
			if inst.Op == syntax.InstMatch {
				if best == nil || th.groups[0] < best[0] || at > best[1] {
					best = append([]int(nil), th.groups...)
					best[1] = at
				}
				continue
			}
			if n > 0 && inst.MatchRune(r) {
				after := rune(-1)
				if at+n < len(s) {
					after, _ = utf8.DecodeRuneInString(s[at+n:])
				}
				next = p.add(next, inst.Out, at+n, r, after, th.groups)
			}
		}
		now, next = next, now
		if n == 0 || len(now) == 0 && (best != nil || only >= 0) {
			return best, nil
		}
		at += n
	}
}

// add follows what matches no text.
func (p *program) add(list []thread, pc uint32, at int, before, after rune, groups []int) []thread {
	if p.seen[pc] == p.turn {
		return list
	}
	p.seen[pc] = p.turn
	inst := &p.prog.Inst[pc]
	switch inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		list = p.add(list, inst.Out, at, before, after, groups)
		return p.add(list, inst.Arg, at, before, after, groups)
	case syntax.InstNop:
		return p.add(list, inst.Out, at, before, after, groups)
	case syntax.InstCapture:
		if int(inst.Arg) < len(groups) {
			groups = append([]int(nil), groups...)
			groups[inst.Arg] = at
		}
		return p.add(list, inst.Out, at, before, after, groups)
	case syntax.InstEmptyWidth:
		if syntax.EmptyOp(inst.Arg)&^syntax.EmptyOpContext(before, after) == 0 {
			return p.add(list, inst.Out, at, before, after, groups)
		}
		return list
	case syntax.InstFail:
		return list
	case syntax.InstRune1, syntax.InstRune:
		if len(inst.Rune) >= 1 && inst.Rune[0] >= wordStart && inst.Rune[0] <= wordInside {
			if isEdge(inst.Rune[0], isWord(before), isWord(after)) {
				return p.add(list, inst.Out, at, before, after, groups)
			}
			return list
		}
	}
	return append(list, thread{pc, groups})
}

// isEdge reports whether an edge of a word is between two characters of which is known whether they are of words.
func isEdge(kind rune, before, after bool) bool {
	switch kind {
	case wordStart:
		return !before && after
	case wordEnd:
		return before && !after
	case wordEdge:
		return before != after
	default:
		return before == after
	}
}

// isWord reports whether a character is one of words; -1 is none.
func isWord(r rune) bool {
	return r == '_' || r >= 0 && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

// wordAt reports whether no word goes on at either end of a match.
func wordAt(s string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	after, _ := utf8.DecodeRuneInString(s[end:])
	return (start == 0 || !isWord(before)) && (end == len(s) || !isWord(after))
}

// forRegexp2 is an expression as regexp2 reads it.
func forRegexp2(text string) string {
	for from, to := range map[string]string{
		string(wordStart): `(?<!\w)(?=\w)`, string(wordEnd): `(?<=\w)(?!\w)`, string(wordEdge): `\b`, string(wordInside): `\B`,
		`\pL`: `\p{L}`, `\pN`: `\p{N}`, `\pP`: `\p{P}`, `\pS`: `\p{S}`, `\pM`: `\p{M}`,
		`\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}`: ``, `\x{9f}`: `\x9f`,
	} {
		text = strings.ReplaceAll(text, from, to)
	}
	return text
}
