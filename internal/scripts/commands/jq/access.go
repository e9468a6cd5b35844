package jq

import (
	"math"
	"strings"
	"unicode/utf8"
)

// root is the path of a value that nothing leads to.
func rootPath(v any) *path { return &path{value: v} }

// keys is a path as a list.
func (m *machine) keys(p *path) (list, error) {
	out := make(list, p.depth)
	for ; p.up != nil; p = p.up {
		out[p.depth-1] = p.key
	}
	return out, m.charge(listSize(len(out)))
}

// access is v[key], and the path that leads there.
func (m *machine) access(n *node, v any, p *path, key any) (any, *path, bool, error) {
	if p != nil && !identical(v, p.value) {
		return nil, nil, false, fail("Invalid path expression near attempt to access element %s of %s", excerpt(key), excerpt(v))
	}
	r, err := m.get(v, key)
	if err != nil {
		if _, ok := caught(err); ok && n.optional {
			return nil, nil, false, nil
		}
		return nil, nil, false, err
	}
	m.loose = 0
	if p != nil {
		p = &path{p, key, r, p.depth + 1}
		if err := m.charge(pathBytes); err != nil {
			return nil, nil, false, err
		}
	}
	return r, p, true, nil
}

// step gives v[key] to yield.
func (m *machine) step(n *node, v any, p *path, key any, yield results) error {
	r, rp, ok, err := m.access(n, v, p, key)
	if err != nil || !ok {
		return err
	}
	return yield(r, rp)
}

// iterate gives v[] to yield.
func (m *machine) iterate(n *node, v any, p *path, yield results) error {
	if p != nil && !identical(v, p.value) {
		return fail("Invalid path expression near attempt to iterate through %s", excerpt(v))
	}
	m.hold(v)
	defer m.drop()
	give := func(key func() any, item any) error {
		if err := m.work(1); err != nil {
			return err
		}
		if p == nil {
			return yield(item, nil)
		}
		if err := m.charge(pathBytes); err != nil {
			return err
		}
		return yield(item, &path{p, key(), item, p.depth + 1})
	}
	switch v := v.(type) {
	case list:
		for i, item := range v {
			if err := give(func() any { return box(float64(i)) }, item); err != nil {
				return err
			}
		}
	case *object:
		for name, item := range v.All() {
			if err := give(func() any { return name }, item); err != nil {
				return err
			}
		}
	default:
		if n.optional {
			return nil
		}
		return fail("Cannot iterate over %s (%s)", typeName(v), excerpt(v))
	}
	return nil
}

// slices gives a[b:c]: the start varies slowest, what is sliced fastest.
func (m *machine) slices(n *node, s *scope, v any, p *path, yield results) error {
	end := func(n *node, do func(any) error) error {
		if n == nil {
			return do(nil)
		}
		return m.eval(n, s, v, nil, func(x any, _ *path) error { return do(x) })
	}
	return end(n.b, func(from any) error {
		return end(n.c, func(to any) error {
			return m.eval(n.a, s, v, p, func(v any, p *path) error { return m.step(n, v, p, sliceKey(from, to), yield) })
		})
	})
}

// sliceKey is how a slice stands in a path.
func sliceKey(from, to any) *object {
	o := &object{}
	o.Set("start", from)
	o.Set("end", to)
	return o
}

// get is v[key].
func (m *machine) get(v, key any) (any, error) {
	switch t := v.(type) {
	case *object:
		if name, ok := key.(string); ok {
			r, _ := t.Get(name)
			return r, nil
		}
	case list:
		switch k := key.(type) {
		case list:
			return m.indices(t, k)
		case *object:
			return m.slice(v, k)
		}
		if f, ok := number(key); ok {
			if i, ok := place(f, len(t)); ok {
				return t[i], nil
			}
			return nil, nil
		}
	case string:
		if k, ok := key.(*object); ok {
			return m.slice(v, k)
		}
	case nil:
		switch kindOf(key) {
		case kindString, kindNumber, kindObject:
			return nil, nil
		default:
		}
	}
	return nil, fail("Cannot index %s with %s (%s)", typeName(v), typeName(key), excerpt(key))
}

// place is an index of a list of n items, of which a negative one counts from the end.
func place(f float64, n int) (int, bool) {
	if math.IsNaN(f) {
		return 0, false
	}
	i := truncate(f)
	if i < 0 {
		i += n
	}
	return i, i >= 0 && i < n
}

// truncate is a number as a whole one of 32 bits.
func truncate(f float64) int { return int(max(min(f, math.MaxInt32), math.MinInt32)) }

// bounds are the ends of a slice of n items.
func bounds(key *object, n int) (from, to int, err error) {
	start, _ := key.Get("start")
	end, _ := key.Get("end")
	f, okF := number(start)
	t, okT := number(end)
	if start == nil {
		f, okF = 0, true
	}
	if end == nil {
		t, okT = float64(n), true
	}
	if !okF || !okT {
		return 0, 0, fail("Array/string slice indices must be integers")
	}
	if math.IsNaN(f) {
		f = 0
	}
	if f < 0 {
		f = max(f+float64(n), 0)
	}
	from = int(min(f, float64(n)))
	if math.IsNaN(t) {
		t = float64(n)
	}
	if t < 0 {
		if t += float64(n); t < 0 {
			t = float64(from)
		}
	}
	to = int(min(math.Ceil(t), float64(n)))
	return from, max(from, to), nil
}

// slice is a part of a list or a text. It is a copy: a small part does not hold the whole.
func (m *machine) slice(v any, key *object) (any, error) {
	switch v := v.(type) {
	case list:
		from, to, err := bounds(key, len(v))
		if err != nil {
			return nil, err
		}
		if err := m.build(listSize(to - from)); err != nil {
			return nil, err
		}
		out := make(list, to-from)
		copy(out, v[from:to])
		return out, m.work(int64(len(out)))
	case string:
		if err := m.work(int64(len(v))); err != nil {
			return nil, err
		}
		from, to, err := bounds(key, runes(v))
		if err != nil {
			return nil, err
		}
		start := runeOffset(v, from)
		end := start + runeOffset(v[start:], to-from)
		if err := m.build(int64(end - start)); err != nil {
			return nil, err
		}
		return strings.Clone(v[start:end]), nil
	}
	return nil, nil
}

// runeOffset is where the nth character begins, in bytes.
func runeOffset(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// indices are the places where a list has another one.
func (m *machine) indices(v, what list) (any, error) {
	out := list{}
	if len(what) == 0 {
		return nil, nil
	}
	for i := 0; i+len(what) <= len(v); i++ {
		same := true
		for j := range what {
			var err error
			if same, err = m.equal(v[i+j], what[j]); err != nil {
				return nil, err
			}
			if !same {
				break
			}
		}
		if same {
			out = append(out, box(float64(i)))
			if err := m.build(2 * wordBytes); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
