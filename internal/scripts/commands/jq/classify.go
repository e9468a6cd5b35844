package jq

// classify says of a node whether it has one result at most, from what is said of its parts.
func (n *node) classify() {
	all := true
	n.closures = n.op == opParameter
	for part := range n.parts {
		all = all && part.single
		n.closures = n.closures || part.closures
	}
	one := func(parts ...*node) bool {
		for _, p := range parts {
			if p != nil && !p.single {
				return false
			}
		}
		return true
	}
	switch n.op {
	case opIterate, opForeach:
		n.single = false
	case opComma:
		n.single = len(n.list) == 1 && all
	case opArray, opModify:
		n.single = true
	case opReduce:
		n.single = one(n.b)
	case opAssign, opArithmetic:
		n.single = one(n.b)
	case opBind:
		// patterns may hold names that are computed
		n.single = all
	case opCall:
		n.single = all && n.function.single
		n.closures = n.closures || n.function.nested
	case opNative:
		n.single = n.generator.single || n.generator.follow && all
	default:
		n.single = all
	}
}

// parts yields what a node is made of.
func (n *node) parts(yield func(*node) bool) {
	for _, p := range []*node{n.a, n.b, n.c, n.d} {
		if p != nil && !yield(p) {
			return
		}
	}
	for _, group := range [][]*node{n.list, n.keys, n.args} {
		for _, p := range group {
			if p != nil && !yield(p) {
				return
			}
		}
	}
	for _, p := range n.patterns {
		if !p.names(yield) {
			return
		}
	}
}

// names yields the expressions of the names in a pattern.
func (p *destructure) names(yield func(*node) bool) bool {
	for _, item := range p.list {
		if !item.names(yield) {
			return false
		}
	}
	for _, m := range p.members {
		if m.name != nil && !yield(m.name) {
			return false
		}
		if m.value != nil && !m.value.names(yield) {
			return false
		}
	}
	return true
}
