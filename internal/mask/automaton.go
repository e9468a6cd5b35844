package mask

import (
	"sort"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// automaton finds many texts in one pass (Aho and Corasick, 1975). Line breaks, and the indentation after them, are passed over:
// what was wrapped is found as well.
type automaton struct {
	root [256]int32
	char []byte
	// The nodes: the first child, the next sibling, where to go on where nothing fits, and the nearest node on that way that ends a
	// pattern. 0 is the root, and none.
	child, sibling, fail, link []int32
	ends                       []int32 // the pattern's index, from 1
	depth                      []int32
	// part says of a node that what leads to it is so much of a pattern that it is secret by itself: what was cut off.
	part     []part
	patterns []pattern
}

// part is the beginning of a pattern.
type part uint8

const (
	noPart part = iota
	secretPart
	generatedPart
)

// pattern is one way in which a value is written.
type pattern struct {
	length    int // bytes, without line breaks
	word      bool
	generated bool
	broken    bool // it has line breaks itself
}

// newAutomaton is that of some values in all the ways in which they are written.
func newAutomaton(values []string, kinds map[string]procedures.SecretKind) *automaton {
	a := &automaton{}
	a.node(0)
	for _, value := range values {
		kind := kinds[value]
		base := pattern{word: kind == procedures.SecretWord, generated: kind == procedures.SecretGenerated}
		a.insert(value, base)
		if base.word {
			continue
		}
		parts := []string{value}
		if strings.ContainsAny(value, "\r\n") && len(leaves(value)) == 0 {
			for line := range strings.SplitSeq(value, "\n") {
				if line = strings.TrimSpace(line); len(line) >= shortestSecret {
					a.insert(line, base)
					parts = append(parts, line)
				}
			}
		}
		for _, part := range parts {
			for _, written := range encodings(part) {
				a.insert(written, base)
			}
		}
	}
	a.finish()
	return a
}

func (a *automaton) node(c byte) int32 {
	a.char = append(a.char, c)
	a.child, a.sibling, a.fail = append(a.child, 0), append(a.sibling, 0), append(a.fail, 0)
	a.link, a.ends, a.depth, a.part = append(a.link, 0), append(a.ends, 0), append(a.depth, 0), append(a.part, noPart)
	return int32(len(a.char) - 1)
}

// next is the child of a node for a byte; 0 for none.
func (a *automaton) next(n int32, c byte) int32 {
	if n == 0 {
		return a.root[c]
	}
	for k := a.child[n]; k != 0; k = a.sibling[k] {
		if a.char[k] == c {
			return k
		}
	}
	return 0
}

// insert adds a pattern.
func (a *automaton) insert(text string, p pattern) {
	at, skipping := int32(0), false
	path := make([]int32, 0, len(text))
	for i := range len(text) {
		c := text[i]
		if skipping = skips(c, skipping); skipping {
			p.broken = true
			continue
		}
		k := a.next(at, c)
		if k == 0 {
			k = a.node(c)
			a.depth[k] = a.depth[at] + 1
			if at == 0 {
				a.root[c] = k
			} else {
				a.sibling[k], a.child[at] = a.child[at], k
			}
		}
		at, p.length = k, p.length+1
		path = append(path, k)
	}
	for i := max(shortestPart, (2*p.length+2)/3) - 1; i < p.length-1 && !p.word; i++ {
		if a.part[path[i]] = max(a.part[path[i]], secretPart); p.generated {
			a.part[path[i]] = generatedPart
		}
	}
	if p.length < shortestSecret {
		return
	}
	if e := a.ends[at]; e != 0 { // two values that are written alike: the stricter holds
		q := &a.patterns[e-1]
		q.word, q.generated, q.broken = q.word && p.word, q.generated || p.generated, q.broken || p.broken
		return
	}
	a.patterns = append(a.patterns, p)
	a.ends[at] = int32(len(a.patterns))
}

// finish sets where each node goes on, in the order of their depth.
func (a *automaton) finish() {
	queue := make([]int32, 0, len(a.char))
	for _, k := range a.root {
		if k != 0 {
			queue = append(queue, k)
		}
	}
	for i := 0; i < len(queue); i++ {
		n := queue[i]
		for k := a.child[n]; k != 0; k = a.sibling[k] {
			f := a.fail[n]
			for f != 0 && a.next(f, a.char[k]) == 0 {
				f = a.fail[f]
			}
			a.fail[k] = a.next(f, a.char[k])
			queue = append(queue, k)
		}
		if f := a.fail[n]; a.ends[f] != 0 {
			a.link[n] = f
		} else {
			a.link[n] = a.link[f]
		}
	}
}

// skips reports whether a byte is passed over: a line break, and what indents the line after it.
func skips(c byte, after bool) bool {
	return c == '\n' || c == '\r' || after && (c == ' ' || c == '\t')
}

// scan finds the patterns in a text. began is where the longest beginning of one stands at its end, and depth that one's length.
func (a *automaton) scan(text string, spans []span) (out []span, began, depth int) {
	var breaks []int // bytes that are passed over
	last := -1       // the byte before, without those
	at, skipping := int32(0), false
	start := func(end, length int) int { // of the match of that length that ends at the byte end
		k := end - len(breaks) - length + 1 // among the bytes that are not passed over
		return k + sort.Search(len(breaks), func(j int) bool { return breaks[j]-j > k })
	}
	for i := range len(text) {
		c := text[i]
		if skipping = skips(c, skipping); skipping {
			breaks = append(breaks, i)
			continue
		}
		k := a.next(at, c)
		for k == 0 && at != 0 {
			if a.part[at] != noPart {
				spans = a.cutOff(at, last, breaks, spans)
			}
			at = a.fail[at]
			k = a.next(at, c)
		}
		at, last = k, i
		n := at
		if a.ends[n] == 0 {
			n = a.link[n]
		}
		for ; n != 0; n = a.link[n] {
			p := a.patterns[a.ends[n]-1]
			from := start(i, p.length)
			if i+1-from > p.length && p.length < shortestBroken && !p.broken ||
				p.word && (from > 0 && isWord(text[from-1]) || i+1 < len(text) && isWord(text[i+1])) {
				continue
			}
			spans = append(spans, span{from, i + 1, p.generated})
			break // the others are inside
		}
	}
	for n := at; n != 0; n = a.fail[n] {
		if a.part[n] != noPart {
			spans = a.cutOff(n, last, breaks, spans)
		}
	}
	if at == 0 {
		return spans, len(text), 0
	}
	depth = int(a.depth[at])
	end := len(text) - 1
	for len(breaks) > 0 && end >= 0 && breaks[len(breaks)-1] == end {
		breaks, end = breaks[:len(breaks)-1], end-1
	}
	return spans, start(end, depth), depth
}

// cutOff adds what leads to a node, where that is a secret's beginning and goes on otherwise than the secret does. last is the byte
// that led there. What was wrapped and cut off is not found.
func (a *automaton) cutOff(n int32, last int, breaks []int, spans []span) []span {
	from := last + 1 - int(a.depth[n])
	if i := sort.SearchInts(breaks, from); from < 0 || i < len(breaks) && breaks[i] <= last {
		return spans
	}
	return append(spans, span{from, last + 1, a.part[n] == generatedPart})
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
