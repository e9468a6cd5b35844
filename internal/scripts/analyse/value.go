package analyse

import (
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/expand"
)

// What a script itself sets a variable to is followed as far as its text tells, so that it is known what a line does whose command or
// operation is put together: by a loop over literals, a case, an array, the arguments of a function.

// piece is one word of a line. It is known where text is its value; else text has ${NAME} and $(…) in it.
type piece struct {
	text  string
	known bool
}

// choices are what a word, or the value of a variable, may be: one of several lists of words. A scalar is a list of one.
type choices [][]piece

// values are the variables whose values are followed, with the arguments as "@". What is not in it may be anything.
type values map[string]choices

// The bounds of what is followed; what goes beyond them is not known.
const (
	maxChoices  = 64
	maxPieces   = 64
	maxFollowed = 4096 // bytes of one word
)

// add adds a choice that is not there yet; ok is false where there would be too many.
func (c choices) add(words []piece) (all choices, ok bool) {
	if slices.ContainsFunc(c, func(other []piece) bool { return slices.Equal(other, words) }) {
		return c, true
	}
	return append(c, words), len(c) < maxChoices
}

// joined are the values after one of two ways: a variable that is not known after both may be anything.
func joined(a, b values) values {
	out := values{}
	for name, first := range a {
		second, known := b[name]
		all, ok := slices.Clone(first), known
		for _, words := range second {
			if ok {
				all, ok = all.add(words)
			}
		}
		if ok {
			out[name] = all
		}
	}
	return out
}

// isolated walks what sets nothing for the rest: a subshell, a declaration.
func (w *walker) isolated(walk func()) {
	before := maps.Clone(w.values)
	walk()
	w.values = before
}

// may walks what is run or not.
func (w *walker) may(walk func()) {
	before := maps.Clone(w.values)
	walk()
	w.values = joined(before, w.values)
}

// target is the variable that a name stands for.
func (w *walker) target(name string) string {
	for seen := 0; seen <= len(w.references); seen++ {
		next, ok := w.references[name]
		if !ok {
			break
		}
		name = next
	}
	return name
}

// assigned is what an assignment makes of its variable; nil where that is not known.
func (w *walker) assigned(a *syntax.Assign) choices {
	before := w.values[w.target(a.Name.Value)]
	var now choices
	switch {
	case a.Index != nil:
		return nil
	case a.Array != nil:
		elements := make([]*syntax.Word, 0, len(a.Array.Elems))
		for _, e := range a.Array.Elems {
			if e.Value != nil {
				elements = append(elements, e.Value)
			}
		}
		if now = w.product(elements); now == nil {
			return nil
		}
	case a.Value != nil:
		for _, words := range w.choicesOf(a.Value, false) {
			now, _ = now.add([]piece{joinPieces(words)})
		}
	case a.Naked:
		return before
	default: // NAME=
		now = choices{{piece{known: true}}}
	}
	if !a.Append {
		return now
	}
	var out choices
	for _, first := range before {
		for _, second := range now {
			words := slices.Concat(first, second)
			if a.Array == nil { // to the first element
				whole := append(slices.Clone(first), piece{known: true})
				whole[0] = concat(whole[0], second[0])
				words = whole[:max(1, len(first))]
			}
			var ok bool
			if out, ok = out.add(words); !ok {
				return nil
			}
		}
	}
	return out
}

func concat(a, b piece) piece { return piece{a.text + b.text, a.known && b.known} }

// joinPieces are words with blanks between them, as one.
func joinPieces(words []piece) piece {
	out := piece{known: true}
	for i, p := range words {
		if i > 0 {
			out.text += " "
		}
		out = concat(out, p)
	}
	return out
}

// product are the lists of words that words may become; nil where there are too many.
func (w *walker) product(words []*syntax.Word) choices {
	out := choices{nil}
	for _, word := range words {
		var next choices
		for _, before := range out {
			for _, more := range w.choicesOf(word, true) {
				var ok bool
				next, ok = next.add(slices.Concat(before, more))
				if !ok || len(before)+len(more) > maxPieces {
					return nil
				}
			}
		}
		out = next
	}
	return out
}

// possible are the lines that a call may be. Where there are too many, it is one of words that are not known.
func (w *walker) possible(c *syntax.CallExpr) [][]procedures.Word {
	out := [][]procedures.Word{nil}
	for i, arg := range c.Args {
		word := w.reader.word(arg)
		var next [][]procedures.Word
		for _, before := range out {
			for _, words := range w.choicesOf(arg, true) {
				line := slices.Clone(before)
				for _, p := range words {
					one := word
					one.Text, one.Known, one.Split = p.text, p.known, word.Split && !p.known
					w.reader.placeholders(&one)
					line = append(line, one)
				}
				next = append(next, line)
			}
		}
		if len(next) > maxChoices {
			return [][]procedures.Word{w.reader.words(c.Args)}
		}
		if out = next; i > maxPieces {
			break
		}
	}
	return out
}

// choicesOf is what a word may become. With split an expansion outside of quotes becomes as many words as it has, as the arguments of a
// command do.
func (w *walker) choicesOf(word *syntax.Word, split bool) choices {
	unknown := choices{{piece{w.reader.word(word).Text, false}}}
	words := []*syntax.Word{word}
	if braced := *word; split && syntax.SplitBraces(&braced) && hasBraces(&braced) {
		if words = bracesOf(&braced); words == nil {
			return unknown
		}
	}
	if len(words) > 1 {
		if all := w.product(words); all != nil {
			return all
		}
		return unknown
	}
	b := builder{w: w, split: split, all: []growing{{}}}
	if !b.parts(words[0].Parts, false) {
		return unknown
	}
	var out choices
	for _, g := range b.all {
		for _, p := range g.words {
			if len(p.text) > maxFollowed {
				return unknown
			}
		}
		var ok bool
		if out, ok = out.add(g.words); !ok || len(g.words) > maxPieces {
			return unknown
		}
	}
	return out
}

// builder puts a word together from its parts.
type builder struct {
	w     *walker
	split bool
	all   []growing
}

// growing is what a word may be so far; what follows is joined with the last of its words while that is open.
type growing struct {
	words []piece
	open  bool
}

func (g *growing) text(p piece) {
	if g.open {
		last := len(g.words) - 1
		g.words[last] = concat(g.words[last], p)
		return
	}
	g.words, g.open = append(g.words, p), true
}

// fields adds what an expansion outside of quotes is.
func (g *growing) fields(p piece) {
	const blanks = " \t\n"
	if !p.known || !strings.ContainsAny(p.text, blanks) {
		if p.text != "" {
			g.text(p)
		}
		return
	}
	if strings.ContainsRune(blanks, rune(p.text[0])) {
		g.open = false
	}
	for i, field := range strings.Fields(p.text) {
		if i > 0 {
			g.open = false
		}
		g.text(piece{field, true})
	}
	if strings.ContainsRune(blanks, rune(p.text[len(p.text)-1])) {
		g.open = false
	}
}

// parts reports whether all of it is bounded.
func (b *builder) parts(parts []syntax.WordPart, quoted bool) bool {
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.text(piece{unescape(p.Value, quoted), true})
		case *syntax.SglQuoted:
			b.text(piece{expand.SingleQuoted(p), true})
		case *syntax.DblQuoted:
			if len(p.Parts) == 0 {
				b.text(piece{"", true})
			}
			if !b.parts(p.Parts, true) {
				return false
			}
		case *syntax.ParamExp:
			if !b.each(b.w.parameter(p), quoted, listed(p)) {
				return false
			}
		case *syntax.CmdSubst:
			if !b.each(b.w.printed(p), quoted, false) {
				return false
			}
		default:
			b.text(piece{b.w.sourceOf(part), false})
		}
	}
	return true
}

func (b *builder) text(p piece) {
	for i := range b.all {
		b.all[i].text(p)
	}
}

// each adds an expansion. list says that in quotes, too, it is as many words as it has.
func (b *builder) each(all choices, quoted, list bool) bool {
	var next []growing
	for _, g := range b.all {
		for _, words := range all {
			one := growing{slices.Clone(g.words), g.open}
			switch {
			case quoted && !list || !b.split:
				one.text(joinPieces(words))
			case quoted:
				for i, p := range words {
					if i > 0 {
						one.open = false
					}
					one.text(p)
				}
			default:
				for i, p := range words {
					if i > 0 {
						one.open = false
					}
					one.fields(p)
				}
			}
			next = append(next, one)
		}
	}
	b.all = next
	return len(next) <= maxChoices
}
