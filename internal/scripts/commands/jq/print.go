package jq

import "unicode/utf8"

// tooDeep stands in what is printed for what is nested deeper than maxDeep.
const tooDeep = "<skipped: too deep>"

// shortValue is more than a number, a word and the brackets around a value take, in bytes.
const shortValue = 40

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
func (f Format) Append(b []byte, v any) []byte { return f.value(b, v, 0) }

// dump is a value as JSON on one line.
func dump(v any) string { return string((&printer{}).compact(nil, v, 0)) }

// json is dump, counted.
func (m *machine) json(v any) (string, error) {
	p := printer{m: m}
	b := p.value(nil, v, 0)
	return text(b), p.err
}

func (f *Format) compact(b []byte, v any, depth int) []byte { return f.value(b, v, depth) }

// over reports whether printing has ended, and counts it.
func (f *Format) over(b []byte) bool {
	if f.err == nil && f.m != nil {
		f.err = f.m.work(16)
	}
	return f.err != nil || f.most > 0 && len(b) > f.most
}

// room makes room for n more bytes. What b has of it is counted, so that what is printed is too; where it may not be made, printing ends.
func (f *Format) room(b []byte, n int) []byte {
	if f.m == nil || f.err != nil || len(b)+n <= cap(b) {
		return b
	}
	size := max(2*cap(b), len(b)+n)
	if f.err = f.m.build(int64(size - cap(b))); f.err != nil {
		return b
	}
	return append(make([]byte, 0, size), b...)
}

// line begins a line of values that stand so deep, where they stand on lines. Of a document that is deep, the spaces are most of
// what is printed.
func (f *Format) line(b []byte, depth int) []byte {
	if f.Indent == "" {
		return b
	}
	if b = f.room(b, 1+depth*len(f.Indent)); f.err != nil {
		return b
	}
	b = append(b, '\n')
	for range depth {
		b = append(b, f.Indent...)
	}
	return b
}

func (f *Format) value(b []byte, v any, depth int) []byte {
	if f.over(b) {
		return b
	}
	if depth > maxDeep {
		return append(b, tooDeep...)
	}
	b = f.room(b, shortValue)
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
		if b = f.room(b, len(v.text)); f.err != nil {
			return b
		}
		return append(b, v.text...)
	case string:
		return f.text(b, v)
	case list:
		return f.list(b, v, depth)
	case *object:
		return f.object(b, v, depth)
	}
	return f.value(b, own(v), depth)
}

func (f *Format) list(b []byte, l list, depth int) []byte {
	if len(l) == 0 {
		return append(b, "[]"...)
	}
	b = append(b, '[')
	for i, item := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.line(b, depth+1)
		if b = f.value(b, item, depth+1); f.over(b) {
			return b
		}
	}
	b = f.line(b, depth)
	return append(b, ']')
}

func (f *Format) object(b []byte, o *object, depth int) []byte {
	if o.Len() == 0 {
		return append(b, "{}"...)
	}
	b = append(b, '{')
	first := true
	member := func(name string, v any) bool {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = f.line(b, depth+1)
		b = append(f.text(b, name), ':')
		if f.Indent != "" {
			b = append(b, ' ')
		}
		b = f.value(b, v, depth+1)
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
	b = f.line(b, depth)
	return append(b, '}')
}

// hex are the digits of escapes.
const hex = "0123456789abcdef"

// text appends a quoted text. Bytes that are not UTF-8 become U+FFFD.
func (f *Format) text(b []byte, s string) []byte {
	if f.m != nil {
		if f.err = f.m.work(int64(len(s))); f.err != nil {
			return b
		}
		if b = f.room(b, f.quotedSize(s)); f.err != nil {
			return b
		}
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
