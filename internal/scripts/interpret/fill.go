package interpret

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// fill puts parameters in the places of sentinels: each becomes a quoted expansion of a
// variable, so that the value, whatever it is, arrives as one literal and is never parsed.
// It returns the variables, with the parameter of each.
// The tree is changed in place: single-quoted text is divided, and a here-document expands without
// quotes.
func fill(file *syntax.File, sentinels map[string]string) map[string]string {
	variables := map[string]string{}
	names := map[string]string{} // sentinel → variable
	keys := make([]string, 0, len(sentinels))
	for sentinel := range sentinels {
		keys = append(keys, sentinel)
	}
	// The longest first: a sentinel may be the beginning of another.
	slices.SortFunc(keys, func(a, b string) int { return len(b) - len(a) })
	for i, sentinel := range keys {
		name := fmt.Sprintf("OPSBOOK_PLACEHOLDER_%d", i)
		names[sentinel], variables[name] = name, sentinels[sentinel]
	}
	if len(keys) == 0 {
		return variables
	}
	f := filler{keys, names}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Word:
			n.Parts = f.parts(n.Parts, false)
		case *syntax.DblQuoted:
			n.Parts = f.parts(n.Parts, true)
		case *syntax.Redirect:
			if n.Hdoc != nil {
				n.Hdoc.Parts = f.parts(n.Hdoc.Parts, true)
			}
		}
		return true
	})
	return variables
}

// keys are the sentinels, the longest first, and names their variables.
type filler struct {
	keys  []string
	names map[string]string
}

// quoted reports whether the parts stand in double quotes or a here-document already.
func (f filler) parts(parts []syntax.WordPart, quoted bool) []syntax.WordPart {
	var out []syntax.WordPart
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			out = append(out, f.split(p.Value, quoted, func(text string) syntax.WordPart {
				return &syntax.Lit{ValuePos: p.ValuePos, ValueEnd: p.ValueEnd, Value: text}
			})...)
		case *syntax.SglQuoted:
			out = append(out, f.split(p.Value, false, func(text string) syntax.WordPart {
				return &syntax.SglQuoted{Left: p.Left, Right: p.Right, Dollar: p.Dollar, Value: text}
			})...)
		default:
			out = append(out, p)
		}
	}
	return out
}

// split cuts a text at its sentinels.
// literal makes a part of the kind that the text was; the expansion between two of them is in
// double quotes.
func (f filler) split(text string, quoted bool, literal func(string) syntax.WordPart) []syntax.WordPart {
	var out []syntax.WordPart
	for text != "" {
		at, found := -1, ""
		for _, k := range f.keys {
			if i := strings.Index(text, k); i >= 0 && (at < 0 || i < at) {
				at, found = i, k
			}
		}
		if at < 0 {
			return append(out, literal(text))
		}
		if at > 0 {
			out = append(out, literal(text[:at]))
		}
		var expansion syntax.WordPart = &syntax.ParamExp{Param: &syntax.Lit{Value: f.names[found]}}
		if !quoted {
			expansion = &syntax.DblQuoted{Parts: []syntax.WordPart{expansion}}
		}
		out = append(out, expansion)
		text = text[at+len(found):]
	}
	if out == nil {
		out = append(out, literal(""))
	}
	return out
}
