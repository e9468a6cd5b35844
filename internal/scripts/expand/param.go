// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package expand

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/scripts/internal"
	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

func nodeLit(node syntax.Node) string {
	if word, ok := node.(*syntax.Word); ok {
		return word.Lit()
	}
	return ""
}

// UnsetParameterError is returned when a parameter expansion encounters an
// unset variable and [Config.NoUnset] has been set.
type UnsetParameterError struct {
	Node    *syntax.ParamExp
	Message string
}

func (u UnsetParameterError) Error() string {
	return fmt.Sprintf("%s: %s", u.Node.Param.Value, u.Message)
}

func overridingUnset(pe *syntax.ParamExp) bool {
	if pe.Exp == nil {
		return false
	}
	switch pe.Exp.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull,
		syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
		syntax.ErrorUnset, syntax.ErrorUnsetOrNull,
		syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return true
	}
	return false
}

func (cfg *Config) paramExp(pe *syntax.ParamExp) (Text, error) {
	oldParam := cfg.curParam
	cfg.curParam = pe
	defer func() { cfg.curParam = oldParam }()

	if pe.Param == nil { // e.g. zsh's ${}
		return Text{}, fmt.Errorf("unsupported")
	}
	name := pe.Param.Value
	index := pe.Index
	switch name {
	case "@", "*":
		index = &syntax.Word{Parts: []syntax.WordPart{
			&syntax.Lit{Value: name},
		}}
	}
	// "*" expansions like ${*}, ${arr[*]}, or ${!prefix*} join their
	// elements with the first IFS character; others use a space.
	join := func(elems []Text) Text {
		if nodeLit(index) == "*" || pe.Names == syntax.NamesPrefix {
			return cfg.ifsJoin(elems)
		}
		return Join(elems, " ")
	}
	var vr Variable
	switch name {
	case "LINENO":
		// This is the only parameter expansion that the environment
		// interface cannot satisfy.
		line := uint64(cfg.curParam.Pos().Line())
		vr = Variable{Set: true, Kind: String, Str: strconv.FormatUint(line, 10)}
	default:
		vr = cfg.Env.Get(name)
	}
	orig := vr
	if n, v := vr.Resolve(cfg.Env); n != "" {
		name, vr = n, v
	}
	if cfg.NoUnset && !vr.IsSet() && !overridingUnset(pe) {
		return Text{}, UnsetParameterError{
			Node:    pe,
			Message: "unbound variable",
		}
	}

	var sliceOffset, sliceLen int
	if pe.Slice != nil {
		var err error
		if pe.Slice.Offset != nil {
			sliceOffset, err = Arithm(cfg, pe.Slice.Offset)
			if err != nil {
				return Text{}, err
			}
		}
		if pe.Slice.Length != nil {
			sliceLen, err = Arithm(cfg, pe.Slice.Length)
			if err != nil {
				return Text{}, err
			}
		}
	}

	var (
		str   Text
		elems []Text

		indexAllElements bool // true if var has been accessed with * or @ index
		callVarInd       = true
		set              = vr.IsSet()
	)

	switch nodeLit(index) {
	case "@", "*":
		switch vr.Kind {
		case Unknown:
			elems = nil
			indexAllElements = true
		case Indexed:
			if err := cfg.chargeValue(elemsLen(Texts(vr.List, nil))); err != nil {
				return Text{}, err
			}
			indexAllElements = true
			callVarInd = false
			elems = cfg.sliceElems(pe, Texts(vr.List, vr.ListMarks), vr.Indexes, name == "@" || name == "*")
			str = join(elems)
		}
	}
	if callVarInd {
		var err error
		str, set, err = cfg.varInd(vr, index)
		if err != nil {
			return Text{}, err
		}
	}
	if !indexAllElements {
		elems = []Text{str}
	}
	if err := cfg.chargeOperator(pe, str, elems); err != nil {
		return Text{}, err
	}

	switch {
	case pe.Length:
		n := len(elems)
		switch nodeLit(index) {
		case "@", "*":
		default:
			n = utf8.RuneCountInString(str.Str)
		}
		str = Text{Str: strconv.Itoa(n)}
	case pe.Excl:
		var strs []Text
		switch {
		case pe.Names != 0:
			strs = Texts(cfg.namesByPrefix(pe.Param.Value), nil)
		case orig.Kind == NameRef:
			strs = append(strs, Text{Str: orig.Str})
		case pe.Index != nil && vr.Kind == Indexed:
			strs = Texts(vr.indexedKeys(), nil)
		case pe.Index != nil && vr.Kind == Associative:
			strs = vr.keys()
		case !vr.IsSet():
			return Text{}, fmt.Errorf("invalid indirect expansion")
		case str.Str == "":
			return Text{}, nil
		default:
			if err := nameOf(str, pe.Pos(), "a variable"); err != nil { // Opsbook
				return Text{}, err
			}
			vr = cfg.Env.Get(str.Str)
			strs = append(strs, vr.Text())
		}
		str = join(strs)
	case pe.Width:
		return Text{}, fmt.Errorf("unsupported")
	case pe.IsSet:
		return Text{}, fmt.Errorf("unsupported")
	case pe.Slice != nil:
		if callVarInd {
			// The offset and length are in characters, not bytes.
			at := runeOffsets(str.Str)
			n := len(at) - 1
			slicePos := func(k, n int) int {
				if k < 0 {
					if k += n; k < 0 {
						k = n
					}
				}
				return min(k, n)
			}
			from, to := 0, n
			if pe.Slice.Offset != nil {
				from = slicePos(sliceOffset, n)
			}
			if pe.Slice.Length != nil {
				to = from + slicePos(sliceLen, n-from)
			}
			str = str.cut(at[from], at[to])
		} // else, elems are already sliced
	case pe.Repl != nil:
		elems, err := cfg.replaceElems(pe.Repl, elems)
		if err != nil {
			return Text{}, err
		}
		if err := cfg.chargeValue(elemsLen(elems)); err != nil {
			return Text{}, err
		}
		str = join(elems)
	case pe.Exp != nil:
		arg, err := LiteralText(cfg, pe.Exp.Word)
		if err != nil {
			return Text{}, err
		}
		switch op := pe.Exp.Op; op {
		case syntax.AlternateUnsetOrNull:
			if str.Str == "" {
				break
			}
			fallthrough
		case syntax.AlternateUnset:
			if set {
				str = arg
			}
		case syntax.DefaultUnset:
			if set {
				break
			}
			fallthrough
		case syntax.DefaultUnsetOrNull:
			if str.Str == "" {
				str = arg
			}
		case syntax.ErrorUnset:
			if set {
				break
			}
			fallthrough
		case syntax.ErrorUnsetOrNull:
			if str.Str == "" {
				return Text{}, UnsetParameterError{
					Node:    pe,
					Message: arg.Str,
				}
			}
		case syntax.AssignUnset:
			if set {
				break
			}
			fallthrough
		case syntax.AssignUnsetOrNull:
			if str.Str == "" {
				if err := cfg.assignElem(name, vr, index, arg); err != nil {
					return Text{}, err
				}
				str = arg
			}
		case syntax.RemSmallPrefix, syntax.RemLargePrefix,
			syntax.RemSmallSuffix, syntax.RemLargeSuffix:
			pat, err := cfg.patternArg(pe.Exp.Word, arg)
			if err != nil {
				return Text{}, err
			}
			if elems, err = cfg.removePatternElems(op, pat, elems); err != nil {
				return Text{}, err
			}
			str = join(elems)
		case syntax.UpperFirst, syntax.UpperAll,
			syntax.LowerFirst, syntax.LowerAll:
			pat, err := cfg.patternArg(pe.Exp.Word, arg)
			if err != nil {
				return Text{}, err
			}
			if elems, err = cfg.caseConvElems(op, pat, elems); err != nil {
				return Text{}, err
			}
			str = join(elems)
		case syntax.OtherParamOps:
			switch arg.Str {
			case "Q":
				quoted, err := syntax.Quote(str.Str, syntax.LangBash)
				if err != nil {
					return Text{}, err
				}
				str = str.like(quoted)
			case "E":
				tail := str.Str
				var rns []rune
				for tail != "" {
					var rn rune
					rn, _, tail, _ = strconv.UnquoteChar(tail, 0)
					rns = append(rns, rn)
				}
				str = str.like(string(rns))
			case "a":
				// ${var@a} returns variable attribute flags.
				// We use orig (before nameref resolve) for the attributes.
				str = Text{Str: orig.Flags()}
			case "A":
				// ${var@A} returns a declare statement that recreates the variable.
				flags := orig.Flags()
				quoted, err := syntax.Quote(str.Str, syntax.LangBash)
				if err != nil {
					return Text{}, err
				}
				if flags == "" {
					str = Text{Str: fmt.Sprintf("%s=%s", name, quoted)}.made(str.Marks)
				} else {
					str = Text{Str: fmt.Sprintf("declare -%s %s=%s", flags, name, quoted)}.made(str.Marks)
				}
			case "P":
				// TODO: implement prompt expansion (\u, \h, \w, etc.).
			case "U":
				str = str.like(strings.ToUpper(str.Str))
			case "u":
				rs := []rune(str.Str)
				if len(rs) > 0 {
					rs[0] = unicode.ToUpper(rs[0])
					str = str.like(string(rs))
				}
			case "L":
				str = str.like(strings.ToLower(str.Str))
			case "K", "k":
				// TODO: implement, like @A but listing keys for assoc arrays.
			default:
				panic(fmt.Sprintf("unexpected @%s param expansion", arg.Str))
			}
		}
	}
	return str, nil
}

// patternArg is the pattern of ${x#pattern} and its like: that of the word, in which marked parts stand for themselves. (Opsbook)
func (cfg *Config) patternArg(word *syntax.Word, arg Text) (string, error) {
	if len(arg.Marks) == 0 {
		return arg.Str, nil
	}
	return Pattern(cfg, word)
}

// runeOffsets are the offsets at which the characters of a text begin, and its length. (Opsbook)
func runeOffsets(s string) []int {
	at := make([]int, 0, len(s)+1)
	for i := range s {
		at = append(at, i)
	}
	return append(at, len(s))
}

func (cfg *Config) removePattern(t Text, pat string, fromEnd, shortest bool) (Text, error) {
	str := t.Str
	var mode pattern.Mode
	if shortest {
		mode |= pattern.Shortest
	}
	expr, err := pattern.Regexp(pat, mode)
	if err != nil {
		return t, nil
	}
	switch {
	case fromEnd && shortest:
		// use .* to get the right-most shortest match
		expr = ".*(" + expr + ")$"
	case fromEnd:
		// simple suffix
		expr = "(" + expr + ")$"
	default:
		// simple prefix
		expr = "^(" + expr + ")"
	}
	rx, err := cfg.compile(expr)
	if err != nil {
		return Text{}, err
	}
	loc, err := rx.Find(str)
	if err != nil {
		return Text{}, err
	}
	if loc != nil {
		// remove the original pattern (the submatch); a clone does not keep the whole value alive
		rest := Join([]Text{t.cut(0, loc[2]), t.cut(loc[3], len(str))}, "")
		rest.Str = strings.Clone(rest.Str)
		return rest, nil
	}
	return t, nil
}

// The helpers below never modify elems in place, as it may alias a
// variable's list of elements.

// perElemOps applies pattern removal, replacement, or case conversion to
// each element, leaving them unchanged for any whole-expansion operator.
func (cfg *Config) perElemOps(pe *syntax.ParamExp, elems []Text) ([]Text, error) {
	switch {
	case pe.Repl != nil:
		return cfg.replaceElems(pe.Repl, elems)
	case pe.Exp != nil:
		if err := cfg.charge(6 * elemsLen(elems)); err != nil {
			return nil, err
		}
		arg, err := LiteralText(cfg, pe.Exp.Word)
		if err != nil {
			return nil, err
		}
		pat, err := cfg.patternArg(pe.Exp.Word, arg)
		if err != nil {
			return nil, err
		}
		switch op := pe.Exp.Op; op {
		case syntax.RemSmallPrefix, syntax.RemLargePrefix,
			syntax.RemSmallSuffix, syntax.RemLargeSuffix:
			return cfg.removePatternElems(op, pat, elems)
		case syntax.UpperFirst, syntax.UpperAll,
			syntax.LowerFirst, syntax.LowerAll:
			return cfg.caseConvElems(op, pat, elems)
		}
	}
	return elems, nil
}

// replaceElems applies a ${var/pattern/repl} replacement to each element.
func (cfg *Config) replaceElems(repl *syntax.Replace, elems []Text) ([]Text, error) {
	orig, err := Pattern(cfg, repl.Orig)
	if err != nil {
		return nil, err
	}
	if orig == "" {
		return elems, nil // nothing to replace
	}
	with, err := LiteralText(cfg, repl.With)
	if err != nil {
		return nil, err
	}
	n := 1
	if repl.All {
		n = -1
	}
	out := make([]Text, len(elems))
	var rx *internal.Regexp
	if expr, err := pattern.Regexp(orig, 0); err != nil {
		return elems, nil
	} else if rx, err = cfg.compile(expr); err != nil {
		return nil, err
	}
	if err := cfg.charge(fieldBytes * len(elems)); err != nil {
		return nil, err
	}
	for i, elem := range elems {
		sb := substWriter{cfg: cfg, meter: cfg.meter()}
		last, found := 0, false
		write := func(s string) error {
			_, err := io.WriteString(&sb, s)
			return err
		}
		err := rx.Each(elem.Str, n, func(start, end int) error {
			if err := write(elem.Str[last:start]); err != nil {
				return err
			}
			last, found = end, true
			return write(with.Str)
		})
		if err == nil {
			err = write(elem.Str[last:])
		}
		if err != nil {
			return nil, err
		}
		if !found {
			out[i] = elem // Opsbook: it keeps its marks
			continue
		}
		out[i] = Text{Str: sb.buf.String()}.made(elem.Marks, with.Marks)
	}
	return out, nil
}

// removePatternElems applies a pattern removal operator to each element.
func (cfg *Config) removePatternElems(op syntax.ParExpOperator, arg string, elems []Text) ([]Text, error) {
	suffix := op == syntax.RemSmallSuffix || op == syntax.RemLargeSuffix
	small := op == syntax.RemSmallPrefix || op == syntax.RemSmallSuffix
	out := make([]Text, len(elems))
	for i, elem := range elems {
		var err error
		if out[i], err = cfg.removePattern(elem, arg, suffix, small); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// caseConvElems applies a case conversion operator to each element.
func (cfg *Config) caseConvElems(op syntax.ParExpOperator, arg string, elems []Text) ([]Text, error) {
	caseFunc := unicode.ToLower
	if op == syntax.UpperFirst || op == syntax.UpperAll {
		caseFunc = unicode.ToUpper
	}
	all := op == syntax.UpperAll || op == syntax.LowerAll

	// empty string means '?'; nothing to do there
	expr, err := pattern.Regexp(arg, 0)
	if err != nil {
		return elems, nil
	}
	rx, err := cfg.compile(expr)
	if err != nil {
		return nil, err
	}

	out := make([]Text, len(elems))
	for i, elem := range elems {
		rs := []rune(elem.Str)
		for ri, r := range rs {
			if ri%256 == 0 {
				if err := cfg.work(256 * 50); err != nil {
					return nil, err
				}
			}
			if rx.MatchString(string(r)) {
				rs[ri] = caseFunc(r)
			}
			if !all {
				break // only the first character is considered
			}
		}
		out[i] = elem.like(string(rs))
	}
	return out, nil
}

// varInd expands an indexed variable expansion like ${a[i]}, also reporting
// whether the resulting element is set, which may be false for missing array
// elements such as the holes in a sparse array.
func (cfg *Config) varInd(vr Variable, idx syntax.ArithmExpr) (Text, bool, error) {
	if idx == nil {
		switch vr.Kind {
		case Indexed:
			// A bare $a is the element at index zero, which may be unset.
			str, ok := vr.element(0)
			return str, ok, nil
		case Associative:
			str, ok := vr.Map["0"]
			return Text{str, vr.MapMarks["0"]}, ok, nil
		}
		return vr.Text(), vr.IsSet(), nil
	}
	switch vr.Kind {
	case String:
		n, err := Arithm(cfg, idx)
		if err != nil {
			return Text{}, false, err
		}
		if n == 0 {
			return vr.Text(), vr.IsSet(), nil
		}
	case Indexed:
		switch nodeLit(idx) {
		case "*", "@":
			if err := cfg.chargeValue(elemsLen(Texts(vr.List, nil))); err != nil {
				return Text{}, false, err
			}
			return Join(Texts(vr.List, vr.ListMarks), " "), vr.IsSet(), nil
		}
		i, err := Arithm(cfg, idx)
		if err != nil {
			return Text{}, false, err
		}
		if i < 0 {
			// Negative indices count from one past the maximum index.
			if i += internal.IndexedMax(vr.List, vr.Indexes) + 1; i < 0 {
				return Text{}, false, fmt.Errorf("negative array index")
			}
		}
		if str, ok := vr.element(i); ok {
			return str, true, nil
		}
	case Associative:
		switch lit := nodeLit(idx); lit {
		case "@", "*":
			if err := cfg.charge(fieldBytes * len(vr.Map)); err != nil {
				return Text{}, false, err
			}
			strs := vr.members()
			if err := cfg.chargeValue(elemsLen(strs)); err != nil {
				return Text{}, false, err
			}
			if lit == "*" {
				return cfg.ifsJoin(strs), vr.IsSet(), nil
			}
			return Join(strs, " "), vr.IsSet(), nil
		}
		val, err := Literal(cfg, idx.(*syntax.Word))
		if err != nil {
			return Text{}, false, err
		}
		str, ok := vr.Map[val]
		return Text{str, vr.MapMarks[val]}, ok, nil
	}
	return Text{}, false, nil
}

// assignElem assigns a variable via an expansion like ${a=val} or
// ${a[i]=val}, setting a single element when the variable is an array or is
// indexed, like Bash. ${a[i]=val} on a whole scalar converts it to an array.
func (cfg *Config) assignElem(name string, vr Variable, idx syntax.ArithmExpr, text Text) error {
	wenv, ok := cfg.Env.(WriteEnviron)
	if !ok {
		return fmt.Errorf("environment is read-only")
	}
	val := text.Str
	arrayWise := false
	switch nodeLit(idx) {
	case "@", "*":
		// ${a[@]=val} assigns the element at index zero.
		arrayWise = true
		idx = nil
	}
	if idx == nil && !arrayWise && vr.Kind != Indexed && vr.Kind != Associative {
		// A plain scalar assignment like ${x=val}.
		return wenv.Set(name, Variable{Set: true, Kind: String, Str: val, Marks: text.Marks})
	}
	switch vr.Kind {
	case Associative:
		key := Text{Str: "0"}
		if idx != nil {
			var err error
			if key, err = LiteralText(cfg, idx.(*syntax.Word)); err != nil {
				return err
			}
		}
		vr = vr.WithMember(key, text)
	default: // assign a single indexed element
		if err := cfg.charge(24 * len(vr.List)); err != nil {
			return err
		}
		i := 0
		if idx != nil {
			var err error
			if i, err = Arithm(cfg, idx); err != nil {
				return err
			}
			if i < 0 {
				// Negative indices count from one past the maximum index.
				if i += internal.IndexedMax(vr.List, vr.Indexes) + 1; i < 0 {
					return fmt.Errorf("negative array index")
				}
			}
		}
		if vr.Kind == String {
			vr = Variable{Exported: vr.Exported, Local: vr.Local, ReadOnly: vr.ReadOnly, List: []string{vr.Str}}.withListMarks(vr.Marks)
		}
		vr = vr.WithElement(i, text)
	}
	vr.Set = true
	return wenv.Set(name, vr)
}

func (cfg *Config) namesByPrefix(prefix string) []string {
	var names []string
	for name := range cfg.Env.Each {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
