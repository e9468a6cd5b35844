// This file is Opsbook's: declarations, attributes, and the shell's own variables.

package interp

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// declaration is what declare, local, export and readonly are told.
type declaration struct {
	variant       string
	local, global bool
	on, off       map[byte]bool
	kind          string // -a, -A, -n or ""
	print, funcs  bool
	names         bool // -F
}

// declClause carries a declaration out.
func (r *Runner) declClause(ctx context.Context, cm *syntax.DeclClause) {
	d := declaration{variant: cm.Variant.Value, on: map[byte]bool{}, off: map[byte]bool{}}
	switch d.variant {
	case "declare", "typeset":
		d.local = r.inFunc // as "local", unless -g says otherwise
	case "local":
		if !r.inFunc {
			r.errf("bash: line %d: local: can only be used in a function\n", r.line)
			r.exit.code = 1
			return
		}
		d.local = true
	case "export":
		d.on['x'] = true
	case "readonly":
		d.on['r'] = true
	case "nameref":
		d.kind = "-n"
	}
	r.lastExpandExit = exitStatus{}
	seen, options := false, true
	r.lastArg = &expand.Text{Str: d.variant} // $_
	for as, given := range r.flattenAssigns(braced(cm.Args)) {
		word := as.Name.Value
		last := expand.Text{Str: word}
		if given != nil {
			last = expand.Join([]expand.Text{{Str: word + "="}, *given}, "")
		}
		r.lastArg = &last
		if options && as.Naked && len(word) > 1 && (word[0] == '-' || word[0] == '+') {
			if word == "--" {
				options = false
				continue
			}
			if !r.declOption(&d, word) {
				return
			}
			continue
		}
		options, seen = false, true
		r.declare(ctx, &d, as, given)
		if r.exit.exiting {
			return
		}
	}
	if !seen && !r.exit.exiting {
		if d.variant == "local" && !d.funcs {
			d.print = true
		}
		r.printDeclared(&d)
	}
}

// braced are the arguments of a declaration, in which a value with braces is a word like those of any other command: x={a,b} is x=a x=b.
func braced(args []*syntax.Assign) []*syntax.Assign {
	out := slices.Clone(args)
	for i, as := range out {
		if as.Name == nil || as.Value == nil || as.Index != nil || as.Array != nil {
			continue
		}
		if value := *as.Value; syntax.SplitBraces(&value) && slices.ContainsFunc(value.Parts, isBraces) {
			begin := as.Name.Value + "="
			if as.Append {
				begin = as.Name.Value + "+="
			}
			lit := &syntax.Lit{ValuePos: as.Name.ValuePos, Value: begin}
			out[i] = &syntax.Assign{Value: &syntax.Word{Parts: append([]syntax.WordPart{lit}, as.Value.Parts...)}}
		}
	}
	return out
}

func isBraces(part syntax.WordPart) bool {
	_, is := part.(*syntax.BraceExp)
	return is
}

func (r *Runner) declOption(d *declaration, word string) bool {
	to := d.on
	if word[0] == '+' {
		to = d.off
	}
	for _, letter := range []byte(word[1:]) {
		switch {
		case strings.IndexByte("rxilutc", letter) >= 0 && letter != 'c' && letter != 't':
			to[letter] = true
		case letter == 'n' && d.variant == "export":
			d.off['x'] = true
			delete(d.on, 'x')
		case letter == 'a' || letter == 'A' || letter == 'n':
			if word[0] == '-' {
				d.kind = "-" + string(letter)
			}
		case letter == 'g':
			d.global = true
		case letter == 'p':
			d.print = true
		case letter == 'f':
			d.funcs = true
		case letter == 'F':
			d.funcs, d.names = true, true
		default:
			r.errf("%s: -%c: invalid option\n", d.variant, letter)
			r.exit.code = 2
			return false
		}
	}
	return true
}

// declare carries a declaration out for one name.
func (r *Runner) declare(ctx context.Context, d *declaration, as *syntax.Assign, given *expand.Text) {
	name := as.Name.Value
	fail := func(format string, args ...any) {
		r.errf("bash: line %d: %s: %s\n", r.line, d.variant, fmt.Sprintf(format, args...))
		r.exit.code = 1
	}
	if d.funcs {
		switch body := r.Funcs[name]; {
		case body == nil && (d.variant == "export" || d.variant == "readonly"):
			fail("%s: not a function", name)
		case body == nil:
			r.exit.code = 1
		case d.on['x'] || d.off['x']: // which nothing but a script sees that this one calls
			exported := maps.Clone(r.exported)
			if exported == nil {
				exported = map[string]bool{}
			}
			exported[name] = d.on['x']
			r.exported = exported
		case d.names:
			r.outf("%s\n", name)
		default:
			r.exit.fatal(fmt.Errorf("%s -f: the text of a function is not printed here", d.variant))
		}
		return
	}
	if base, sub, ok := cutElemSubscript(name); ok && as.Index == nil { // an element in a computed word
		name = base
		as.Index = &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: sub}}}
	}
	if name == "-" && d.local && as.Naked && r.inFunc { // set -e and the like are the function's own
		if r.ownOptions == nil {
			options := r.opts
			r.ownOptions = &options
		}
		return
	}
	if !syntax.ValidName(name) {
		fail("`%s': not a valid identifier", name)
		return
	}
	if d.print {
		vr := r.lookupVar(name)
		if !as.Naked || as.Index != nil {
			vr = expand.Variable{}
		}
		if !vr.Declared() {
			fail("%s: not found", name)
			return
		}
		if err := r.statement().Charge(8 * sizeOf(vr)); err != nil {
			r.expandErr(err)
			return
		}
		r.marks.seen(vr, r.within)
		r.outf("%s\n", vr.DeclaredAs(name))
		return
	}
	prev := r.lookupVar(name)
	fresh := false // a local one that was none before
	if d.local && !d.global {
		if o, ok := r.writeEnv.(*overlayEnviron); ok && !o.hasLocal(name) {
			if prev.ReadOnly && !prev.Local {
				fail("%s: readonly variable", name)
				return
			}
			prev, fresh = expand.Variable{}, true // in which nothing of the one outside is
		}
	}
	vr := prev
	before := prev.ReadOnly
	if before && (!as.Naked || d.off['r']) {
		fail("%s: readonly variable", name)
		return
	}
	if d.kind == "-a" && prev.Kind == expand.Associative || d.kind == "-A" && prev.Kind == expand.Indexed {
		fail("%s: cannot convert %s array", name, map[string]string{"-a": "associative to indexed", "-A": "indexed to associative"}[d.kind])
		return
	}
	for letter, attribute := range map[byte]*bool{'i': &vr.Integer, 'l': &vr.Lower, 'u': &vr.Upper, 'x': &vr.Exported, 'r': &vr.ReadOnly} {
		if d.on[letter] {
			*attribute = true
		}
		if d.off[letter] {
			*attribute = false
		}
	}
	switch {
	case d.on['l'] && d.on['u']:
		vr.Lower, vr.Upper = false, false
	case d.on['l']:
		vr.Upper = false
	case d.on['u']:
		vr.Lower = false
	}
	if d.global {
		vr.Local = false
	} else if d.local {
		vr.Local = true
	}
	readOnly := vr.ReadOnly
	if as.Naked {
		if vr.Kind == expand.String && !vr.Set && (d.kind == "-a" || d.kind == "-A") { // known, and nothing else yet
			vr.Kind = expand.Unknown
		}
		switch {
		case d.kind == "-A" && vr.Kind == expand.Unknown:
			vr.Kind = expand.Associative
		case d.kind == "-a" && vr.Kind == expand.Unknown:
			vr.Kind = expand.Indexed
		case d.kind == "-a" && vr.Kind == expand.String && vr.Set:
			vr = vr.WithElement(0, expand.Text{Str: vr.Str, Marks: vr.Marks})
		case d.kind == "-A" && vr.Kind == expand.String && vr.Set:
			vr = vr.WithMember(expand.Text{Str: "0"}, expand.Text{Str: vr.Str, Marks: vr.Marks})
			vr.Str, vr.Marks = "", nil
		case d.kind == "-n" && vr.Kind == expand.String:
			vr.Kind = expand.NameRef
		}
		if !vr.Declared() {
			vr.Kind = expand.String // known, and not set
		}
		if before { // it gets attributes, and no value
			vr.Kind = expand.KeepValue
		}
		r.declareVar(name, vr, d.global)
		return
	}
	vr.ReadOnly = before
	switch d.kind {
	case "-A":
		if vr.Kind == expand.Unknown || !vr.Set {
			vr.Kind = expand.Associative
		}
	case "-a":
		if vr.Kind == expand.Unknown || !vr.Set {
			vr.Kind = expand.Indexed
		}
	}
	if given != nil && strings.HasPrefix(given.Str, "(") && strings.HasSuffix(given.Str, ")") &&
		(d.kind == "-a" || d.kind == "-A" || vr.Kind == expand.Indexed || vr.Kind == expand.Associative) {
		r.exit.fatal(fmt.Errorf("%s %s: an array in quotes is not supported here; write %s=(…) without them", d.variant, name, name))
		return
	}
	r.given = given
	if as.Index != nil {
		index := as.Index
		_, value := r.assignVal(name, vr, as, d.kind)
		r.given = nil
		r.setVarWithIndex(vr, name, index, value, as.Append)
		return
	}
	target, value := r.assignVal(name, vr, as, d.kind)
	r.given = nil
	if r.exit.exiting {
		return
	}
	if fresh && value.Integer { // its own name in the expression is nothing
		r.declareVar(name, expand.Variable{Local: true}, false)
	}
	if kept := vr.Set && (vr.Kind == expand.Indexed || vr.Kind == expand.Associative); kept && value.Kind == expand.String && d.kind == "" {
		text := r.converted(expand.Text{Str: value.Str, Marks: value.Marks}, value)
		if vr.Kind == expand.Indexed {
			value = vr.WithElement(0, text)
		} else {
			value = vr.WithMember(expand.Text{Str: "0"}, text)
		}
	}
	if value.Kind == expand.String && (d.kind == "-a" || d.kind == "-A") {
		text := r.converted(expand.Text{Str: value.Str, Marks: value.Marks}, value)
		if d.kind == "-A" {
			value = value.WithMember(expand.Text{Str: "0"}, text)
		} else {
			value = value.WithElement(0, text)
		}
	} else if value.Kind == expand.String {
		text := r.converted(expand.Text{Str: value.Str, Marks: value.Marks}, value)
		value.Str, value.Marks = text.Str, text.Marks
	}
	if r.exit.exiting {
		return
	}
	value.ReadOnly = readOnly
	value.Set = true
	r.declareVar(target, value, d.global)
}

// declareVar sets a variable with its attributes; a global one in the outermost scope.
func (r *Runner) declareVar(name string, vr expand.Variable, global bool) {
	env := r.writeEnv
	if global {
		for o, ok := env.(*overlayEnviron); ok && o.funcScope; o, ok = env.(*overlayEnviron) {
			env = o.parent.(expand.WriteEnviron)
		}
	}
	if r.opts[optAllExport] {
		vr.Exported = true
	}
	if err := env.Set(name, vr); err != nil {
		r.expandErr(fmt.Errorf("%s: %w", name, err))
		return
	}
	if r.assigned != nil {
		r.assigned(name, vr)
	}
	if name == "OPTIND" {
		r.optionsAnew(vr)
	}
}

// printDeclared prints all variables, or functions, that a declaration without a name is of.
func (r *Runner) printDeclared(d *declaration) {
	if d.funcs {
		if !d.names {
			r.exit.fatal(fmt.Errorf("%s -f: the text of functions is not printed here", d.variant))
			return
		}
		for _, name := range slices.Sorted(maps.Keys(r.Funcs)) {
			flags := "-f"
			if r.exported[name] {
				flags = "-fx"
			} else if d.on['x'] {
				continue
			}
			r.outf("declare %s %s\n", flags, name)
		}
		return
	}
	if !d.print && len(d.on) == 0 && d.kind == "" {
		r.printVariables()
		return
	}
	own, _ := r.writeEnv.(*overlayEnviron)
	for _, name := range r.variableNames() {
		vr := r.lookupVar(name)
		if d.variant == "local" && (own == nil || !own.hasLocal(name)) {
			continue
		}
		if d.on['x'] && !vr.Exported || d.on['r'] && !vr.ReadOnly || d.on['i'] && !vr.Integer ||
			d.kind == "-a" && vr.Kind != expand.Indexed || d.kind == "-A" && vr.Kind != expand.Associative {
			continue
		}
		r.marks.seen(vr, r.within)
		r.outf("%s\n", vr.DeclaredAs(name))
	}
}

// variableNames are those that are declared, sorted.
func (r *Runner) variableNames() []string {
	names := map[string]bool{}
	r.writeEnv.Each(func(name string, vr expand.Variable) bool {
		names[name] = vr.Declared()
		return true
	})
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool { return !names[name] })
}

// hasLocal reports whether a variable is one of this function's own.
func (o *overlayEnviron) hasLocal(name string) bool {
	vr, ok := o.values[o.normalize(name)]
	return ok && vr.Local
}

// converted is a text as the attributes of its variable want it.
func (r *Runner) converted(t expand.Text, vr expand.Variable) expand.Text {
	switch {
	case vr.Integer:
		if len(t.Marks) > 0 {
			n, err := expand.Number(t, syntax.Pos{})
			r.expandErr(err)
			return expand.Text{Str: strconv.FormatInt(n, 10), Marks: t.Marks}
		}
		n, err := expand.Compute(r.ecfg, t.Str)
		r.expandErr(err)
		return expand.Text{Str: strconv.Itoa(n)}
	case vr.Lower:
		return t.Like(strings.ToLower(t.Str))
	case vr.Upper:
		return t.Like(strings.ToUpper(t.Str))
	}
	return t
}

// setElement sets an element of an array by its subscript as a text.
func (r *Runner) setElement(name, sub string, value expand.Text) {
	index := &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: sub}}}
	prev := r.lookupVar(name)
	if prev.Kind != expand.Associative {
		n, err := expand.Compute(r.ecfg, sub)
		if err != nil {
			r.expandErr(err)
			return
		}
		index = &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: strconv.Itoa(n)}}}
	}
	vr := prev
	vr.Set, vr.Kind, vr.Str, vr.Marks = true, expand.String, value.Str, value.Marks
	r.setVarWithIndex(prev, name, index, vr, false)
}

// ShellVersion is the bash that scripts are run like.
const ShellVersion = "5.2.15(1)-release"

// shellVar is one of the shell's own variables.
func (r *Runner) shellVar(name string) (vr expand.Variable, ok bool) {
	list := func(items ...string) (expand.Variable, bool) {
		if items == nil {
			items = []string{}
		}
		return expand.Variable{Set: true, Kind: expand.Indexed, List: items}, true
	}
	text := func(s string) (expand.Variable, bool) {
		return expand.Variable{Set: true, Kind: expand.String, Str: s}, true
	}
	switch name {
	case "_":
		if r.lastArg == nil {
			return expand.Variable{}, false
		}
		return expand.Variable{Set: true, Kind: expand.String, Str: r.lastArg.Str, Marks: r.lastArg.Marks}, true
	case "BASH_SUBSHELL":
		return text(strconv.Itoa(r.level))
	case "BASH_COMMAND":
		if r.command == nil {
			return text("")
		}
		if sub, ok := r.command.(*syntax.Subshell); ok {
			inner := make([]string, len(sub.Stmts))
			for i, st := range sub.Stmts {
				inner[i] = r.source(st)
			}
			return text("( " + strings.Join(inner, "; ") + " )")
		}
		return text(r.source(r.command))
	case "PIPESTATUS":
		return list(r.pipeStatus...)
	case "FUNCNAME":
		if !slices.ContainsFunc(r.calls, func(c called) bool { return c.name != "source" }) {
			return expand.Variable{}, false
		}
		names := make([]string, 0, len(r.calls)+1)
		for _, c := range slices.Backward(r.calls) {
			names = append(names, c.name)
		}
		return list(append(names, "main")...)
	case "BASH_LINENO":
		lines := make([]string, 0, len(r.calls)+1)
		for _, c := range slices.Backward(r.calls) {
			lines = append(lines, strconv.Itoa(int(c.line)))
		}
		return list(append(lines, "0")...)
	case "BASH_SOURCE":
		sources := make([]string, 0, len(r.calls)+1)
		for _, c := range slices.Backward(r.calls) {
			sources = append(sources, cmp.Or(c.file, r.envGet("0")))
		}
		return list(append(sources, r.envGet("0"))...)
	case "SECONDS":
		return text(strconv.FormatInt(int64(r.clock().Sub(r.started).Seconds())+r.seconds, 10))
	case "EPOCHSECONDS":
		return text(strconv.FormatInt(r.clock().Unix(), 10))
	case "EPOCHREALTIME":
		now := r.clock()
		return text(fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000))
	case "BASH_VERSINFO":
		return list("5", "2", "15", "1", "release", "x86_64-pc-linux-gnu")
	case "BASHPID":
		return text(strconv.Itoa(r.pid()))
	case "SHELLOPTS":
		var on []string
		for i, opt := range &posixOptsTable {
			if r.opts[i] {
				on = append(on, opt.name)
			}
		}
		slices.Sort(on)
		return text(strings.Join(on, ":"))
	}
	return vr, false
}

// called is a function that has not returned.
type called struct {
	name string
	line uint
	file string // the sourced one that it stands in
}
