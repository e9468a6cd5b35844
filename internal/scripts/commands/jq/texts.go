package jq

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// texts are the functions of texts.
func texts() map[string]*native {
	affix := func(name string, is func(s, part string) bool) *native {
		return unary(func(_ *machine, v, a any) (any, error) {
			s, okS := v.(string)
			part, okPart := a.(string)
			if !okS || !okPart {
				return nil, fail("%s() requires string inputs", name)
			}
			return is(s, part), nil
		})
	}
	return map[string]*native{
		"startswith/1":     affix("startswith", strings.HasPrefix),
		"endswith/1":       affix("endswith", strings.HasSuffix),
		"trim/0":           trimmed(true, true),
		"ltrim/0":          trimmed(true, false),
		"rtrim/0":          trimmed(false, true),
		"ascii_downcase/0": changed('A', 'Z'),
		"ascii_upcase/0":   changed('a', 'z'),
		"explode/0":        nullary(explode),
		"implode/0":        nullary(implode),
		"split/1": unary(func(m *machine, v, a any) (any, error) {
			s, okS := v.(string)
			separator, okA := a.(string)
			if !okS || !okA {
				return nil, fail("split input and separator must be strings")
			}
			return m.split(s, separator)
		}),
		"_strindices/1": unary(func(m *machine, v, a any) (any, error) {
			if kindOf(v) != kindString {
				return nil, wrong(v, "cannot be searched, as it is not a string")
			}
			if kindOf(a) != kindString {
				return nil, wrong(a, "is not a string")
			}
			return m.textIndices(v.(string), a.(string))
		}),
		"indices/1": unary(func(m *machine, v, a any) (any, error) {
			switch t := v.(type) {
			case list:
				if what, ok := a.(list); ok {
					return m.indicesOrNone(t, what)
				}
				return m.indices(t, list{a})
			case string:
				if what, ok := a.(string); ok {
					return m.textIndices(t, what)
				}
			}
			return m.get(v, a)
		}),
	}
}

// indicesOrNone is indices; an empty list is nowhere.
func (m *machine) indicesOrNone(l, what list) (any, error) {
	if len(what) == 0 {
		return list{}, nil
	}
	return m.indices(l, what)
}

// textIndices are the places, in characters, where a text has another one; they may overlap.
func (m *machine) textIndices(s, what string) (any, error) {
	out := list{}
	if what == "" {
		return out, nil
	}
	if err := m.work(int64(len(s))); err != nil {
		return nil, err
	}
	count, from := 0, 0
	for at := 0; ; at++ {
		i := strings.Index(s[at:], what)
		if i < 0 {
			return out, nil
		}
		at += i
		count += runes(s[from:at])
		from = at
		out = append(out, box(float64(count)))
		if err := m.build(3 * wordBytes); err != nil {
			return nil, err
		}
		if err := m.work(int64(len(what))); err != nil {
			return nil, err
		}
	}
}

// trimmed cuts white space off.
func trimmed(left, right bool) *native {
	return nullary(func(m *machine, v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, fail("trim input must be a string")
		}
		t := s
		if left {
			t = strings.TrimLeftFunc(t, unicode.IsSpace)
		}
		if right {
			t = strings.TrimRightFunc(t, unicode.IsSpace)
		}
		if len(t) == len(s) {
			return v, nil
		}
		return strings.Clone(t), m.build(textSize(t))
	})
}

// changed turns letters of ASCII between from and to into those of the other case.
func changed(from, to byte) *native {
	return nullary(func(m *machine, v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, fail("explode input must be a string")
		}
		if err := m.build(textSize(s)); err != nil {
			return nil, err
		}
		b := []byte(s)
		for i, c := range b {
			if c >= from && c <= to {
				b[i] = c ^ 0x20
			}
		}
		return text(b), m.work(int64(len(b)))
	})
}

func explode(m *machine, v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, fail("explode input must be a string")
	}
	n := runes(s)
	if err := m.build(listSize(n) + 8*int64(n)); err != nil {
		return nil, err
	}
	out := make(list, 0, n)
	for _, r := range s {
		out = append(out, box(float64(r)))
	}
	return out, m.work(int64(n))
}

func implode(m *machine, v any) (any, error) {
	items, ok := v.(list)
	if !ok {
		return nil, fail("implode input must be an array")
	}
	if err := m.build(4 * int64(len(items))); err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(items))
	for _, item := range items {
		f, ok := number(item)
		if !ok || math.IsNaN(f) {
			return nil, wrong(item, "can't be imploded, unicode codepoint needs to be numeric")
		}
		r := rune(truncate(f))
		if r < 0 || r > unicode.MaxRune || r >= 0xd800 && r <= 0xdfff {
			r = utf8.RuneError
		}
		b = utf8.AppendRune(b, r)
	}
	return text(b), m.work(int64(len(items)))
}
