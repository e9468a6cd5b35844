package shell

import (
	"cmp"
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// The parser knows less of bash's text than bash: it refuses an expression that bash finds wrong when it computes it, or that is a key
// with quotes, and takes $((a) | b) for one. What it refuses is masked: each character by another one byte long, so that places stay
// what they are, and restored in the tree. The interpreter computes such an expression as bash does, from its text.

// masked are the characters that end a word in an expression, and masks what stands for them, byte by byte. Quotes are taken away.
const (
	masked = " \t+-*/%<>=!&|^?:,~()[]#.;{}'\""
	masks  = "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"
)

// mostMasks are how many places of one script are masked.
const mostMasks = 50

// mend changes a text at a place where it cannot be parsed, so that it is as long as before; ok is false where it does not know how.
func mend(text string, at *syntax.ParseError) (mended string, ok bool) {
	place := int(at.Pos.Offset())
	if place > len(text) {
		return text, false
	}
	if strings.Contains(at.Text, "negate a command") {
		return mendNegations(text, place)
	}
	for i := place; i >= 0; i-- { // the innermost expression around it
		if !strings.HasPrefix(text[i:], "((") || i > 0 && text[i-1] == '(' {
			continue
		}
		end, closed := expressionEnd(text, i+2)
		switch {
		case end < 0 || end < place && closed:
			continue
		case !closed && i > 0 && text[i-1] == '$' && i+2 < len(text) && text[i+2] == ' ': // $( (a) | b)
			return text[:i+1] + " (" + text[i+3:], true
		case !closed:
			continue
		}
		inner, ok := mask(text[i+2 : end])
		if ok && inner != text[i+2:end] {
			return text[:i+2] + inner + text[end:], true
		}
	}
	return text, false
}

// mendNegations takes two negations away, which are none.
func mendNegations(text string, place int) (string, bool) {
	rest := strings.TrimLeft(text[place:], " \t")
	if !strings.HasPrefix(rest, "!") {
		return text, false
	}
	first := strings.TrimLeft(rest[1:], " \t")
	if !strings.HasPrefix(first, "! ") && !strings.HasPrefix(first, "!\t") {
		return text, false
	}
	begin, end := len(text)-len(rest), len(text)-len(first)+1
	return text[:begin] + strings.Repeat(" ", end-begin) + text[end:], true
}

// mask makes one word of an expression: what is expanded in it stays, and the rest is literal.
func mask(expression string) (string, bool) {
	if strings.ContainsAny(expression, "\n\\") || strings.ContainsAny(expression, masks) {
		return expression, false // a line stays one
	}
	out := []byte(expression)
	for i := 0; i < len(expression); i++ {
		if end := skipExpansion(expression, i); end > i {
			i = end - 1
			continue
		}
		if strings.HasPrefix(expression[i:], "$") && i+1 < len(expression) && strings.IndexByte("#?*!-@$", expression[i+1]) >= 0 {
			i++ // a parameter
		} else if k := strings.IndexByte(masked, expression[i]); k >= 0 {
			out[i] = masks[k]
		}
	}
	return string(out), true
}

// unmask is what a literal was; quotes of a word are none of an expression.
func unmask(s string) string {
	if !strings.ContainsAny(s, masks) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		k := strings.IndexByte(masks, s[i])
		switch {
		case k < 0:
			out = append(out, s[i])
		case masked[k] != '"':
			out = append(out, masked[k])
		}
	}
	return string(out)
}

// expressionEnd is where the parentheses of an expression end which begins at a place; closed says that both do together. -1 for nowhere.
func expressionEnd(text string, from int) (end int, closed bool) {
	deep := 2
	for i := from; i < len(text); i++ {
		if next := skipQuoted(text, i); next > i {
			i = next - 1
			continue
		}
		switch text[i] {
		case '(':
			deep++
		case ')':
			if deep--; deep == 1 {
				return i, i+1 < len(text) && text[i+1] == ')'
			}
		}
	}
	return -1, false
}

// skipQuoted is the place behind quotes, or an expansion, that begin at a place; the place itself where none do.
func skipQuoted(text string, i int) int {
	switch text[i] {
	case '\\':
		return min(i+2, len(text))
	case '\'':
		if end := strings.IndexByte(text[i+1:], '\''); end >= 0 {
			return i + end + 2
		}
	case '"':
		for k := i + 1; k < len(text); k++ {
			if text[k] == '"' {
				return k + 1
			}
			if next := skipExpansion(text, k); next > k {
				k = next - 1
			} else if text[k] == '\\' {
				k++
			}
		}
	}
	return skipExpansion(text, i)
}

// skipExpansion is the place behind $(…), ${…}, $'…' or `…` that begins at a place; the place itself where none does.
func skipExpansion(text string, i int) int {
	var open, shut byte
	begin := i + 2
	switch {
	case text[i] == '`':
		if end := strings.IndexByte(text[i+1:], '`'); end >= 0 {
			return i + end + 2
		}
		return i
	case strings.HasPrefix(text[i:], "$("):
		open, shut = '(', ')'
	case strings.HasPrefix(text[i:], "${"):
		open, shut = '{', '}'
	case strings.HasPrefix(text[i:], "$'"):
		if end := strings.IndexByte(text[i+2:], '\''); end >= 0 {
			return i + end + 3
		}
		return i
	default:
		return i
	}
	deep := 1
	for k := begin; k < len(text); k++ {
		if next := skipQuoted(text, k); next > k {
			k = next - 1
			continue
		}
		switch text[k] {
		case open:
			deep++
		case shut:
			if deep--; deep == 0 {
				return k + 1
			}
		}
	}
	return i
}

// parseMended parses a text, mending what the parser does not know.
func parseMended(text, name string) (*syntax.File, error) {
	var first error // which tells of the text as it is written
	for n := 0; ; n++ {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(text), name)
		at, ok := errors.AsType[syntax.ParseError](err)
		if lang, is := errors.AsType[syntax.LangError](err); is { // 3.5
			at, ok = syntax.ParseError{Pos: lang.Pos, Text: lang.Error()}, true
		}
		if err == nil {
			if n > 0 {
				restore(file)
			}
			return file, nil
		}
		if !ok || n == mostMasks {
			return file, cmp.Or(first, err)
		}
		mended, ok := mendSubscript(text, &at)
		if !ok {
			mended, ok = mend(text, &at)
		}
		if first = cmp.Or(first, err); !ok {
			return file, first
		}
		text = mended
	}
}

// mendSubscript masks the blanks of a subscript, which the parser takes for arithmetic, in which two words are an error: it may be a key.
func mendSubscript(text string, at *syntax.ParseError) (string, bool) {
	if !strings.Contains(at.Text, "not a valid arithmetic operator") {
		return text, false
	}
	begin, end := subscript(text, int(at.Pos.Offset()))
	if begin < 0 {
		return text, false
	}
	joined := text[:begin] + strings.NewReplacer(" ", masks[:1], "\t", masks[1:2]).Replace(text[begin:end]) + text[end:]
	return joined, joined != text
}

// restore gives literals back what was masked.
func restore(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if l, ok := n.(*syntax.Lit); ok {
			l.Value = unmask(l.Value)
		}
		return true
	})
}
