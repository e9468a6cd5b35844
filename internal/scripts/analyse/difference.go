package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// differs refuses constructs that the interpreter runs differently from bash, or not at all, and that are not
// rewritten: a wrong answer without an error is the worst kind.
func (w *walker) differs(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			w.differingExpansion(n)
		case *syntax.BinaryArithm:
			if sets(n.Op) {
				w.elementInArithmetic(n, n.X)
			}
		case *syntax.UnaryArithm:
			if n.Op == syntax.Inc || n.Op == syntax.Dec {
				w.elementInArithmetic(n, n.X)
			}
		case *syntax.UnaryTest:
			if word, ok := n.X.(*syntax.Word); n.Op == syntax.TsVarSet && ok && word.Lit() == "" {
				w.refuse(n, "[[ -v ]] of a computed name is not supported here; write ${NAME+set}.")
			}
		case *syntax.FuncDecl:
			if n.Name == nil {
				w.refuse(n, "a function without a name is not supported here.")
			}
		case *syntax.DeclClause:
			w.differingDeclaration(n)
		}
		return true
	})
}

// It refuses variables that the interpreter does not have, and the anchors of ${x/#a/b} and
// ${x/%a/b}.
func (w *walker) differingExpansion(p *syntax.ParamExp) {
	switch name := shell.ParamName(p); name {
	case "PIPESTATUS":
		w.refuse(p, "PIPESTATUS is not known here; set -o pipefail lets a pipe fail when one of its commands does.")
	case "SECONDS", "EPOCHSECONDS":
		w.refuse(p, "%s is not known here; $(date +%%s) is the time.", name)
	case "FUNCNAME", "BASH_SOURCE", "BASH_LINENO":
		w.refuse(p, "%s is not known here.", name)
	}
	if p.Repl != nil && p.Repl.Orig != nil && len(p.Repl.Orig.Parts) > 0 {
		if l, ok := p.Repl.Orig.Parts[0].(*syntax.Lit); ok && !p.Repl.All &&
			(strings.HasPrefix(l.Value, "#") || strings.HasPrefix(l.Value, "%")) {
			w.refuse(p, "${…/%s…} is not supported here; ${…#…} and ${…%%…} remove a prefix and a suffix.", l.Value[:1])
		}
	}
}

// sets reports whether an operator assigns.
func sets(op syntax.BinAritOperator) bool {
	return slices.Contains([]syntax.BinAritOperator{
		syntax.Assgn, syntax.AddAssgn, syntax.SubAssgn, syntax.MulAssgn, syntax.QuoAssgn, syntax.RemAssgn,
		syntax.AndAssgn, syntax.OrAssgn, syntax.XorAssgn, syntax.ShlAssgn, syntax.ShrAssgn,
	}, op)
}

// elementInArithmetic refuses ((a[0]++)), which the interpreter cannot assign.
// A plain name is assigned as in bash.
func (w *walker) elementInArithmetic(n syntax.Node, target syntax.ArithmExpr) {
	if word, ok := target.(*syntax.Word); ok && syntax.ValidName(word.Lit()) {
		return
	}
	w.refuse(n, "an element of an array is not assigned in arithmetic here; write a[0]=$((a[0] + 1)).")
}

// computed reports whether a word begins with something that is known only when it runs.
func computed(word *syntax.Word) bool {
	if len(word.Parts) == 0 {
		return false
	}
	first := word.Parts[0]
	if q, ok := first.(*syntax.DblQuoted); ok && len(q.Parts) > 0 {
		first = q.Parts[0]
	}
	switch first.(type) {
	case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
		return false
	}
	return true
}

// differingDeclaration refuses the attributes of declare that change what an assignment does.
// -i, -l, -u, -n and -t are refused, and flags that are computed, except with export.
func (w *walker) differingDeclaration(d *syntax.DeclClause) {
	for _, a := range d.Args {
		if !a.Naked || a.Value == nil {
			continue
		}
		if d.Variant.Value != "export" && computed(a.Value) {
			w.refuse(d, "what %s declares is written out here, not computed: an attribute could change what later "+
				"lines mean.", d.Variant.Value)
		}
		if flags := a.Value.Lit(); strings.HasPrefix(flags, "-") && strings.ContainsAny(flags, "ilunt") {
			w.refuse(d, "%s %s is not supported here.", d.Variant.Value, flags)
		}
	}
}
