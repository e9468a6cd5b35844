package interpret

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// A program that is not run has no status. Where a script asks for it, in a condition, by || or $?, none is made up: the step is done by
// hand from there. A status that only says whether the script goes on, as in `terraform init && terraform apply` or under set -e, is none
// that anything is concluded from.

// endsAtFailure reports options of a shell that say -e: a script that is begun so decides by no status of the line before.
func endsAtFailure(options []string) bool {
	return slices.ContainsFunc(options, func(o string) bool {
		return o == "errexit" || strings.HasPrefix(o, "-") && !strings.HasPrefix(o, "--") && strings.Contains(o, "e")
	})
}

// weight says what depends on the status of a call.
type weight uint8

const (
	weighs         weight = 1 << iota // something is decided by it
	weighsInCaller                    // it is that of the whole script, by which its caller may decide
	weighsReading                     // it comes before &&, and decides where the call only reads
)

// decides reports whether something is concluded from the status of a program's call.
func (r *running) decides(h interp.HandlerContext, effect procedures.Effect) bool {
	weights := r.weights
	if r.State.Has(pipefail) {
		weights = r.pipeWeights
	}
	w := weights[analyse.PlaceOf(h.Pos)]
	return w&weighs != 0 || w&weighsInCaller != 0 && r.observed || w&weighsReading != 0 && !effect.Changes()
}

// weigher goes through the statements of a script.
type weigher struct {
	weights   map[analyse.Place]weight
	functions map[string]*syntax.Stmt
	called    map[string]weight // that of each function's last statement
	program   func(name string) bool
	pipefail  bool
	changed   bool
}

// weigh says of each call of a script what depends on its status. program reports whether a name is that of no command of the table.
// With pipefail, a step before it has set that.
func weigh(file *syntax.File, program func(name string) bool, pipefail bool) map[analyse.Place]weight {
	w := &weigher{
		pipefail: pipefail,
		weights:  map[analyse.Place]weight{}, functions: map[string]*syntax.Stmt{}, called: map[string]weight{}, program: program,
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil {
				w.functions[n.Name.Value] = n.Body
			}
		case *syntax.CallExpr:
			for _, arg := range n.Args {
				w.pipefail = w.pipefail || shell.CallName(n) == "set" && arg.Lit() == "pipefail"
			}
		}
		return true
	})
	// what is concluded from a function's status is known when its callers are
	for w.changed = true; w.changed; {
		w.changed = false
		w.list(file.Stmts, weighsInCaller)
		for name, body := range w.functions {
			w.stmt(body, w.called[name])
		}
	}
	return w.weights
}

// list weighs statements; last is what depends on the last one.
func (w *weigher) list(stmts []*syntax.Stmt, last weight) {
	for i, s := range stmts {
		of := weight(0)
		switch {
		case i == len(stmts)-1:
			of = last
		case readsStatus(stmts[i+1]):
			of = weighs
		}
		w.stmt(s, of)
	}
}

// readsStatus reports whether a statement uses the status of the one before it.
func readsStatus(s *syntax.Stmt) bool {
	reads := false
	syntax.Walk(s, func(n syntax.Node) bool {
		p, ok := n.(*syntax.ParamExp)
		reads = reads || ok && p.Param != nil && (p.Param.Value == "?" || p.Param.Value == "PIPESTATUS")
		return !reads
	})
	return reads
}

func (w *weigher) stmt(s *syntax.Stmt, of weight) {
	if s == nil {
		return
	}
	if s.Negated {
		of = weighs
	}
	for _, r := range s.Redirs {
		w.within(r)
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		w.call(c, of)
	case *syntax.BinaryCmd:
		w.binary(c, of)
	case *syntax.IfClause:
		for clause := c; clause != nil; clause = clause.Else {
			w.list(clause.Cond, weighs)
			w.list(clause.Then, of)
		}
	case *syntax.WhileClause:
		w.list(c.Cond, weighs)
		w.list(c.Do, of)
	case *syntax.ForClause:
		w.within(c.Loop)
		w.list(c.Do, of)
	case *syntax.CaseClause:
		w.within(c.Word)
		for _, item := range c.Items {
			w.list(item.Stmts, of)
		}
	case *syntax.Block:
		w.list(c.Stmts, of)
	case *syntax.Subshell:
		w.list(c.Stmts, of)
	case *syntax.TimeClause:
		w.stmt(c.Stmt, of)
	case nil, *syntax.FuncDecl:
	default:
		w.within(c)
	}
}

// call weighs a simple command, and the scripts in its words. An assignment has the status of what it collects.
func (w *weigher) call(c *syntax.CallExpr, of weight) {
	inner := weight(0)
	if len(c.Args) == 0 {
		inner = of
	} else {
		place, name := analyse.PlaceOf(c.Pos()), shell.CallName(c)
		w.changed = w.changed || w.weights[place]|of != w.weights[place]
		w.weights[place] |= of
		if _, ok := w.functions[name]; ok {
			w.changed = w.changed || w.called[name]|of != w.called[name]
			w.called[name] |= of
		}
	}
	w.collected(c, inner)
}

// within weighs the scripts in a word's $(…).
func (w *weigher) within(n syntax.Node) { w.collected(n, 0) }

func (w *weigher) collected(n syntax.Node, of weight) {
	if n == nil {
		return
	}
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			w.list(n.Stmts, of)
			return false
		case *syntax.ProcSubst:
			w.list(n.Stmts, 0)
			return false
		}
		return true
	})
}

func (w *weigher) binary(c *syntax.BinaryCmd, of weight) {
	left := weight(0)
	switch c.Op {
	case syntax.OrStmt:
		if left = weighs; w.endsScript(c.Y) {
			left = of
		}
	case syntax.AndStmt:
		if left = of; !w.runsProgram(c.Y) {
			left |= weighsReading
		}
	default:
		if w.pipefail {
			left = of
		}
		left |= of & weighs // PIPESTATUS has each part's
	}
	w.stmt(c.X, left)
	w.stmt(c.Y, of)
}

// endsScript reports whether a statement does nothing but end the script, or the function, or nothing at all: what stands before || is
// then taken for done.
func (w *weigher) endsScript(s *syntax.Stmt) bool {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		switch shell.CallName(c) {
		case "exit", "return", "true", ":", "false", "break", "continue":
			return true
		}
	case *syntax.Block:
		if len(c.Stmts) == 0 {
			return false
		}
		last, ok := c.Stmts[len(c.Stmts)-1].Cmd.(*syntax.CallExpr)
		if !ok {
			return false
		}
		name := shell.CallName(last)
		return name == "exit" || name == "return"
	}
	return false
}

// runsProgram reports whether a statement begins with a program, or a script by its path.
func (w *weigher) runsProgram(s *syntax.Stmt) bool {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		name := shell.CallName(c)
		_, function := w.functions[name]
		return name != "" && !function && (strings.Contains(name, "/") || w.program(name))
	case *syntax.BinaryCmd:
		return w.runsProgram(c.X)
	}
	return false
}
