package analyse

import (
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// sourceOf is the text of a node.
func (w *walker) sourceOf(n syntax.Node) string { return shell.Source(w.script, n) }

// bracesOf are the words of {a,b}; nil where there are many.
func bracesOf(word *syntax.Word) []*syntax.Word {
	var words []*syntax.Word
	for one, err := range expand.BracesSeq(nil, word) {
		if err != nil || len(words) == maxPieces {
			return nil
		}
		words = append(words, one)
	}
	return words
}

// listed reports "$@" and "${NAME[@]}", which are as many words as they have in quotes, too.
func listed(p *syntax.ParamExp) bool {
	index, ok := p.Index.(*syntax.Word)
	return shell.ParamName(p) == "@" || ok && index.Lit() == "@"
}

// value is what a variable may be; false where that is not known.
func (w *walker) value(name string) (choices, bool) {
	if name != "" && name[0] >= '1' && name[0] <= '9' {
		at, err := strconv.Atoi(name)
		all, ok := w.values["@"]
		if err != nil || !ok {
			return nil, false
		}
		return elements(all, at-1), true
	}
	if name == "*" {
		name = "@"
	}
	all, ok := w.values[w.target(name)]
	return all, ok
}

// elements are those at a place of lists; an empty word where there is none.
func elements(all choices, at int) choices {
	var out choices
	for _, words := range all {
		one := piece{known: true}
		if at >= 0 && at < len(words) {
			one = words[at]
		}
		out, _ = out.add([]piece{one})
	}
	return out
}

// parameter is what an expansion may be. One that cannot be followed is a word that is not known.
func (w *walker) parameter(p *syntax.ParamExp) choices {
	name := shell.ParamName(p)
	unknown := choices{{piece{"${" + name + "}", false}}}
	if p.Length || p.Width || p.Names != 0 || p.Repl != nil || p.NestedParam != nil {
		return unknown
	}
	all, known := w.value(name)
	if p.Excl { // ${!NAME}
		if !known || p.Index != nil || p.Slice != nil || p.Exp != nil {
			return unknown
		}
		return w.indirect(all, unknown)
	}
	if p.Exp != nil {
		return w.withDefault(p, all, known, unknown)
	}
	if !known {
		return unknown
	}
	whole := name == "@" || name == "*"
	if index, ok := p.Index.(*syntax.Word); ok {
		switch text := index.Lit(); text {
		case "@", "*":
			whole = true
		default:
			all = w.indexed(all, text)
		}
	} else if p.Index != nil {
		all = w.indexed(all, "")
	} else if !whole {
		all = elements(all, 0)
	}
	if p.Slice == nil {
		return all
	}
	return sliced(p, all, name, whole, unknown)
}

// indexed are the elements at an index that is a number, or any of them.
func (w *walker) indexed(all choices, index string) choices {
	if at, err := strconv.Atoi(index); err == nil {
		return elements(all, at)
	}
	var out choices
	for _, words := range all {
		for _, p := range words {
			var ok bool
			if out, ok = out.add([]piece{p}); !ok {
				return choices{{piece{"${" + index + "}", false}}}
			}
		}
	}
	return out
}

// indirect are the values of the variables whose names a variable has.
func (w *walker) indirect(names, unknown choices) choices {
	var out choices
	for _, words := range names {
		if len(words) == 0 || !words[0].known {
			return unknown
		}
		all, known := w.value(words[0].text)
		if !known {
			return unknown
		}
		for _, value := range elements(all, 0) {
			var ok bool
			if out, ok = out.add(value); !ok {
				return unknown
			}
		}
	}
	return out
}

// withDefault is ${NAME:-x} and its like; of ${NAME#x} and its like nothing is known.
func (w *walker) withDefault(p *syntax.ParamExp, all choices, known bool, unknown choices) choices {
	if p.Exp.Op == syntax.ErrorUnset || p.Exp.Op == syntax.ErrorUnsetOrNull {
		if known {
			return elements(all, 0)
		}
		return unknown
	}
	if p.Exp.Op > syntax.AssignUnsetOrNull || p.Index != nil || !known {
		return unknown
	}
	other := choices{{piece{known: true}}}
	if p.Exp.Word != nil {
		other = w.choicesOf(p.Exp.Word, false)
	}
	var out choices
	for _, words := range slices.Concat(elements(all, 0), other) {
		if words[0].text == "" && !slices.ContainsFunc(other, func(o []piece) bool { return o[0].text == "" }) {
			continue // the default stands for it
		}
		var ok bool
		if out, ok = out.add(words); !ok {
			return unknown
		}
	}
	return out
}

// sliced is "${@:2}" and "${NAME[@]:1:2}", of a list from a place that is a number.
func sliced(p *syntax.ParamExp, all choices, name string, whole bool, unknown choices) choices {
	number := func(e syntax.ArithmExpr, otherwise int) (int, bool) {
		if e == nil {
			return otherwise, true
		}
		word, ok := e.(*syntax.Word)
		if !ok {
			return 0, false
		}
		n, err := strconv.Atoi(word.Lit())
		return n, err == nil && n >= 0
	}
	from, ok := number(p.Slice.Offset, 0)
	length, bounded := number(p.Slice.Length, maxPieces)
	if !whole || !ok || !bounded {
		return unknown
	}
	if name == "@" || name == "*" { // $0 is the first
		if from == 0 {
			return unknown
		}
		from--
	}
	var out choices
	for _, words := range all {
		words = words[min(from, len(words)):]
		out, _ = out.add(words[:min(length, len(words))])
	}
	return out
}

// printed is what $(echo …) prints. What any other command prints is not known.
func (w *walker) printed(c *syntax.CmdSubst) choices {
	unknown := choices{{piece{"$(…)", false}}}
	if len(c.Stmts) != 1 || len(c.Stmts[0].Redirs) > 0 {
		return unknown
	}
	call, ok := c.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || shell.CallName(call) != "echo" || w.isFunction("echo") {
		return unknown
	}
	all := w.product(call.Args[1:])
	var out choices
	for _, words := range all {
		text := joinPieces(words)
		if strings.HasPrefix(text.text, "-") {
			return unknown
		}
		out, _ = out.add([]piece{text})
	}
	if out == nil {
		return unknown
	}
	return out
}
