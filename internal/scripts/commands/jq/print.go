package jq

import (
	"slices"
	"unicode/utf8"
)

// tooDeep stands in what is printed for what is nested deeper than maxDeep.
const tooDeep = "<skipped: too deep>"

// Format is how values are printed.
type Format struct {
	Indent string // of one level; "" for one line
	Sorted bool   // members in the order of their names
	ASCII  bool   // other characters as \u escapes
	// most ends printing after so many bytes; 0 for never.
	most int
	m    *machine
	err  error
}

type printer = Format

// Append appends a value as JSON. It is not bounded: see [Output].
func (f Format) Append(b []byte, v any) []byte { return f.value(b, v, "\n", 0) }

// dump is a value as JSON on one line.
func dump(v any) string { return string((&printer{}).compact(nil, v, 0)) }

// json is dump, counted.
func (m *machine) json(v any) (string, error) {
	p := printer{m: m}
	b := p.value(nil, v, "", 0)
	return text(b), p.err
}

func (f *Format) compact(b []byte, v any, depth int) []byte { return f.value(b, v, "", depth) }

// over reports whether printing has ended. It counts what was printed since `from`.
func (f *Format) over(b []byte) bool {
	if f.err != nil || f.most > 0 && len(b) > f.most {
		return true
	}
	if f.m != nil {
		f.err = f.m.work(16)
		if f.err == nil && len(b) == cap(b) {
			f.err = f.m.build(int64(cap(b)) + 64)
		}
	}
	return f.err != nil
}

// room makes room for n more bytes.
func (f *Format) room(b []byte, n int) bool {
	if f.m == nil || len(b)+n <= cap(b) {
		return true
	}
	f.err = f.m.build(int64(len(b) + 2*n))
	return f.err == nil
}

func (f *Format) value(b []byte, v any, newline string, depth int) []byte {
	if f.over(b) {
		return b
	}
	if depth > maxDeep {
		return append(b, tooDeep...)
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		if v {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case float64:
		return appendNumber(b, v)
	case *literal:
		if !f.room(b, len(v.text)) {
			return b
		}
		return append(b, v.text...)
	case string:
		return f.text(b, v)
	case list:
		return f.list(b, v, newline, depth)
	case *object:
		return f.object(b, v, newline, depth)
	}
	return f.value(b, own(v), newline, depth)
}

func (f *Format) list(b []byte, l list, newline string, depth int) []byte {
	if len(l) == 0 {
		return append(b, "[]"...)
	}
	inner := newline
	if f.Indent != "" {
		inner += f.Indent
	}
	b = append(b, '[')
	for i, item := range l {
		if i > 0 {
			b = append(b, ',')
		}
		if f.Indent != "" {
			b = append(b, inner...)
		}
		if b = f.value(b, item, inner, depth+1); f.over(b) {
			return b
		}
	}
	if f.Indent != "" {
		b = append(b, newline...)
	}
	return append(b, ']')
}

func (f *Format) object(b []byte, o *object, newline string, depth int) []byte {
	if o.Len() == 0 {
		return append(b, "{}"...)
	}
	inner := newline
	if f.Indent != "" {
		inner += f.Indent
	}
	b = append(b, '{')
	first := true
	member := func(name string, v any) bool {
		if !first {
			b = append(b, ',')
		}
		first = false
		if f.Indent != "" {
			b = append(b, inner...)
		}
		b = append(f.text(b, name), ':')
		if f.Indent != "" {
			b = append(b, ' ')
		}
		b = f.value(b, v, inner, depth+1)
		return !f.over(b)
	}
	if f.Sorted {
		for _, name := range sortedKeys(o) {
			v, _ := o.Get(name)
			if !member(name, v) {
				return b
			}
		}
	} else {
		for name, v := range o.All() {
			if !member(name, v) {
				return b
			}
		}
	}
	if f.Indent != "" {
		b = append(b, newline...)
	}
	return append(b, '}')
}

// hex are the digits of escapes.
const hex = "0123456789abcdef"

// text appends a quoted text. Bytes that are not UTF-8 become U+FFFD.
func (f *Format) text(b []byte, s string) []byte {
	if f.m != nil {
		if f.err = f.m.work(int64(len(s))); f.err != nil || !f.room(b, f.quotedSize(s)) {
			return b
		}
		b = slices.Grow(b, len(s)+2)
	}
	b = append(b, '"')
	plain := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < 0x7f {
			i++
			continue
		}
		b = append(b, s[plain:i]...)
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			b = f.rune(b, r)
		} else {
			b = escape(b, c)
		}
		i += size
		plain = i
		if f.most > 0 && len(b) > f.most {
			return b
		}
	}
	b = append(b, s[plain:]...)
	return append(b, '"')
}

// quotedSize is at least what a text takes with its escapes.
func (f *Format) quotedSize(s string) int {
	size := len(s) + 2
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			size += 5
		case c == '"' || c == '\\':
			size++
		case c >= utf8.RuneSelf:
			size += 5 // U+FFFD for a byte that is wrong, or an escape
		}
	}
	return size
}

func (f *Format) rune(b []byte, r rune) []byte {
	if !f.ASCII {
		return utf8.AppendRune(b, r)
	}
	if r > 0xffff {
		r -= 0x10000
		b = unicodeEscape(b, 0xd800+r>>10)
		r = 0xdc00 + r&0x3ff
	}
	return unicodeEscape(b, r)
}

func unicodeEscape(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// escape appends a character of ASCII that has to be escaped.
func escape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	}
	return unicodeEscape(b, rune(c))
}
