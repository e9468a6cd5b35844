package jq

// only evaluates an expression that has one result at most; ok is false where it has none.
func (m *machine) only(n *node, s *scope, v any, p *path) (_ any, _ *path, ok bool, err error) {
	// what is most frequent, without a new evaluation
	switch n.op {
	case opIdentity:
		return v, p, true, nil
	case opConst:
		return n.value, p, true, nil
	case opVariable:
		return climb(s, n.hops).value, p, true, nil
	case opIndex:
		if n.a.op == opIdentity && n.b.op == opConst {
			return m.access(n, v, p, n.b.value)
		}
	}
	if err := m.enter(s, v, p); err != nil {
		return nil, nil, false, err
	}
	r, rp, ok, err := m.first(n, s, v, p)
	m.leave()
	return r, rp, ok, err
}

// first is only after enter; see run.
func (m *machine) first(n *node, s *scope, v any, p *path) (_ any, _ *path, ok bool, err error) {
	at := len(m.roots) - 1
	for {
		if err := m.work(evalWork); err != nil {
			return nil, nil, false, err
		}
		switch n.op {
		case opIdentity:
			return v, p, true, nil
		case opConst:
			return n.value, p, true, nil
		case opVariable:
			return climb(s, n.hops).value, p, true, nil
		case opPipe:
			if v, p, ok, err = m.only(n.a, s, v, p); err != nil || !ok {
				return nil, nil, false, err
			}
			n = n.b
		case opComma:
			n = n.list[0]
		case opIf:
			c, _, ok, err := m.only(n.a, s, v, nil)
			if err != nil || !ok {
				return nil, nil, false, err
			}
			n = choose(c, n.b, n.c)
		case opAlternative:
			r, rp, ok, err := m.only(n.a, s, v, p)
			if err != nil || ok && truthy(r) {
				return r, rp, ok, err
			}
			n = n.b
		case opBind:
			if len(n.patterns) != 1 || n.patterns[0].variable < 0 {
				return m.firstOf(n, s, v, p, m.bind)
			}
			x, _, ok, err := m.only(n.a, s, v, nil)
			if err != nil || !ok {
				return nil, nil, false, err
			}
			if s, err = m.bindTo(s, x); err != nil {
				return nil, nil, false, err
			}
			n = n.b
		case opParameter:
			c := climb(s, n.hops).args[n.index]
			n, s = c.node, c.scope
		case opCall:
			frame, ok, err := m.frame(n, s, v)
			if err != nil || !ok {
				return nil, nil, false, err
			}
			n, s = n.function.body, frame
		case opIndex:
			key, _, ok, err := m.only(n.b, s, v, nil)
			if err != nil || !ok {
				return nil, nil, false, err
			}
			if v, p, ok, err = m.only(n.a, s, v, p); err != nil || !ok {
				return nil, nil, false, err
			}
			return m.access(n, v, p, key)
		default:
			return m.firstOther(n, s, v, p)
		}
		m.roots[at] = root{s, v, p}
	}
}

// firstOther evaluates what does not go on in itself.
func (m *machine) firstOther(n *node, s *scope, v any, p *path) (_ any, _ *path, ok bool, err error) {
	switch n.op {
	case opReduce:
		state, sp, ok, err := m.only(n.b, s, v, p)
		if err != nil || !ok {
			return nil, nil, false, err
		}
		r, rp, err := m.reduce(n, s, v, state, sp)
		return r, rp, err == nil, err
	case opLabel:
		inner, label := m.label(s)
		r, rp, ok, err := m.only(n.a, inner, v, p)
		return r, rp, ok && err == nil, broken(err, label)
	case opBreak:
		return nil, nil, false, &breakError{climb(s, n.hops).label}
	case opTry:
		r, rp, ok, err := m.only(n.a, s, v, p)
		if err == nil {
			return r, rp, ok, nil
		}
		e, is := caught(err)
		if !is {
			return nil, nil, false, err
		}
		if n.b == nil {
			return nil, nil, false, nil
		}
		return m.only(n.b, s, e.Value, nil)
	case opSlice:
		return m.firstOf(n, s, v, p, m.slices)
	case opNative:
		if n.generator.one != nil {
			return n.generator.one(m, n, s, v, p)
		}
		return m.firstOf(n, s, v, p, func(n *node, s *scope, v any, p *path, yield results) error {
			return n.generator.eval(m, n, s, v, p, yield)
		})
	default:
		r, ok, err := m.compute(n, s, v)
		return r, p, ok, err
	}
}

// firstOf takes the result of what gives one at most to its yield.
func (m *machine) firstOf(n *node, s *scope, v any, p *path, eval func(*node, *scope, any, *path, results) error) (
	r any, rp *path, ok bool, err error,
) {
	err = eval(n, s, v, p, func(v any, p *path) error {
		r, rp, ok = v, p, true
		return nil
	})
	return r, rp, ok && err == nil, err
}
