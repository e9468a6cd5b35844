package document

// NodeKind is a kind of JMESPath expression, named as in jmespath.py's ast module.
type NodeKind string

// The kinds of expressions. A projection applies its second child to each element of
// what its first one gives: Reservations[*].Id is a projection of the field Reservations
// and the field Id.
const (
	NodeField      NodeKind = "field"             // Name
	NodeSub        NodeKind = "subexpression"     // a.b: children applied one after another
	NodeIndex      NodeKind = "index"             // [Index] of the current list
	NodeIndexed    NodeKind = "index_expression"  // children applied one after another
	NodeSlice      NodeKind = "slice"             // [start:stop:step] of the current list
	NodeProjection NodeKind = "projection"        // a[*].b, a[].b, a[:2].b: list, rest
	NodeValues     NodeKind = "value_projection"  // a.*.b: object, rest
	NodeFilter     NodeKind = "filter_projection" // list, rest, condition
	NodeFlatten    NodeKind = "flatten"           // a[], the first child of a projection
	NodeLiteral    NodeKind = "literal"           // 'a' or `1`: Value
	NodeCurrent    NodeKind = "current"           // @
	NodeIdentity   NodeKind = "identity"          // where nothing is written, as after a[*]
	NodeMultiList  NodeKind = "multi_select_list" // [a, b]
	NodeMultiHash  NodeKind = "multi_select_dict" // {x: a, y: b}: Names and Children
	NodeComparator NodeKind = "comparator"        // a < b: Name is the token's kind, such as "lt"
	NodeOr         NodeKind = "or_expression"
	NodeAnd        NodeKind = "and_expression"
	NodeNot        NodeKind = "not_expression"
	NodePipe       NodeKind = "pipe"                // a | b, which ends a projection
	NodeFunction   NodeKind = "function_expression" // Name and Children, its arguments
	NodeReference  NodeKind = "expref"              // &a
)

// Node is one expression of a query's syntax tree. What Children are depends on Kind;
// Name, Names, Value, Index and Slice are set only for the kinds that they name.
type Node struct {
	Kind  NodeKind
	Name  string   // of a field, a function or a comparator
	Names []string // of a multiselect hash, one for each child
	Value Value    // of a literal
	// Index is a list's index; a negative one counts from the end.
	Index int
	// Slice is [start:stop:step]; nil for what is left out.
	Slice    [3]*int
	Children []*Node
	At       int // byte offset in the expression
}

// maxExpression bounds the text of an expression, in bytes: its parts stand in one another.
const maxExpression = 64 << 10

// Query is a compiled JMESPath expression. It is safe for concurrent use.
type Query struct {
	text string
	root *Node
}

// Compile reads an expression. It accepts what jmespath.py, and so the AWS CLI, accepts.
// The error is a *QueryError, worded as the AWS CLI words it. Names of functions and
// numbers of arguments are not checked: jmespath.py refuses them at Search.
// Longer ones than maxExpression are refused.
func Compile(expression string) (*Query, error) {
	if len(expression) > maxExpression {
		return nil, badQuery(maxExpression, "Invalid JMESPath expression: it is longer than %d kB", maxExpression>>10)
	}
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
