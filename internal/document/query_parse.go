package document

import (
	"strings"
)

// NodeKind is a kind of JMESPath expression.
type NodeKind string

// The kinds of expressions.
const (
	NodeField      NodeKind = "field"
	NodeSub        NodeKind = "subexpression"
	NodeIndex      NodeKind = "index"
	NodeIndexed    NodeKind = "index_expression" // children applied one after another
	NodeSlice      NodeKind = "slice"
	NodeProjection NodeKind = "projection"
	NodeValues     NodeKind = "value_projection"
	NodeFilter     NodeKind = "filter_projection" // list, rest, condition
	NodeFlatten    NodeKind = "flatten"
	NodeLiteral    NodeKind = "literal"
	NodeCurrent    NodeKind = "current"
	NodeIdentity   NodeKind = "identity"
	NodeMultiList  NodeKind = "multi_select_list"
	NodeMultiHash  NodeKind = "multi_select_dict"
	NodeComparator NodeKind = "comparator"
	NodeOr         NodeKind = "or_expression"
	NodeAnd        NodeKind = "and_expression"
	NodeNot        NodeKind = "not_expression"
	NodePipe       NodeKind = "pipe"
	NodeFunction   NodeKind = "function_expression"
	NodeReference  NodeKind = "expref"
)

// Node is one expression of a query's syntax tree.
type Node struct {
	Kind     NodeKind
	Name     string   // of a field, a function or a comparator
	Names    []string // of a multiselect hash, one for each child
	Value    Value    // of a literal
	Index    int
	Slice    [3]*int
	Children []*Node
	At       int // byte offset in the expression
}

// Query is a compiled JMESPath expression. It is safe for concurrent use.
type Query struct {
	text string
	root *Node
}

// Compile reads an expression. It accepts what jmespath.py, and so the AWS CLI, accepts. The error is a *QueryError.
func Compile(expression string) (*Query, error) {
	tokens, err := lexQuery(expression)
	if err != nil {
		return nil, err
	}
	p := &queryParser{text: expression, tokens: tokens}
	if expression == "" {
		return nil, badQuery(0, "Invalid JMESPath expression: cannot be empty.")
	}
	root, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tEnd {
		return nil, p.refused(t, "Unexpected token: "+p.source(t))
	}
	return &Query{text: expression, root: root}, nil
}

// String returns the expression.
func (q *Query) String() string { return q.text }

// Root returns the syntax tree, for checks that do not evaluate. It must not be changed.
func (q *Query) Root() *Node { return q.root }

type queryParser struct {
	text   string
	tokens []lexeme
	at     int
	depth  int
}

func (p *queryParser) peek() lexeme { return p.tokens[p.at] }

func (p *queryParser) second() lexeme {
	return p.tokens[min(p.at+1, len(p.tokens)-1)]
}

func (p *queryParser) next() lexeme {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (p *queryParser) unexpected(t lexeme) error {
	if t.kind == tEnd {
		return badQuery(t.at, "Invalid jmespath expression: Incomplete expression:\n%q\n%s^", p.text, strings.Repeat(" ", t.at+1))
	}
	return p.refused(t, "Invalid jmespath expression: Invalid token")
}

// refused says where a token stands that cannot stand there.
func (p *queryParser) refused(t lexeme, why string) error {
	return badQuery(t.at, "%s: Parse error at column %d, token %q (%s), for expression:\n%q\n%s^", why, t.at,
		p.source(t), strings.ToUpper(string(t.kind)), p.text, strings.Repeat(" ", t.at+1))
}

func (p *queryParser) source(t lexeme) string {
	if t.text != "" {
		return t.text
	}
	return p.text[t.at:min(len(p.text), t.at+1)]
}

func (p *queryParser) expect(kind tokenKind) error {
	if t := p.peek(); t.kind != kind {
		return p.unexpected(t)
	}
	p.next()
	return nil
}

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

// leadingBracket reads [0], [1:2], [*] or a multiselect list at the start of an expression.
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

// indexOn reads a number or a slice up to its bracket and applies it to left.
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

// projected reads what a projection is applied to.
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

// afterDot reads what may follow a dot.
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

// infix reads what may follow an expression.
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

func (p *queryParser) flatten(left *Node, t lexeme) (*Node, error) {
	rest, err := p.projected(powers[tFlatten])
	return &Node{Kind: NodeProjection, Children: []*Node{{Kind: NodeFlatten, Children: []*Node{left}}, rest}, At: t.at}, err
}

func (p *queryParser) filter(left *Node, t lexeme) (*Node, error) {
	condition, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect(tRightBrack); err != nil {
		return nil, err
	}
	rest := &Node{Kind: NodeIdentity}
	if p.peek().kind != tFlatten {
		if rest, err = p.projected(powers[tFilter]); err != nil {
			return nil, err
		}
	}
	return &Node{Kind: NodeFilter, Children: []*Node{left, rest, condition}, At: t.at}, nil
}

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
