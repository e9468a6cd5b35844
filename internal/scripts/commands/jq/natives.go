package jq

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// natives are the functions that compute one value of their input and their arguments' values, by name and number of arguments.
var natives map[string]*native

// builtinNames are the names of all functions, as builtins gives them.
func builtinNames() list {
	var names []string
	for name := range natives {
		names = append(names, name)
	}
	for name := range generators {
		names = append(names, name)
	}
	for name := range prelude() {
		names = append(names, name)
	}
	slices.Sort(names)
	out := list{}
	for _, name := range names {
		if !strings.HasPrefix(name, "_") {
			out = append(out, name)
		}
	}
	return out
}

// nullary makes a function without arguments.
func nullary(f func(m *machine, v any) (any, error)) *native {
	return &native{call: func(m *machine, v any, _ []any) (any, error) { return f(m, v) }}
}

// unary makes a function with one argument.
func unary(f func(m *machine, v, a any) (any, error)) *native {
	return &native{call: func(m *machine, v any, args []any) (any, error) { return f(m, v, args[0]) }}
}

func init() { //nolint:gochecknoinits // builtins lists the table
	natives = map[string]*native{
		"not/0":    nullary(func(_ *machine, v any) (any, error) { return !truthy(v), nil }),
		"length/0": nullary(length),
		"utf8bytelength/0": nullary(func(_ *machine, v any) (any, error) {
			s, ok := v.(string)
			if !ok {
				return nil, wrong(v, "only strings have UTF-8 byte length")
			}
			return box(float64(len(s))), nil
		}),
		"type/0":          nullary(func(_ *machine, v any) (any, error) { return typeName(v), nil }),
		"keys/0":          nullary(func(m *machine, v any) (any, error) { return m.keysOf(v, true) }),
		"keys_unsorted/0": nullary(func(m *machine, v any) (any, error) { return m.keysOf(v, false) }),
		"has/1":           unary(has),
		"contains/1": unary(func(m *machine, v, a any) (any, error) {
			if typeName(v) != typeName(a) {
				return nil, wrongBoth(v, a, "cannot have their containment checked")
			}
			return m.contains(v, a, 0)
		}),
		"add/0":  nullary(func(m *machine, v any) (any, error) { return m.sum(v) }),
		"_add/1": unary(func(m *machine, _, a any) (any, error) { return m.sum(a) }),
		"join/1": unary(join),
		"_flatten/1": unary(func(m *machine, v, depth any) (any, error) {
			f, ok := number(depth)
			if !ok {
				f = math.MaxInt32
			}
			out := list{}
			err := m.flatten(&out, v, f)
			return out, err
		}),
		"setpath/2": {call: func(m *machine, v any, args []any) (any, error) {
			keys, ok := args[0].(list)
			if !ok {
				return nil, fail("Path must be specified as an array")
			}
			return m.setPath(v, keys, args[1], nil)
		}},
		"delpaths/1": unary(func(m *machine, v, a any) (any, error) {
			paths, ok := a.(list)
			if !ok {
				return nil, fail("Paths must be specified as an array")
			}
			return m.deletePaths(v, paths)
		}),
		"_from_entries/1": unary(func(m *machine, _, a any) (any, error) {
			out := &object{}
			for _, part := range a.(list) {
				for name, item := range part.(*object).All() {
					out.Set(name, item)
				}
			}
			return out, m.build(objectSize(out.Len()))
		}),
		"_captures/0": nullary(captures),
		"_match/3":    {call: match},
		"tojson/0":    nullary(func(m *machine, v any) (any, error) { return m.json(v) }),
		"tostring/0":  nullary(func(m *machine, v any) (any, error) { return m.format("text", v) }),
		"format/1": unary(func(m *machine, v, a any) (any, error) {
			name, ok := a.(string)
			if !ok {
				return nil, wrong(a, "is not a valid format")
			}
			return m.format(name, v)
		}),
		"fromjson/0":  nullary(fromJSON),
		"tonumber/0":  nullary(toNumber),
		"toboolean/0": nullary(toBoolean),
		"halt/0":      nullary(func(*machine, any) (any, error) { return nil, &HaltError{Silent: true} }),
		"halt_error/1": unary(func(_ *machine, v, a any) (any, error) {
			f, ok := number(a)
			if !ok {
				return nil, wrong(v, "halt_error/1: number required")
			}
			return nil, &HaltError{Value: v, Status: int(whole(f)) & 0xff}
		}),
		"env/0":                  nullary(func(m *machine, _ any) (any, error) { return m.environment(), nil }),
		"builtins/0":             nullary(func(*machine, any) (any, error) { return builtinNames(), nil }),
		"have_decnum/0":          nullary(func(*machine, any) (any, error) { return true, nil }),
		"have_literal_numbers/0": nullary(func(*machine, any) (any, error) { return true, nil }),
		"get_search_list/0":      nullary(func(*machine, any) (any, error) { return list{}, nil }),
		"modulemeta/0":           nullary(func(*machine, any) (any, error) { return nil, fail("modules are not available") }),
		"input_filename/0": nullary(func(m *machine, _ any) (any, error) {
			if file, _ := m.position(); file != "" {
				return file, nil
			}
			return nil, nil
		}),
		"input_line_number/0": nullary(func(m *machine, _ any) (any, error) {
			_, line := m.position()
			return box(float64(line)), nil
		}),
		"input/0": nullary(func(m *machine, _ any) (any, error) {
			v, err := m.input()
			if errors.Is(err, io.EOF) {
				return nil, fail("break")
			}
			return v, err
		}),
	}
	for _, group := range []map[string]*native{sorts(), texts(), dates(), numbers()} {
		for name, f := range group {
			natives[name] = f
		}
	}
}

func (m *machine) position() (string, int) {
	if m.At == nil {
		return "", 0
	}
	return m.At()
}

// environment is $ENV.
func (m *machine) environment() *object {
	if m.env == nil {
		m.env = &object{}
		if m.Env != nil {
			for _, line := range m.Env() {
				name, value, _ := strings.Cut(line, "=")
				m.env.Set(name, value)
			}
		}
	}
	return m.env
}

func length(m *machine, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return small[0], nil
	case string:
		return box(float64(runes(v))), m.work(int64(len(v)))
	case list:
		return box(float64(len(v))), nil
	case *object:
		return box(float64(v.Len())), nil
	case float64:
		return box(math.Abs(v)), nil
	case *literal:
		if strings.HasPrefix(v.text, "-") {
			return negate(v), nil
		}
		return v, nil
	}
	return nil, wrong(v, "has no length")
}

// keysOf are the names of an object, or the places of a list.
func (m *machine) keysOf(v any, sorted bool) (any, error) {
	switch v := v.(type) {
	case *object:
		if err := m.build(2 * listSize(v.Len())); err != nil {
			return nil, err
		}
		names := v.Keys()
		if sorted {
			slices.Sort(names)
		}
		out := make(list, len(names))
		for i, name := range names {
			out[i] = name
		}
		return out, m.work(int64(16 * len(out)))
	case list:
		if err := m.build(2 * listSize(len(v))); err != nil {
			return nil, err
		}
		out := make(list, len(v))
		for i := range v {
			out[i] = box(float64(i))
		}
		return out, m.work(int64(len(out)))
	}
	return nil, wrong(v, "has no keys")
}

func has(_ *machine, v, key any) (any, error) {
	switch t := v.(type) {
	case nil:
		return false, nil
	case *object:
		if name, ok := key.(string); ok {
			_, ok := t.Get(name)
			return ok, nil
		}
	case list:
		if f, ok := number(key); ok {
			return !math.IsNaN(f) && truncate(f) >= 0 && truncate(f) < len(t), nil
		}
	}
	return nil, fail("Cannot check whether %s has a %s key", typeName(v), typeName(key))
}

func fromJSON(m *machine, v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, wrong(v, "only strings can be parsed")
	}
	meter := m.Meter.Part(0)
	defer meter.Close()
	r := NewReader(strings.NewReader(s), meter, false, false)
	first, err := r.Next()
	size := r.charged + r.pending
	var bad *InputError
	switch {
	case errors.Is(err, io.EOF):
		return nil, fail("Expected JSON value (while parsing '%s')", quoted(s))
	case errors.As(err, &bad):
		return nil, fail("%s (while parsing '%s')", bad.Message, quoted(s))
	case err != nil:
		return nil, err
	}
	if _, err = r.Next(); errors.As(err, &bad) {
		return nil, fail("%s (while parsing '%s')", bad.Message, quoted(s))
	} else if !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, err
		}
		return nil, fail("Unexpected extra JSON values (while parsing '%s')", quoted(s))
	}
	meter.Close()
	return first, m.build(size)
}

// quoted is the text that an error quotes, up to some length.
func quoted(s string) string {
	const most = 10000
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func toNumber(_ *machine, v any) (any, error) {
	if kindOf(v) == kindNumber {
		return v, nil
	}
	if s, ok := v.(string); ok {
		if n, ok := parseNumber(s); ok {
			return n, nil
		}
	}
	return nil, wrong(v, "cannot be parsed as a number")
}

func toBoolean(_ *machine, v any) (any, error) {
	switch t := v.(type) {
	case bool:
		return t, nil
	case string:
		if t == "true" || t == "false" {
			return t == "true", nil
		}
	}
	return nil, wrong(v, "cannot be parsed as a boolean")
}
