package document

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// signature says what a function of JMESPath takes: for each argument the types it
// may have, the last repeated where it is variadic.
type signature struct {
	args     []string // types separated by |
	variadic bool
	call     func(args []Value) (Value, error)
}

var functions map[string]signature

func init() { //nolint:gochecknoinits // the functions call search, which calls them
	functions = map[string]signature{
		"abs":      {args: []string{"number"}, call: func(a []Value) (Value, error) { return absolute(a[0]), nil }},
		"avg":      {args: []string{"array-number"}, call: average},
		"ceil":     {args: []string{"number"}, call: func(a []Value) (Value, error) { return rounded(a[0], math.Ceil), nil }},
		"contains": {args: []string{"array|string", "any"}, call: contains},
		"ends_with": {args: []string{"string", "string"}, call: func(a []Value) (Value, error) {
			return strings.HasSuffix(a[0].(string), a[1].(string)), nil
		}},
		"floor":  {args: []string{"number"}, call: func(a []Value) (Value, error) { return rounded(a[0], math.Floor), nil }},
		"join":   {args: []string{"string", "array-string"}, call: join},
		"keys":   {args: []string{"object"}, call: keys},
		"length": {args: []string{"string|array|object"}, call: length},
		"map":    {args: []string{"expref", "array"}, call: mapped},
		"max": {args: []string{"array-number|array-string"}, call: func(a []Value) (Value, error) {
			return extreme(a[0].(List), 1), nil
		}},
		"max_by": {args: []string{"array", "expref"}, call: func(a []Value) (Value, error) { return extremeBy("max_by", a, 1) }},
		"merge":  {args: []string{"object"}, variadic: true, call: merged},
		"min": {args: []string{"array-number|array-string"}, call: func(a []Value) (Value, error) {
			return extreme(a[0].(List), -1), nil
		}},
		"min_by":   {args: []string{"array", "expref"}, call: func(a []Value) (Value, error) { return extremeBy("min_by", a, -1) }},
		"not_null": {args: []string{"any"}, variadic: true, call: notNull},
		"reverse":  {args: []string{"array|string"}, call: reverse},
		"sort":     {args: []string{"array-string|array-number"}, call: sortList},
		"sort_by":  {args: []string{"array", "expref"}, call: sortBy},
		"starts_with": {args: []string{"string", "string"}, call: func(a []Value) (Value, error) {
			return strings.HasPrefix(a[0].(string), a[1].(string)), nil
		}},
		"sum":       {args: []string{"array-number"}, call: func(a []Value) (Value, error) { return sum(a[0].(List)), nil }},
		"to_array":  {args: []string{"any"}, call: toArray},
		"to_number": {args: []string{"any"}, call: toNumber},
		"to_string": {args: []string{"any"}, call: toString},
		"type":      {args: []string{"any"}, call: func(a []Value) (Value, error) { return typeOf(a[0]), nil }},
		"values":    {args: []string{"object"}, call: values},
	}
}

// Functions returns the names of JMESPath's functions, sorted.
func Functions() []string {
	names := make([]string, 0, len(functions))
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func apply(n *Node, v Value) (Value, error) {
	f, ok := functions[n.Name]
	if !ok {
		return nil, badQuery(n.At, "Unknown function: %s()", n.Name)
	}
	if len(n.Children) < len(f.args) || len(n.Children) > len(f.args) && !f.variadic {
		want := fmt.Sprintf("%d argument", len(f.args))
		if f.variadic {
			want = "at least " + want
		}
		if len(f.args) != 1 {
			want += "s"
		}
		return nil, badQuery(n.At, "Expected %s for function %s(), received %d", want, n.Name, len(n.Children))
	}
	args := make([]Value, len(n.Children))
	for i, c := range n.Children {
		var err error
		if args[i], err = search(c, v); err != nil {
			return nil, err
		}
		want := f.args[min(i, len(f.args)-1)]
		if !accepts(want, args[i]) {
			return nil, badQuery(n.At,
				"In function %s(), invalid type for value: %s, expected one of: %s, received: %q", n.Name,
				PythonText(args[i]), expected(want), typeOf(args[i]))
		}
	}
	return f.call(args)
}

func expected(types string) string {
	parts := strings.Split(types, "|")
	for i := range parts {
		parts[i] = "'" + parts[i] + "'"
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// pythonText shows a value in an error as Python's str does for the simple ones.

func accepts(types string, v Value) bool {
	have := typeOf(v)
	for want := range strings.SplitSeq(types, "|") {
		base, element, typed := strings.Cut(want, "-")
		if want == "any" || want == have {
			return true
		}
		if !typed || base != have {
			continue
		}
		if !slices.ContainsFunc(v.(List), func(e Value) bool { return typeOf(e) != element }) {
			return true
		}
	}
	return false
}

func typeOf(v Value) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case List:
		return "array"
	case *Object:
		return "object"
	case reference:
		return "expref"
	}
	return "number"
}

func float(v Value) float64 {
	r, ok := ratio(v)
	if !ok {
		f, _ := v.(float64) // NaN or infinite
		return f
	}
	f, _ := r.Float64()
	return f
}

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

func rounded(v Value, f func(float64) float64) Value {
	if x, ok := v.(float64); ok {
		return int64(f(x))
	}
	return v
}

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

func average(a []Value) (Value, error) {
	l := a[0].(List)
	if len(l) == 0 {
		return nil, nil
	}
	return float(sum(l)) / float64(len(l)), nil
}

func contains(a []Value) (Value, error) {
	if s, ok := a[0].(string); ok {
		part, isText := a[1].(string)
		return isText && strings.Contains(s, part), nil
	}
	return slices.ContainsFunc(a[0].(List), func(v Value) bool { return Equal(v, a[1]) }), nil
}

func join(a []Value) (Value, error) {
	parts := make([]string, len(a[1].(List)))
	for i, v := range a[1].(List) {
		parts[i] = v.(string)
	}
	return strings.Join(parts, a[0].(string)), nil
}

func keys(a []Value) (Value, error) {
	out := List{}
	for name := range a[0].(*Object).All() {
		out = append(out, name)
	}
	return out, nil
}

func values(a []Value) (Value, error) {
	out := List{}
	for _, v := range a[0].(*Object).All() {
		out = append(out, v)
	}
	return out, nil
}

func length(a []Value) (Value, error) {
	switch v := a[0].(type) {
	case string:
		return int64(len([]rune(v))), nil
	case List:
		return int64(len(v)), nil
	}
	return int64(a[0].(*Object).Len()), nil
}

func mapped(a []Value) (Value, error) {
	out := List{}
	for _, e := range a[1].(List) {
		v, err := search(a[0].(reference).node, e)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func extreme(l List, sign int) Value {
	var best Value
	for _, v := range l {
		if order, _ := Order(v, best); best == nil || order*sign > 0 {
			best = v
		}
	}
	return best
}

// byKey evaluates an expression on every element; all results must be numbers, or all strings.
func byKey(name string, a []Value) (List, error) {
	l := a[0].(List)
	out := make(List, len(l))
	for i, e := range l {
		k, err := search(a[1].(reference).node, e)
		if err != nil {
			return nil, err
		}
		want := typeOf(k)
		if i > 0 {
			want = typeOf(out[0])
		}
		if have := typeOf(k); have != want || have != "number" && have != "string" {
			return nil, badQuery(0,
				"In function %s(), invalid type for value: %s, expected one of: ['%s'], received: %q", name,
				PythonText(k), strings.Replace(want, "null", "string", 1), have)
		}
		out[i] = k
	}
	return out, nil
}

func extremeBy(name string, a []Value, sign int) (Value, error) {
	ks, err := byKey(name, a)
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

func sortBy(a []Value) (Value, error) {
	l := a[0].(List)
	ks, err := byKey("sort_by", a)
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

func sortList(a []Value) (Value, error) {
	out := slices.Clone(a[0].(List))
	slices.SortStableFunc(out, func(x, y Value) int { o, _ := Order(x, y); return o })
	return out, nil
}

func merged(a []Value) (Value, error) {
	out := &Object{}
	for _, o := range a {
		for name, v := range o.(*Object).All() {
			out.Set(name, v)
		}
	}
	return out, nil
}

func notNull(a []Value) (Value, error) {
	for _, v := range a {
		if v != nil {
			return v, nil
		}
	}
	return nil, nil
}

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

func toArray(a []Value) (Value, error) {
	if l, ok := a[0].(List); ok {
		return l, nil
	}
	return List{a[0]}, nil
}

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

func toString(a []Value) (Value, error) {
	if s, ok := a[0].(string); ok {
		return s, nil
	}
	b, err := Marshal(a[0])
	return string(b), err
}
