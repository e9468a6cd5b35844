package interpret

import (
	"io"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/scripts/shell"
)

func stringReader(s string) io.Reader { return strings.NewReader(s) }

// rewrite changes the syntax tree of a text where the interpreter does other than bash. maps are the associative arrays that the
// run has already.
func rewrite(file *syntax.File, text string, maps []string) {
	isolatePipes(file)
	keepStatus(file)
	readAll(file)
	printInto(file)
	mapKeys(file, text, append(maps, declaredMaps(file)...))
}

// isolatePipes puts the right side of every pipe into a subshell, as bash does: a variable
// that is set in a piped while, or by a piped read, is gone after it.
func isolatePipes(file *syntax.File) {
	functions := map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
			functions[f.Name.Value] = true
		}
		return true
	})
	syntax.Walk(file, func(n syntax.Node) bool {
		b, ok := n.(*syntax.BinaryCmd)
		if !ok || b.Op != syntax.Pipe && b.Op != syntax.PipeAll {
			return true
		}
		switch c := b.Y.Cmd.(type) {
		case *syntax.Subshell:
			return true
		case *syntax.CallExpr:
			if name := shell.CallName(c); len(c.Args) > 0 && name != "" && !slices.Contains(shell.Builtins, name) && !functions[name] {
				return true // it runs outside the interpreter, and sets nothing
			}
		}
		inner := *b.Y
		b.Y = &syntax.Stmt{
			Position: inner.Position, Cmd: &syntax.Subshell{Lparen: inner.Position, Rparen: inner.End(), Stmts: []*syntax.Stmt{&inner}},
		}
		return true
	})
}

// keepStatus lets a return or an exit without a status have that of the command before it.
func keepStatus(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) == 1 && (shell.CallName(c) == "return" || shell.CallName(c) == "exit") {
			c.Args = append(c.Args, &syntax.Word{Parts: []syntax.WordPart{&syntax.ParamExp{Short: true, Param: &syntax.Lit{Value: "?"}}}})
		}
		return true
	})
}

// literal is a word at a place.
func literal(at syntax.Pos, text string) *syntax.Word {
	return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{ValuePos: at, ValueEnd: at, Value: text}}}
}

// into is the assignment of what a command prints to a variable.
func into(name *syntax.Lit, s *syntax.Stmt) *syntax.CallExpr {
	output := &syntax.CmdSubst{Left: s.Position, Right: s.End(), Stmts: []*syntax.Stmt{s}}
	return &syntax.CallExpr{
		Assigns: []*syntax.Assign{
			{
				Name: name, Value: &syntax.Word{
					Parts: []syntax.WordPart{&syntax.DblQuoted{Left: s.Position, Right: s.End(), Parts: []syntax.WordPart{output}}},
				},
			},
		},
	}
}

// readAll makes X=$(cat) of `read -r -d ” X`, which reads a text of several lines.
func readAll(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Stmt)
		if !ok || s.Negated {
			return true
		}
		c, ok := s.Cmd.(*syntax.CallExpr)
		if !ok || shell.CallName(c) != "read" || len(c.Assigns) > 0 || !readsEverything(c.Args[1:]) {
			return true
		}
		name, _ := c.Args[len(c.Args)-1].Parts[0].(*syntax.Lit)
		s.Cmd, s.Redirs = into(name, &syntax.Stmt{
			Position: s.Position, Redirs: s.Redirs, Cmd: &syntax.CallExpr{Args: []*syntax.Word{literal(s.Position, "cat")}},
		}), nil
		return true
	})
}

// readsEverything reports whether read's arguments are -d with an empty delimiter, perhaps -r, and one name.
func readsEverything(args []*syntax.Word) bool {
	if len(args) < 3 || !syntax.ValidName(args[len(args)-1].Lit()) {
		return false
	}
	empty := func(w *syntax.Word) bool {
		if len(w.Parts) != 1 {
			return false
		}
		switch p := w.Parts[0].(type) {
		case *syntax.SglQuoted:
			return p.Value == ""
		case *syntax.DblQuoted:
			return len(p.Parts) == 0
		}
		return false
	}
	options := args[:len(args)-1]
	for i := 0; i < len(options); i++ {
		switch text := options[i].Lit(); {
		case text == "-r":
		case (text == "-d" || text == "-rd") && i+1 < len(options) && empty(options[i+1]):
			i++
		default:
			return false
		}
	}
	return true
}

// printInto makes X=$(printf …) of `printf -v X …`.
func printInto(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		c, ok := s.Cmd.(*syntax.CallExpr)
		if !ok || shell.CallName(c) != "printf" || len(c.Args) < 4 || c.Args[1].Lit() != "-v" || !syntax.ValidName(c.Args[2].Lit()) {
			return true
		}
		name, _ := c.Args[2].Parts[0].(*syntax.Lit)
		s.Cmd = into(name, &syntax.Stmt{
			Position: s.Position, Cmd: &syntax.CallExpr{Args: append([]*syntax.Word{c.Args[0]}, c.Args[3:]...)},
		})
		return true
	})
}

// declaredMaps are the associative arrays that a script declares.
func declaredMaps(file *syntax.File) []string {
	var out []string
	syntax.Walk(file, func(n syntax.Node) bool {
		d, ok := n.(*syntax.DeclClause)
		if !ok {
			return true
		}
		isMap := false
		for _, a := range d.Args {
			if a.Naked && a.Value != nil && strings.HasPrefix(a.Value.Lit(), "-") && strings.Contains(a.Value.Lit(), "A") {
				isMap = true
			}
			if isMap && a.Name != nil {
				out = append(out, a.Name.Value)
			}
		}
		return true
	})
	return out
}

// countOf is the name of the call that counts its arguments.
const countOf = "opsbook-count"

// mapKeys lets the keys of associative arrays be texts, which the parser reads as arithmetic (m[us-east-1]), and counts
// their members, which the interpreter does not.
func mapKeys(file *syntax.File, text string, maps []string) {
	if len(maps) == 0 {
		return
	}
	key := func(index syntax.ArithmExpr) syntax.ArithmExpr {
		if _, isWord := index.(*syntax.Word); isWord || index == nil {
			return index
		}
		from, to := int(index.Pos().Offset()), int(index.End().Offset())
		if from > to || to > len(text) {
			return index
		}
		return &syntax.Word{
			Parts: []syntax.WordPart{
				&syntax.DblQuoted{
					Left: index.Pos(), Right: index.End(),
					Parts: []syntax.WordPart{&syntax.Lit{ValuePos: index.Pos(), ValueEnd: index.End(), Value: text[from:to]}},
				},
			},
		}
	}
	elements := func(a *syntax.Assign) {
		if a.Name == nil || !slices.Contains(maps, a.Name.Value) {
			return
		}
		a.Index = key(a.Index)
		if a.Array != nil {
			a.Array.Elems = pairs(a.Array.Elems)
			for _, e := range a.Array.Elems {
				e.Index = key(e.Index)
			}
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			elements(n)
		case *syntax.ParamExp:
			if slices.Contains(maps, shell.ParamName(n)) {
				n.Index = key(n.Index)
			}
		case *syntax.Word:
			countMembers(n.Parts, maps)
		case *syntax.DblQuoted:
			countMembers(n.Parts, maps)
		}
		return true
	})
}

// pairs makes [a]=b of the members (a b) of an associative array, as bash reads them; the interpreter breaks at them.
func pairs(elements []*syntax.ArrayElem) []*syntax.ArrayElem {
	var out []*syntax.ArrayElem
	for i := 0; i < len(elements); i++ {
		e := *elements[i]
		if e.Index == nil && e.Value != nil {
			e.Index, e.Value = e.Value, &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Left: e.Pos(), Right: e.End()}}}
			if i+1 < len(elements) && elements[i+1].Index == nil && elements[i+1].Value != nil {
				e.Value = elements[i+1].Value
				i++
			}
		}
		out = append(out, &e)
	}
	return out
}

func countMembers(parts []syntax.WordPart, maps []string) {
	for i, part := range parts {
		p, ok := part.(*syntax.ParamExp)
		if !ok || !p.Length || !slices.Contains(maps, shell.ParamName(p)) || !isWhole(p.Index) {
			continue
		}
		keys := &syntax.ParamExp{Dollar: p.Dollar, Rbrace: p.Rbrace, Excl: true, Param: p.Param, Index: literal(p.Pos(), "@")}
		call := &syntax.CallExpr{
			Args: []*syntax.Word{
				literal(p.Pos(), countOf), {
					Parts: []syntax.WordPart{&syntax.DblQuoted{Left: p.Pos(), Right: p.End(), Parts: []syntax.WordPart{keys}}},
				},
			},
		}
		parts[i] = &syntax.CmdSubst{Left: p.Pos(), Right: p.End(), Stmts: []*syntax.Stmt{{Position: p.Pos(), Cmd: call}}}
	}
}

// isWhole reports whether an index is @ or *.
func isWhole(index syntax.ArithmExpr) bool {
	w, ok := index.(*syntax.Word)
	return ok && (w.Lit() == "@" || w.Lit() == "*")
}
