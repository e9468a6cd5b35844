package jq

import (
	"strings"
)

// match is _match(re; flags; test): the list of matches, or whether there is one.
func match(m *machine, v any, args []any) (any, error) {
	re, letters := args[0], args[1]
	if l, ok := re.(list); ok && letters == nil { // [re, flags]
		switch len(l) {
		case 0:
			return nil, fail("array not a string or array")
		case 1:
			re = l[0]
		default:
			re, letters = l[0], l[1]
		}
	} else if kindOf(re) != kindString && letters == nil {
		return nil, fail("%s not a string or array", typeName(re))
	}
	s, ok := v.(string)
	if !ok {
		return nil, wrong(v, "cannot be matched, as it is not a string")
	}
	test, _ := args[2].(bool)
	if test {
		found := false
		err := m.eachMatch(s, re, letters, func(_ *expression, _ []int) error {
			found = true
			return errEnough
		})
		if err == errEnough { //nolint:errorlint // it is not wrapped
			err = nil
		}
		return found, err
	}
	out := list{}
	c := counter{s: s}
	err := m.eachMatch(s, re, letters, func(e *expression, loc []int) error {
		found, err := m.matched(&c, e, loc)
		out = append(out, found)
		return err
	})
	return out, err
}

var errEnough = fail("enough")

// eachMatch finds matches.
func (m *machine) eachMatch(s string, re, letters any, do func(e *expression, loc []int) error) error {
	source, ok := re.(string)
	if !ok {
		return wrong(re, "is not a string")
	}
	f, err := readFlags(letters)
	if err != nil {
		return err
	}
	e, err := m.expression(source, f)
	if err != nil {
		return err
	}
	return m.matches(e, s, f, func(loc []int) error { return do(e, loc) })
}

// counter turns places in bytes into places in characters; it goes on from the last one.
type counter struct {
	s         string
	at, count int
}

func (c *counter) of(at int) int {
	if at < c.at {
		c.at, c.count = 0, 0
	}
	c.count += runes(c.s[c.at:at])
	c.at = at
	return c.count
}

// matched is one match as an object.
func (m *machine) matched(c *counter, e *expression, loc []int) (any, error) {
	start := c.of(loc[0])
	if err := m.work(int64(loc[1]-loc[0]) * int64(len(loc))); err != nil {
		return nil, err
	}
	captures := list{}
	for i := 1; i < len(loc)/2; i++ {
		o := &object{}
		from, to := loc[2*i], loc[2*i+1]
		switch {
		case from < 0:
			o.Set("offset", box(-1))
			o.Set("length", small[0])
			o.Set("string", nil)
		default:
			o.Set("offset", box(float64(start+runes(c.s[loc[0]:max(from, loc[0])]))))
			o.Set("length", box(float64(runes(c.s[from:to]))))
			o.Set("string", strings.Clone(c.s[from:to]))
		}
		if from == to { // jq has these in another order
			string_, _ := o.Get("string")
			length, _ := o.Get("length")
			o.Delete("length")
			o.Set("string", string_)
			o.Set("length", length)
		}
		if name := e.names[i]; name != "" {
			o.Set("name", name)
		} else {
			o.Set("name", nil)
		}
		captures = append(captures, o)
	}
	o := &object{}
	o.Set("offset", box(float64(start)))
	o.Set("length", box(float64(runes(c.s[loc[0]:loc[1]]))))
	o.Set("string", strings.Clone(c.s[loc[0]:loc[1]]))
	o.Set("captures", captures)
	return o, m.build(objectSize(4) + int64(len(loc)/2)*(objectSize(4)+32) + int64(len(loc)/2*(loc[1]-loc[0])))
}

// captures is the object of a match's named groups.
func captures(m *machine, v any) (any, error) {
	o, _ := v.(*object)
	groups, _ := o.Get("captures")
	out := &object{}
	if l, ok := groups.(list); ok {
		for _, g := range l {
			group, _ := g.(*object)
			if name := group.Text("name"); name != "" {
				s, _ := group.Get("string")
				out.Set(name, s)
			}
		}
	}
	return out, m.build(objectSize(out.Len()))
}

// generateSub is _sub(re; replacement; flags): for each result of the replacement a text in which it stands for the matches.
func generateSub(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	return m.eval(n.args[2], s, v, nil, func(letters any, _ *path) error {
		return m.eval(n.args[0], s, v, nil, func(re any, _ *path) error {
			in, ok := v.(string)
			if !ok {
				return wrong(v, "cannot be matched, as it is not a string")
			}
			return m.sub(in, re, letters, n.args[1], s, func(r any) error { return yield(r, p) })
		})
	})
}

// sub replaces the matches in a text.
func (m *machine) sub(in string, re, letters any, with *node, s *scope, yield func(any) error) error {
	part := m.Meter.Part(0) // the texts that are made, until they are given on
	defer part.Close()
	var out [][]byte
	previous := 0
	c := counter{s: in}
	err := m.eachMatch(in, re, letters, func(e *expression, loc []int) error {
		found, err := m.matched(&c, e, loc)
		if err != nil {
			return err
		}
		named, err := captures(m, found)
		if err != nil {
			return err
		}
		m.loose = 0
		i := 0
		gap := in[previous:loc[0]]
		err = m.eval(with, s, named, nil, func(r any, _ *path) error {
			insert, ok := r.(string)
			if !ok {
				return wrongBoth(gap, r, "cannot be added")
			}
			if err := part.Charge(int64(2 * (len(gap) + len(insert)))); err != nil {
				return err
			}
			if i == len(out) {
				out = append(out, nil)
			}
			out[i] = append(append(out[i], gap...), insert...)
			i++
			return m.work(int64(len(gap) + len(insert)))
		})
		previous = loc[1]
		return err
	})
	if err != nil {
		return err
	}
	if len(out) == 0 {
		return yield(in)
	}
	for _, b := range out {
		if err := m.build(int64(len(b) + len(in) - previous)); err != nil {
			return err
		}
		r := string(append(b, in[previous:]...))
		m.loose = 0
		if err := yield(r); err != nil {
			return err
		}
	}
	return nil
}
