package jq

import (
	"encoding/base32"
	"encoding/base64"
	"math"
	"strings"
	"unicode/utf8"
)

// format is a value as @name makes a text of it.
func (m *machine) format(name string, v any) (any, error) {
	switch name {
	case "json":
		return m.json(v)
	case "text":
		if s, ok := v.(string); ok {
			return s, nil
		}
		return m.json(v)
	case "csv":
		return m.row(v, name, ",")
	case "tsv":
		return m.row(v, name, "\t")
	case "sh":
		return m.shell(v)
	}
	s, ok := v.(string)
	if !ok {
		var err error
		if s, err = m.json(v); err != nil {
			return nil, err
		}
	}
	if err := m.work(int64(len(s))); err != nil {
		return nil, err
	}
	return m.encode(name, s, v)
}

// encode is a text in another form.
func (m *machine) encode(name, s string, v any) (any, error) {
	switch name {
	case "html":
		return m.escaped(s, html)
	case "uri":
		return m.uri(s)
	case "urid":
		return m.fromURI(s, v)
	case "base64":
		if err := m.build(int64(base64.StdEncoding.EncodedLen(len(s)))); err != nil {
			return nil, err
		}
		return base64.StdEncoding.EncodeToString([]byte(s)), nil
	case "base64d":
		if err := m.build(int64(len(s))); err != nil {
			return nil, err
		}
		return fromBase64(s, v)
	case "base32":
		if err := m.build(int64(base32.StdEncoding.EncodedLen(len(s)))); err != nil {
			return nil, err
		}
		return base32.StdEncoding.EncodeToString([]byte(s)), nil
	case "base32d":
		if err := m.build(int64(len(s))); err != nil {
			return nil, err
		}
		b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(s, "="))
		if err != nil {
			return nil, wrong(v, "is not valid base32 data")
		}
		return valid(b), nil
	}
	return nil, fail("%s is not a valid format", name)
}

// escapes are what characters become.
type escapes [256]string

var (
	html   = &escapes{'&': "&amp;", '<': "&lt;", '>': "&gt;", '\'': "&apos;", '"': "&quot;"}
	forTSV = &escapes{'\t': `\t`, '\r': `\r`, '\n': `\n`, '\\': `\\`, 0: `\0`}
	forCSV = &escapes{'"': `""`, 0: `\0`}
	forSH  = &escapes{'\'': `'\''`, 0: `\0`}
)

// escaped is a text with some of its characters replaced.
func (m *machine) escaped(s string, by *escapes) (string, error) {
	if err := m.work(int64(len(s))); err != nil { // also where nothing is replaced
		return "", err
	}
	size := len(s)
	for i := range len(s) {
		if e := by[s[i]]; e != "" {
			size += len(e) - 1
		}
	}
	if size == len(s) {
		return s, nil
	}
	if err := m.build(int64(size)); err != nil {
		return "", err
	}
	b := make([]byte, 0, size)
	for i := range len(s) {
		if e := by[s[i]]; e != "" {
			b = append(b, e...)
		} else {
			b = append(b, s[i])
		}
	}
	return text(b), m.work(int64(size))
}

// row is a line of @csv and @tsv.
func (m *machine) row(v any, name, separator string) (any, error) {
	items, ok := v.(list)
	if !ok {
		return nil, wrong(v, "cannot be "+name+"-formatted, only array")
	}
	var room [16]string
	parts := room[:0]
	for i, item := range items {
		if i > 0 {
			parts = append(parts, separator)
		}
		switch t := item.(type) {
		case nil:
		case bool:
			parts = append(parts, dump(t))
		case string:
			by, quote := forTSV, ""
			if name == "csv" {
				by, quote = forCSV, `"`
			}
			s, err := m.escaped(t, by)
			if err != nil {
				return nil, err
			}
			if quote != "" {
				parts = append(parts, quote, s, quote)
			} else {
				parts = append(parts, s)
			}
		case list, *object:
			return nil, wrong(item, "is not valid in a csv row")
		default:
			if f, _ := number(t); !math.IsNaN(f) {
				parts = append(parts, dump(t))
			}
		}
		if err := m.build(3 * wordBytes); err != nil {
			return nil, err
		}
	}
	return m.join(parts)
}

// shell is @sh: words that a shell reads as they are.
func (m *machine) shell(v any) (any, error) {
	items, ok := v.(list)
	if !ok {
		items = list{v}
	}
	var parts []string
	for i, item := range items {
		if i > 0 {
			parts = append(parts, " ")
		}
		switch t := item.(type) {
		case list, *object:
			return nil, wrong(item, "can not be escaped for shell")
		case string:
			s, err := m.escaped(t, forSH)
			if err != nil {
				return nil, err
			}
			parts = append(parts, "'", s, "'")
		default:
			parts = append(parts, dump(t))
		}
		if err := m.build(4 * wordBytes); err != nil {
			return nil, err
		}
	}
	return m.join(parts)
}

// unreserved are the characters of addresses that need no escape.
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}

func (m *machine) uri(s string) (any, error) {
	size := len(s)
	for i := range len(s) {
		if !unreserved(s[i]) {
			size += 2
		}
	}
	if err := m.build(int64(size)); err != nil {
		return nil, err
	}
	b := make([]byte, 0, size)
	for i := range len(s) {
		if c := s[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return text(b), nil
}

func (m *machine) fromURI(s string, v any) (any, error) {
	if err := m.build(int64(len(s))); err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return nil, wrong(v, "is not a valid uri encoding")
		}
		c, ok := unhex([]byte(s[i+1 : i+3]))
		if !ok {
			return nil, wrong(v, "is not a valid uri encoding")
		}
		b = append(b, byte(c))
		i += 2
	}
	if !utf8.Valid(b) {
		return nil, wrong(v, "is not a valid uri encoding")
	}
	return text(b), nil
}

// fromBase64 decodes up to the first =. Bytes that are not UTF-8 become U+FFFD.
func fromBase64(s string, v any) (any, error) {
	body, _, _ := strings.Cut(s, "=")
	if len(body)%4 == 1 {
		last := body[len(body)-1]
		if _, err := base64.RawStdEncoding.DecodeString(body[:len(body)-1]); err == nil && strings.IndexByte(base64Digits, last) >= 0 {
			return nil, wrong(v, "trailing base64 byte found")
		}
		return nil, wrong(v, "is not valid base64 data")
	}
	if strings.ContainsAny(body, "\r\n") {
		return nil, wrong(v, "is not valid base64 data")
	}
	b, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return nil, wrong(v, "is not valid base64 data")
	}
	return valid(b), nil
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// valid is bytes as a text, with U+FFFD for what is not UTF-8: one for each sequence that was begun, as jq counts them.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return text(b)
	}
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		if r, size := utf8.DecodeRune(b); r != utf8.RuneError || size > 1 {
			out = append(out, b[:size]...)
			b = b[size:]
			continue
		}
		n := 1
		switch c := b[0]; {
		case c >= 0xc2 && c < 0xe0:
			n = 2
		case c >= 0xe0 && c < 0xf0:
			n = 3
		case c >= 0xf0 && c < 0xf5:
			n = 4
		}
		if n > len(b) {
			n = len(b)
		} else {
			for i := 1; i < n; i++ {
				if b[i]&0xc0 != 0x80 {
					n = i
				}
			}
		}
		out = utf8.AppendRune(out, utf8.RuneError)
		b = b[n:]
	}
	return text(out)
}
