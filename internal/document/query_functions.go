package document

import (
	"math"
	"math/big"
	"slices"
	"strings"
)

// functions are the built-in functions by name, all of
// https://jmespath.org/specification.html#built-in-functions. It is not written after init.
var functions map[string]signature

func init() { //nolint:gochecknoinits // the functions call search, which calls them
	functions = map[string]signature{
		"abs":      {args: []string{"number"}, call: func(a []Value) (Value, error) { return absolute(a[0]), nil }},
		"avg":      {args: []string{"array-number"}, call: average},
		"ceil":     {args: []string{"number"}, call: func(a []Value) (Value, error) { return rounded(a[0], math.Ceil), nil }},
		"contains": {args: []string{"array|string", "any"}, with: contains},
		"ends_with": {args: []string{"string", "string"}, call: func(a []Value) (Value, error) {
			return strings.HasSuffix(a[0].(string), a[1].(string)), nil
		}},
		"floor":  {args: []string{"number"}, call: func(a []Value) (Value, error) { return rounded(a[0], math.Floor), nil }},
		"join":   {args: []string{"string", "array-string"}, with: join},
		"keys":   {args: []string{"object"}, call: keys},
		"length": {args: []string{"string|array|object"}, call: length},
		"map":    {args: []string{"expref", "array"}, with: mapped},
		"max": {args: []string{"array-number|array-string"}, call: func(a []Value) (Value, error) {
			return extreme(a[0].(List), 1), nil
		}},
		"max_by": {args: []string{"array", "expref"}, with: func(s *searcher, a []Value) (Value, error) {
			return s.extremeBy("max_by", a, 1)
		}},
		"merge": {args: []string{"object"}, variadic: true, call: merged},
		"min": {args: []string{"array-number|array-string"}, call: func(a []Value) (Value, error) {
			return extreme(a[0].(List), -1), nil
		}},
		"min_by": {args: []string{"array", "expref"}, with: func(s *searcher, a []Value) (Value, error) {
			return s.extremeBy("min_by", a, -1)
		}},
		"not_null": {args: []string{"any"}, variadic: true, call: notNull},
		"reverse":  {args: []string{"array|string"}, call: reverse},
		"sort":     {args: []string{"array-string|array-number"}, call: sortList},
		"sort_by":  {args: []string{"array", "expref"}, with: sortBy},
		"starts_with": {args: []string{"string", "string"}, call: func(a []Value) (Value, error) {
			return strings.HasPrefix(a[0].(string), a[1].(string)), nil
		}},
		"sum":       {args: []string{"array-number"}, call: func(a []Value) (Value, error) { return sum(a[0].(List)), nil }},
		"to_array":  {args: []string{"any"}, call: toArray},
		"to_number": {args: []string{"any"}, call: toNumber},
		"to_string": {args: []string{"any"}, with: toString},
		"type":      {args: []string{"any"}, call: func(a []Value) (Value, error) { return typeOf(a[0]), nil }},
		"values":    {args: []string{"object"}, call: values},
	}
}

// float returns a number as the nearest float64; a *big.Int beyond its range is infinite.
func float(v Value) float64 {
	r, ok := ratio(v)
	if !ok {
		f, _ := v.(float64) // NaN or infinite
		return f
	}
	f, _ := r.Float64()
	return f
}

// absolute keeps the type of its number.
func absolute(v Value) Value {
	switch v := v.(type) {
	case int64:
		if v < 0 {
			return -v
		}
	case *big.Int:
		return new(big.Int).Abs(v)
	case float64:
		return math.Abs(v)
	}
	return v
}

// rounded is ceil or floor: a float becomes an integer, and an integer is left alone.
func rounded(v Value, f func(float64) float64) Value {
	if x, ok := v.(float64); ok {
		return int64(f(x))
	}
	return v
}

// sum adds up integers as integers, as Python does, and everything else as floats. An
// empty list gives 0.
func sum(l List) Value {
	total, whole := 0.0, int64(0)
	exact := true
	for _, v := range l {
		n, ok := v.(int64)
		exact = exact && ok
		whole += n
		total += float(v)
	}
	if exact {
		return whole
	}
	return total
}

// average is always a float; that of an empty list is null.
func average(a []Value) (Value, error) {
	l := a[0].(List)
	if len(l) == 0 {
		return nil, nil
	}
	return float(sum(l)) / float64(len(l)), nil
}

// contains looks for a part of a text, or for an element of a list that is Equal. A value
// that is not a text is never part of one.
func contains(s *searcher, a []Value) (Value, error) {
	for _, v := range a {
		if err := s.size(nil, v); err != nil {
			return nil, err
		}
	}
	if text, ok := a[0].(string); ok {
		part, isText := a[1].(string)
		return isText && strings.Contains(text, part), nil
	}
	return slices.ContainsFunc(a[0].(List), func(v Value) bool { return Equal(v, a[1]) }), nil
}

// join takes the separator first: join(', ', names).
func join(s *searcher, a []Value) (Value, error) {
	size := int64(len(a[0].(string)) * len(a[1].(List)))
	for _, v := range a[1].(List) {
		size += int64(len(v.(string)))
	}
	if err := s.spend(size, size); err != nil {
		return nil, err
	}
	parts := make([]string, len(a[1].(List)))
	for i, v := range a[1].(List) {
		parts[i] = v.(string)
	}
	return strings.Join(parts, a[0].(string)), nil
}

// keys gives the names in the object's own order, which the specification leaves open.
func keys(a []Value) (Value, error) {
	out := List{}
	for name := range a[0].(*Object).All() {
		out = append(out, name)
	}
	return out, nil
}

// values gives the values in the order of keys.
func values(a []Value) (Value, error) {
	out := List{}
	for _, v := range a[0].(*Object).All() {
		out = append(out, v)
	}
	return out, nil
}

// length counts a text's code points, not its bytes.
func length(a []Value) (Value, error) {
	switch v := a[0].(type) {
	case string:
		return int64(len([]rune(v))), nil
	case List:
		return int64(len(v)), nil
	}
	return int64(a[0].(*Object).Len()), nil
}

// mapped is map(&expression, list). Unlike a projection it keeps nulls, so that the result
// has as many elements as the list.
func mapped(s *searcher, a []Value) (Value, error) {
	if err := s.spend(word*int64(len(a[1].(List))), 0); err != nil {
		return nil, err
	}
	out := List{}
	for _, e := range a[1].(List) {
		v, err := s.search(a[0].(reference).node, e)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// extreme returns the first of the largest values, or with sign -1 of the smallest; null
// of an empty list.
func extreme(l List, sign int) Value {
	var best Value
	for _, v := range l {
		if order, _ := Order(v, best); best == nil || order*sign > 0 {
			best = v
		}
	}
	return best
}

// byKey evaluates an expression on every element; all results must be numbers, or all
// strings. name is the function's, for the error, whose list of types has the type of the
// first result, as in jmespath.py.
func (s *searcher) byKey(name string, a []Value) (List, error) {
	l := a[0].(List)
	if err := s.spend(3*word*int64(len(l)), 16*int64(len(l))); err != nil {
		return nil, err
	}
	out := make(List, len(l))
	for i, e := range l {
		k, err := s.search(a[1].(reference).node, e)
		if err != nil {
			return nil, err
		}
		want := typeOf(k)
		if i > 0 {
			want = typeOf(out[0])
		}
		if have := typeOf(k); have != want || have != "number" && have != "string" {
			if err := s.size(nil, k); err != nil { // it is printed
				return nil, err
			}
			return nil, badQuery(0,
				"In function %s(), invalid type for value: %s, expected one of: ['%s'], received: %q", name,
				PythonText(k), strings.Replace(want, "null", "string", 1), have)
		}
		out[i] = k
	}
	return out, nil
}

// extremeBy returns the element itself, and not its key; of several the first.
func (s *searcher) extremeBy(name string, a []Value, sign int) (Value, error) {
	ks, err := s.byKey(name, a)
	if err != nil || len(ks) == 0 {
		return nil, err
	}
	best := 0
	for i := range ks {
		if order, _ := Order(ks[i], ks[best]); order*sign > 0 {
			best = i
		}
	}
	return a[0].(List)[best], nil
}

// sortBy sorts stably and leaves the list that it is given alone, which may be a part of
// the document.
func sortBy(s *searcher, a []Value) (Value, error) {
	l := a[0].(List)
	ks, err := s.byKey("sort_by", a)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(l))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { o, _ := Order(ks[i], ks[j]); return o })
	out := make(List, len(l))
	for i, j := range order {
		out[i] = l[j]
	}
	return out, nil
}

// sortList sorts a copy stably: numbers by value, texts by their bytes.
func sortList(a []Value) (Value, error) {
	out := slices.Clone(a[0].(List))
	slices.SortStableFunc(out, func(x, y Value) int { o, _ := Order(x, y); return o })
	return out, nil
}

// merged gives a later object's value to a name, at the place where it was first set.
func merged(a []Value) (Value, error) {
	out := &Object{}
	for _, o := range a {
		for name, v := range o.(*Object).All() {
			out.Set(name, v)
		}
	}
	return out, nil
}

// notNull returns the first argument that is not null. All have been evaluated before.
func notNull(a []Value) (Value, error) {
	for _, v := range a {
		if v != nil {
			return v, nil
		}
	}
	return nil, nil
}

// reverse turns a text around by code points, or a copy of a list.
func reverse(a []Value) (Value, error) {
	if s, ok := a[0].(string); ok {
		r := []rune(s)
		slices.Reverse(r)
		return string(r), nil
	}
	out := slices.Clone(a[0].(List))
	slices.Reverse(out)
	return out, nil
}

// toArray leaves a list as it is, and makes anything else, null included, a list of one.
func toArray(a []Value) (Value, error) {
	if l, ok := a[0].(List); ok {
		return l, nil
	}
	return List{a[0]}, nil
}

// toNumber reads a text as Number does; what cannot be read, and other types, are null.
func toNumber(a []Value) (Value, error) {
	switch v := a[0].(type) {
	case string:
		n, err := Number(v)
		if err != nil {
			return nil, nil //nolint:nilerr // what is no number is null
		}
		return n, nil
	case int64, float64, *big.Int:
		return v, nil
	}
	return nil, nil
}

// toString prints everything but a text as compact JSON, as jmespath.py does.
func toString(s *searcher, a []Value) (Value, error) {
	if text, ok := a[0].(string); ok {
		return text, nil
	}
	if err := s.size(nil, a[0]); err != nil {
		return nil, err
	}
	b, err := Marshal(a[0])
	return string(b), err
}
