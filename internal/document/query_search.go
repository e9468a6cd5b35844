package document

import (
	"fmt"
	"math/big"
	"strings"
)

// Search evaluates the query on a value. What it returns may share parts with the value,
// so neither may be changed afterwards. What is not there is nil and no error. An error
// (a wrong type of an argument, an unknown function, a step of 0) is a *QueryError and is
// worded as jmespath.py words it.
// What it makes is bounded: see SearchWithin.
func (q *Query) Search(v Value) (Value, error) { return q.SearchWithin(v, nil) }

// SearchWithin is Search that tells spend, from time to time, how many bytes it has made and how much it has gone through since the
// last call; an error of spend ends it. spend may be nil. Whatever it says, what is made, with shared parts as often as they occur, is
// at most maxMade bytes, and maxWork is gone through.
func (q *Query) SearchWithin(v Value, spend func(made, work int64) error) (Value, error) {
	s := &searcher{tell: spend}
	out, err := s.search(q.root, v)
	if err == nil && s.made > 0 { // a part of the document is as large as it was
		err = s.size(q.root, out)
	}
	if err == nil {
		err = s.flush()
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Truth reports whether a value counts as true: everything but null, false and what is
// empty. The number 0 is true: https://jmespath.org/specification.html#or-expressions
func Truth(v Value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case List:
		return len(v) > 0
	case *Object:
		return v.Len() > 0
	}
	return true
}

// reference is an expression that is handed to a function, &Name. Functions
// take it as an argument; no document has one.
type reference struct{ node *Node }

// search evaluates a node on v. An operation on a value of a type that it does not apply
// to gives null, as the specification has it: the field of a list, the index of an object.
func (s *searcher) search(n *Node, v Value) (Value, error) {
	if err := s.spend(0, 1); err != nil {
		return nil, err
	}
	switch n.Kind {
	case NodeField:
		if o, ok := v.(*Object); ok {
			inner, _ := o.Get(n.Name)
			return inner, nil
		}
		return nil, nil
	case NodeSub, NodePipe, NodeIndexed:
		for _, c := range n.Children {
			var err error
			if v, err = s.search(c, v); err != nil {
				return nil, err
			}
		}
		return v, nil
	case NodeIndex:
		l, _ := v.(List)
		i := n.Index
		if i < 0 {
			i += len(l)
		}
		if i < 0 || i >= len(l) {
			return nil, nil
		}
		return l[i], nil
	case NodeSlice:
		return s.slice(n, v)
	case NodeProjection, NodeValues, NodeFilter:
		return s.project(n, v)
	case NodeFlatten:
		return s.flatten(n, v)
	case NodeLiteral:
		return n.Value, nil
	case NodeCurrent, NodeIdentity:
		return v, nil
	case NodeReference:
		return reference{n.Children[0]}, nil
	case NodeFunction:
		return s.apply(n, v)
	}
	return s.combine(n, v)
}

// slice gives what Python's slicing gives, which the specification refers to: bounds beyond
// the list are moved to its ends, and a negative step goes from the last element backwards.
func (s *searcher) slice(n *Node, v Value) (Value, error) {
	l, ok := v.(List)
	if !ok {
		return nil, nil
	}
	step := 1
	if given := n.Slice[2]; given != nil {
		if step = *given; step == 0 {
			return nil, badQuery(n.At, "slice step cannot be zero")
		}
	}
	// bound returns a given start or stop within the list, or the usual one. With a negative
	// step, -1 stands for "before the first".
	bound := func(given *int, usual int) int {
		if given == nil {
			return usual
		}
		i := *given
		if i < 0 {
			i += len(l)
		}
		if step < 0 {
			return max(-1, min(i, len(l)-1))
		}
		return max(0, min(i, len(l)))
	}
	if err := s.spend(word*int64(len(l)), int64(len(l))); err != nil {
		return nil, err
	}
	out := List{}
	if step > 0 {
		for i := bound(n.Slice[0], 0); i < bound(n.Slice[1], len(l)); i += step {
			out = append(out, l[i])
		}
		return out, nil
	}
	for i := bound(n.Slice[0], len(l)-1); i > bound(n.Slice[1], -1); i += step {
		out = append(out, l[i])
	}
	return out, nil
}

// project evaluates the right side on every element of the left; nulls are left out. Lists
// are projected by [*], [] and [?…], objects by *; on anything else the result is null.
func (s *searcher) project(n *Node, v Value) (Value, error) {
	base, err := s.search(n.Children[0], v)
	if err != nil {
		return nil, err
	}
	var elements List
	switch base := base.(type) {
	case List:
		if n.Kind == NodeValues {
			return nil, nil
		}
		elements = base
	case *Object:
		if n.Kind != NodeValues {
			return nil, nil
		}
		for _, inner := range base.All() {
			elements = append(elements, inner)
		}
	default:
		return nil, nil
	}
	if err := s.spend(word*int64(len(elements)), int64(len(elements))); err != nil {
		return nil, err
	}
	out := make(List, 0, len(elements))
	for _, e := range elements {
		if n.Kind == NodeFilter {
			keep, err := s.search(n.Children[2], e)
			if err != nil {
				return nil, err
			}
			if !Truth(keep) {
				continue
			}
		}
		r, err := s.search(n.Children[1], e)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// flatten merges lists of lists by one level: [[1, [2]], 3] becomes [1, [2], 3].
func (s *searcher) flatten(n *Node, v Value) (Value, error) {
	base, err := s.search(n.Children[0], v)
	l, ok := base.(List)
	if err != nil || !ok {
		return nil, err
	}
	size := 0
	for _, e := range l {
		if inner, ok := e.(List); ok {
			size += len(inner)
		} else {
			size++
		}
	}
	if err := s.spend(word*int64(size), int64(size+len(l))); err != nil {
		return nil, err
	}
	out := make(List, 0, size)
	for _, e := range l {
		if inner, ok := e.(List); ok {
			out = append(out, inner...)
		} else {
			out = append(out, e)
		}
	}
	return out, nil
}

// combine evaluates what has several sides. A multiselect gives one result for each
// expression, nulls included; || and && give one of their sides, not a boolean.
func (s *searcher) combine(n *Node, v Value) (Value, error) {
	switch n.Kind {
	case NodeMultiList:
		if v == nil {
			return nil, nil
		}
		if err := s.spend(word*int64(len(n.Children)), 0); err != nil {
			return nil, err
		}
		out := make(List, 0, len(n.Children))
		for _, c := range n.Children {
			r, err := s.search(c, v)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	case NodeMultiHash:
		if v == nil {
			return nil, nil
		}
		if err := s.spend(4*word*int64(len(n.Children)), 0); err != nil {
			return nil, err
		}
		out := &Object{}
		for i, c := range n.Children {
			r, err := s.search(c, v)
			if err != nil {
				return nil, err
			}
			out.Set(n.Names[i], r)
		}
		return out, nil
	}
	left, err := s.search(n.Children[0], v)
	if err != nil {
		return nil, err
	}
	switch {
	case n.Kind == NodeNot:
		return !Truth(left), nil
	case n.Kind == NodeOr && Truth(left), n.Kind == NodeAnd && !Truth(left):
		return left, nil
	}
	right, err := s.search(n.Children[1], v)
	if err != nil || n.Kind != NodeComparator {
		return right, err
	}
	// texts and numbers are compared at once
	for _, side := range []Value{left, right} {
		if err := s.size(n, side); err != nil {
			return nil, err
		}
	}
	return compare(n.Name, left, right)
}

// compare compares numbers with numbers and text with text; everything else has no order,
// which is null. The specification has an order of numbers only: jmespath.py compares text
// too, and filters on dates depend on it (LastModified<'2024-01-01'). A number beside a text is an error of its own, in Python's words:
// a filter that can never be true must not look like one that found nothing.
func compare(operator string, a, b Value) (Value, error) {
	switch tokenKind(operator) {
	case tEqual:
		return Equal(a, b), nil
	case tNotEqual:
		return !Equal(a, b), nil
	}
	order, ok := Order(a, b)
	if !ok {
		left, right := pythonType(a), pythonType(b)
		if left != "" && right != "" {
			sign := map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[operator]
			return nil, fmt.Errorf("'%s' not supported between instances of '%s' and '%s'", sign, left, right)
		}
		return nil, nil
	}
	switch tokenKind(operator) {
	case tLess:
		return order < 0, nil
	case tLessEq:
		return order <= 0, nil
	case tGreater:
		return order > 0, nil
	}
	return order >= 0, nil
}

// pythonType is how Python calls what can be compared, "" for everything else.
func pythonType(v Value) string {
	switch v.(type) {
	case string:
		return "str"
	case int64:
		return "int"
	case float64:
		return "float"
	}
	return ""
}

// Order compares two numbers or two texts; ok is false for everything else. Texts are
// compared by their bytes, so that ISO 8601 times of one form are in order. Numbers are
// compared exactly, also an int64 with a float64 that cannot hold it.
func Order(a, b Value) (order int, ok bool) {
	if x, isText := a.(string); isText {
		y, isText := b.(string)
		return strings.Compare(x, y), isText
	}
	x, okX := ratio(a)
	y, okY := ratio(b)
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}

// ratio returns a number as a fraction. NaN and infinity are none.
func ratio(v Value) (*big.Rat, bool) {
	switch v := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(v), true
	case float64:
		r := new(big.Rat).SetFloat64(v)
		return r, r != nil
	case *big.Int:
		return new(big.Rat).SetInt(v), true
	}
	return nil, false
}

// Equal compares by value: 1 and 1.0 are equal, 1 and true are not, and the order of
// members does not matter. NaN and infinity are equal to nothing, themselves included.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case List:
		b, ok := b.(List)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for name, v := range a.All() {
			other, ok := b.Get(name)
			if !ok || !Equal(v, other) {
				return false
			}
		}
		return true
	case nil, bool, reference:
		return a == b
	}
	order, ok := Order(a, b)
	return ok && order == 0
}
