package bc

// expression reads one, from the operators that bind least: || && ! < = + * ^ - ++, in bc's own order.
func (p *parser) expression() *node {
	defer p.down()()
	return p.left([]string{"||"}, func() *node {
		return p.left([]string{"&&"}, p.not)
	})
}

func (p *parser) left(ops []string, inner func() *node) *node {
	n := inner()
	for {
		found := ""
		for _, op := range ops {
			if p.is(op) {
				found = op
			}
		}
		if found == "" {
			return n
		}
		p.advance()
		n = &node{op: found, kids: []*node{n, inner()}}
	}
}

func (p *parser) not() *node {
	if p.take("!") {
		defer p.down()()
		return &node{op: "!", kids: []*node{p.not()}}
	}
	return p.left([]string{"==", "<=", ">=", "!=", "<", ">"}, p.assignment)
}

func (p *parser) assignment() *node {
	defer p.down()()
	n := p.sum()
	if n.op != "name" && n.op != "element" {
		return n
	}
	for _, op := range []string{"=", "+=", "-=", "*=", "/=", "%=", "^="} {
		if p.take(op) {
			return &node{op: "assign", text: op[:len(op)-1], kids: []*node{n, p.assignment()}}
		}
	}
	return n
}

func (p *parser) sum() *node {
	return p.left([]string{"+", "-"}, func() *node { return p.left([]string{"*", "/", "%"}, p.power) })
}

func (p *parser) power() *node {
	n := p.unary()
	if p.take("^") {
		defer p.down()()
		return &node{op: "^", kids: []*node{n, p.power()}}
	}
	return n
}

func (p *parser) unary() *node {
	defer p.down()()
	if p.take("-") {
		return &node{op: "negative", kids: []*node{p.unary()}}
	}
	for _, op := range []string{"++", "--"} {
		if p.take(op) {
			n := p.operand()
			if n.op != "name" && n.op != "element" {
				p.fail("syntax error")
			}
			return &node{op: "before", text: op[:1], kids: []*node{n}}
		}
	}
	n := p.operand()
	for _, op := range []string{"++", "--"} {
		if (n.op == "name" || n.op == "element") && p.take(op) {
			return &node{op: "behind", text: op[:1], kids: []*node{n}}
		}
	}
	return n
}

func (p *parser) operand() *node {
	t := p.now
	switch {
	case t.kind == 'n':
		p.advance()
		return &node{op: "number", text: t.text}
	case p.take("("):
		n := p.expression()
		p.need(")")
		return &node{op: "parens", kids: []*node{n}}
	case t.kind == 'a':
		p.advance()
		switch {
		case p.take("("):
			n := &node{op: "call", text: t.text}
			for !p.take(")") {
				if len(n.kids) > 0 {
					p.need(",")
				}
				n.kids = append(n.kids, p.argument())
			}
			return n
		case p.take("["):
			n := &node{op: "element", text: t.text, kids: []*node{p.expression()}}
			p.need("]")
			return n
		}
		return &node{op: "name", text: t.text}
	case p.is("length"), p.is("sqrt"), p.is("scale"), p.is("read"):
		p.advance()
		if t.text == "scale" && !p.is("(") {
			return &node{op: "name", text: "scale"}
		}
		p.need("(")
		n := &node{op: t.text}
		if t.text != "read" {
			n.kids = []*node{p.expression()}
		}
		p.need(")")
		return n
	case p.is("ibase"), p.is("obase"), p.is("last"):
		p.advance()
		return &node{op: "name", text: t.text}
	}
	p.fail("syntax error")
	return nil
}

// argument is one of a call: an array as a whole, or an expression.
func (p *parser) argument() *node {
	if p.now.kind == 'a' {
		before, name := p.lexer, p.now
		p.advance()
		if p.take("[") && p.take("]") {
			return &node{op: "array", text: name.text}
		}
		p.lexer, p.now = before, name
	}
	return p.expression()
}
