package jq

// reducer is a reduce under way.
type reducer struct {
	m       *machine
	update  *node
	inPlace bool // the update sets paths of the state, and shows the state to nobody
	at      int  // where the state is held
	mine    owner
}

// inPlace reports whether the update of a reduce is made of assignments to the state whose right sides cannot hold the state: then
// what an earlier step has made is changed, and not copied again and again.
func (n *node) inPlace() bool {
	if n.op != opReduce {
		return false
	}
	u := n.c
	for u.op == opPipe {
		if !u.a.assigns() {
			return false
		}
		u = u.b
	}
	return u.assigns()
}

// assigns reports whether a node is `path = b`, `path += b` or `. + b`, where b is one value.
func (n *node) assigns() bool {
	switch n.op {
	case opAssign, opArithmetic:
		return n.b.single
	case opBinary:
		return n.format == "+" && n.a.op == opIdentity && n.b.single && n.b.apart()
	default:
		return false
	}
}

// step is the state after one more item: the last result of the update, null where it has none.
func (r *reducer) step(s *scope, state any, sp *path) (any, *path, error) {
	m := r.m
	if r.inPlace && sp == nil {
		state, ok, err := r.assign(r.update, s, state)
		if err != nil || ok {
			return state, nil, err
		}
		r.mine = nil
	}
	if r.update.one(s) {
		next, np, ok, err := m.only(r.update, s, state, sp)
		if err != nil || !ok {
			return nil, nil, err
		}
		return next, np, nil
	}
	var next any
	var np *path
	// what the state was is needed no more by anybody but the update
	err := m.eval(r.update, s, state, sp, func(v any, p *path) error {
		next, np = v, p
		m.roots[r.at] = root{value: v, path: p}
		return nil
	})
	return next, np, err
}

// assign carries out assignments in the state itself. ok is false where it cannot, and then nothing was changed.
func (r *reducer) assign(n *node, s *scope, state any) (_ any, ok bool, err error) {
	m := r.m
	for a := n; ; a = a.b {
		first := a
		if a.op == opPipe {
			first = a.a
		}
		if !first.b.one(s) {
			return state, false, nil
		}
		if a.op != opPipe {
			break
		}
	}
	if r.mine == nil {
		r.mine = owner{}
	}
	for {
		a := n
		if n.op == opPipe {
			a = n.a
		}
		b, _, has, err := m.only(a.b, s, state, nil)
		if err != nil || !has {
			return nil, true, err
		}
		m.hold(b)
		if a.op == opBinary {
			state, err = r.extend(state, b)
		} else {
			state, err = r.one(a, s, state, b)
		}
		m.drop()
		if err != nil {
			return nil, false, err
		}
		m.loose = 0
		m.roots[r.at].value = state
		if n.op != opPipe {
			return state, true, nil
		}
		n = n.b
	}
}

// extend is `state + b`.
func (r *reducer) extend(state, b any) (any, error) {
	m := r.m
	switch x := state.(type) {
	case list:
		y, ok := b.(list)
		if !ok || len(y) == 0 {
			break
		}
		if r.mine.has(x) && len(x)+len(y) <= cap(x) {
			return append(x, y...), m.work(int64(len(y)))
		}
		size := max(len(x)+len(y), 2*len(x), 4)
		if err := m.build(listSize(size)); err != nil {
			return nil, err
		}
		out := append(append(make(list, 0, size), x...), y...)
		delete(r.mine, address(x))
		r.mine.add(out)
		return out, m.work(int64(len(out)))
	case *object:
		y, ok := b.(*object)
		if !ok {
			break
		}
		var out any = x
		for name, v := range y.All() {
			var err error
			if out, err = m.setMember(out.(*object), name, v, r.mine, r.mine.has(out)); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return add(m, state, b)
}

// one carries out one assignment.
func (r *reducer) one(n *node, s *scope, state, b any) (any, error) {
	m := r.m
	if kindOf(b) >= kindArray && !n.b.apart() {
		clear(r.mine) // it may hold a part of the state
	}
	paths := list{}
	if err := m.eachPath(n.a, s, state, func(p *path) error {
		keys, err := m.keys(p)
		paths = append(paths, keys)
		return err
	}); err != nil {
		return nil, err
	}
	for _, keys := range paths {
		value := b
		if n.op == opArithmetic {
			old, err := m.getPath(state, keys.(list))
			if err != nil {
				return nil, err
			}
			if value, err = r.operate(n, old, b); err != nil {
				return nil, err
			}
		}
		before := len(r.mine)
		var err error
		if state, err = m.setPath(state, keys.(list), value, r.mine); err != nil {
			return nil, err
		}
		m.loose = 0
		m.roots[r.at].value = state
		if err := m.charge(placeBytes * int64(max(len(r.mine)-before, 0))); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// operate is `old + b`; a list that the reduce has made itself is appended to.
func (r *reducer) operate(n *node, old, b any) (any, error) {
	value, err := n.operate(r.m, old, b)
	if err == nil && kindOf(value) >= kindArray && r.mine.has(old) && !identical(value, old) {
		clear(r.mine)
	}
	return value, err
}

// apart reports whether an expression's result cannot hold its input: a constant, a variable, or what begins with one.
func (n *node) apart() bool {
	switch n.op {
	case opConst, opVariable, opFormat, opText:
		return true
	case opPipe, opIndex, opSlice:
		return n.a.apart()
	case opArray:
		return n.a == nil || n.a.apart()
	case opObject:
		for _, v := range n.list {
			if v == nil || !v.apart() {
				return false
			}
		}
		return true
	case opBinary:
		return n.a.apart() && n.b.apart()
	default:
		return false
	}
}
