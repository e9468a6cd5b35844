package analyse

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// readEvals makes of an eval whose text is written out, and only sets variables to texts, the assignments that it is:
//
//	eval "X=1"   becomes   { X=1; }
//
// Any other eval is left to a person.
func readEvals(file *syntax.File, script procedures.Script) {
	syntax.Walk(file, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		c, ok := s.Cmd.(*syntax.CallExpr)
		if !ok || shell.CallName(c) != "eval" || len(c.Args) < 2 || len(c.Assigns) > 0 {
			return true
		}
		if list := assignmentsAt(script.Text, c.Args[1:]); list != nil {
			s.Cmd = &syntax.Block{Lbrace: c.Pos(), Rbrace: c.End(), Stmts: list}
			return false
		}
		return true
	})
}

// assignmentsAt are the statements that the words of an eval are, with the places of the script; nil where they are more than assignments.
func assignmentsAt(text string, args []*syntax.Word) []*syntax.Stmt {
	from, to, quotes := args[0].Pos().Offset(), args[len(args)-1].End().Offset(), `"'`
	if len(args) == 1 && len(args[0].Parts) == 1 {
		switch p := args[0].Parts[0].(type) {
		case *syntax.SglQuoted:
			if p.Dollar {
				return nil
			}
			from, to, quotes = from+1, to-1, ""
		case *syntax.DblQuoted:
			if p.Dollar {
				return nil
			}
			from, to, quotes = from+1, to-1, ""
		}
	}
	if to > uint(len(text)) || from >= to || strings.ContainsAny(text[from:to], "\\$`"+quotes) {
		return nil
	}
	// what is before the text is blank, so that its places are those of the script
	padded := []byte(text[:to])
	for i := range padded[:from] {
		if padded[i] != '\n' {
			padded[i] = ' '
		}
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(padded), "")
	if err != nil {
		return nil
	}
	for _, s := range file.Stmts {
		if s.Negated || s.Background || s.Coprocess || len(s.Redirs) > 0 {
			return nil
		}
		var assigns []*syntax.Assign
		switch c := s.Cmd.(type) {
		case *syntax.CallExpr:
			if len(c.Args) > 0 {
				return nil
			}
			assigns = c.Assigns
		case *syntax.DeclClause:
			assigns = c.Args
		default:
			return nil
		}
		for _, a := range assigns {
			if a.Name == nil || a.Index != nil || a.Array != nil {
				return nil
			}
		}
	}
	return file.Stmts
}
