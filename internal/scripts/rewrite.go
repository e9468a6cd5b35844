package scripts

import (
	"io"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func stringReader(s string) io.Reader { return strings.NewReader(s) }

// isolatePipes puts the right side of every pipe into a subshell, as bash does: a variable
// that is set in a piped while is gone after it.
func isolatePipes(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		b, ok := n.(*syntax.BinaryCmd)
		if !ok || b.Op != syntax.Pipe && b.Op != syntax.PipeAll {
			return true
		}
		switch b.Y.Cmd.(type) {
		case *syntax.Subshell, *syntax.CallExpr:
		default:
			inner := *b.Y
			b.Y = &syntax.Stmt{Position: inner.Position, Cmd: &syntax.Subshell{Lparen: inner.Position, Rparen: inner.End(), Stmts: []*syntax.Stmt{&inner}}}
		}
		return true
	})
}

// sizeOf is the name of the call that bound inserts.
const sizeOf = "opsbook-size-of"

// bound inserts a check of a variable's size after every assignment in a loop or a function: the
// interpreter does not bound variables by itself.
func bound(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.WhileClause:
			n.Do = bounded(n.Do)
		case *syntax.ForClause:
			n.Do = bounded(n.Do)
		case *syntax.FuncDecl:
			if b, ok := n.Body.Cmd.(*syntax.Block); ok {
				b.Stmts = bounded(b.Stmts)
			}
		case *syntax.IfClause:
			n.Then = bounded(n.Then)
		case *syntax.Block:
			n.Stmts = bounded(n.Stmts)
		}
		return true
	})
}

func bounded(stmts []*syntax.Stmt) []*syntax.Stmt {
	var out []*syntax.Stmt
	for _, s := range stmts {
		out = append(out, s)
		c, ok := s.Cmd.(*syntax.CallExpr)
		if !ok || len(c.Args) > 0 || len(c.Assigns) == 0 || s.Negated {
			continue
		}
		lit := func(text string) *syntax.Word {
			return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{ValuePos: s.Position, ValueEnd: s.Position, Value: text}}}
		}
		check := &syntax.CallExpr{Args: []*syntax.Word{lit(sizeOf)}}
		for _, a := range c.Assigns {
			if a.Name == nil {
				continue
			}
			length := &syntax.ParamExp{Length: true, Param: &syntax.Lit{Value: a.Name.Value}}
			check.Args = append(check.Args, lit(a.Name.Value), &syntax.Word{Parts: []syntax.WordPart{length}})
		}
		out = append(out, &syntax.Stmt{Position: s.Position, Cmd: check})
	}
	return out
}
