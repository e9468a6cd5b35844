// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package expand

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/scripts/internal"
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
	Name, Message string
}

func (u UnsetParameterError) Error() string { return u.Name + ": " + u.Message }

// ExpansionError ends what a line does, as an expression that is none does. (Opsbook)
type ExpansionError struct {
	Text, Why string
	Status    int // what the line ends with; 1 where it is not set
}

// ShortSubstring is why a substring is none that would end before it begins.
const ShortSubstring = "substring expression < 0"

// Error implements error.
func (e *ExpansionError) Error() string { return e.Text + ": " + e.Why }

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

// runeOffsets are the offsets at which the characters of a text begin, and its length. (Opsbook)
func runeOffsets(s string) []int {
	at := make([]int, 0, len(s)+1)
	for i := range s {
		at = append(at, i)
	}
	return append(at, len(s))
}

// The helpers below never modify elems in place, as it may alias a
// variable's list of elements.

// replaceElems applies a ${var/pattern/repl} replacement to each element. An & in the replacement that is not quoted stands for what was
// found. (Opsbook)
func (cfg *Config) replaceElems(repl *syntax.Replace, elems []Text, ctx context) ([]Text, error) {
	orig, err := Pattern(cfg, repl.Orig)
	if err != nil {
		return nil, err
	}
	n := 1
	anchor := byte(0)
	if repl.All {
		n = -1
	} else if first := leadingLit(repl.Orig); strings.HasPrefix(first, "#") || strings.HasPrefix(first, "%") {
		anchor, orig = first[0], orig[1:]
	}
	if orig == "" && anchor == 0 {
		return elems, nil // nothing to replace
	}
	var with []fieldPart
	if repl.With != nil {
		if with, err = cfg.singleParts(repl.With.Parts, context{assigned: true}); err != nil {
			return nil, err
		}
	}
	made, err := cfg.joined(with)
	if err != nil {
		return nil, err
	}
	glob := internal.NewGlob(cfg.meter(), orig, cfg.ExtGlob, cfg.NoCaseMatch)
	if err := cfg.charge(fieldBytes * len(elems)); err != nil {
		return nil, err
	}
	out := make([]Text, len(elems))
	for i, elem := range elems {
		sb := substWriter{cfg: cfg, meter: cfg.meter()}
		last, found := 0, false
		write := func(s string) error {
			_, err := io.WriteString(&sb, s)
			return err
		}
		take := func(start, end int) error {
			if err := write(elem.Str[last:start]); err != nil {
				return err
			}
			match := elem.Str[start:end]
			last, found = end, true
			for _, part := range with {
				text := part.val
				if part.quote == quoteNone {
					text = replacement(text, match)
				}
				if err := write(text); err != nil {
					return err
				}
			}
			return nil
		}
		size := len(elem.Str)
		switch {
		case size == 0 && anchor != '%' && cfg.ExtGlob && strings.Contains(orig, "("):
			// bash finds no extended operator in nothing
		case anchor == '#':
			if n := glob.Prefix(elem.Str, true); n >= 0 {
				err = take(0, n)
			}
		case anchor == '%':
			if n := glob.Suffix(elem.Str, true); n >= 0 {
				err = take(size-n, size)
			}
		case size == 0 && glob.Match(""):
			err = take(0, 0)
		default:
			err = glob.Each(elem.Str, n, take)
		}
		if err == nil {
			err = cfg.work(0)
		}
		if err == nil {
			err = write(elem.Str[last:])
		}
		if err != nil {
			return nil, err
		}
		if !found {
			out[i] = elem // it keeps its marks
			continue
		}
		out[i] = Text{Str: sb.buf.String()}.made(elem.Marks, made.Marks)
	}
	return out, nil
}

// slashPattern is a replacement whose pattern begins with a slash: ${x///a/b}, which the parser reads as an empty pattern with the
// replacement a/b. (Opsbook)
func slashPattern(pe *syntax.ParamExp) *syntax.Replace {
	repl := pe.Repl
	if !repl.All || repl.Orig != nil {
		return repl
	}
	slash := []syntax.WordPart{&syntax.Lit{Value: "/"}}
	if repl.With == nil {
		if pe.Index != nil || pe.Rbrace.Offset()-pe.Param.End().Offset() < uint(len("///")) {
			return repl
		}
		return &syntax.Replace{All: true, Orig: &syntax.Word{Parts: slash}}
	}
	for i, part := range repl.With.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			continue
		}
		if at := unquotedSlash(lit.Value); at >= 0 {
			orig := slices.Concat(slash, repl.With.Parts[:i], []syntax.WordPart{&syntax.Lit{Value: lit.Value[:at]}})
			with := slices.Concat([]syntax.WordPart{&syntax.Lit{Value: lit.Value[at+1:]}}, repl.With.Parts[i+1:])
			return &syntax.Replace{All: true, Orig: &syntax.Word{Parts: orig}, With: &syntax.Word{Parts: with}}
		}
	}
	return &syntax.Replace{All: true, Orig: &syntax.Word{Parts: slices.Concat(slash, repl.With.Parts)}}
}

// unquotedSlash is where a slash stands in a text without a backslash before it, or -1.
func unquotedSlash(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '/':
			return i
		}
	}
	return -1
}

// leadingLit is the text that a word begins with, where it is not quoted.
func leadingLit(word *syntax.Word) string {
	if word != nil && len(word.Parts) > 0 {
		if l, ok := word.Parts[0].(*syntax.Lit); ok {
			return l.Value
		}
	}
	return ""
}

// replacement is the text that takes a match's place: & is the match, and \\& an &.
func replacement(text, match string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == '&' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case text[i] == '&':
			b.WriteString(match)
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// removePatternElems removes the beginning or the end that a pattern matches from each element. (Opsbook)
func removePatternElems(op syntax.ParExpOperator, pat *internal.Glob, elems []Text) []Text {
	if pat == nil {
		return elems
	}
	long := op == syntax.RemLargePrefix || op == syntax.RemLargeSuffix
	out := make([]Text, len(elems))
	for i, elem := range elems {
		out[i] = elem
		if op == syntax.RemSmallPrefix || op == syntax.RemLargePrefix {
			if n := pat.Prefix(elem.Str, long); n > 0 {
				out[i] = elem.cut(n, len(elem.Str))
			}
		} else if n := pat.Suffix(elem.Str, long); n > 0 {
			out[i] = elem.cut(0, len(elem.Str)-n)
		}
		out[i].Str = strings.Clone(out[i].Str) // it does not keep the whole value alive
	}
	return out
}

// caseConvElems applies a case conversion operator to each element.
func (cfg *Config) caseConvElems(op syntax.ParExpOperator, pat *internal.Glob, elems []Text) ([]Text, error) {
	caseFunc := unicode.ToLower
	if op == syntax.UpperFirst || op == syntax.UpperAll {
		caseFunc = unicode.ToUpper
	}
	all := op == syntax.UpperAll || op == syntax.LowerAll
	out := make([]Text, len(elems))
	for i, elem := range elems {
		rs := []rune(elem.Str)
		for ri, r := range rs {
			if ri%256 == 0 {
				if err := cfg.work(256 * 50); err != nil {
					return nil, err
				}
			}
			if pat == nil || pat.Match(string(r)) {
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

// element is a variable's text, or that of an element of it like ${a[i]}. set is false for missing elements, such as the holes in a
// sparse array. (Opsbook)
func (p *param) element() (text Text, set bool, err error) {
	vr, idx := p.vr, p.index
	if vr.Kind == Associative {
		key, err := Text{Str: "0"}, error(nil)
		if idx != nil {
			key, err = p.cfg.key(idx)
		}
		str, ok := vr.Map[key.Str]
		return Text{str, vr.MapMarks[key.Str]}, ok && vr.Set, err
	}
	if idx == nil {
		if vr.Kind == Indexed {
			str, ok := vr.element(0) // it may be unset
			return str, ok, nil
		}
		return vr.Text(), vr.IsSet(), nil
	}
	i, err := Arithm(p.cfg, idx)
	if err != nil {
		return Text{}, false, err
	}
	switch vr.Kind {
	case Unknown:
		if i < 0 {
			return Text{}, false, p.before()
		}
	case String:
		if i == 0 || i == -1 {
			return vr.Text(), vr.IsSet(), nil
		}
	case Indexed:
		if i < 0 {
			// Negative indices count from one past the maximum index.
			if i += vr.maxIndex() + 1; i < 0 {
				return Text{}, false, p.before()
			}
		}
		str, ok := vr.element(i)
		return str, ok, nil
	}
	return Text{}, false, nil
}

// before is what becomes of an index before the first element: it is said, and only a length drops the line.
func (p *param) before() error {
	if p.pe.Length {
		return &ExpansionError{Text: p.name, Why: badSubscript}
	}
	p.cfg.say(p.name + ": " + badSubscript)
	return nil
}

// Key is the key of an associative array that a subscript stands for.
func Key(cfg *Config, idx syntax.ArithmExpr) (Text, error) { return prepareConfig(cfg).key(idx) }

// say tells of what is wrong, but ends nothing.
func (cfg *Config) say(message string) {
	if cfg.Say != nil {
		cfg.Say(message)
	}
}

func (cfg *Config) key(idx syntax.ArithmExpr) (Text, error) {
	if word, ok := idx.(*syntax.Word); ok {
		return LiteralText(cfg, word)
	}
	text, err := cfg.arithmText(idx, true)
	return Text{Str: text}, err
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
			if key, err = cfg.key(idx); err != nil {
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
					return &ExpansionError{Text: name, Why: "bad array subscript"}
				}
			}
		}
		if vr.Kind == String && vr.Set {
			vr = Variable{Exported: vr.Exported, Local: vr.Local, ReadOnly: vr.ReadOnly, List: []string{vr.Str}}.withListMarks(vr.Marks)
		}
		vr = vr.WithElement(i, text)
	}
	vr.Set = true
	return wenv.Set(name, vr)
}

// namesByPrefix are the variables that have a value and a name that begins so.
func (cfg *Config) namesByPrefix(prefix string) []string {
	set := map[string]bool{}
	for name, vr := range cfg.Env.Each { // from the outermost scope on
		switch {
		case !strings.HasPrefix(name, prefix):
		case vr.IsSet():
			set[name] = true
		case !vr.Local: // a local one that is not set hides nothing
			delete(set, name)
		}
	}
	return slices.Sorted(maps.Keys(set))
}
