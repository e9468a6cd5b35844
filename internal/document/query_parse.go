package document

import (
	"strings"
)

// queryParser is a Pratt parser (top-down operator precedence) over the tokens, as in
// jmespath.py: each token has a power by which it binds what stands to its left, and an
// expression goes on while the next token binds more strongly than what called for it.
type queryParser struct {
	text   string
	tokens []lexeme
	at     int // index in tokens
	depth  int // of nested expressions, up to maxDepth
}

// peek returns the next token without taking it. The last token is tEnd.
func (p *queryParser) peek() lexeme { return p.tokens[p.at] }

// second returns the token after the next one, or tEnd.
func (p *queryParser) second() lexeme {
	return p.tokens[min(p.at+1, len(p.tokens)-1)]
}

// next takes a token. tEnd is never passed, so that it may be taken again and again.
func (p *queryParser) next() lexeme {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

// unexpected makes the error for a token that the grammar does not have here. The second
// line repeats the expression, the third points at the token.
func (p *queryParser) unexpected(t lexeme) error {
	if t.kind == tEnd {
		return badQuery(t.at, "Invalid jmespath expression: Incomplete expression:\n%q\n%s^", p.text, strings.Repeat(" ", t.at+1))
	}
	return p.refused(t, "Invalid jmespath expression: Invalid token")
}

// refused makes an error that says where a token stands that cannot stand there.
func (p *queryParser) refused(t lexeme, why string) error {
	return badQuery(t.at, "%s: Parse error at column %d, token %q (%s), for expression:\n%q\n%s^", why, t.at,
		p.source(t), strings.ToUpper(string(t.kind)), p.text, strings.Repeat(" ", t.at+1))
}

// source returns the token as error messages show it: its text, else its first character.
func (p *queryParser) source(t lexeme) string {
	if t.text != "" {
		return t.text
	}
	return p.text[t.at:min(len(p.text), t.at+1)]
}

// expect takes the next token, which has to be of a kind.
func (p *queryParser) expect(kind tokenKind) error {
	if t := p.peek(); t.kind != kind {
		return p.unexpected(t)
	}
	p.next()
	return nil
}

// expression reads as much as binds more strongly than power; 0 reads up to a token that
// no expression continues with, such as a bracket or the end. In a.b || c, the field c is
// read with the power of ||, and a | after it is left to the caller.
func (p *queryParser) expression(power int) (*Node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, badQuery(p.peek().at, "Invalid jmespath expression: nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	left, err := p.prefix()
	for err == nil && power < powers[p.peek().kind] {
		left, err = p.infix(left)
	}
	return left, err
}

// prefix reads what an expression may begin with.
func (p *queryParser) prefix() (*Node, error) {
	t := p.next()
	switch t.kind {
	case tLiteral:
		return &Node{Kind: NodeLiteral, Value: t.value, At: t.at}, nil
	case tIdentifier:
		return &Node{Kind: NodeField, Name: t.text, At: t.at}, nil
	case tQuoted:
		if p.peek().kind == tLeftParen {
			return nil, badQuery(t.at, "Invalid jmespath expression: Quoted identifier not allowed for function names.")
		}
		return &Node{Kind: NodeField, Name: t.text, At: t.at}, nil
	case tStar:
		rest, err := p.projected(powers[tStar])
		// As in [a, *]. jmespath.py has this case too.
		if p.peek().kind == tRightBrack && err == nil {
			rest = &Node{Kind: NodeIdentity}
		}
		return &Node{Kind: NodeValues, Children: []*Node{{Kind: NodeIdentity}, rest}, At: t.at}, err
	case tFilter:
		return p.filter(&Node{Kind: NodeIdentity}, t)
	case tLeftBrace:
		return p.multiHash(t)
	case tLeftParen:
		inner, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(tRightParen)
	case tFlatten:
		return p.flatten(&Node{Kind: NodeIdentity}, t)
	case tNot:
		inner, err := p.expression(powers[tNot])
		return &Node{Kind: NodeNot, Children: []*Node{inner}, At: t.at}, err
	case tLeftBrack:
		return p.leadingBracket(t)
	case tCurrent:
		return &Node{Kind: NodeCurrent, At: t.at}, nil
	case tExpref:
		inner, err := p.expression(powers[tExpref])
		return &Node{Kind: NodeReference, Children: []*Node{inner}, At: t.at}, err
	}
	return nil, p.unexpected(t)
}

// leadingBracket reads [0], [1:2], [*] or a multiselect list at the start of an
// expression, where they apply to the current value.
func (p *queryParser) leadingBracket(t lexeme) (*Node, error) {
	switch kind := p.peek().kind; {
	case kind == tNumber || kind == tColon:
		return p.indexOn(&Node{Kind: NodeIdentity}, t)
	case kind == tStar && p.second().kind == tRightBrack:
		p.next()
		p.next()
		rest, err := p.projected(powers[tStar])
		return &Node{Kind: NodeProjection, Children: []*Node{{Kind: NodeIdentity}, rest}, At: t.at}, err
	}
	return p.multiList(t)
}

// indexOn reads a number or a slice up to its bracket and applies it to left. A slice
// begins a projection, as the specification says: a[:2].b is b of each of the first two.
func (p *queryParser) indexOn(left *Node, t lexeme) (*Node, error) {
	right, err := p.indexOrSlice(t)
	if err != nil {
		return nil, err
	}
	node := &Node{Kind: NodeIndexed, Children: []*Node{left, right}, At: t.at}
	if right.Kind != NodeSlice {
		return node, nil
	}
	rest, err := p.projected(powers[tStar])
	return &Node{Kind: NodeProjection, Children: []*Node{node, rest}, At: t.at}, err
}

// indexOrSlice reads what stands in brackets after the first one: "0]", "1:2]" or "::-1]".
// A slice has at most two colons, and each of its numbers may be left out.
func (p *queryParser) indexOrSlice(t lexeme) (*Node, error) {
	if p.peek().kind == tNumber && p.second().kind != tColon {
		n, err := p.next().number()
		if err != nil {
			return nil, err
		}
		return &Node{Kind: NodeIndex, Index: n, At: t.at}, p.expect(tRightBrack)
	}
	node := &Node{Kind: NodeSlice, At: t.at}
	for part := 0; p.peek().kind != tRightBrack; {
		switch t := p.next(); t.kind {
		case tColon:
			if part++; part == 3 {
				return nil, p.unexpected(t)
			}
		case tNumber:
			n, err := t.number()
			if err != nil {
				return nil, err
			}
			if node.Slice[part] != nil {
				return nil, p.unexpected(t)
			}
			node.Slice[part] = &n
		default:
			return nil, p.unexpected(t)
		}
	}
	p.next()
	return node, nil
}

// projected reads what a projection is applied to: nothing more (the identity) where the
// next token binds less than projectionStop, as the | of a[*] | [0] does. There [0] takes
// the first of the results, and in a[*][0] the first of each element.
func (p *queryParser) projected(power int) (*Node, error) {
	switch t := p.peek(); {
	case powers[t.kind] < projectionStop:
		return &Node{Kind: NodeIdentity}, nil
	case t.kind == tLeftBrack || t.kind == tFilter:
		return p.expression(power)
	case t.kind == tDot:
		p.next()
		return p.afterDot(power)
	default:
		return nil, p.unexpected(t)
	}
}

// afterDot reads what may follow a dot: a name, *, [a, b] or {x: a}, but no index.
func (p *queryParser) afterDot(power int) (*Node, error) {
	switch t := p.peek(); t.kind {
	case tIdentifier, tQuoted, tStar:
		return p.expression(power)
	case tLeftBrack:
		p.next()
		return p.multiList(t)
	case tLeftBrace:
		p.next()
		return p.multiHash(t)
	default:
		return nil, p.unexpected(t)
	}
}

// infix reads what may follow an expression, and returns both as one.
func (p *queryParser) infix(left *Node) (*Node, error) {
	t := p.next()
	switch t.kind {
	case tDot:
		if p.peek().kind == tStar {
			p.next()
			rest, err := p.projected(powers[tDot])
			return &Node{Kind: NodeValues, Children: []*Node{left, rest}, At: t.at}, err
		}
		right, err := p.afterDot(powers[tDot])
		return &Node{Kind: NodeSub, Children: []*Node{left, right}, At: t.at}, err
	case tPipe, tOr, tAnd:
		kinds := map[tokenKind]NodeKind{tPipe: NodePipe, tOr: NodeOr, tAnd: NodeAnd}
		right, err := p.expression(powers[t.kind])
		return &Node{Kind: kinds[t.kind], Children: []*Node{left, right}, At: t.at}, err
	case tLeftParen:
		return p.function(left, t)
	case tFilter:
		return p.filter(left, t)
	case tEqual, tNotEqual, tGreater, tGreaterEq, tLess, tLessEq:
		right, err := p.expression(powers[t.kind])
		return &Node{Kind: NodeComparator, Name: string(t.kind), Children: []*Node{left, right}, At: t.at}, err
	case tFlatten:
		return p.flatten(left, t)
	case tLeftBrack:
		if kind := p.peek().kind; kind == tNumber || kind == tColon {
			return p.indexOn(left, t)
		}
		if err := p.expect(tStar); err != nil {
			return nil, err
		}
		if err := p.expect(tRightBrack); err != nil {
			return nil, err
		}
		rest, err := p.projected(powers[tStar])
		return &Node{Kind: NodeProjection, Children: []*Node{left, rest}, At: t.at}, err
	}
	return nil, p.unexpected(t)
}

// flatten reads what follows [], which merges lists of lists by one level and then
// projects: https://jmespath.org/specification.html#flatten-operator
func (p *queryParser) flatten(left *Node, t lexeme) (*Node, error) {
	rest, err := p.projected(powers[tFlatten])
	return &Node{Kind: NodeProjection, Children: []*Node{{Kind: NodeFlatten, Children: []*Node{left}}, rest}, At: t.at}, err
}

// filter reads [?condition] from after its question mark, and what it is projected onto.
func (p *queryParser) filter(left *Node, t lexeme) (*Node, error) {
	condition, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect(tRightBrack); err != nil {
		return nil, err
	}
	rest := &Node{Kind: NodeIdentity}
	// A [] that follows flattens what the filter gives, and not each element.
	if p.peek().kind != tFlatten {
		if rest, err = p.projected(powers[tFilter]); err != nil {
			return nil, err
		}
	}
	return &Node{Kind: NodeFilter, Children: []*Node{left, rest, condition}, At: t.at}, nil
}

// function reads a call's arguments from after its parenthesis. Names and arguments are
// checked when the call is evaluated; a comma before the closing parenthesis is accepted,
// as by jmespath.py.
func (p *queryParser) function(name *Node, t lexeme) (*Node, error) {
	if name.Kind != NodeField {
		return nil, badQuery(t.at, "Invalid jmespath expression: Invalid function name")
	}
	node := &Node{Kind: NodeFunction, Name: name.Name, At: name.At}
	for p.peek().kind != tRightParen {
		arg, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		node.Children = append(node.Children, arg)
		if p.peek().kind == tComma {
			p.next()
		} else if p.peek().kind != tRightParen {
			return nil, p.unexpected(p.peek())
		}
	}
	p.next()
	return node, nil
}

// multiList reads [a, b] from after its bracket. It has at least one expression.
func (p *queryParser) multiList(t lexeme) (*Node, error) {
	node := &Node{Kind: NodeMultiList, At: t.at}
	for {
		inner, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		node.Children = append(node.Children, inner)
		if p.peek().kind == tRightBrack {
			p.next()
			return node, nil
		}
		if err := p.expect(tComma); err != nil {
			return nil, err
		}
	}
}

// multiHash reads {x: a, "y z": b} from after its brace. It has at least one pair.
func (p *queryParser) multiHash(t lexeme) (*Node, error) {
	node := &Node{Kind: NodeMultiHash, At: t.at}
	for {
		name := p.next()
		if name.kind != tIdentifier && name.kind != tQuoted {
			return nil, p.unexpected(name)
		}
		if err := p.expect(tColon); err != nil {
			return nil, err
		}
		inner, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		node.Names, node.Children = append(node.Names, name.text), append(node.Children, inner)
		if p.peek().kind == tRightBrace {
			p.next()
			return node, nil
		}
		if err := p.expect(tComma); err != nil {
			return nil, err
		}
	}
}
