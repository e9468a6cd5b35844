package runbook

import (
	"cmp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
)

// shellUse is a place at which shell text sets a variable, or needs it.
type shellUse struct {
	name string
	line int // of the file, from 1
	sets bool
}

// everywhere are the variables that say where commands run, and that every snippet may set for itself.
var everywhere = setOf("AWS_REGION AWS_DEFAULT_REGION AWS_PROFILE AWS_DEFAULT_PROFILE AWS_PAGER AWS_DEFAULT_OUTPUT HOME PWD PATH USER IFS")

// shellUses are those of the shell text under a heading itself, in the order of the text. It is read once more when steps are made:
// here the parser's tree is enough, and an analysis is of a step.
func (d *docReader) shellUses(s *section) []shellUse {
	var uses []shellUse
	for _, n := range s.nodes {
		_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			fence, ok := n.(*ast.FencedCodeBlock)
			if !ok || !entering || d.fenceKind(fence) != blockShell {
				return ast.WalkContinue, nil
			}
			first := d.lineOf(fence.Lines().At(0).Start)
			b := newBlock(fenceLanguage(infoOf(fence, d.source)), first, strings.Split(d.fenceText(fence), "\n"))
			b.stripPrompts()
			for at, lines := range paragraphs(b.shell) {
				uses = append(uses, usesOf(strings.Join(lines, "\n"), first+at)...)
			}
			return ast.WalkSkipChildren, nil
		})
	}
	return uses
}

// paragraphs are the runs of lines between blank ones, by their first line from 0, or all lines where
// the text parses as a whole.
func paragraphs(lines []string) func(yield func(int, []string) bool) {
	return func(yield func(int, []string) bool) {
		masked, _ := maskAngles(strings.Join(lines, "\n"), nil)
		if _, err := parseShell(masked); err == nil {
			yield(0, lines)
			return
		}
		first := 0
		for i := 0; i <= len(lines); i++ {
			if i < len(lines) && strings.TrimSpace(lines[i]) != "" {
				continue
			}
			if i > first && !yield(first, lines[first:i]) {
				return
			}
			first = i + 1
		}
	}
}

var (
	setsName  = lazy.Regexp(`^\s*(?:(?:export|local|readonly|declare(?:\s+-\w+)*)\s+)?([A-Za-z_]\w*)\+?=`)
	needsName = lazy.Regexp(`\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))`)
	plainName = lazy.Regexp(`^[A-Za-z_]\w*$`)
)

// usesOf reads shell text that begins on a line of the file. Text that does not parse is read line by line.
func usesOf(text string, line int) []shellUse {
	text, _ = maskAngles(text, nil)
	file, err := parseShell(text)
	if err != nil {
		var uses []shellUse
		for l := range strings.Lines(text) {
			for _, m := range needsName().FindAllStringSubmatch(l, -1) {
				uses = append(uses, shellUse{cmp.Or(m[1], m[2]), line, false})
			}
			if m := setsName().FindStringSubmatch(l); m != nil {
				uses = append(uses, shellUse{m[1], line, true})
			}
			line++
		}
		return uses
	}
	type placed struct {
		shellUse
		offset uint
	}
	var all []placed
	add := func(name string, at, done syntax.Pos, sets bool) {
		if plainName().MatchString(name) {
			all = append(all, placed{shellUse{name, line + int(at.Line()) - 1, sets}, done.Offset()})
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			if n.Param != nil && !mayBeMissing(n) {
				add(n.Param.Value, n.Pos(), n.Pos(), false)
			}
		case *syntax.CallExpr:
			if len(n.Args) == 0 { // before a command they are the command's alone
				for _, a := range n.Assigns {
					add(a.Name.Value, a.Pos(), a.End(), true)
				}
				return true
			}
			switch n.Args[0].Lit() {
			case "read", "mapfile", "readarray", "printf", "getopts":
				for i, w := range n.Args[1:] {
					if n.Args[0].Lit() != "printf" || i == 1 && n.Args[1].Lit() == "-v" {
						add(w.Lit(), w.Pos(), n.End(), true)
					}
				}
			}
		case *syntax.DeclClause:
			for _, a := range n.Args {
				if a.Name != nil && !a.Naked {
					add(a.Name.Value, a.Pos(), a.End(), true)
				}
			}
		case *syntax.WordIter:
			add(n.Name.Value, n.Pos(), n.Pos(), true)
		}
		return true
	})
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.offset, b.offset) })
	uses := make([]shellUse, len(all))
	for i, u := range all {
		uses[i] = u.shellUse
	}
	return uses
}

// mayBeMissing reports an expansion that has something else where the variable is not set.
func mayBeMissing(n *syntax.ParamExp) bool {
	if n.Exp == nil {
		return false
	}
	switch n.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull,
		syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		return true
	}
	return false
}

// variables are what a heading with all below it sets for others, and what it needs from others: the first place of each name.
func (o *outline) variables(d *docReader) (sets, needs map[string]shellUse) {
	sets, needs = map[string]shellUse{}, map[string]shellUse{}
	for s := range o.below {
		if s.kind == headingScript {
			continue
		}
		if !s.read {
			s.uses, s.read = d.shellUses(s.s), true
		}
		for _, u := range s.uses {
			_, known := sets[u.name]
			_, needed := needs[u.name]
			switch {
			case everywhere[u.name] || known:
			case u.sets:
				sets[u.name] = u
			case !needed:
				needs[u.name] = u
			}
		}
	}
	return sets, needs
}
