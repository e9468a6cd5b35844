package expand

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/scripts/internal"
	"mvdan.cc/sh/v3/syntax"
)

// Opsbook: this file expands parameters: to one text, or to the elements of a list.

// param is a parameter that is expanded.
type param struct {
	cfg   *Config
	pe    *syntax.ParamExp
	ctx   context
	name  string // of the variable, behind references
	index syntax.ArithmExpr
	vr    Variable
	orig  Variable // before references

	list  bool // it stands for all elements: $@, ${a[*]}
	star  bool // which are joined by the first character of IFS
	elems []Text
	set   bool
}

// paramParts are the parts that a parameter expands to, in the elements of its list where it is one.
func (cfg *Config) paramParts(pe *syntax.ParamExp, ctx context) ([][]fieldPart, error) {
	oldParam := cfg.curParam
	cfg.curParam = pe
	defer func() { cfg.curParam = oldParam }()
	if pe.Param == nil || pe.Width || pe.IsSet || pe.NestedParam != nil || len(pe.Modifiers) > 0 { // zsh's
		return nil, fmt.Errorf("unsupported")
	}
	p := &param{cfg: cfg, pe: pe, ctx: ctx}
	if err := p.look(); err != nil {
		return nil, err
	}
	if pe.Excl {
		if done, elems, err := p.indirect(); done || err != nil {
			return elems, err
		}
	}
	if err := p.unbound(); err != nil {
		return nil, err
	}
	if err := cfg.chargeOperator(pe, p.joined(), p.elems); err != nil {
		return nil, err
	}
	switch {
	case pe.Length:
		n := len(p.elems)
		if !p.list {
			n = utf8.RuneCountInString(p.joined().Str)
		}
		p.list, p.elems = false, []Text{{Str: strconv.Itoa(n)}}
	case pe.Slice != nil:
		if err := p.slice(); err != nil {
			return nil, err
		}
	case pe.Repl != nil && p.set:
		elems, err := cfg.replaceElems(slashPattern(pe), p.elems, ctx)
		if err != nil {
			return nil, err
		}
		if err := cfg.chargeValue(elemsLen(elems)); err != nil {
			return nil, err
		}
		p.elems = elems
	case pe.Exp != nil:
		if instead, parts, err := p.operator(); instead || err != nil {
			return parts, err
		}
	}
	return p.parts(), nil
}

// unbound is the error of set -u.
func (p *param) unbound() error {
	pe := p.pe
	if !p.cfg.NoUnset || overridingUnset(pe) {
		return nil
	}
	array := (p.vr.Kind == Indexed || p.vr.Kind == Associative) && p.vr.IsSet()
	switch {
	case pe.Length && p.list && syntax.ValidName(p.name):
		if !array { // what is no array has no number: this error drops the line
			return &ExpansionError{Text: p.name, Why: unboundVariable}
		}
	case p.set || p.list:
		return nil
	case pe.Length && pe.Index != nil && array: // an element that is not set has no letters
		return nil
	case pe.Length && pe.Index != nil && p.vr.Kind == Unknown: // this error drops the line, too
		return &ExpansionError{Text: p.name, Why: unboundVariable}
	case pe.Exp != nil && pe.Exp.Op == syntax.OtherParamOps && strings.EqualFold(nodeLit(pe.Exp.Word), "a"):
		if array && pe.Index == nil && len(p.vr.List)+len(p.vr.Map) > 0 { // the attributes of an array are known without $x
			return nil
		}
		fallthrough
	default:
		name := pe.Param.Value
		if pe.Short && !syntax.ValidName(name) {
			name = "$" + name
		}
		if pe.Index != nil {
			index, _ := p.cfg.arithmText(pe.Index, false)
			name += "[" + index + "]"
		}
		return UnsetParameterError{Name: name, Message: unboundVariable}
	}
	return nil
}

const unboundVariable = "unbound variable"

// look finds the variable and its text, or its elements.
func (p *param) look() error {
	cfg := p.cfg
	p.name, p.index = p.pe.Param.Value, p.pe.Index
	if p.name == "LINENO" { // the only one that the environment does not know
		line := p.pe.Pos().Line()
		if cfg.Line != nil {
			line = cmp.Or(cfg.Line(), line)
		}
		p.vr = Variable{Set: true, Kind: String, Str: strconv.FormatUint(uint64(line), 10)}
	} else {
		p.vr = cfg.Env.Get(p.name)
	}
	p.orig = p.vr
	if n, v := p.vr.Resolve(cfg.Env); n != "" {
		p.name, p.vr = n, v
		if base, sub, ok := strings.Cut(n, "["); ok && strings.HasSuffix(sub, "]") { // it stands for an element
			p.name, p.vr = base, cfg.Env.Get(base)
			p.index = literalIndex(strings.TrimSuffix(sub, "]"))
		}
	}
	which := nodeLit(p.index)
	if p.name == "@" || p.name == "*" {
		which = p.name
	}
	if which != "@" && which != "*" {
		text, set, err := p.element()
		if err != nil {
			return err
		}
		p.elems, p.set = []Text{text}, set
		return nil
	}
	p.list, p.star = true, which == "*"
	switch p.vr.Kind {
	case Indexed:
		if err := cfg.chargeValue(elemsLen(Texts(p.vr.List, nil))); err != nil {
			return err
		}
		p.elems = Texts(p.vr.List, p.vr.ListMarks)
	case Associative:
		if err := cfg.charge(fieldBytes * len(p.vr.Map)); err != nil {
			return err
		}
		p.elems = p.vr.members()
		if err := cfg.chargeValue(elemsLen(p.elems)); err != nil {
			return err
		}
	case Unknown:
	default:
		if p.vr.IsSet() {
			p.elems = []Text{p.vr.Text()}
		}
	}
	p.set = len(p.elems) > 0
	return nil
}

// literalIndex is a subscript that is written.
func literalIndex(text string) syntax.ArithmExpr {
	return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: text}}}
}

// joined is the parameter as one text.
func (p *param) joined() Text {
	switch {
	case len(p.elems) == 1:
		return p.elems[0]
	case p.star:
		return p.cfg.ifsJoin(p.elems)
	}
	return Join(p.elems, " ")
}

// parts are those of the elements as they are now.
func (p *param) parts() [][]fieldPart {
	changed := p.pe.Repl != nil || p.pe.Exp != nil && p.pe.Exp.Op > syntax.AssignUnsetOrNull
	if p.list && p.star && p.ctx.quote == quoteHeredoc && (p.pe.Index == nil || changed || p.pe.Excl || p.pe.Slice != nil) {
		return [][]fieldPart{p.ctx.parts(Join(p.elems, " "))} // bash joins only ${a[*]} by IFS there
	}
	if p.list && p.star && (p.ctx.quote != quoteNone || p.ctx.one) {
		return [][]fieldPart{p.ctx.parts(p.cfg.ifsJoin(p.elems))}
	}
	if p.list && len(p.elems) == 0 {
		return nil
	}
	together := p.ctx.quote == quoteNone && (changed && !p.ctx.one || p.cutOrQuoted() && (p.ctx.assigned || p.ctx.given)) ||
		p.ctx.one && p.ctx.quote == quoteDouble && (changed || p.pe.Slice != nil)
	if p.list && p.ctx.quote == quoteNone && !p.ctx.one && p.cfg.ifs != "" { // where it is no blank, it ends fields of nothing too
		first, _ := utf8.DecodeRuneInString(p.cfg.ifs)
		together = together || !p.cfg.ifsWhitespace(first)
	}
	if p.list && together && p.cfg.ifs != "" {
		return [][]fieldPart{p.ctx.parts(p.cfg.ifsJoin(p.elems))} // as bash does with what an operator has made
	}
	out := make([][]fieldPart, len(p.elems))
	for i, elem := range p.elems {
		out[i] = p.ctx.parts(elem)
	}
	return out
}

// cutOrQuoted reports whether an operator is one of # ## % %% @: of what the others make in one text, bash joins the elements by blanks.
func (p *param) cutOrQuoted() bool {
	if p.pe.Exp == nil {
		return false
	}
	switch p.pe.Exp.Op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.OtherParamOps:
		return true
	}
	return false
}

// indirect expands ${!…}: names, keys, and the variable that another one names.
func (p *param) indirect() (done bool, elems [][]fieldPart, err error) {
	cfg, pe := p.cfg, p.pe
	which := nodeLit(pe.Index)
	switch {
	case pe.Names != 0:
		p.list, p.star = true, pe.Names == syntax.NamesPrefix
		p.elems = Texts(cfg.namesByPrefix(pe.Param.Value), nil)
		return true, p.parts(), nil
	case p.list && (which == "@" || which == "*"):
		switch p.vr.Kind {
		case Indexed:
			p.elems = Texts(p.vr.indexedKeys(), nil)
		case Associative:
			p.elems = p.vr.keys()
		default:
			if p.set {
				p.elems = []Text{{Str: "0"}}
			}
		}
		if err := cfg.charge(fieldBytes * len(p.elems)); err != nil {
			return true, nil, err
		}
		return true, p.parts(), nil
	case p.orig.Kind == NameRef:
		p.elems = []Text{{Str: p.orig.Str}}
		return true, p.parts(), nil
	case !p.set:
		return true, nil, &ExpansionError{Text: pe.Param.Value, Why: "invalid indirect expansion"}
	}
	target := p.joined()
	if err := nameOf(target, pe.Pos(), "a variable"); err != nil {
		return true, nil, err
	}
	name, sub, element := strings.Cut(target.Str, "[")
	if element && strings.HasSuffix(sub, "]") && syntax.ValidName(name) {
		sub = strings.TrimSuffix(sub, "]")
	} else if name = target.Str; !validParam(name) {
		return true, nil, &ExpansionError{Text: name, Why: "invalid variable name"}
	}
	other := *pe
	other.Excl, other.Index = false, nil
	other.Param = &syntax.Lit{ValuePos: pe.Param.ValuePos, ValueEnd: pe.Param.ValueEnd, Value: name}
	if element {
		other.Index = literalIndex(sub)
	}
	elems, err = cfg.paramParts(&other, p.ctx)
	return true, elems, err
}

// validParam reports whether a text names a variable or a parameter.
func validParam(name string) bool {
	if syntax.ValidName(name) || len(name) == 1 && strings.Contains("@*#?$!-", name) {
		return true
	}
	return name != "" && strings.Trim(name, "0123456789") == ""
}

// slice takes the part of a text or a list that ${x:from:length} names.
func (p *param) slice() error {
	s := p.pe.Slice
	from, length := 0, -1
	var err error
	if len(p.elems) == 0 && p.name != "@" && p.name != "*" || !p.list && !p.set { // nothing is computed for what is not there
		return nil
	}
	if s.Offset != nil {
		if from, err = Arithm(p.cfg, s.Offset); err != nil {
			return err
		}
	}
	given := s.Length != nil
	if given {
		if length, err = Arithm(p.cfg, s.Length); err != nil {
			return err
		}
	}
	if !p.list {
		text := p.joined()
		at := runeOffsets(text.Str) // characters, not bytes
		n := len(at) - 1
		if from < 0 {
			from += n
		}
		if from < 0 || from > n {
			p.elems = []Text{{}}
			return nil
		}
		to := n
		if given && length < 0 {
			if to = n + length; to < from {
				return &ExpansionError{Text: strconv.Itoa(length), Why: ShortSubstring}
			}
		} else if given {
			to = min(from+length, n)
		}
		p.elems = []Text{text.cut(at[from], at[to])}
		return nil
	}
	switch {
	case p.name == "@" || p.name == "*": // $0 stands before $1
		if from == 0 {
			p.elems = append([]Text{{Str: p.cfg.Env.Get("0").Str}}, p.elems...)
		} else if from < 0 {
			if from += len(p.elems) + 1; from == 0 {
				p.elems = append([]Text{{Str: p.cfg.Env.Get("0").Str}}, p.elems...)
			} else {
				from--
			}
		} else {
			from--
		}
	case p.vr.Kind == Indexed && p.vr.Indexes != nil: // by index, and not by how many are before
		if from < 0 {
			from += p.vr.maxIndex() + 1
		}
		if from >= 0 {
			at := 0
			for at < len(p.vr.Indexes) && p.vr.Indexes[at] < from {
				at++
			}
			from = at
		}
	case p.vr.Kind == Associative: // which bash counts from 1, and takes one at least
		if from < 0 {
			from += len(p.elems) + 1
		}
		if from >= 0 {
			from = max(from, 1) - 1
		}
		if from >= len(p.elems) {
			from = -1
		}
		if given && length == 0 {
			length = 1
		}
	case from < 0:
		from += len(p.elems)
	}
	if from < 0 || from > len(p.elems) {
		p.elems = nil
		return nil
	}
	if given && length < 0 {
		return &ExpansionError{Text: strconv.Itoa(length), Why: ShortSubstring}
	}
	p.elems = p.elems[from:]
	if given {
		p.elems = p.elems[:min(length, len(p.elems))]
	}
	return nil
}

// maxIndex is the highest index of an indexed array, -1 for none.
func (v Variable) maxIndex() int { return internal.IndexedMax(v.List, v.Indexes) }

// operator carries out an operator with a word. instead reports that the parts stand in place of the parameter.
func (p *param) operator() (instead bool, parts [][]fieldPart, err error) {
	cfg, word := p.cfg, p.pe.Exp.Word
	operand := func() ([][]fieldPart, error) {
		if word == nil {
			return [][]fieldPart{{{quote: p.ctx.quote}}}, nil
		}
		ctx := p.ctx
		ctx.operand, ctx.assigned = true, false
		elems, err := cfg.expandParts(word.Parts, ctx)
		if err == nil && len(elems) == 1 && len(elems[0]) == 0 && ctx.quote != quoteNone {
			elems[0] = []fieldPart{{quote: quoteDouble}}
		}
		return elems, err
	}
	null := p.joined().Str == ""
	switch op := p.pe.Exp.Op; op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if p.set && (op == syntax.AlternateUnset || !null) {
			parts, err = operand()
			return true, parts, err
		}
		if p.list && !(p.set && p.ctx.quote != quoteNone) { // what is set, but holds nothing, is an empty word in quotes
			p.elems = nil
		} else {
			p.elems = []Text{{}}
		}
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		if !p.set || op == syntax.DefaultUnsetOrNull && null {
			parts, err = operand()
			return true, parts, err
		}
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if p.set && (op == syntax.ErrorUnset || !null) {
			break
		}
		message := "parameter not set"
		if op == syntax.ErrorUnsetOrNull {
			message = "parameter null or not set"
		}
		if word != nil && len(word.Parts) > 0 {
			text, err := cfg.single(word.Parts, quoteNone)
			if err != nil {
				return true, nil, err
			}
			message = text.Str
		}
		return true, nil, UnsetParameterError{Name: p.pe.Param.Value, Message: message}
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if p.set && (op == syntax.AssignUnset || !null) {
			break
		}
		if !syntax.ValidName(p.name) {
			return true, nil, &ExpansionError{Text: "$" + p.name, Why: "cannot assign in this way"}
		}
		if all := nodeLit(p.index); all == "@" || all == "*" {
			return true, nil, &ExpansionError{Text: p.name + "[" + all + "]", Why: badSubscript, Status: 2}
		}
		var text Text
		if word != nil {
			ctx := context{quote: p.ctx.quote, operand: p.ctx.quote != quoteNone}
			parts, err := cfg.singleParts(word.Parts, ctx)
			if err == nil {
				text, err = cfg.joined(parts)
			}
			if err != nil {
				return true, nil, err
			}
		}
		if err := cfg.assignElem(p.name, p.vr, p.index, text); err != nil {
			return true, nil, err
		}
		p.elems, p.list = []Text{text}, false
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		pat, err := cfg.glob1(word)
		if err != nil {
			return true, nil, err
		}
		p.elems = removePatternElems(op, pat, p.elems)
		return false, nil, cfg.work(0)
	case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		pat, err := cfg.glob1(word)
		if err != nil {
			return true, nil, err
		}
		p.elems, err = cfg.caseConvElems(op, pat, p.elems)
		return false, nil, err
	case syntax.OtherParamOps:
		return p.transform(nodeLit(word))
	}
	return false, nil, nil
}

// glob1 is the pattern of a word; nil for an empty one.
func (cfg *Config) glob1(word *syntax.Word) (*internal.Glob, error) {
	pat, err := Pattern(cfg, word)
	if err != nil || pat == "" {
		return nil, err
	}
	return internal.NewGlob(cfg.meter(), pat, cfg.ExtGlob, false), nil
}
