package jq

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// compare orders two values as jq's sort does: null, false, true, numbers, strings, arrays, objects. NaN is below every number.
// It counts its work, and its errors are those of values that are too deep, and of bounds.
func (m *machine) compare(a, b any) (int, error) { return m.compareAt(a, b, 0) }

func (m *machine) compareAt(a, b any, depth int) (int, error) {
	if depth > maxDeep {
		return 0, fail("Comparison too deep")
	}
	if err := m.work(1); err != nil {
		return 0, err
	}
	k := kindOf(a)
	if other := kindOf(b); k != other {
		return int(k) - int(other), nil
	}
	switch k {
	case kindNumber:
		return orderNumbers(a, b), nil
	case kindString:
		return strings.Compare(a.(string), b.(string)), nil
	case kindArray:
		return m.compareLists(a.(list), b.(list), depth)
	case kindObject:
		return m.compareObjects(a.(*object), b.(*object), depth)
	default:
		return 0, nil
	}
}

// orderNumbers has NaN below every number, itself included, as jq does.
func orderNumbers(a, b any) int {
	fa, _ := number(a)
	fb, _ := number(b)
	switch {
	case math.IsNaN(fa):
		return -1
	case math.IsNaN(fb):
		return 1
	}
	return compareNumbers(a, b)
}

func (m *machine) compareLists(a, b list, depth int) (int, error) {
	for i := range min(len(a), len(b)) {
		if r, err := m.compareAt(a[i], b[i], depth+1); r != 0 || err != nil {
			return r, err
		}
	}
	return cmp.Compare(len(a), len(b)), nil
}

// compareObjects compares the sorted names first, then the values in that order.
func (m *machine) compareObjects(a, b *object, depth int) (int, error) {
	if err := m.work(int64(a.Len() + b.Len())); err != nil {
		return 0, err
	}
	namesA, namesB := sortedKeys(a), sortedKeys(b)
	if r := slices.Compare(namesA, namesB); r != 0 {
		return r, nil
	}
	for _, name := range namesA {
		va, _ := a.Get(name)
		vb, _ := b.Get(name)
		if r, err := m.compareAt(va, vb, depth+1); r != 0 || err != nil {
			return r, err
		}
	}
	return 0, nil
}

// sortedKeys returns an object's names in the order of their bytes.
func sortedKeys(o *object) []string {
	names := o.Keys()
	slices.Sort(names)
	return names
}

// equal reports whether two values are equal; NaN equals nothing.
func (m *machine) equal(a, b any) (bool, error) { return m.equalAt(a, b, 0) }

func (m *machine) equalAt(a, b any, depth int) (bool, error) {
	if depth > maxDeep {
		return false, fail("Equality check too deep")
	}
	if err := m.work(1); err != nil {
		return false, err
	}
	k := kindOf(a)
	if k != kindOf(b) {
		return false, nil
	}
	switch k {
	case kindNumber:
		fa, _ := number(a)
		fb, _ := number(b)
		return !math.IsNaN(fa) && !math.IsNaN(fb) && compareNumbers(a, b) == 0, nil
	case kindString:
		return a.(string) == b.(string), nil
	case kindArray:
		x, y := a.(list), b.(list)
		if len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if same, err := m.equalAt(x[i], y[i], depth+1); !same || err != nil {
				return false, err
			}
		}
	case kindObject:
		x, y := a.(*object), b.(*object)
		if x.Len() != y.Len() {
			return false, nil
		}
		for name, v := range x.All() {
			other, ok := y.Get(name)
			if !ok {
				return false, nil
			}
			if same, err := m.equalAt(v, other, depth+1); !same || err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// contains reports whether b is in a: a part of a text, each item of a list in some item, each member of an object in its namesake.
func (m *machine) contains(a, b any, depth int) (bool, error) {
	if depth > maxDeep {
		return false, fail("Containment check too deep")
	}
	if err := m.work(1); err != nil {
		return false, err
	}
	switch x := a.(type) {
	case *object:
		y, ok := b.(*object)
		if !ok {
			return false, nil
		}
		for name, want := range y.All() {
			have, ok := x.Get(name)
			if !ok || kindOf(have) != kindOf(want) {
				return false, nil
			}
			if in, err := m.contains(have, want, depth+1); !in || err != nil {
				return false, err
			}
		}
		return true, nil
	case list:
		y, ok := b.(list)
		if !ok {
			return false, nil
		}
		for _, want := range y {
			if found, err := m.containsAny(x, want, depth); !found || err != nil {
				return false, err
			}
		}
		return true, nil
	case string:
		y, ok := b.(string)
		if err := m.work(int64(len(x))); err != nil {
			return false, err
		}
		return ok && strings.Contains(x, y), nil
	}
	return m.equalAt(a, b, depth)
}

func (m *machine) containsAny(items list, want any, depth int) (bool, error) {
	for _, have := range items {
		if kindOf(have) != kindOf(want) {
			if err := m.work(1); err != nil {
				return false, err
			}
			continue
		}
		if in, err := m.contains(have, want, depth+1); in || err != nil {
			return in, err
		}
	}
	return false, nil
}

// stop carries an error out of a comparison of package slices, which knows none.
type stop struct{ err error }

// sortStable sorts n places by less-than-zero results of order, whose errors end it.
func sortStable[T any](items []T, order func(a, b T) (int, error)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s, ok := r.(stop)
			if !ok {
				panic(r)
			}
			err = s.err
		}
	}()
	slices.SortStableFunc(items, func(a, b T) int {
		r, err := order(a, b)
		if err != nil {
			panic(stop{err})
		}
		return r
	})
	return nil
}
