package jq

// compute evaluates what makes a new value, and has one result at most.
func (m *machine) compute(n *node, s *scope, v any) (_ any, ok bool, err error) {
	switch n.op {
	case opBinary:
		b, _, ok, err := m.only(n.b, s, v, nil)
		if err != nil || !ok {
			return nil, false, err
		}
		m.hold(b)
		a, _, ok, err := m.only(n.a, s, v, nil)
		m.drop()
		if err != nil || !ok {
			return nil, false, err
		}
		return m.made(n.operate(m, a, b))
	case opAnd, opOr:
		a, _, ok, err := m.only(n.a, s, v, nil)
		if err != nil || !ok {
			return nil, false, err
		}
		if truthy(a) == (n.op == opOr) {
			return n.op == opOr, true, nil
		}
		b, _, ok, err := m.only(n.b, s, v, nil)
		return truthy(b), ok, err
	case opNegate:
		a, _, ok, err := m.only(n.a, s, v, nil)
		if err != nil || !ok {
			return nil, false, err
		}
		return m.made(opposite(m, a))
	case opArray:
		out, err := m.collect(n.a, s, v)
		return out, err == nil, err
	case opFormat:
		return m.made(m.format(n.format, v))
	case opText:
		return m.textOf(n, s, v)
	case opObject:
		return m.objectOf(n, s, v)
	case opValue:
		return m.native(n, s, v)
	case opModify:
		return m.made(m.modify(n.a, s, v, func(old any) (any, bool, error) { return m.firstResult(n.b, s, old) }))
	}
	// = and its kind
	b, _, ok, err := m.only(n.b, s, v, nil)
	if err != nil || !ok {
		return nil, false, err
	}
	return m.made(m.assign(n, s, v, b))
}

// made is a result that a function has built: from here on somebody holds it.
func (m *machine) made(v any, err error) (any, bool, error) {
	m.loose = 0
	return v, err == nil, err
}

func opposite(_ *machine, v any) (any, error) {
	if kindOf(v) != kindNumber {
		return nil, wrong(v, "cannot be negated")
	}
	return negate(v), nil
}

// collect is the list of an expression's results.
func (m *machine) collect(n *node, s *scope, v any) (list, error) {
	out := list{}
	if n == nil {
		return out, m.charge(listBytes)
	}
	if n.one(s) {
		r, _, ok, err := m.only(n, s, v, nil)
		if err != nil {
			return nil, err
		}
		if ok {
			out = list{r}
		}
		return out, m.charge(listSize(len(out)))
	}
	at := len(m.roots)
	m.hold(out)
	defer m.drop()
	err := m.eval(n, s, v, nil, func(r any, _ *path) error {
		if len(out) == cap(out) {
			if err := m.charge(listSize(max(cap(out), 1))); err != nil { // it doubles
				return err
			}
		}
		out = append(out, r)
		m.roots[at].value = out
		return m.charge(8)
	})
	return out, err
}

// textOf is a text with expressions in it.
func (m *machine) textOf(n *node, s *scope, v any) (_ any, ok bool, err error) {
	parts := make([]string, len(n.list))
	for i, part := range n.list {
		r, _, ok, err := m.only(part, s, v, nil)
		if err != nil || !ok {
			return nil, false, err
		}
		if parts[i], err = m.part(n, i, r); err != nil {
			return nil, false, err
		}
	}
	return m.made(m.join(parts))
}

// part is one part of a text.
func (m *machine) part(n *node, i int, v any) (string, error) {
	if n.keys[i] == nil {
		return v.(string), nil
	}
	name := n.format
	if name == "" {
		name = "text"
	}
	r, err := m.format(name, v)
	text, _ := r.(string)
	return text, err
}

// join puts texts together.
func (m *machine) join(parts []string) (any, error) {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	if err := m.build(int64(size) + wordBytes); err != nil {
		return nil, err
	}
	b := make([]byte, 0, size)
	for _, p := range parts {
		b = append(b, p...)
	}
	return text(b), m.work(int64(size))
}

// objectOf is {…} whose parts have one result each.
func (m *machine) objectOf(n *node, s *scope, v any) (_ any, ok bool, err error) {
	o := &object{}
	m.hold(o)
	defer m.drop()
	for i, key := range n.keys {
		name, value, ok, err := m.member(n, i, key, s, v)
		if err != nil || !ok {
			return nil, false, err
		}
		o.Set(name, value)
	}
	return o, true, m.charge(objectSize(o.Len()))
}

// member is one member of an object that is made.
func (m *machine) member(n *node, i int, key *node, s *scope, v any) (name string, value any, ok bool, err error) {
	k, _, ok, err := m.only(key, s, v, nil)
	if err != nil || !ok {
		return "", nil, false, err
	}
	if name, value, err = variableMember(n, i, k); err != nil || n.list[i] == nil {
		return name, value, err == nil, err
	}
	value, _, ok, err = m.only(n.list[i], s, v, nil)
	return name, value, ok, err
}

// variableMember checks a name.
func variableMember(n *node, i int, key any) (string, any, error) {
	name, ok := key.(string)
	if !ok {
		return "", nil, fail("Cannot use %s (%s) as object key", typeName(key), excerpt(key))
	}
	_, _ = n, i
	return name, nil, nil
}

// native calls a function of jq's whose arguments have one result each.
func (m *machine) native(n *node, s *scope, v any) (_ any, ok bool, err error) {
	var room [4]any
	args := room[:len(n.args)]
	held := 0
	defer func() {
		for range held {
			m.drop()
		}
	}()
	for i := len(n.args) - 1; i >= 0; i-- {
		x, _, ok, err := m.only(n.args[i], s, v, nil)
		if err != nil || !ok {
			return nil, false, err
		}
		args[i] = x
		m.hold(x)
		held++
	}
	return m.made(n.native.call(m, v, args))
}

// computed gives the results of what makes new values of several ones: each combination of its parts' results.
func (m *machine) computed(n *node, s *scope, v any, p *path, yield results) error {
	give := func(r any, ok bool, err error) error {
		if err != nil || !ok {
			return err
		}
		return yield(r, p)
	}
	switch n.op {
	case opBinary:
		return m.eval(n.b, s, v, nil, func(b any, _ *path) error {
			return m.eval(n.a, s, v, nil, func(a any, _ *path) error { return give(m.made(n.operate(m, a, b))) })
		})
	case opAnd, opOr:
		return m.eval(n.a, s, v, nil, func(a any, _ *path) error {
			if truthy(a) == (n.op == opOr) {
				return yield(n.op == opOr, p)
			}
			return m.eval(n.b, s, v, nil, func(b any, _ *path) error { return yield(truthy(b), p) })
		})
	case opNegate:
		return m.eval(n.a, s, v, nil, func(a any, _ *path) error { return give(m.made(opposite(m, a))) })
	case opText:
		return m.textsOf(n, s, v, p, nil, yield)
	case opObject:
		return m.objectsOf(n, s, v, p, &object{}, 0, yield)
	case opValue:
		return m.nativeMany(n, s, v, p, make([]any, len(n.args)), len(n.args)-1, yield)
	case opAssign, opArithmetic:
		return m.eval(n.b, s, v, nil, func(b any, _ *path) error { return give(m.made(m.assign(n, s, v, b))) })
	}
	r, ok, err := m.compute(n, s, v)
	return give(r, ok, err)
}

// textsOf goes through the parts of a text, whose last ones vary slowest.
func (m *machine) textsOf(n *node, s *scope, v any, p *path, behind []string, yield results) error {
	i := len(n.list) - 1 - len(behind)
	if i < 0 {
		parts := make([]string, len(behind))
		for j, part := range behind {
			parts[len(behind)-1-j] = part
		}
		r, ok, err := m.made(m.join(parts))
		if !ok {
			return err
		}
		return yield(r, p)
	}
	return m.eval(n.list[i], s, v, nil, func(r any, _ *path) error {
		part, err := m.part(n, i, r)
		if err != nil {
			return err
		}
		return m.textsOf(n, s, v, p, append(behind[:len(behind):len(behind)], part), yield)
	})
}

// objectsOf goes through the members of an object, whose first ones vary slowest.
func (m *machine) objectsOf(n *node, s *scope, v any, p *path, o *object, i int, yield results) error {
	if i == len(n.keys) {
		return yield(o, p)
	}
	with := func(name string, value any) error {
		if err := m.charge(objectSize(o.Len() + 1)); err != nil {
			return err
		}
		next := o.Clone()
		next.Set(name, value)
		return m.objectsOf(n, s, v, p, next, i+1, yield)
	}
	return m.eval(n.keys[i], s, v, nil, func(k any, _ *path) error {
		name, _, err := variableMember(n, i, k)
		if err != nil {
			return err
		}
		return m.eval(n.list[i], s, v, nil, func(value any, _ *path) error { return with(name, value) })
	})
}

// nativeMany calls a function of jq's for each combination of its arguments, the last of which vary slowest.
func (m *machine) nativeMany(n *node, s *scope, v any, p *path, args []any, i int, yield results) error {
	if i < 0 {
		r, ok, err := m.made(n.native.call(m, v, args))
		if !ok {
			return err
		}
		return yield(r, p)
	}
	return m.eval(n.args[i], s, v, nil, func(x any, _ *path) error {
		args[i] = x
		return m.nativeMany(n, s, v, p, args, i-1, yield)
	})
}

// firstResult is the first result of an expression.
func (m *machine) firstResult(n *node, s *scope, v any) (r any, ok bool, err error) {
	if n.one(s) {
		r, _, ok, err = m.only(n, s, v, nil)
		return r, ok, err
	}
	m.labels++
	label := m.labels
	err = broken(m.eval(n, s, v, nil, func(x any, _ *path) error {
		r, ok = x, true
		return &breakError{label}
	}), label)
	return r, ok, err
}
