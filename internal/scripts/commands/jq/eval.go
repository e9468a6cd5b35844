package jq

import (
	"errors"
)

// climb goes up so many scopes.
func climb(s *scope, hops int) *scope {
	if hops == topLevel {
		return nil
	}
	for range hops {
		s = s.up
	}
	return s
}

// isPlain reports whether all closures that can be called from a scope have one result at most.
func (s *scope) isPlain() bool { return s == nil || s.plain }

// one reports whether an expression has one result at most in a scope.
func (n *node) one(s *scope) bool { return n.single && (!n.closures || s.isPlain()) }

// bindTo is the scope below up with a variable.
func (m *machine) bindTo(up *scope, v any) (*scope, error) {
	return &scope{up: up, value: v, plain: up.isPlain()}, m.charge(scopeBytes)
}

// eval gives the results of an expression to yield, one after the other. p is the path of v, nil where none is asked for.
func (m *machine) eval(n *node, s *scope, v any, p *path, yield results) error {
	if n.op == opIdentity {
		return yield(v, p)
	}
	if err := m.enter(s, v, p); err != nil {
		return err
	}
	err := m.run(n, s, v, p, yield)
	m.leave()
	return err
}

// run is eval after enter. What stands last in an expression is evaluated in the same call, so that a function which calls itself last
// needs no memory for it.
func (m *machine) run(n *node, s *scope, v any, p *path, yield results) error {
	at := len(m.roots) - 1
	for {
		if err := m.work(evalWork); err != nil {
			return err
		}
		if n.one(s) {
			r, rp, ok, err := m.first(n, s, v, p)
			if err != nil || !ok {
				return err
			}
			return yield(r, rp)
		}
		switch n.op {
		case opPipe:
			if !n.a.one(s) {
				next := n.b
				return m.eval(n.a, s, v, p, func(v any, p *path) error { return m.eval(next, s, v, p, yield) })
			}
			var ok bool
			var err error
			if v, p, ok, err = m.only(n.a, s, v, p); err != nil || !ok {
				return err
			}
			n = n.b
		case opComma:
			for _, item := range n.list[:len(n.list)-1] {
				if err := m.eval(item, s, v, p, yield); err != nil {
					return err
				}
			}
			n = n.list[len(n.list)-1]
		case opIf:
			if !n.a.one(s) {
				then, other := n.b, n.c
				return m.eval(n.a, s, v, nil, func(c any, _ *path) error { return m.eval(choose(c, then, other), s, v, p, yield) })
			}
			c, _, ok, err := m.only(n.a, s, v, nil)
			if err != nil || !ok {
				return err
			}
			n = choose(c, n.b, n.c)
		case opAlternative:
			found := false
			err := m.eval(n.a, s, v, p, func(v any, p *path) error {
				if !truthy(v) {
					return nil
				}
				found = true
				return yield(v, p)
			})
			if err != nil || found {
				return err
			}
			n = n.b
		case opBind:
			if len(n.patterns) != 1 || n.patterns[0].variable < 0 || !n.a.one(s) {
				return m.bind(n, s, v, p, yield)
			}
			x, _, ok, err := m.only(n.a, s, v, nil)
			if err != nil || !ok {
				return err
			}
			if s, err = m.bindTo(s, x); err != nil {
				return err
			}
			n = n.b
		case opParameter:
			c := climb(s, n.hops).args[n.index]
			n, s = c.node, c.scope
		case opCall:
			if n.function.values > 0 && !allSingle(n.args, s) {
				return m.callMany(n, s, v, p, yield)
			}
			frame, ok, err := m.frame(n, s, v)
			if err != nil || !ok {
				return err
			}
			n, s = n.function.body, frame
		default:
			return m.generate(n, s, v, p, yield)
		}
		m.roots[at] = root{s, v, p}
	}
}

func choose(c any, then, other *node) *node {
	if truthy(c) {
		return then
	}
	return other
}

func allSingle(nodes []*node, s *scope) bool {
	for _, n := range nodes {
		if !n.one(s) {
			return false
		}
	}
	return true
}

// frame is the scope of a function that is called, whose parameters that are values have one result each at most.
func (m *machine) frame(n *node, s *scope, v any) (_ *scope, ok bool, err error) {
	f := n.function
	up := climb(s, n.hops)
	if len(f.params) == 0 {
		return up, true, nil
	}
	frame := m.closures(n, s, up)
	if err := m.charge(scopeBytes + wordBytes*int64(len(n.args))); err != nil {
		return nil, false, err
	}
	if f.values == 0 {
		return frame, true, nil
	}
	args := frame
	for i, name := range f.params {
		if name[0] != '$' {
			continue
		}
		x, _, ok, err := m.only(n.args[i], s, v, nil)
		if err != nil || !ok {
			return nil, false, err
		}
		if frame, err = m.value(frame, args, i, x); err != nil {
			return nil, false, err
		}
	}
	return frame, true, nil
}

// value binds a parameter that is a value. It is a closure too, with that value.
func (m *machine) value(frame, args *scope, i int, x any) (*scope, error) {
	args.args[i] = closure{node: &node{op: opConst, value: x, single: true}}
	return m.bindTo(frame, x)
}

// closures is a frame with the arguments as they are.
func (m *machine) closures(n *node, s, up *scope) *scope {
	frame := &scope{up: up, args: make([]closure, len(n.args)), plain: up.isPlain()}
	for i, a := range n.args {
		// a parameter that is passed on is what it stands for, so that chains of them do not grow
		c := closure{a, s}
		if a.op == opParameter {
			c = climb(s, a.hops).args[a.index]
		}
		frame.args[i] = c
		frame.plain = frame.plain && c.node.one(c.scope)
	}
	return frame
}

// callMany calls a function for each combination of its arguments' results; the first varies slowest.
func (m *machine) callMany(n *node, s *scope, v any, p *path, yield results) error {
	f := n.function
	values := make([]any, len(f.params))
	var next func(i int) error
	next = func(i int) error {
		for i < len(f.params) && f.params[i][0] != '$' {
			i++
		}
		if i < len(f.params) {
			return m.eval(n.args[i], s, v, nil, func(x any, _ *path) error {
				values[i] = x
				return next(i + 1)
			})
		}
		args := m.closures(n, s, climb(s, n.hops))
		frame := args
		for i, name := range f.params {
			if name[0] == '$' {
				var err error
				if frame, err = m.value(frame, args, i, values[i]); err != nil {
					return err
				}
			}
		}
		return m.eval(f.body, frame, v, p, yield)
	}
	return next(0)
}

// generate evaluates what may have several results, and does not stand last in itself.
func (m *machine) generate(n *node, s *scope, v any, p *path, yield results) error {
	switch n.op {
	case opIterate:
		return m.eval(n.a, s, v, p, func(v any, p *path) error { return m.iterate(n, v, p, yield) })
	case opIndex:
		return m.eval(n.b, s, v, nil, func(key any, _ *path) error {
			return m.eval(n.a, s, v, p, func(v any, p *path) error { return m.step(n, v, p, key, yield) })
		})
	case opSlice:
		return m.slices(n, s, v, p, yield)
	case opTry:
		return m.try(n, s, v, p, yield)
	case opReduce:
		return m.eval(n.b, s, v, p, func(state any, sp *path) error {
			r, rp, err := m.reduce(n, s, v, state, sp)
			if err != nil {
				return err
			}
			return yield(r, rp)
		})
	case opForeach:
		return m.foreach(n, s, v, p, yield)
	case opLabel:
		inner, label := m.label(s)
		return broken(m.eval(n.a, inner, v, p, yield), label)
	case opBind:
		return m.bind(n, s, v, p, yield)
	case opNative:
		return n.generator.eval(m, n, s, v, p, yield)
	default:
		return m.computed(n, s, v, p, yield)
	}
}

// label makes a scope for a label, and its number.
func (m *machine) label(s *scope) (*scope, int) {
	m.labels++
	return &scope{up: s, label: m.labels, plain: s.isPlain()}, m.labels
}

// broken is err without the break of that label.
func broken(err error, label int) error {
	var b *breakError
	if errors.As(err, &b) && b.label == label {
		return nil
	}
	return err
}

// try gives the results of a up to an error of the filter, which b is given. Errors from behind it pass.
func (m *machine) try(n *node, s *scope, v any, p *path, yield results) error {
	by := new(int)
	err := m.eval(n.a, s, v, p, func(v any, p *path) error {
		if err := yield(v, p); err != nil {
			return &passError{err, by}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	var pass *passError
	if errors.As(err, &pass) && pass.by == by {
		return pass.err
	}
	e, ok := caught(err)
	if !ok {
		return err
	}
	if n.b == nil {
		return nil
	}
	return m.eval(n.b, s, e.Value, nil, yield)
}

// reduce folds the results of a into a state; an update without a result makes it null.
func (m *machine) reduce(n *node, s *scope, v, state any, sp *path) (any, *path, error) {
	at := len(m.roots)
	m.hold(state)
	defer m.drop()
	r := reducer{m: m, update: n.c, inPlace: n.inPlace(), at: at}
	err := m.eval(n.a, s, v, nil, func(x any, _ *path) error {
		return m.take(n, s, v, x, func(inner *scope) error {
			var err error
			state, sp, err = r.step(inner, state, sp)
			m.roots[at] = root{value: state, path: sp}
			return err
		})
	})
	return state, sp, err
}

// foreach gives the state after each result of a, through d where there is one.
func (m *machine) foreach(n *node, s *scope, v any, p *path, yield results) error {
	return m.eval(n.b, s, v, p, func(state any, sp *path) error {
		at := len(m.roots)
		m.hold(state)
		defer m.drop()
		return m.eval(n.a, s, v, nil, func(x any, _ *path) error {
			return m.take(n, s, v, x, func(inner *scope) error {
				return m.eval(n.c, inner, state, sp, func(r any, rp *path) error {
					state, sp = r, rp
					m.roots[at] = root{value: state, path: sp}
					if n.d == nil {
						return yield(r, rp)
					}
					return m.eval(n.d, inner, r, rp, yield)
				})
			})
		})
	})
}
