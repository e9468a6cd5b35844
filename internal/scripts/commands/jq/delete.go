package jq

// deleteKeys is v without some of its members or items.
func (m *machine) deleteKeys(v any, keys list) (any, error) {
	if v == nil || len(keys) == 0 {
		return v, nil
	}
	switch t := v.(type) {
	case list:
		return m.deleteItems(t, keys)
	case *object:
		gone := make(map[string]bool, len(keys))
		for _, key := range keys {
			name, ok := key.(string)
			if !ok {
				return nil, fail("Cannot delete %s field of object", typeName(key))
			}
			gone[name] = true
		}
		if err := m.build(objectSize(t.Len()) + int64(len(keys))*placeBytes); err != nil {
			return nil, err
		}
		out := &object{}
		for name, item := range t.All() {
			if !gone[name] {
				out.Set(name, item)
			}
		}
		return out, m.work(int64(t.Len()))
	}
	return nil, fail("Cannot delete fields from %s", typeName(v))
}

func (m *machine) deleteItems(l list, keys list) (any, error) {
	if err := m.build(listSize(len(l)) + int64(len(l))); err != nil {
		return nil, err
	}
	gone := make([]bool, len(l))
	for _, key := range keys {
		if k, ok := key.(*object); ok {
			from, to, err := bounds(k, len(l))
			if err != nil {
				return nil, err
			}
			for i := from; i < to; i++ {
				gone[i] = true
			}
			if err := m.work(int64(to - from)); err != nil {
				return nil, err
			}
			continue
		}
		f, ok := number(key)
		if !ok {
			return nil, fail("Cannot delete %s element of array", typeName(key))
		}
		if i, ok := place(f, len(l)); ok {
			gone[i] = true
		}
	}
	out := make(list, 0, len(l))
	for i, item := range l {
		if !gone[i] {
			out = append(out, item)
		}
	}
	return out, m.work(int64(len(l)))
}

// assign is v with the results of a's paths set: `a = b` and `a += b`.
func (m *machine) assign(n *node, s *scope, v, b any) (any, error) {
	m.hold(b)
	defer m.drop()
	if n.op == opArithmetic {
		return m.modify(n.a, s, v, func(old any) (any, bool, error) {
			r, err := n.operate(m, old, b)
			return r, err == nil, err
		})
	}
	return m.modify(n.a, s, v, func(any) (any, bool, error) { return b, true, nil })
}

// modify sets each path of an expression to what change makes of what is there; where that is nothing, it is deleted in the end.
func (m *machine) modify(paths *node, s *scope, v any, change func(old any) (any, bool, error)) (any, error) {
	mine := owner{}
	at := len(m.roots)
	m.hold(v)
	m.hold(list(nil))
	defer m.drop()
	defer m.drop()
	state, deleted := v, list(nil)
	err := m.eachPath(paths, s, v, func(p *path) error {
		keys, err := m.keys(p)
		if err != nil {
			return err
		}
		old, err := m.getPath(state, keys)
		if err != nil {
			return err
		}
		r, ok, err := change(old)
		if err != nil {
			return err
		}
		if !ok {
			deleted = append(deleted, keys)
			m.roots[at+1].value = deleted
			return m.charge(2 * wordBytes)
		}
		// what was mine may now be in two places
		if kindOf(r) >= kindArray && mine.has(old) && !identical(r, old) {
			clear(mine)
		}
		before := len(mine)
		if state, err = m.setPath(state, keys, r, mine); err != nil {
			return err
		}
		m.loose = 0
		m.roots[at].value = state
		return m.charge(placeBytes * int64(max(len(mine)-before, 0)))
	})
	if err != nil {
		return nil, err
	}
	return m.deletePaths(state, deleted)
}

// eachPath gives the paths of an expression on v.
func (m *machine) eachPath(n *node, s *scope, v any, do func(p *path) error) error {
	return m.eval(n, s, v, rootPath(v), func(r any, p *path) error {
		if !identical(r, p.value) {
			return fail("Invalid path expression with result %s", excerpt(r))
		}
		return do(p)
	})
}
