package analyse

import (
	"fmt"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// A part of a script that is not run here takes its outermost statement with it, and what calls a function that is declared there: half a
// loop, or half of `a && b`, would be another script. The other statements run. What only the statement would set is asked for.

// reason says why a statement is left to a person, and where in it the part is that does not run here.
type reason struct {
	why   string
	at    syntax.Node
	opens string // what it opens a session with
	// finding says so; nil for the one that every such part has.
	finding *procedures.Finding
}

// handed is what a walker knows of the statements that are left to a person.
type handed struct {
	left  map[*syntax.Stmt]reason // those that are known
	found map[*syntax.Stmt]reason // those that this walk has found
	lost  map[string]string       // the functions that they declare, with the reasons
	gone  map[string]string       // the variables that only have a value where they are run, with the reasons
	// within is the statement of the script whose text is read as a script of its own: the commands of a trap.
	within *syntax.Stmt
}

func newHanded(left map[*syntax.Stmt]reason) handed {
	h := handed{left: left, found: map[*syntax.Stmt]reason{}, lost: map[string]string{}, gone: map[string]string{}}
	for s, r := range left {
		syntax.Walk(s, func(n syntax.Node) bool {
			if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
				h.lost[f.Name.Value] = r.why
			}
			return true
		})
	}
	return h
}

// refuse leaves the statement that is walked to a person, for the first reason that is given.
func (w *walker) refuse(n syntax.Node, format string, args ...any) {
	w.leave(reason{why: fmt.Sprintf(format, args...), at: n})
}

// refuseAll refuses the whole script, where the others of its statements would mean something else without this one.
func (w *walker) refuseAll(n syntax.Node, format string, args ...any) {
	if w.Analysis.Refused == "" {
		w.Analysis.Refused = fmt.Sprintf("Line %d: %s", shell.LineOf(w.script, n.Pos()), fmt.Sprintf(format, args...))
		w.Analysis.Effect = procedures.EffectChange
	}
}

func (w *walker) leave(r reason) {
	top := w.top
	if w.within != nil {
		top = w.within
	}
	if _, known := w.left[top]; known || top == nil {
		return
	}
	if _, known := w.found[top]; !known {
		w.found[top] = r
	}
}

// notCarriedOut leaves the statement of a line to a person that asks for something that is not carried out here, and refuses the whole
// script for one that would fail; not where the line is one of two for different systems: it is reached on the other one alone, and ends
// the step where it is reached.
func (w *walker) notCarriedOut(c *syntax.CallExpr, m procedures.Finding) {
	if w.otherwise > 0 {
		return
	}
	if m.Rule == commands.NotCarriedOut && m.Severity == procedures.SeverityNote {
		m.Line, m.Column = shell.LineOf(w.script, c.Pos()), int(c.Pos().Col())
		w.leave(reason{why: commands.WhyNotHere(m), at: c, finding: &m})
		return
	}
	w.lineFinding(c, m)
	if w.Analysis.Refused == "" {
		w.Analysis.Refused = fmt.Sprintf("Line %d: %s", shell.LineOf(w.script, c.Pos()), m.Message)
	}
}

// session leaves a line to a person that opens a session with a terminal; false where the line's input is no terminal, as it then gets
// its commands from there.
func (w *walker) session(c *syntax.CallExpr, with string) bool {
	if w.fed > 0 {
		return false
	}
	r := reason{why: "it opens a session (" + with + "), which a person types into.", opens: with}
	if w.top != nil && lastCall(w.top) != c {
		r.opens = ""
	}
	w.leave(r)
	return true
}

// lastCall is the command that a statement ends with; nil where it is no plain one.
func lastCall(s *syntax.Stmt) *syntax.CallExpr {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return c
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt {
			return lastCall(c.Y)
		}
	}
	return nil
}

// statements walks those of the whole script. Of what is left to a person only the variables are noted that it needs; what it would set is
// unknown to those after it.
func (w *walker) statements(list []*syntax.Stmt) {
	for i := 0; i < len(list); i++ {
		s := list[i]
		if _, left := w.left[s]; !left {
			if n := w.broken(list[i:]); n > 0 {
				i += n
			} else {
				w.stmt(s)
			}
			continue
		}
		var own []string
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.ParamExp:
				w.use(n)
				return true
			case *syntax.Assign:
				if n.Name != nil {
					own = append(own, n.Name.Value)
				}
			case *syntax.WordIter:
				own = append(own, n.Name.Value)
			case *syntax.CoprocClause:
				for _, name := range coprocNames(n) {
					w.gone[name] = "it is of a coprocess."
				}
			case *syntax.CallExpr:
				own = append(own, setBy(literals(n))...)
			default:
				return true
			}
			for _, name := range own {
				w.set[name] = true
			}
			return true
		})
		for _, name := range own {
			delete(w.set, name)
			delete(w.Constants, name)
			delete(w.values, name)
		}
	}
}

// handOver tells of the statements that are left to a person. A construct that is not supported is a finding, a session is none.
func (w *walker) handOver(file *syntax.File) {
	if len(w.left) == 0 {
		return
	}
	w.ByHand = map[int]int{}
	for i, s := range file.Stmts {
		r, left := w.left[s]
		if !left {
			continue
		}
		w.ByHand[i] = len(w.Analysis.ByHand)
		w.Analysis.OnlyPrints = false
		w.Analysis.ByHand = append(w.Analysis.ByHand, procedures.ByHand{
			Line: shell.LineOf(w.script, s.Pos()), Last: shell.LineOf(w.script, s.End()), Text: shell.Source(w.script, s), Why: r.why,
		})
		if i == len(file.Stmts)-1 {
			w.Analysis.Opens = r.opens
		}
		switch {
		case r.finding != nil:
			w.lineFinding(r.at, *r.finding)
		case r.at != nil:
			w.find(r.at, procedures.SeverityWarning, "not-run-here", "this statement is not run here, and is left to a person: "+r.why, "")
		}
	}
}

// coprocNames are the variables that a coprocess sets.
func coprocNames(c *syntax.CoprocClause) []string {
	name := "COPROC"
	if c.Name != nil {
		name = c.Name.Lit()
	}
	return []string{name, name + "_PID"}
}
