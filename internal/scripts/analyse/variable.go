package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// In a function it is known as set, and is not among the variables that the script leaves: the
// function may never be called.
func (w *walker) setVariable(name string) {
	if name == "" {
		return
	}
	for seen := 0; name != "" && seen <= len(w.references); seen++ { // references may stand for one another in a circle
		w.set[name] = true
		delete(w.values, name)
		if w.function == 0 && (name[0] < '0' || name[0] > '9') {
			w.Analysis.Sets = add(w.Analysis.Sets, name)
		}
		name = w.references[name]
	}
}

// A variable that is assigned once, outside of loops, to a value that the text tells is a constant
// from here on.
func (w *walker) assigns(list []*syntax.Assign) {
	for _, a := range list {
		if a.Value != nil {
			w.expansions(a.Value)
		}
		if a.Index != nil {
			w.expansions(a.Index)
		}
		if a.Array != nil {
			for _, e := range a.Array.Elems {
				if e.Index != nil {
					w.expansions(e.Index)
				}
				if e.Value != nil {
					w.expansions(e.Value)
					w.fieldUse(e.Value, procedures.FieldList, false)
				}
			}
		}
		if a.Name == nil {
			continue
		}
		name := a.Name.Value
		w.assignedFrom(a)
		value := w.assigned(a)
		w.setVariable(name)
		w.remember(name, value)
		if a.Value == nil || a.Append || w.loop > 0 || w.once[name] != 1 {
			continue
		}
		if v := w.reader.word(a.Value); v.Known {
			w.reader.constants[name] = v.Text
		}
	}
}

// expansions finds what words expand: variables that are used, commands in $(…).
// Command and process substitutions are walked as subshells.
func (w *walker) expansions(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			w.use(n)
		case *syntax.BinaryArithm, *syntax.UnaryArithm:
			w.setVariable(setByArithmetic(n))
		case *syntax.CmdSubst:
			w.subshell++
			w.isolated(func() { w.stmts(n.Stmts) })
			w.subshell--
			return false
		case *syntax.ProcSubst:
			w.subshell++
			w.isolated(func() { w.stmts(n.Stmts) })
			w.subshell--
			return false
		}
		return true
	})
}

// use adds a variable that the script needs from outside. Special parameters, those of the shell
// itself, variables set before and those that have a value for the case that they are unset
// (${NAME:-x}) are none; ${NAME:=x} sets one. $1 to $9 are a function's own inside of it.
func (w *walker) use(p *syntax.ParamExp) {
	name := shell.ParamName(p)
	if !w.needed(name) {
		return
	}
	if p.Exp != nil && p.Exp.Op != syntax.ErrorUnset && p.Exp.Op != syntax.ErrorUnsetOrNull && p.Exp.Op <= syntax.AssignUnsetOrNull {
		if p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull {
			w.setVariable(name)
		}
		w.Analysis.Optional = add(w.Analysis.Optional, name)
		return // it has a value for the case that it is unset
	}
	w.useName(name)
}

// namesIn are the words of a text that could be names of variables, sorted.
func namesIn(text string) []string {
	names := nameWord().FindAllString(text, -1)
	slices.Sort(names)
	return slices.Clip(slices.Compact(names))
}

var nameWord = lazy.Regexp(`[A-Za-z_][A-Za-z0-9_]*`)

// needed reports whether a variable has no value unless it comes from outside.
func (w *walker) needed(name string) bool {
	return name != "" && !w.set[name] && !slices.Contains(shell.Ambient, name) &&
		strings.Trim(name, "?#@*$!-_0") != ""
}

// useName adds a variable that is needed.
func (w *walker) useName(name string) {
	if !w.needed(name) || name[0] >= '1' && name[0] <= '9' && w.function > 0 {
		return
	}
	if why := w.gone[name]; why != "" {
		w.leave(reason{why: name + " has no value here: " + why})
		return
	}
	w.Analysis.Uses = add(w.Analysis.Uses, name)
}
