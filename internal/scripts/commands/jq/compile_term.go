package jq

import (
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/opsbook/opsbook/internal/limits"
)

// term compiles a term with what follows it: .a[0]?
func (c *compiler) term(t *gojq.Term, s *names) (*node, error) {
	if c.depth++; c.depth > limits.JQNesting.Value {
		return nil, limits.JQNesting.Reached()
	}
	defer func() { c.depth-- }()
	n, err := c.plainTerm(t, s)
	for i := 0; i < len(t.SuffixList) && err == nil; i++ {
		suffix := t.SuffixList[i]
		optional := i+1 < len(t.SuffixList) && t.SuffixList[i+1].Optional
		switch {
		case suffix.Optional:
			n = c.add(&node{op: opTry, a: n})
		case suffix.Iter:
			n = c.add(&node{op: opIterate, a: n, optional: optional})
		default:
			if n, err = c.access(n, suffix.Index, s); err != nil {
				return nil, err
			}
			n.optional = optional
		}
		if optional {
			i++
		}
	}
	// .a? stands in the syntax tree as a term and a suffix
	return n, err
}

// access compiles what stands in brackets, or behind a point.
func (c *compiler) access(target *node, x *gojq.Index, s *names) (*node, error) {
	var err error
	n := &node{op: opIndex, a: target}
	switch {
	case x.Name != "":
		n.b = c.constant(x.Name)
	case x.Str != nil:
		n.b, err = c.text(x.Str, "", s)
	case x.IsSlice:
		n.op = opSlice
		if x.Start != nil {
			n.b, err = c.query(x.Start, s)
		}
		if x.End != nil && err == nil {
			n.c, err = c.query(x.End, s)
		}
	default:
		n.b, err = c.query(x.Start, s)
	}
	return c.add(n), err
}

func (c *compiler) constant(v any) *node { return c.add(&node{op: opConst, value: v}) }

func (c *compiler) plainTerm(t *gojq.Term, s *names) (*node, error) {
	switch t.Type {
	case gojq.TermTypeIdentity:
		return c.add(&node{op: opIdentity}), nil
	case gojq.TermTypeRecurse:
		return c.call("recurse", nil, s)
	case gojq.TermTypeNull:
		return c.constant(nil), nil
	case gojq.TermTypeTrue:
		return c.constant(true), nil
	case gojq.TermTypeFalse:
		return c.constant(false), nil
	case gojq.TermTypeIndex:
		n, err := c.access(c.add(&node{op: opIdentity}), t.Index, s)
		if len(t.SuffixList) > 0 && t.SuffixList[0].Optional && n != nil {
			n.optional = true
		}
		return n, err
	case gojq.TermTypeFunc:
		return c.named(t.Func, s)
	case gojq.TermTypeObject:
		return c.object(t.Object, s)
	case gojq.TermTypeArray:
		n := &node{op: opArray}
		var err error
		if t.Array.Query != nil {
			n.a, err = c.query(t.Array.Query, s)
		}
		return c.add(n), err
	case gojq.TermTypeNumber:
		v, ok := parseNumber(t.Number)
		if !ok {
			return nil, refuse("the number %s is not understood", t.Number)
		}
		return c.constant(v), nil
	case gojq.TermTypeUnary:
		a, err := c.term(t.Unary.Term, s)
		if t.Unary.Op != gojq.OpSub || err != nil {
			return a, err
		}
		return c.add(&node{op: opNegate, a: a}), nil
	case gojq.TermTypeFormat:
		name := strings.TrimPrefix(t.Format, "@")
		if t.Str != nil {
			return c.text(t.Str, name, s)
		}
		return c.add(&node{op: opFormat, format: name}), nil
	case gojq.TermTypeString:
		return c.text(t.Str, "", s)
	case gojq.TermTypeQuery:
		return c.query(t.Query, s)
	case gojq.TermTypeBreak:
		hops, ok := find(s, func(n *names) bool { return n.label == t.Break })
		if !ok {
			return nil, refuse("$*label-%s is not defined", strings.TrimPrefix(t.Break, "$"))
		}
		return c.add(&node{op: opBreak, hops: hops}), nil
	}
	return c.control(t, s)
}

// control compiles what has keywords.
func (c *compiler) control(t *gojq.Term, s *names) (*node, error) {
	switch t.Type {
	case gojq.TermTypeIf:
		return c.condition(t.If, s)
	case gojq.TermTypeTry:
		n := &node{op: opTry}
		var err error
		if n.a, err = c.query(t.Try.Body, s); err == nil && t.Try.Catch != nil {
			n.b, err = c.query(t.Try.Catch, s)
		}
		return c.add(n), err
	case gojq.TermTypeReduce:
		r := t.Reduce
		return c.fold(opReduce, r.Query, r.Patterns, [3]*gojq.Query{r.Start, r.Update, nil}, s)
	case gojq.TermTypeForeach:
		f := t.Foreach
		return c.fold(opForeach, f.Query, f.Patterns, [3]*gojq.Query{f.Start, f.Update, f.Extract}, s)
	case gojq.TermTypeLabel:
		body, err := c.query(t.Label.Body, &names{up: s, label: t.Label.Ident})
		return c.add(&node{op: opLabel, a: body}), err
	}
	return nil, refuse("a part of the filter is not understood")
}

func (c *compiler) condition(i *gojq.If, s *names) (*node, error) {
	n := &node{op: opIf}
	var err error
	if n.a, err = c.query(i.Cond, s); err != nil {
		return nil, err
	}
	if n.b, err = c.query(i.Then, s); err != nil {
		return nil, err
	}
	switch {
	case len(i.Elif) > 0:
		rest := &gojq.If{Cond: i.Elif[0].Cond, Then: i.Elif[0].Then, Elif: i.Elif[1:], Else: i.Else}
		if c.depth++; c.depth > limits.JQNesting.Value {
			return nil, limits.JQNesting.Reached()
		}
		n.c, err = c.condition(rest, s)
		c.depth--
	case i.Else != nil:
		n.c, err = c.query(i.Else, s)
	default:
		n.c = c.add(&node{op: opIdentity})
	}
	return c.add(n), err
}

// fold compiles reduce and foreach: of = start, update, extract.
func (c *compiler) fold(o op, source *gojq.Query, patterns []*gojq.Pattern, of [3]*gojq.Query, s *names) (*node, error) {
	n := &node{op: o}
	var err error
	if n.a, err = c.query(source, s); err != nil {
		return nil, err
	}
	var inner *names
	if n.patterns, inner, n.names, err = c.patterns(patterns, s); err != nil {
		return nil, err
	}
	if n.b, err = c.query(of[0], s); err != nil {
		return nil, err
	}
	if n.c, err = c.query(of[1], inner); err == nil && of[2] != nil {
		n.d, err = c.query(of[2], inner)
	}
	return c.add(n), err
}

// find looks up the scopes for what a name means, and says how many are passed.
func find(s *names, is func(*names) bool) (hops int, ok bool) {
	for ; s != nil; s = s.up {
		if is(s) {
			return hops, true
		}
		if s.scopes() {
			hops++
		}
	}
	return 0, false
}

// named compiles a call, or a variable, which is a call of $name to gojq.
func (c *compiler) named(f *gojq.Func, s *names) (*node, error) {
	if strings.HasPrefix(f.Name, "$") {
		return c.variable(f.Name, s)
	}
	if strings.Contains(f.Name, "::") {
		return nil, refuse("%s is not defined: modules are not available", f.Name)
	}
	return c.call(f.Name, f.Args, s)
}

func (c *compiler) variable(name string, s *names) (*node, error) {
	hops, ok := find(s, func(n *names) bool { return slices.Contains(n.variables, name) })
	switch {
	case ok:
		return c.add(&node{op: opVariable, hops: hops}), nil
	case name == "$__loc__":
		return c.constant(c.location()), nil
	case strings.Contains(name, "::"):
		return nil, refuse("%s is not defined: modules are not available", name)
	}
	return nil, refuse("%s is not defined", name)
}

// location is the value of the next $__loc__ of the filter.
func (c *compiler) location() any {
	if c.lines == nil {
		line := 1
		for i := range len(c.source) {
			if c.source[i] == '\n' {
				line++
			} else if strings.HasPrefix(c.source[i:], "$__loc__") {
				c.lines = append(c.lines, line)
			}
		}
	}
	line := 1
	if len(c.lines) > 0 {
		line, c.lines = c.lines[0], c.lines[1:]
	}
	o := &object{}
	o.Set("file", "<top-level>")
	o.Set("line", box(float64(line)))
	return o
}

// call compiles a call of a parameter, of a function of the filter, or of jq's own.
func (c *compiler) call(name string, args []*gojq.Query, s *names) (*node, error) {
	nodes := make([]*node, len(args))
	for i, a := range args {
		var err error
		if nodes[i], err = c.query(a, s); err != nil {
			return nil, err
		}
	}
	hops := 0
	for at := s; at != nil; at = at.up {
		if f := at.function; f != nil && f.name == name && len(f.params) == len(args) {
			return c.add(&node{op: opCall, function: f, args: nodes, hops: hops}), nil
		}
		if at.params != nil && len(args) == 0 {
			for i := len(at.params.params) - 1; i >= 0; i-- {
				if strings.TrimPrefix(at.params.params[i], "$") == name {
					return c.add(&node{op: opParameter, hops: hops, index: i}), nil
				}
			}
		}
		if at.scopes() {
			hops++
		}
	}
	return c.builtin(name, nodes)
}
