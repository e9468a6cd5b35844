package jq

// op is what a node does.
type op uint8

const (
	opIdentity op = iota
	opConst       // value
	opIndex       // a[b]
	opSlice       // a[b:c]; b and c may be nil
	opIterate     // a[]
	opPipe        // a | b
	opComma       // list
	opBinary      // a, b; operate
	opAnd         // a, b
	opOr
	opAlternative // a // b
	opNegate      // -a
	opArray       // [a]; a may be nil
	opObject      // keys and list
	opText        // list: parts, each made a text by format
	opFormat      // format
	opIf          // a then b else c
	opTry         // a, catch b, which may be nil
	opReduce      // a as patterns (b; c)
	opForeach     // a as patterns (b; c; d)
	opLabel       // a
	opBreak       // hops to the label
	opBind        // a as patterns | b
	opVariable    // hops
	opCall        // function, with args
	opParameter   // hops, index
	opValue       // native, whose args are evaluated first
	opNative      // generator, which evaluates its args itself
	opAssign      // a = b
	opModify      // a |= b
	opArithmetic  // a operate= b
)

// node is an expression with its names resolved. It is not changed once it is compiled.
type node struct {
	op         op
	a, b, c, d *node
	list       []*node
	keys       []*node
	value      any
	format     string
	optional   bool // a[b]?, a[]?: an error of this access alone is nothing
	hops       int  // scopes up
	index      int  // of a parameter
	patterns   []*pattern
	names      int // variables that the patterns bind together
	function   *function
	args       []*node
	operate    func(m *machine, a, b any) (any, error)
	native     *native
	generator  *generator

	// single: it has one result at most, where the closures that it is given have. closures: it calls some.
	single, closures bool
}

// function is a function that the filter, or the prelude, defines.
type function struct {
	name   string
	params []string // $name for those that are values
	body   *node
	values int // params that are values

	single bool
	nested bool // stands in a function that has parameters
}

// pattern is what a value is taken apart by. Variables are numbered in the order in which they were seen first.
type destructure struct {
	variable int // -1 for none
	list     []*destructure
	members  []memberPattern
}

// memberPattern is one member of an object pattern: its name, and what its value is taken apart by.
type memberPattern struct {
	variable int // bound to the member's value too: {$a: [$b]}; -1 for none
	name     *node
	value    *destructure // nil for none
}

// pattern is one alternative of ?//.
type pattern = destructure

// native computes one value from a value and its arguments.
type native struct {
	call func(m *machine, v any, args []any) (any, error)
}

// generator evaluates its arguments itself.
type generator struct {
	eval func(m *machine, n *node, s *scope, v any, p *path, yield results) error
	// one is eval where the node has one result at most; nil where it never has.
	one func(m *machine, n *node, s *scope, v any, p *path) (any, *path, bool, error)
	// single says that it has one result at most whatever its arguments are; follow says that it has where they have.
	single, follow bool
}

// results takes the results of an evaluation, one after the other. Its error ends it.
type results func(v any, p *path) error

// scope is what a name may stand for: a variable, a label, or a function's parameters. Scopes are not changed.
type scope struct {
	up    *scope
	value any
	args  []closure
	label int
	epoch uint32
	// plain: every closure from here up has one result at most.
	plain bool
	// kept: what it holds is charged by somebody else, for longer than the evaluation.
	kept bool
}

// closure is an argument of a function: an expression and where its names are looked up.
type closure struct {
	node  *node
	scope *scope
}

// path is how a value was reached, the last step first. The root has no step.
type path struct {
	up    *path
	key   any
	value any // what is there
	depth int
}
