package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// Bash assigns in more ways than NAME=value: what arithmetic assigns, what a builtin is told to fill, and what a name stands for.

// valueOptions are the options of builtins that set variables whose value is the next word.
var valueOptions = map[string]string{"read": "dinNptu", "mapfile": "CcdnOsu", "readarray": "CcdnOsu", "printf": "", "wait": ""}

// fillOptions are those of them whose value is the variable that is set.
var fillOptions = map[string]string{"read": "a", "printf": "v", "wait": "p"}

// setBy are the variables that a builtin's line sets, by the words that are known.
//
//	read -r -p 'Name: ' NAME     printf -v LABEL '%s' x     mapfile -t LINES     getopts ab: OPTION
func setBy(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	name, rest := args[0], args[1:]
	if (name == "command" || name == "builtin") && len(rest) > 0 {
		return setBy(rest)
	}
	takes, known := valueOptions[name]
	switch {
	case name == "getopts" && len(rest) > 1:
		return variables(rest[1:2], "OPTARG", "OPTIND")
	case name == "set":
		return positionals(rest)
	case !known:
		return nil
	}
	var names []string
	for i := 0; i < len(rest); i++ {
		word := rest[i]
		if word == "--" {
			names = append(names, rest[i+1:]...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			if name == "printf" || name == "wait" {
				break
			}
			names = append(names, word)
			continue
		}
		for k := 1; k < len(word); k++ {
			letter := word[k]
			target := strings.IndexByte(fillOptions[name], letter) >= 0
			if !target && strings.IndexByte(takes, letter) < 0 {
				continue
			}
			value := word[k+1:]
			if value == "" && i+1 < len(rest) {
				i++
				value = rest[i]
			}
			if target {
				names = append(names, value)
			}
			break
		}
	}
	if len(names) == 0 && name == "read" {
		return []string{"REPLY"}
	}
	if len(names) == 0 && (name == "mapfile" || name == "readarray") {
		return []string{"MAPFILE"}
	}
	return variables(names)
}

// Asked are the variables that a line of read sets to what a person types, where nothing else is its input. What is read into an array,
// from a descriptor, or into REPLY is none of them.
func Asked(args []string) []string {
	if len(args) == 0 || args[0] != "read" {
		return nil
	}
	for i := 1; i < len(args); i++ {
		word := args[i]
		if len(word) < 2 || word[0] != '-' {
			continue
		}
		flags := word[1:]
		if at := strings.IndexAny(flags, valueOptions["read"]+fillOptions["read"]); at >= 0 {
			if strings.IndexByte("au", flags[at]) >= 0 {
				return nil
			}
			if at == len(flags)-1 { // the next word is its value
				i++
			}
		}
	}
	if slices.Contains(args, "--") {
		return nil
	}
	return slices.DeleteFunc(setBy(args), func(name string) bool { return name == "REPLY" })
}

// variables are those of the words that are names of variables; an element's is that of its array.
func variables(words []string, more ...string) []string {
	var out []string
	for _, word := range words {
		word, _, _ = strings.Cut(word, "[")
		if variableName().MatchString(word) {
			out = append(out, word)
		}
	}
	return append(out, more...)
}

var variableName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)

// positionals are those that `set -- a b` sets. What follows may be any number of words, so all of them are set.
func positionals(args []string) []string {
	for i, word := range args {
		if word == "--" && i+1 < len(args) {
			return []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
		}
	}
	return nil
}

// assignedText is an assignment in an argument of let that is quoted: let "N = 4".
var assignedText = lazy.Regexp(`^\s*([A-Za-z_][A-Za-z0-9_]*)(?:\[[^]]*\])?\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)?=[^=])`)

// setByArithmetic is the variable that one node of arithmetic sets, "" where it sets none.
func setByArithmetic(n syntax.Node) string {
	switch n := n.(type) {
	case *syntax.BinaryArithm:
		op := n.Op.String()
		if !strings.HasSuffix(op, "=") || n.Op == syntax.Eql || n.Op == syntax.Neq || n.Op == syntax.Leq || n.Op == syntax.Geq {
			return ""
		}
		return arithmeticName(n.X)
	case *syntax.UnaryArithm:
		if n.Op == syntax.Inc || n.Op == syntax.Dec {
			return arithmeticName(n.X)
		}
	}
	return ""
}

// arithmeticName is the variable that an operand names: n, or the array of n[0].
func arithmeticName(e syntax.ArithmExpr) string {
	word, ok := e.(*syntax.Word)
	if !ok {
		return ""
	}
	name := word.Lit()
	if len(word.Parts) == 1 {
		if p, ok := word.Parts[0].(*syntax.ParamExp); ok && p.Short {
			name = shell.ParamName(p)
		}
	}
	if !variableName().MatchString(name) {
		return ""
	}
	return name
}

// letNames are the variables that the quoted arguments of let set.
func letNames(c *syntax.LetClause) []string {
	var names []string
	for _, e := range c.Exprs {
		word, ok := e.(*syntax.Word)
		if !ok || len(word.Parts) != 1 {
			continue
		}
		text := ""
		switch p := word.Parts[0].(type) {
		case *syntax.SglQuoted:
			text = p.Value
		case *syntax.DblQuoted:
			if len(p.Parts) > 0 {
				if l, ok := p.Parts[0].(*syntax.Lit); ok {
					text = l.Value
				}
			}
		}
		if m := assignedText().FindStringSubmatch(text + " "); m != nil {
			names = append(names, m[1])
		}
	}
	return names
}

// literals are the words of a call as far as its text tells them; "" for the others.
func literals(c *syntax.CallExpr) []string {
	out := make([]string, len(c.Args))
	for i, w := range c.Args {
		out[i] = w.Lit()
	}
	return out
}

// assignedOnce counts assignments, so that a variable that is assigned once, outside loops, is a constant.
// What is assigned in any other way than NAME=value counts twice: its value is never that of the text.
func (w *walker) assignedOnce(file *syntax.File) {
	w.once = map[string]int{}
	twice := func(names ...string) {
		for _, name := range names {
			w.once[name] += 2
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				w.once[n.Name.Value]++
			}
		case *syntax.DeclClause:
			for _, a := range n.Args {
				if a.Name == nil {
					twice(quotedName(a.Value))
				}
			}
			if isReference(n) {
				for _, a := range n.Args {
					if a.Name != nil {
						twice(a.Name.Value)
						if a.Value != nil {
							twice(a.Value.Lit())
						}
					}
				}
			}
		case *syntax.WordIter:
			twice(n.Name.Value)
		case *syntax.Redirect:
			twice(descriptorName(n))
		case *syntax.LetClause:
			twice(letNames(n)...)
		case *syntax.BinaryArithm, *syntax.UnaryArithm:
			twice(setByArithmetic(n))
		case *syntax.CallExpr:
			twice(setBy(literals(n))...)
		}
		return true
	})
}

// isReference reports whether a declaration makes names that stand for other variables: declare -n REF=NAME.
func isReference(d *syntax.DeclClause) bool {
	for _, a := range d.Args {
		if a.Naked && a.Name == nil && a.Value != nil {
			if option := a.Value.Lit(); strings.HasPrefix(option, "-") && strings.Contains(option, "n") {
				return true
			}
		}
	}
	return false
}

// declaration reads declare and its like. `export NAME` sets nothing: it needs a NAME from outside where the script has none.
func (w *walker) declaration(d *syntax.DeclClause) {
	w.hide(d)
	reference, leaves := isReference(d), d.Variant.Value == "export" || d.Variant.Value == "readonly"
	var set []*syntax.Assign
	for _, a := range d.Args {
		switch {
		case leaves && a.Naked && a.Name != nil && !w.set[a.Name.Value]:
			w.useName(a.Name.Value)
		case reference && a.Name != nil && a.Value != nil && variableName().MatchString(a.Value.Lit()):
			w.references[a.Name.Value] = a.Value.Lit()
			w.set[a.Name.Value] = true
		case a.Naked && a.Name == nil && quotedName(a.Value) != "": // export "NAME=value"
			w.expansions(a.Value)
			w.setVariable(quotedName(a.Value))
		default:
			set = append(set, a)
		}
	}
	w.assigns(set)
}

// quotedName is the variable that a word of a declaration sets which is in quotes: declare "NAME=$VALUE"; "" for any other word.
func quotedName(word *syntax.Word) string {
	if word == nil || len(word.Parts) == 0 {
		return ""
	}
	text := ""
	switch p := word.Parts[0].(type) {
	case *syntax.SglQuoted:
		text = p.Value
	case *syntax.DblQuoted:
		if len(p.Parts) > 0 {
			if l, ok := p.Parts[0].(*syntax.Lit); ok {
				text = l.Value
			}
		}
	}
	name, _, ok := strings.Cut(text, "=")
	if name, _, _ = strings.Cut(strings.TrimSuffix(name, "+"), "["); ok && variableName().MatchString(name) {
		return name
	}
	return ""
}

// descriptorName is the variable that gets a redirection's number: exec {NAME}>file; "" for none.
func descriptorName(r *syntax.Redirect) string {
	if r.N == nil || !strings.HasPrefix(r.N.Value, "{") || !strings.HasSuffix(r.N.Value, "}") {
		return ""
	}
	return strings.Join(variables([]string{strings.Trim(r.N.Value, "{}")}), "")
}
