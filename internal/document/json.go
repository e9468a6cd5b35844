package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep a document may nest, so that a hostile answer cannot exhaust the stack.
const maxDepth = 1000

// Parse reads one JSON text and keeps the order of members. A name that stands
// twice keeps its last value, at its first place. Integers are kept exactly; see
// Number. Text after the value, and nesting deeper than maxDepth, is an error.
func Parse(data []byte) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("parse JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse JSON: text after the value")
	}
	return v, nil
}

// parseValue reads one value; depth is how many lists and objects it stands in.
func parseValue(d *json.Decoder, depth int) (Value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return parseObject(d, depth)
		}
		list := List{}
		for d.More() {
			v, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Number:
		return Number(t.String())
	}
	return t, nil
}

// parseObject reads members up to the closing brace; the opening one has been read.
func parseObject(d *json.Decoder, depth int) (Value, error) {
	o := &Object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o.Set(name.(string), v)
	}
	_, err := d.Token()
	return o, err
}

// Number reads a JSON number: an int64 where it has neither fraction nor exponent
// (a *big.Int where int64 cannot hold it), else a float64. "12" is 12, "1e2" is 100.0
// and "1e400" is infinite, as Python's json module reads them.
func Number(text string) (Value, error) {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
		// A big number takes more than linear time to read, and an answer may be hostile.
		if len(text) <= 1000 {
			if n, ok := new(big.Int).SetString(text, 10); ok {
				return n, nil
			}
		}
		return nil, fmt.Errorf("number %.40q", text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, fmt.Errorf("number %.40q", text)
	}
	return f, nil
}

// Marshal prints a value as compact JSON. Infinite numbers become Infinity, which is
// not JSON: Python prints it so. The error names a Go type that no document has.
func Marshal(v Value) ([]byte, error) { return AppendJSON(nil, v, "", false) }

// AppendJSON appends v as Python's json.dumps prints it: with indent "" on one line
// with ", " and ": " if spaced, else without spaces; with an indent one member a line.
// Characters outside ASCII stay as they are, as with ensure_ascii=False.
func AppendJSON(b []byte, v Value, indent string, spaced bool) ([]byte, error) {
	p := printer{indent: indent, comma: ",", colon: ":"}
	if spaced || indent != "" {
		p.colon = ": "
	}
	if spaced && indent == "" {
		p.comma = ", "
	}
	return p.append(b, v, "\n")
}

// printer holds what separates values. indent is that of one level, "" for one line.
type printer struct{ indent, comma, colon string }

// append appends v. newline is a line break with the indent of the line that v stands in.
func (p printer) append(b []byte, v Value, newline string) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		return appendString(b, v), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case float64:
		return append(b, FormatFloat(v)...), nil
	case *big.Int:
		return v.Append(b, 10), nil
	case List:
		return p.list(b, v, newline)
	case *Object:
		return p.object(b, v, newline)
	}
	return nil, fmt.Errorf("a %T is not part of a document", v)
}

// list appends a list. An empty one stays on its line, as Python's does: [].
func (p printer) list(b []byte, l List, newline string) (_ []byte, err error) {
	if len(l) == 0 {
		return append(b, "[]"...), nil
	}
	b = append(b, '[')
	inner := newline + p.indent
	for i, v := range l {
		if i > 0 {
			b = append(b, p.comma...)
		}
		if p.indent != "" {
			b = append(b, inner...)
		}
		if b, err = p.append(b, v, inner); err != nil {
			return nil, err
		}
	}
	if p.indent != "" {
		b = append(b, newline...)
	}
	return append(b, ']'), nil
}

// object appends an object in the order of its members; an empty one is {}.
func (p printer) object(b []byte, o *Object, newline string) (_ []byte, err error) {
	if o.Len() == 0 {
		return append(b, "{}"...), nil
	}
	b = append(b, '{')
	inner := newline + p.indent
	first := true
	for name, v := range o.All() {
		if !first {
			b = append(b, p.comma...)
		}
		first = false
		if p.indent != "" {
			b = append(b, inner...)
		}
		b = append(appendString(b, name), p.colon...)
		if b, err = p.append(b, v, inner); err != nil {
			return nil, err
		}
	}
	if p.indent != "" {
		b = append(b, newline...)
	}
	return append(b, '}'), nil
}

// appendString quotes as Python does: only quotes, backslashes and control characters
// are escaped, the latter in lower case (\u001b). Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		default:
			if c < 0x20 {
				b = fmt.Appendf(b, `\u%04x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}

// FormatFloat prints a float as Python's repr does: 12.0, 1e-05, 1e+16. The shortest
// digits that read back as the same number are printed; an exponent is used below 1e-4
// and from 1e16 on.
func FormatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// MarshalJSON implements json.Marshaler and keeps the members' order. The encoder of
// encoding/json refuses an object with an infinite number; Marshal prints it.
func (o *Object) MarshalJSON() ([]byte, error) { return Marshal(o) }

// UnmarshalJSON implements json.Unmarshaler and keeps the members' order. It replaces
// all members of o. JSON that is not an object, null included, is an error.
func (o *Object) UnmarshalJSON(data []byte) error {
	v, err := Parse(data)
	if err != nil {
		return err
	}
	parsed, ok := v.(*Object)
	if !ok {
		return fmt.Errorf("parse JSON: want an object, have %T", v)
	}
	*o = *parsed
	return nil
}

// Float returns a value as a number to calculate with. ok is false for everything that
// is not a number, for an integer beyond int64, and for NaN and infinity, which have no
// place on a scale.
func Float(v Value) (f float64, ok bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return 0, false
}
