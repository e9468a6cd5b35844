package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// unreached finds $? behind a command in a step that makes changes, where nothing is decided by it, or where the script has `set -e`: the
// step ends at a command that fails, and what would be done with its status is never done. Functions are left out, as they may be
// called where a failure is handled.
func (w *walker) unreached(file *syntax.File) {
	if !w.Analysis.Effect.Changes() || switches(file, "+") {
		return
	}
	decided := DecidedByNext(file)
	lists(file, func(list []*syntax.Stmt, function bool) {
		for i, s := range list {
			if _, left := w.left[s]; !function && !left && i > 0 && mayEndStep(list[i-1]) && !decided[list[i-1]] && asksStatus(s) {
				w.find(s, procedures.SeverityWarning, "status-not-reached", unreachedWhy, "")
			}
		}
	})
}

const unreachedWhy = "This step makes changes, and nothing is decided by $? here, so it ends at a command that fails: $? is only reached " +
	"where the command succeeded. Decide by it: COMMAND || rc=$?, or if ! COMMAND; then … fi."

// DecidedByNext are the statements of a script about whose status the next one decides: `rc=$?` whose value is asked later, `[ $? -ne 0 ]`,
// `if [ $? …`, `case $? in`, `exit $?`. To print it is no decision. Where the script itself has `set -e`, as bash ends there, there are
// none.
func DecidedByNext(file *syntax.File) map[*syntax.Stmt]bool {
	decided := map[*syntax.Stmt]bool{}
	if switches(file, "-") {
		return decided
	}
	lists(file, func(list []*syntax.Stmt, _ bool) {
		for i, s := range list[min(1, len(list)):] {
			if asksStatus(s) && decides(s, file) {
				decided[list[i]] = true
			}
		}
	})
	return decided
}

// lists calls f for each list of statements of a script. function reports that it is within one.
func lists(file *syntax.File, f func(list []*syntax.Stmt, function bool)) {
	var within func(n syntax.Node, function bool)
	within = func(root syntax.Node, function bool) {
		syntax.Walk(root, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.File:
				f(n.Stmts, function)
			case *syntax.Block:
				f(n.Stmts, function)
			case *syntax.Subshell:
				f(n.Stmts, function)
			case *syntax.CmdSubst:
				f(n.Stmts, function)
			case *syntax.ForClause:
				f(n.Do, function)
			case *syntax.WhileClause:
				f(n.Do, function)
			case *syntax.CaseItem:
				f(n.Stmts, function)
			case *syntax.IfClause:
				f(n.Then, function)
			case *syntax.FuncDecl:
				within(n.Body, true)
				return false
			}
			return true
		})
	}
	within(file, false)
}

// decides reports whether a statement that uses $? decides something by it, or keeps it in a variable by which something is decided.
func decides(s *syntax.Stmt, file *syntax.File) bool {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok {
		_, declares := s.Cmd.(*syntax.DeclClause)
		return !declares || keepsDecided(s, file)
	}
	if len(call.Args) > 0 {
		return !slices.Contains(printing, shell.CallName(call)) && shell.CallName(call) != "logger"
	}
	return keepsDecided(s, file)
}

// keepsDecided reports whether a variable that a statement sets to $? is asked in a condition, a case or an exit.
func keepsDecided(s *syntax.Stmt, file *syntax.File) bool {
	names := map[string]bool{}
	syntax.Walk(s, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && a.Value != nil && slices.ContainsFunc(flat(a.Value), isStatus) {
			names[a.Name.Value] = true
		}
		return true
	})
	asked := false
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			switch shell.CallName(n) {
			case "[", "test", "exit", "return", "let":
				asked = asked || usesAny(n, names)
			}
		case *syntax.TestClause, *syntax.ArithmCmd:
			asked = asked || usesAny(n, names)
		case *syntax.CaseClause:
			asked = asked || usesAny(n.Word, names)
		}
		return !asked
	})
	return asked
}

// flat are the parts of a word, those within double quotes too.
func flat(w *syntax.Word) []syntax.WordPart {
	var parts []syntax.WordPart
	for _, p := range w.Parts {
		if q, ok := p.(*syntax.DblQuoted); ok {
			parts = append(parts, q.Parts...)
			continue
		}
		parts = append(parts, p)
	}
	return parts
}

// usesAny reports whether a node uses one of the variables; in arithmetic a name alone does.
func usesAny(n syntax.Node, names map[string]bool) bool {
	uses := false
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			uses = uses || names[shell.ParamName(n)]
		case *syntax.Lit:
			uses = uses || names[n.Value]
		}
		return !uses
	})
	return uses
}

// SetsErrexit reports whether a script has `set -e`.
func SetsErrexit(file *syntax.File) bool { return switches(file, "-") }

// switches reports whether a script has `set -e`, or `set +e` where the sign is a plus.
func switches(file *syntax.File, sign string) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && shell.CallName(c) == "set" {
			words := literals(c)
			for i, word := range words {
				flags, is := strings.CutPrefix(word, sign)
				found = found || is && !strings.HasPrefix(flags, "-") && strings.Contains(flags, "e")
				found = found || is && strings.Contains(flags, "o") && i+1 < len(words) && words[i+1] == "errexit"
			}
		}
		return !found
	})
	return found
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
