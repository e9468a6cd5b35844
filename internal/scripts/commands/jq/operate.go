package jq

import (
	"math"
	"strings"
	"unsafe"

	"unicode/utf8"
)

// text makes a text of bytes that nobody changes any more.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// operators are those of two values, by their signs.
var operators map[string]func(m *machine, a, b any) (any, error)

func init() { //nolint:gochecknoinits // multiply calls itself
	operators = map[string]func(m *machine, a, b any) (any, error){
		"+": add, "-": subtract, "*": multiply, "/": divide, "%": modulo,
		"==": func(m *machine, a, b any) (any, error) { return m.equal(a, b) },
		"!=": func(m *machine, a, b any) (any, error) {
			same, err := m.equal(a, b)
			return !same, err
		},
		"<":  ordered(func(r int) bool { return r < 0 }),
		"<=": ordered(func(r int) bool { return r <= 0 }),
		">":  ordered(func(r int) bool { return r > 0 }),
		">=": ordered(func(r int) bool { return r >= 0 }),
	}
}

func ordered(is func(int) bool) func(m *machine, a, b any) (any, error) {
	return func(m *machine, a, b any) (any, error) {
		r, err := m.compare(a, b)
		return is(r), err
	}
}

func add(m *machine, a, b any) (any, error) {
	if a == nil {
		return b, nil
	}
	if b == nil {
		return a, nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return m.join([]string{x, y})
		}
	case list:
		if y, ok := b.(list); ok {
			if len(y) == 0 {
				return x, nil
			}
			if err := m.build(listSize(len(x) + len(y))); err != nil {
				return nil, err
			}
			out := make(list, 0, len(x)+len(y))
			return append(append(out, x...), y...), m.work(int64(len(x) + len(y)))
		}
	case *object:
		if y, ok := b.(*object); ok {
			if err := m.build(objectSize(x.Len() + y.Len())); err != nil {
				return nil, err
			}
			out := x.Clone()
			for name, v := range y.All() {
				out.Set(name, v)
			}
			return out, m.work(int64(x.Len() + y.Len()))
		}
	default:
		fa, okA := number(a)
		fb, okB := number(b)
		if okA && okB {
			return box(finite(fa) + finite(fb)), nil
		}
	}
	return nil, wrongBoth(a, b, "cannot be added")
}

// finite is a number that was read and is too large for a float64 as the largest one.
func finite(f float64) float64 { return f }

func subtract(m *machine, a, b any) (any, error) {
	fa, okA := number(a)
	fb, okB := number(b)
	if okA && okB {
		return box(fa - fb), nil
	}
	x, okA := a.(list)
	y, okB := b.(list)
	if !okA || !okB {
		return nil, wrongBoth(a, b, "cannot be subtracted")
	}
	out := list{}
	for _, item := range x {
		in := false
		for _, other := range y {
			var err error
			if in, err = m.equal(item, other); err != nil {
				return nil, err
			}
			if in {
				break
			}
		}
		if !in {
			if err := m.build(wordBytes); err != nil {
				return nil, err
			}
			out = append(out, item)
		}
	}
	return out, nil
}

func multiply(m *machine, a, b any) (any, error) {
	fa, okA := number(a)
	fb, okB := number(b)
	switch {
	case okA && okB:
		return box(fa * fb), nil
	case okA && kindOf(b) == kindString:
		return m.repeat(b.(string), fa)
	case okB && kindOf(a) == kindString:
		return m.repeat(a.(string), fb)
	}
	x, okA := a.(*object)
	y, okB := b.(*object)
	if okA && okB {
		return m.merge(x, y, 0)
	}
	return nil, wrongBoth(a, b, "cannot be multiplied")
}

// repeat is a text n times; null for less than 0 times.
func (m *machine) repeat(s string, n float64) (any, error) {
	if n < 0 || math.IsNaN(n) {
		return nil, nil
	}
	times := min(n, math.MaxInt32)
	size := math.Floor(times) * float64(len(s))
	if size >= math.MaxInt32 {
		return nil, fail("Repeat string result too long")
	}
	if err := m.build(int64(size)); err != nil {
		return nil, err
	}
	if s == "" {
		return "", nil
	}
	return strings.Repeat(s, int(times)), m.work(int64(size))
}

// merge is an object with the members of another one, in which objects that both have are merged too.
func (m *machine) merge(a, b *object, depth int) (any, error) {
	if depth > maxDeep {
		return nil, fail("Object merge too deep")
	}
	if err := m.build(objectSize(a.Len() + b.Len())); err != nil {
		return nil, err
	}
	if err := m.work(int64(a.Len() + b.Len())); err != nil {
		return nil, err
	}
	out := a.Clone()
	for name, v := range b.All() {
		old, _ := out.Get(name)
		x, okX := old.(*object)
		y, okY := v.(*object)
		if okX && okY {
			var err error
			if v, err = m.merge(x, y, depth+1); err != nil {
				return nil, err
			}
		}
		out.Set(name, v)
	}
	return out, nil
}

func divide(m *machine, a, b any) (any, error) {
	fa, okA := number(a)
	fb, okB := number(b)
	if okA && okB {
		if fb == 0 {
			return nil, wrongBoth(a, b, "cannot be divided because the divisor is zero")
		}
		return box(fa / fb), nil
	}
	x, okA := a.(string)
	y, okB := b.(string)
	if okA && okB {
		return m.split(x, y)
	}
	return nil, wrongBoth(a, b, "cannot be divided")
}

// split divides a text at each separator; at each character for an empty one. The parts are copies.
func (m *machine) split(s, separator string) (any, error) {
	if err := m.work(int64(len(s))); err != nil {
		return nil, err
	}
	out := list{}
	put := func(part string) error {
		if err := m.build(2*wordBytes + textSize(part)); err != nil {
			return err
		}
		out = append(out, strings.Clone(part))
		return m.work(1)
	}
	for s != "" {
		if separator == "" {
			_, size := utf8.DecodeRuneInString(s)
			if err := put(s[:size]); err != nil {
				return nil, err
			}
			s = s[size:]
			continue
		}
		part, rest, found := strings.Cut(s, separator)
		if err := put(part); err != nil {
			return nil, err
		}
		if found && rest == "" {
			return out, put("")
		}
		s = rest
	}
	return out, nil
}

func modulo(_ *machine, a, b any) (any, error) {
	fa, okA := number(a)
	fb, okB := number(b)
	if !okA || !okB {
		return nil, wrongBoth(a, b, "cannot be divided (remainder)")
	}
	if math.IsNaN(fa) || math.IsNaN(fb) {
		return math.NaN(), nil
	}
	x, y := whole(fa), whole(fb)
	switch y {
	case 0:
		return nil, wrongBoth(a, b, "cannot be divided (remainder) because the divisor is zero")
	case -1:
		return box(0), nil
	}
	return box(float64(x % y)), nil
}

// whole is a number as a whole one of 64 bits.
func whole(f float64) int64 {
	switch {
	case f < math.MinInt64:
		return math.MinInt64
	case f >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(f)
}
