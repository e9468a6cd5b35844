package analyse

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// unreached finds $? behind a command in a step that makes changes: where the command fails, the step ends there, as under `set -e`, and
// what would be done with its status is never done. Functions are left out, as they may be called where a failure is handled.
func (w *walker) unreached(file *syntax.File) {
	if !w.Analysis.Effect.Changes() || switchesOff(file) {
		return
	}
	var look func(list []*syntax.Stmt)
	look = func(list []*syntax.Stmt) {
		for i, s := range list {
			if _, left := w.left[s]; !left && i > 0 && mayEndStep(list[i-1]) && asksStatus(s) {
				w.find(s, procedures.SeverityWarning, "status-not-reached", unreachedWhy, "")
			}
			switch c := s.Cmd.(type) {
			case *syntax.Block:
				look(c.Stmts)
			case *syntax.ForClause:
				look(c.Do)
			case *syntax.WhileClause:
				look(c.Do)
			case *syntax.CaseClause:
				for _, item := range c.Items {
					look(item.Stmts)
				}
			case *syntax.IfClause:
				for clause := c; clause != nil; clause = clause.Else {
					look(clause.Then)
				}
			}
		}
	}
	look(file.Stmts)
}

const unreachedWhy = "This step makes changes, so it ends at a command that fails: $? is only reached where the command succeeded. " +
	"Handle the failure in its own line: COMMAND || rc=$?, or if ! COMMAND; then … fi."

// switchesOff reports whether a script has `set +e`.
func switchesOff(file *syntax.File) bool {
	off := false
	syntax.Walk(file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && shell.CallName(c) == "set" {
			words := literals(c)
			off = off || slices.Contains(words, "+e") || slices.Contains(words, "+o") && slices.Contains(words, "errexit")
		}
		return !off
	})
	return off
}

// mayEndStep reports a plain command whose failure nothing handles.
func mayEndStep(s *syntax.Stmt) bool {
	if s.Negated || s.Background {
		return false
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) > 0 {
			return !slices.Contains(printing, shell.CallName(c))
		}
		return slices.ContainsFunc(c.Assigns, func(a *syntax.Assign) bool { return a.Value != nil && has[*syntax.CmdSubst](a.Value) })
	case *syntax.BinaryCmd:
		return c.Op == syntax.Pipe || c.Op == syntax.PipeAll
	case *syntax.Subshell:
		return true
	}
	return false
}

// asksStatus reports whether a statement begins with what uses $?.
func asksStatus(s *syntax.Stmt) bool {
	asks := false
	syntax.Walk(s, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			asks = asks || shell.ParamName(n) == "?"
		case *syntax.IfClause:
			asks = asks || len(n.Cond) > 0 && asksStatus(n.Cond[0])
			return false
		case *syntax.CaseClause:
			asks = asks || has[*syntax.ParamExp](n.Word) && slices.ContainsFunc(n.Word.Parts, isStatus)
			return false
		case *syntax.BinaryCmd:
			asks = asks || asksStatus(n.X)
			return false
		case *syntax.ForClause, *syntax.WhileClause, *syntax.Block, *syntax.FuncDecl, *syntax.Subshell, *syntax.CmdSubst:
			return false
		}
		return !asks
	})
	return asks
}

func isStatus(part syntax.WordPart) bool {
	p, ok := part.(*syntax.ParamExp)
	return ok && shell.ParamName(p) == "?"
}

// has reports whether a node is, or holds, one of a kind.
func has[N syntax.Node](n syntax.Node) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		_, is := n.(N)
		found = found || is
		return !found
	})
	return found
}
