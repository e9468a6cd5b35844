package jq

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/itchyny/gojq"
)

// text compiles a text with expressions in it; format makes texts of them.
func (c *compiler) text(t *gojq.String, format string, s *names) (*node, error) {
	if t.Queries == nil {
		return c.constant(t.Str), nil
	}
	n := &node{op: opText, format: format}
	for _, q := range t.Queries {
		// what stands between the expressions is a term that is a text
		if q.Term != nil && q.Term.Str != nil && q.Term.Str.Queries == nil && q.Term.Type == gojq.TermTypeString &&
			len(q.Term.SuffixList) == 0 {
			n.list = append(n.list, c.constant(q.Term.Str.Str))
			n.keys = append(n.keys, nil)
			continue
		}
		part, err := c.query(q, s)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, part)
		n.keys = append(n.keys, part) // is formatted
	}
	return c.add(n), nil
}

// object compiles {a, b: c, (d): e, $f, "g"}.
func (c *compiler) object(o *gojq.Object, s *names) (*node, error) {
	n := &node{op: opObject}
	for _, kv := range o.KeyVals {
		var key, value *node
		var err error
		switch {
		case kv.KeyQuery != nil:
			if key, err = c.query(kv.KeyQuery, s); err == nil && key.op == opConst && kindOf(key.value) != kindString {
				err = refuse("Cannot use %s (%s) as object key", typeName(key.value), excerpt(key.value))
			}
		case kv.KeyString != nil:
			key, err = c.text(kv.KeyString, "", s)
		case strings.HasPrefix(kv.Key, "$"):
			key = c.constant(kv.Key[1:])
			if kv.Val == nil {
				value, err = c.variable(kv.Key, s)
			} else if value, err = c.variable(kv.Key, s); err == nil { // {$x: 1}
				key, value = value, nil
			}
		default:
			key = c.constant(kv.Key)
		}
		if err != nil {
			return nil, err
		}
		if kv.Val != nil {
			value, err = c.query(kv.Val, s)
		} else if value == nil {
			value = c.add(&node{op: opIndex, a: c.add(&node{op: opIdentity}), b: key})
		}
		if err != nil {
			return nil, err
		}
		n.keys, n.list = append(n.keys, key), append(n.list, value)
	}
	return c.add(n), nil
}

// patterns compiles the alternatives of a destructuring. Every alternative binds the variables of all, with null for those that it
// does not have; each variable has a scope.
func (c *compiler) patterns(all []*gojq.Pattern, s *names) ([]*pattern, *names, int, error) {
	p := &patternCompiler{c: c}
	for _, alternative := range all {
		p.collect(alternative)
	}
	inner := s
	for _, name := range p.variables {
		inner = &names{up: inner, variables: []string{name}}
	}
	p.scope = inner
	out := make([]*pattern, len(all))
	for i, alternative := range all {
		var err error
		if out[i], err = p.compile(alternative); err != nil {
			return nil, nil, 0, err
		}
	}
	return out, inner, len(p.variables), nil
}

type patternCompiler struct {
	c         *compiler
	variables []string
	scope     *names
}

// collect notes the variables of a pattern, in their order.
func (p *patternCompiler) collect(g *gojq.Pattern) {
	note := func(name string) {
		if strings.HasPrefix(name, "$") && !slices.Contains(p.variables, name) {
			p.variables = append(p.variables, name)
		}
	}
	note(g.Name)
	for _, item := range g.Array {
		p.collect(item)
	}
	for _, m := range g.Object {
		note(m.Key)
		if m.Val != nil {
			p.collect(m.Val)
		}
	}
}

func (p *patternCompiler) compile(g *gojq.Pattern) (*pattern, error) {
	out := &pattern{variable: slices.Index(p.variables, g.Name)}
	for _, item := range g.Array {
		inner, err := p.compile(item)
		if err != nil {
			return nil, err
		}
		out.list = append(out.list, inner)
	}
	for _, g := range g.Object {
		m := memberPattern{variable: slices.Index(p.variables, g.Key)}
		var err error
		switch {
		case g.KeyString != nil:
			m.name, err = p.c.text(g.KeyString, "", p.scope)
		case g.KeyQuery != nil:
			if m.name, err = p.c.query(g.KeyQuery, p.scope); err == nil && m.name.op == opConst && kindOf(m.name.value) != kindString {
				err = refuse("Cannot use %s (%s) as object key", typeName(m.name.value), excerpt(m.name.value))
			}
		default:
			m.name = p.c.constant(strings.TrimPrefix(g.Key, "$"))
		}
		if err == nil && g.Val != nil {
			m.value, err = p.compile(g.Val)
		}
		if err != nil {
			return nil, err
		}
		out.members = append(out.members, m)
	}
	return out, nil
}

//go:embed prelude.jq
var preludeText string

// prelude are the functions that are written in jq, by name and number of arguments.
var prelude = sync.OnceValue(func() map[string]*gojq.FuncDef {
	query, err := gojq.Parse(preludeText)
	if err != nil {
		panic("jq: prelude.jq: " + err.Error())
	}
	defs := map[string]*gojq.FuncDef{}
	for _, def := range query.FuncDefs {
		defs[signature(def.Name, len(def.Args))] = def
	}
	return defs
})

func signature(name string, args int) string { return fmt.Sprintf("%s/%d", name, args) }

// builtin compiles a call of a function of jq's own. The prelude's are compiled once for a filter that calls them.
func (c *compiler) builtin(name string, args []*node) (*node, error) {
	key := signature(name, len(args))
	if g, ok := generators[key]; ok {
		return c.add(&node{op: opNative, generator: g, args: args}), nil
	}
	if f, ok := natives[key]; ok {
		return c.add(&node{op: opValue, native: f, args: args}), nil
	}
	def, ok := prelude()[key]
	if !ok {
		return nil, refuse("%s is not defined", key)
	}
	f, ok := c.prelude[key]
	if !ok {
		f = &function{name: name, params: def.Args, single: true}
		if c.prelude == nil {
			c.prelude = map[string]*function{}
		}
		c.prelude[key] = f
		c.functions = append(c.functions, f)
		inside, depth, source := c.inside, c.depth, c.source
		c.inside, c.depth, c.source = 0, 0, ""
		inner := &names{params: f}
		for _, p := range f.params {
			if strings.HasPrefix(p, "$") {
				inner = &names{up: inner, variables: []string{p}}
				f.values++
			}
		}
		if len(f.params) == 0 {
			inner = nil
		} else {
			c.inside++
		}
		var err error
		f.body, err = c.query(def.Body, inner)
		c.inside, c.depth, c.source = inside, depth, source
		if err != nil {
			return nil, err
		}
	}
	return c.add(&node{op: opCall, function: f, args: args, hops: topLevel}), nil
}

// topLevel are the hops of a function of the prelude: it stands in no scope.
const topLevel = -1
