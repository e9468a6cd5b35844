package jq

import (
	"fmt"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/opsbook/opsbook/internal/limits"
)

// Program is a compiled filter. It is safe for concurrent use.
type Program struct{ root *node }

// Parse checks that a filter is jq, without looking its names up.
func Parse(text string) error {
	_, err := parse(text)
	return err
}

// parse bounds a filter and gives it to gojq's parser.
func parse(text string) (*gojq.Query, error) {
	if int64(len(text)) > limits.JQProgram.Value {
		return nil, limits.JQProgram.Reached()
	}
	if nesting(text) > limits.JQNesting.Value {
		return nil, limits.JQNesting.Reached()
	}
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, &SyntaxError{err.Error()}
	}
	if len(query.Imports) > 0 {
		return nil, &SyntaxError{"import and include are not available: a filter stands in the runbook, with all its functions"}
	}
	if query.Meta != nil {
		return nil, &SyntaxError{"module is not available: a filter stands in the runbook, with all its functions"}
	}
	return query, nil
}

// nesting is how deep brackets stand in one another, or more: those in texts and comments count too.
func nesting(text string) int64 {
	depth, most := int64(0), int64(0)
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{':
			depth++
			most = max(most, depth)
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return most
}

// Compile reads a filter whose names are those of jq and the variables given, each with its $.
// The errors are *SyntaxError and *limits.Error.
func Compile(text string, variables []string) (*Program, error) {
	query, err := parse(text)
	if err != nil {
		return nil, err
	}
	c := &compiler{source: text}
	var top *names
	for _, name := range append([]string{"$ENV"}, variables...) {
		top = &names{up: top, variables: []string{name}}
	}
	root, err := c.query(query, top)
	if err != nil {
		return nil, err
	}
	c.settle()
	return &Program{root}, nil
}

// names is what a scope will hold: the counterpart of scope while compiling.
type names struct {
	up        *names
	variables []string // one, or none
	label     string
	params    *function
	function  *function // visible from here; takes no scope
}

// scopes reports whether a scope is made for it.
func (n *names) scopes() bool { return n.function == nil }

// compiler turns gojq's syntax tree into nodes.
type compiler struct {
	source    string
	depth     int64
	functions []*function
	nodes     []*node
	prelude   map[string]*function
	inside    int   // functions with parameters around
	lines     []int // of each $__loc__
}

// refuse makes a *SyntaxError.
func refuse(format string, args ...any) error { return &SyntaxError{fmt.Sprintf(format, args...)} }

// add keeps a node for settle.
func (c *compiler) add(n *node) *node {
	c.nodes = append(c.nodes, n)
	return n
}

// query compiles a query. The spines of pipes, which may be long, are followed without recursion.
func (c *compiler) query(q *gojq.Query, s *names) (*node, error) {
	if c.depth++; c.depth > limits.JQNesting.Value {
		return nil, limits.JQNesting.Reached()
	}
	defer func() { c.depth-- }()
	var stages []*node
	for {
		var err error
		for _, def := range q.FuncDefs {
			if s, err = c.define(def, s); err != nil {
				return nil, err
			}
		}
		if q.Term != nil || q.Op != gojq.OpPipe {
			break
		}
		if len(q.Patterns) > 0 { // the rest stands in the scope of the variables
			bound, err := c.bind(q, s)
			if err != nil {
				return nil, err
			}
			return c.pipe(append(stages, bound)), nil
		}
		left, err := c.query(q.Left, s)
		if err != nil {
			return nil, err
		}
		stages = append(stages, left)
		q = q.Right
	}
	last, err := c.operation(q, s)
	if err != nil {
		return nil, err
	}
	return c.pipe(append(stages, last)), nil
}

// pipe joins stages from the right.
func (c *compiler) pipe(stages []*node) *node {
	n := stages[len(stages)-1]
	for i := len(stages) - 2; i >= 0; i-- {
		n = c.add(&node{op: opPipe, a: stages[i], b: n})
	}
	return n
}

// operation compiles a term, or two queries with an operator between.
func (c *compiler) operation(q *gojq.Query, s *names) (*node, error) {
	if q.Term != nil {
		return c.term(q.Term, s)
	}
	if q.Right == nil { // functions alone, as in a library
		return c.add(&node{op: opIdentity}), nil
	}
	// a chain of one operator leans to the left: 1, 2, 3, …
	var rights []*gojq.Query
	left := q
	for left.Term == nil && left.Right != nil && left.Op == q.Op && leftward(q.Op) && len(left.FuncDefs) == 0 && len(left.Patterns) == 0 {
		rights = append(rights, left.Right)
		left = left.Left
	}
	if len(rights) == 0 {
		rights, left = []*gojq.Query{q.Right}, q.Left
	}
	n, err := c.query(left, s)
	if err != nil {
		return nil, err
	}
	items := []*node{n}
	for i := len(rights) - 1; i >= 0; i-- {
		right, err := c.query(rights[i], s)
		if err != nil {
			return nil, err
		}
		if items = append(items, right); q.Op == gojq.OpComma {
			continue
		}
		if n, err = c.operator(q.Op, n, right); err != nil {
			return nil, err
		}
	}
	if q.Op == gojq.OpComma {
		return c.add(&node{op: opComma, list: items}), nil
	}
	return n, nil
}

// leftward reports whether an operator leans to the left, and may be in long chains.
func leftward(o gojq.Operator) bool {
	switch o {
	case gojq.OpComma, gojq.OpAdd, gojq.OpSub, gojq.OpMul, gojq.OpDiv, gojq.OpMod, gojq.OpAnd, gojq.OpOr:
		return true
	default:
		return false
	}
}

// operator joins two nodes.
func (c *compiler) operator(o gojq.Operator, a, b *node) (*node, error) {
	n := &node{a: a, b: b}
	switch o {
	case gojq.OpPipe:
		n.op = opPipe
	case gojq.OpAnd:
		n.op = opAnd
	case gojq.OpOr:
		n.op = opOr
	case gojq.OpAlt:
		n.op = opAlternative
	case gojq.OpAssign:
		n.op = opAssign
	case gojq.OpModify:
		n.op = opModify
	case gojq.OpUpdateAlt:
		n.op, n.operate = opArithmetic, func(_ *machine, a, b any) (any, error) {
			if truthy(a) {
				return a, nil
			}
			return b, nil
		}
	default:
		n.format = o.String()
		if n.op, n.operate = opBinary, operators[o.String()]; n.operate == nil {
			if n.op, n.operate = opArithmetic, operators[strings.TrimSuffix(o.String(), "=")]; n.operate == nil {
				return nil, refuse("the operator %s is not known", o)
			}
		}
	}
	return c.add(n), nil
}

// define compiles a function and makes it visible: to itself, and to what follows.
func (c *compiler) define(def *gojq.FuncDef, s *names) (*names, error) {
	f := &function{name: def.Name, params: def.Args, nested: c.inside > 0, single: true}
	c.functions = append(c.functions, f)
	s = &names{up: s, function: f}
	inner := s
	if len(f.params) > 0 {
		c.inside++
		defer func() { c.inside-- }()
		inner = &names{up: inner, params: f}
		for _, p := range f.params {
			if strings.HasPrefix(p, "$") {
				inner = &names{up: inner, variables: []string{p}}
				f.values++
			}
		}
	}
	var err error
	f.body, err = c.query(def.Body, inner)
	return s, err
}

// bind compiles `a as $x | b`.
func (c *compiler) bind(q *gojq.Query, s *names) (*node, error) {
	left, err := c.query(q.Left, s)
	if err != nil {
		return nil, err
	}
	patterns, inner, n, err := c.patterns(q.Patterns, s)
	if err != nil {
		return nil, err
	}
	right, err := c.query(q.Right, inner)
	if err != nil {
		return nil, err
	}
	return c.add(&node{op: opBind, a: left, b: right, patterns: patterns, names: n}), nil
}

// settle finds which nodes have one result at most. It begins with all functions having, and takes that back until nothing changes.
func (c *compiler) settle() {
	for changed := true; changed; {
		changed = false
		for _, n := range c.nodes { // children stand before their parents
			n.classify()
		}
		for _, f := range c.functions {
			if f.single && !f.body.single {
				f.single, changed = false, true
			}
		}
	}
	c.nodes = nil
}
