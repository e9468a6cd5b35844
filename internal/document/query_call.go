package document

import (
	"fmt"
	"slices"
	"strings"
)

// signature says what a function of JMESPath takes: for each argument the types it
// may have, the last repeated where it is variadic. The types are those of the
// specification's section "Built-in Functions"; array-number is a list of numbers only.
type signature struct {
	args     []string // types separated by |
	variadic bool
	call     func(args []Value) (Value, error) // gets arguments of these types, and may assert them
	// with is call for what evaluates expressions, or makes what is not bounded by its arguments.
	with func(s *searcher, args []Value) (Value, error)
}

// apply evaluates the arguments of a function on v and calls it. Which function there is,
// how many arguments it takes and of which types is checked here, in this order and with
// jmespath.py's messages.
func (s *searcher) apply(n *Node, v Value) (Value, error) {
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
		if args[i], err = s.search(c, v); err != nil {
			return nil, err
		}
		want := f.args[min(i, len(f.args)-1)]
		if !accepts(want, args[i]) {
			if err := s.size(n, args[i]); err != nil { // it is printed
				return nil, err
			}
			value, kind := mismatch(want, args[i])
			return nil, badQuery(n.At,
				"In function %s(), invalid type for value: %s, expected one of: %s, received: %q", n.Name,
				PythonText(value), expected(want), kind)
		}
	}
	if f.with != nil {
		return f.with(s, args)
	}
	// none of these makes more than its arguments have
	for _, a := range args {
		if err := s.spend(shallowSize(a), shallowSize(a)); err != nil {
			return nil, err
		}
	}
	return f.call(args)
}

// expected writes types as Python's repr of a list does: array|string is ['array', 'string'].
func expected(types string) string {
	parts := strings.Split(types, "|")
	for i := range parts {
		parts[i] = "'" + parts[i] + "'"
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// accepts reports whether a value has one of the types. An empty list is one of any
// element type.
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

// mismatch is what jmespath.py names of a value that is not accepted: the value with its type, or of a list whose items have the
// wrong one the first of them, with the name that Python has for its type.
func mismatch(types string, v Value) (Value, string) {
	l, ok := v.(List)
	if !ok || len(l) == 0 || !strings.Contains(types, "array-") {
		return v, typeOf(v)
	}
	var elements []string
	for want := range strings.SplitSeq(types, "|") {
		if _, element, typed := strings.Cut(want, "-"); typed {
			elements = append(elements, element)
		}
	}
	if len(elements) > 1 && slices.Contains(elements, typeOf(l[0])) {
		elements = []string{typeOf(l[0])} // the first item says of which type all are
	}
	for _, e := range l {
		if !slices.Contains(elements, typeOf(e)) {
			return e, pythonName(e)
		}
	}
	return v, typeOf(v)
}

// pythonName is the name that Python has for the type of a value.
func pythonName(v Value) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case string:
		return "str"
	case List:
		return "list"
	case *Object:
		return "dict"
	case float64:
		return "float"
	}
	return "int"
}

// typeOf returns the name that JMESPath's type() has for a value.
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
