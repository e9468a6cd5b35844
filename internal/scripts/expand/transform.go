package expand

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// Opsbook: this file carries out ${x@Q} and its like, and quotes as bash does.

// transform carries out an operator behind @.
func (p *param) transform(op string) (instead bool, parts [][]fieldPart, err error) {
	one := func(text string) (bool, [][]fieldPart, error) {
		p.list = false
		p.elems = []Text{Text{Str: text}.made(p.joined().Marks)}
		return false, nil, nil
	}
	words := func(texts ...string) (bool, [][]fieldPart, error) { // of a list, which may be one by itself
		marks := p.joined().Marks
		p.elems = make([]Text, len(texts))
		for i, text := range texts {
			p.elems[i] = Text{Str: text}.made(marks)
		}
		return false, nil, nil
	}
	if op == "A" && (p.name == "@" || p.name == "*") {
		if len(p.elems) == 0 {
			return one("")
		}
		quoted := []string{"set", "--"}
		for _, elem := range p.elems {
			quoted = append(quoted, Quote(elem.Str))
		}
		return words(quoted...)
	}
	if op == "a" || op == "A" {
		if !p.orig.Declared() && !p.set {
			if p.list {
				return false, nil, nil
			}
			return one("")
		}
		if op == "A" && !syntax.ValidName(p.name) { // a parameter is not declared
			return one("")
		}
	} else if !p.set {
		return false, nil, nil
	}
	each := func(change func(Text) Text) (bool, [][]fieldPart, error) {
		elems := make([]Text, len(p.elems))
		for i, elem := range p.elems {
			elems[i] = change(elem)
		}
		p.elems = elems
		return false, nil, nil
	}
	switch op {
	case "Q":
		return each(func(t Text) Text { return t.like(Quote(t.Str)) })
	case "E":
		return each(func(t Text) Text {
			s, _ := unescape(t.Str, escapesOfQuotes)
			return t.like(s)
		})
	case "U":
		return each(func(t Text) Text { return t.like(strings.ToUpper(t.Str)) })
	case "L":
		return each(func(t Text) Text { return t.like(strings.ToLower(t.Str)) })
	case "u":
		return each(func(t Text) Text {
			r, n := utf8.DecodeRuneInString(t.Str)
			if n == 0 {
				return t
			}
			return t.like(string(unicode.ToUpper(r)) + t.Str[n:])
		})
	case "a":
		if p.name == "@" || p.name == "*" {
			return each(func(Text) Text { return Text{} }) // parameters have no attributes
		}
		if p.list && p.orig.IsSet() {
			return each(func(Text) Text { return Text{Str: p.orig.Flags()} })
		}
		return one(p.orig.Flags())
	case "A":
		declared := p.orig
		array := declared.Kind == Indexed || declared.Kind == Associative
		switch {
		case p.list && array && declared.IsSet():
			return words("declare", "-"+declared.Flags(), p.name+declared.elementsText())
		case p.list && array:
			return words("declare", "-"+declared.Flags(), p.name)
		case p.pe.Index != nil && !p.list && !p.set && !array:
			return one("")
		case p.pe.Index != nil && !p.list && !p.set:
			declared.List, declared.Indexes = nil, nil
		case p.pe.Index != nil && !p.list && declared.Kind == Indexed:
			declared.List, declared.Indexes = []string{p.elems[0].Str}, nil
		case p.pe.Index != nil && !p.list && declared.Kind == Associative:
			return one("declare -" + declared.Flags() + " " + p.name + "=" + Quote(p.elems[0].Str))
		}
		return one(declared.Declaration(p.name))
	case "K", "k":
		if !p.list || p.name == "@" || p.name == "*" {
			return each(func(t Text) Text { return t.like(Quote(t.Str)) })
		}
		var pairs []string
		for i, key := range p.vr.allKeys() {
			if op == "K" {
				pairs = append(pairs, keyOf(key.Str, p.vr.Kind)+" "+DoubleQuote(p.elems[i].Str))
			} else {
				pairs = append(pairs, key.Str, p.elems[i].Str)
			}
		}
		if op == "k" {
			return each(func(t Text) Text { return t })
		}
		if p.vr.Kind == Associative {
			pairs = append(pairs, "")
		}
		return one(strings.Join(pairs, " "))
	}
	return true, nil, fmt.Errorf("${%s@%s} is not supported here", p.name, op)
}

// allKeys are those of an array, in the order of its elements.
func (v Variable) allKeys() []Text {
	if v.Kind == Associative {
		return v.keys()
	}
	return Texts(v.indexedKeys(), nil)
}

// keyOf is a key as a declaration writes it.
func keyOf(key string, kind ValueKind) string {
	if kind == Associative && (key == "" || strings.ContainsAny(key, " \t\n\"'\\$`|&;()<>*?[]~#!{}") || key == "@") {
		return DoubleQuote(key)
	}
	return key
}

// Declaration is what declare -p says of a variable, in the form of ${x@A}.
func (v Variable) Declaration(name string) string {
	flags := v.Flags()
	if v.Kind == Indexed || v.Kind == Associative {
		first := v.Text().Str
		if _, ok := v.Map["0"]; v.Kind == Associative && !ok || v.Kind == Indexed && !v.HasElement(0) {
			return "declare -" + flags + " " + name
		}
		return "declare -" + flags + " " + name + "=" + Quote(first)
	}
	if !v.Set && flags == "" {
		return ""
	}
	if !v.Set {
		return "declare -" + flags + " " + name
	}
	if flags == "" {
		return name + "=" + Quote(v.Str)
	}
	return "declare -" + flags + " " + name + "=" + Quote(v.Str)
}

// Declared is the line of declare -p.
func (v Variable) DeclaredAs(name string) string {
	flags := v.Flags()
	if flags == "" {
		flags = "-"
	}
	line := "declare -" + flags + " " + name
	switch {
	case !v.Set:
		return line
	case v.Kind == Indexed || v.Kind == Associative:
		return line + v.elementsText()
	}
	return line + "=" + DoubleQuote(v.Str)
}

// elementsText are the elements of an array as they are assigned.
func (v Variable) elementsText() string {
	var b strings.Builder
	b.WriteString("=(")
	elems := Texts(v.List, nil)
	if v.Kind == Associative {
		elems = v.members()
	}
	for i, key := range v.allKeys() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("[" + keyOf(key.Str, v.Kind) + "]=" + DoubleQuote(elems[i].Str))
	}
	if v.Kind == Associative && len(elems) > 0 {
		b.WriteByte(' ')
	}
	b.WriteString(")")
	return b.String()
}

// plainText reports whether a text has only characters that are printed as they are.
func plainText(s string) bool {
	for i, r := range s {
		if !unicode.IsPrint(r) && r != ' ' || r == utf8.RuneError && s[i] != 0xef {
			return false
		}
	}
	return true
}

// Quote is a text as one word that can be read again: ${x@Q}.
func Quote(s string) string {
	if !plainText(s) {
		return dollarQuote(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// DoubleQuote is a value as declare -p writes it.
func DoubleQuote(s string) string {
	if !plainText(s) {
		return dollarQuote(s)
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if strings.IndexByte("\"\\$`", s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String() + `"`
}

// dollarQuote is a text as $'…'.
func dollarQuote(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i, r := range s {
		switch at := strings.IndexRune("\a\b\x1b\f\n\r\t\v\\'", r); {
		case at >= 0:
			b.WriteByte('\\')
			b.WriteByte("abEfnrtv\\'"[at])
		case r == utf8.RuneError && s[i] != 0xef:
			fmt.Fprintf(&b, `\%03o`, s[i])
		case r < 32 || r == 127:
			fmt.Fprintf(&b, `\%03o`, r)
		case !unicode.IsPrint(r):
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + "'"
}

// escapes are the dialects of backslashes.
type escapes int

const (
	escapesOfQuotes escapes = iota // $'…' and ${x@E}: \nnn, \cX, \' and \"
	escapesOfEcho                  // echo -e: \0nnn, and \c ends all
)

// Unescape is what echo -e prints of a text; over reports that nothing is printed behind it.
func Unescape(s string) (text string, over bool) { return unescape(s, escapesOfEcho) }

func unescape(s string, dialect escapes) (text string, over bool) {
	if !strings.Contains(s, `\`) {
		return s, false
	}
	var b strings.Builder
	digits := func(i, most, base int) (n uint64, next int) {
		end := i
		for end < len(s) && end-i < most && isDigit(s[end], base) {
			end++
		}
		n, _ = strconv.ParseUint(s[i:end], base, 64)
		return n, end
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 == len(s) {
			b.WriteByte(c)
			continue
		}
		i++
		switch c = s[i]; {
		case strings.IndexByte("abeEfnrtv\\", c) >= 0:
			b.WriteByte("\a\b\x1b\x1b\f\n\r\t\v\\"[strings.IndexByte("abeEfnrtv\\", c)])
		case dialect == escapesOfQuotes && strings.IndexByte(`'"?`, c) >= 0:
			b.WriteByte(c)
		case dialect == escapesOfEcho && c == 'c':
			return b.String(), true
		case c == 'c' && i+1 < len(s):
			i++
			b.WriteByte(s[i] & 31)
		case dialect == escapesOfEcho && c == '0':
			n, next := digits(i+1, 3, 8)
			b.WriteByte(byte(n))
			i = next - 1
		case dialect == escapesOfQuotes && '0' <= c && c <= '7':
			n, next := digits(i, 3, 8)
			b.WriteByte(byte(n))
			i = next - 1
		case c == 'x' || c == 'u' || c == 'U':
			n, next := digits(i+1, map[byte]int{'x': 2, 'u': 4, 'U': 8}[c], 16)
			switch {
			case next == i+1:
				b.WriteByte('\\')
				b.WriteByte(c)
			case c == 'x':
				b.WriteByte(byte(n))
			default:
				b.WriteRune(rune(n))
			}
			i = next - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), false
}

func isDigit(c byte, base int) bool {
	switch {
	case c >= '0' && c <= '9':
		return int(c-'0') < base
	case base == 16:
		return c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	}
	return false
}

// PlainQuote is a text as set prints it: quoted only where it has to be.
func PlainQuote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%") == "" {
		return s
	}
	switch s {
	case "":
		return ""
	case "'":
		return `\'`
	}
	return Quote(s)
}
