package bc

import "fmt"

// syntaxError is where a program is none.
type syntaxError struct {
	line int
	text string
}

func (s *syntaxError) Error() string { return s.text }

// node is a part of a program: an operator with its operands, or a statement.
type node struct {
	op    string // what it is
	text  string // of a name, a number, a string
	kids  []*node
	names []string // of a function: its parameters, behind them its own variables; an array's ends with []
	given int      // how many of names are parameters
}

// mostDeep is how deep the parts of a program may stand in one another.
const mostDeep = 400

type parser struct {
	lexer
	now    token
	deep   int
	loops  int
	inside bool // a function
	quits  bool // quit was read
	ahead  bool // the word behind a function was read
}

func (p *parser) advance() {
	var wrong bool
	if p.now, wrong = p.next(); wrong {
		p.fail("syntax error")
	}
}

func (p *parser) fail(text string) { panic(&syntaxError{p.now.line, text}) }

func (p *parser) is(text string) bool {
	return (p.now.kind == 'o' || p.now.kind == 'k') && p.now.text == text
}

func (p *parser) take(text string) bool {
	if !p.is(text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) need(text string) {
	if !p.take(text) {
		p.fail("syntax error")
	}
}

func (p *parser) newlines() {
	for p.now.kind == '\n' {
		p.advance()
	}
}

// lineOf parses what stands on a line, as bc runs it; ok is false at the end.
func (p *parser) lineOf() (list []*node, ok bool) {
	if !p.ahead {
		p.advance()
	}
	p.ahead = false
	for first := true; ; first = false {
		switch {
		case p.now.kind == 0: // a line without an end is not run
			return nil, false
		case p.now.kind == '\n':
			return list, true
		case p.is(";"):
			p.advance()
			continue
		case p.is("define") && first: // which is an item by itself
			n := p.define()
			p.ahead = true
			return []*node{n}, true
		default:
			list = append(list, p.statement())
		}
		if p.quits {
			return nil, true
		}
		if p.now.kind != 0 && p.now.kind != '\n' && !p.is(";") {
			p.fail("syntax error")
		}
	}
}

func (p *parser) down() func() {
	if p.deep++; p.deep > mostDeep {
		p.fail("memory exhausted")
	}
	return func() { p.deep-- }
}

func (p *parser) statement() *node {
	defer p.down()()
	switch {
	case p.now.kind == 's':
		n := &node{op: "string", text: p.now.text}
		p.advance()
		return n
	case p.is("{"):
		return p.block()
	case p.take("if"):
		p.need("(")
		n := &node{op: "if", kids: []*node{p.expression()}}
		p.need(")")
		p.newlines()
		n.kids = append(n.kids, p.statement())
		if p.take("else") {
			p.newlines()
			n.kids = append(n.kids, p.statement())
		}
		return n
	case p.take("while"):
		p.need("(")
		n := &node{op: "while", kids: []*node{p.expression()}}
		p.need(")")
		p.newlines()
		n.kids = append(n.kids, p.body())
		return n
	case p.take("for"):
		p.need("(")
		n := &node{op: "for"}
		for i, end := range []string{";", ";", ")"} {
			var kid *node
			if !p.is(end) {
				kid = p.expression()
			} else if i == 1 {
				kid = &node{op: "number", text: "1"}
			}
			n.kids = append(n.kids, kid)
			p.need(end)
		}
		p.newlines()
		n.kids = append(n.kids, p.body())
		return n
	case p.is("break"), p.is("continue"):
		if p.loops == 0 {
			p.fail(map[string]string{"break": "Break outside a for/while", "continue": "Continue outside a for"}[p.now.text])
		}
		n := &node{op: p.now.text}
		p.advance()
		return n
	case p.take("return"):
		if !p.inside {
			p.fail("Return outside of a function.")
		}
		n := &node{op: "return"}
		if p.now.kind != '\n' && p.now.kind != 0 && !p.is(";") && !p.is("}") {
			n.kids = append(n.kids, p.expression())
		}
		return n
	case p.is("quit"):
		p.quits = true
		return &node{op: "halt"}
	case p.take("halt"):
		return &node{op: "halt"}
	case p.take("print"):
		n := &node{op: "print"}
		for {
			if p.now.kind == 's' {
				n.kids = append(n.kids, &node{op: "string", text: p.now.text})
				p.advance()
			} else {
				n.kids = append(n.kids, p.expression())
			}
			if !p.take(",") {
				return n
			}
		}
	}
	return &node{op: "show", kids: []*node{p.expression()}}
}

func (p *parser) body() *node {
	p.loops++
	defer func() { p.loops-- }()
	return p.statement()
}

func (p *parser) block() *node {
	p.need("{")
	n := &node{op: "block"}
	for !p.is("}") {
		switch {
		case p.now.kind == 0:
			p.fail("syntax error")
		case p.now.kind == '\n' || p.is(";"):
			p.advance()
			continue
		}
		n.kids = append(n.kids, p.statement())
		if p.quits {
			return n
		}
		if p.now.kind != '\n' && !p.is(";") && !p.is("}") {
			p.fail("syntax error")
		}
	}
	p.advance()
	return n
}

// define reads a function.
func (p *parser) define() *node {
	p.advance()
	if p.now.kind != 'a' {
		p.fail("syntax error")
	}
	n := &node{op: "define", text: p.now.text}
	p.advance()
	p.need("(")
	if !p.is(")") {
		n.names = p.variables()
	}
	n.given = len(n.names)
	p.need(")")
	p.newlines()
	loops := p.loops
	p.loops, p.inside = 0, true
	defer func() { p.loops, p.inside = loops, false }()
	if !p.is("{") {
		p.fail("syntax error")
	}
	begin := p.lexer
	p.advance()
	p.newlines()
	if p.take("auto") {
		n.names = append(n.names, p.variables()...)
		body := &node{op: "block"}
		p.rest(body)
		n.kids = []*node{body}
		return n
	}
	p.lexer, p.now = begin, token{'o', "{", begin.line}
	n.kids = []*node{p.block()}
	return n
}

// rest reads a block whose beginning was read.
func (p *parser) rest(into *node) {
	for !p.is("}") {
		if p.now.kind == 0 {
			p.fail("syntax error")
		}
		if p.now.kind == '\n' || p.is(";") {
			p.advance()
			continue
		}
		into.kids = append(into.kids, p.statement())
		if p.now.kind != '\n' && !p.is(";") && !p.is("}") {
			p.fail("syntax error")
		}
	}
	p.advance()
}

func (p *parser) variables() (names []string) {
	for {
		if p.now.kind != 'a' {
			p.fail("syntax error")
		}
		name := p.now.text
		p.advance()
		if p.take("[") {
			p.need("]")
			name += "[]"
		}
		names = append(names, name)
		if !p.take(",") {
			return names
		}
	}
}

// notHere names what a program wants that is not carried out here.
func notHere(n *node) error {
	if n == nil {
		return nil
	}
	if n.op == "read" {
		return fmt.Errorf("read()")
	}
	for _, kid := range n.kids {
		if err := notHere(kid); err != nil {
			return err
		}
	}
	return nil
}
