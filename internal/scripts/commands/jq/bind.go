package jq

import "errors"

// bind evaluates `a as patterns | b`.
func (m *machine) bind(n *node, s *scope, v any, p *path, yield results) error {
	return m.eval(n.a, s, v, nil, func(x any, _ *path) error {
		return m.take(n, s, v, x, func(inner *scope) error { return m.eval(n.b, inner, v, p, yield) })
	})
}

// take takes x apart by the patterns of n, and calls do with the scope of each result. An error of all but the last alternative leads to
// the next one.
func (m *machine) take(n *node, s *scope, _, x any, do func(*scope) error) error {
	if len(n.patterns) == 1 && n.patterns[0].variable >= 0 {
		inner, err := m.bindTo(s, x)
		if err != nil {
			return err
		}
		return do(inner)
	}
	m.hold(x)
	defer m.drop()
	for i, alternative := range n.patterns {
		values := make([]any, n.names)
		err := m.match(alternative, s, values, x, func() error {
			inner, err := m.bound(s, values)
			if err != nil {
				return err
			}
			return do(inner)
		})
		if err == nil {
			return nil
		}
		var pass *passError
		if _, ok := caught(err); !ok || i == len(n.patterns)-1 || errors.As(err, &pass) {
			return err
		}
	}
	return nil
}

// bound is the scope of all variables of the patterns.
func (m *machine) bound(s *scope, values []any) (*scope, error) {
	var err error
	for _, v := range values {
		if s, err = m.bindTo(s, v); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// match takes x apart by one pattern: it sets values, and calls next for each way to do so.
func (m *machine) match(p *pattern, s *scope, values []any, x any, next func() error) error {
	switch {
	case p.variable >= 0:
		values[p.variable] = x
		return next()
	case len(p.list) > 0:
		return m.matchList(p, 0, s, values, x, next)
	default:
		return m.matchMembers(p, 0, s, values, x, next)
	}
}

func (m *machine) matchList(p *pattern, i int, s *scope, values []any, x any, next func() error) error {
	if i == len(p.list) {
		return next()
	}
	item, err := m.get(x, box(float64(i)))
	if err != nil {
		return err
	}
	return m.match(p.list[i], s, values, item, func() error { return m.matchList(p, i+1, s, values, x, next) })
}

func (m *machine) matchMembers(p *pattern, i int, s *scope, values []any, x any, next func() error) error {
	if i == len(p.members) {
		return next()
	}
	member := p.members[i]
	inner := s
	if member.name.op != opConst {
		var err error
		if inner, err = m.bound(s, values); err != nil {
			return err
		}
	}
	return m.eval(member.name, inner, x, nil, func(name any, _ *path) error {
		if _, ok := name.(string); !ok {
			return fail("Cannot index %s with %s", typeName(x), typeName(name))
		}
		v, err := m.get(x, name)
		if err != nil {
			return err
		}
		if member.variable >= 0 {
			values[member.variable] = v
		}
		rest := func() error { return m.matchMembers(p, i+1, s, values, x, next) }
		if member.value == nil {
			return rest()
		}
		return m.match(member.value, s, values, v, rest)
	})
}
