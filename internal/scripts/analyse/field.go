package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// What a person typed is one word and no command. Which variables hold what a person typed is known where the script is run, and where the
// runbook's fields are: here the places are found at which it matters.

// source is the variable from outside, or the placeholder, whose value a variable has: its own, or one that was assigned from it alone.
// Empty where the script makes the value.
func (w *walker) source(name string) string {
	if from, ok := w.alone[name]; ok {
		return from
	}
	if name == "" || w.set[name] || slices.Contains(shell.Ambient, name) || strings.Trim(name, "?#@*$!-_0") == "" {
		return ""
	}
	if name[0] >= '1' && name[0] <= '9' && w.function > 0 {
		return ""
	}
	return name
}

// assignedFrom notes what a variable is assigned from.
func (w *walker) assignedFrom(a *syntax.Assign) {
	name := a.Name.Value
	delete(w.alone, name)
	if a.Value == nil || a.Append || a.Index != nil {
		return
	}
	if from := w.source(onlyVariable(a.Value)); from != "" {
		w.alone[name] = from
		return
	}
	if parameter, ok := w.script.Placeholders[a.Value.Lit()]; ok {
		w.alone[name] = parameter
	}
}

// fieldUse adds what a word holds from outside, with the kind of the place where the word stands.
func (w *walker) fieldUse(word *syntax.Word, kind procedures.FieldKind, quoted bool) {
	add := func(name string) {
		use := procedures.FieldUse{Name: name, Kind: kind, Line: shell.LineOf(w.script, word.Pos()), Column: int(word.Pos().Col())}
		if name != "" && !slices.Contains(w.Analysis.FieldUses, use) {
			w.Analysis.FieldUses = append(w.Analysis.FieldUses, use)
		}
	}
	var parts func([]syntax.WordPart)
	parts = func(list []syntax.WordPart) {
		for _, part := range list {
			switch p := part.(type) {
			case *syntax.DblQuoted:
				if quoted {
					parts(p.Parts)
				}
			case *syntax.ParamExp:
				if quoted || plain(p) {
					add(w.source(shell.ParamName(p)))
				}
			case *syntax.Lit:
				if kind == procedures.FieldCommand {
					w.sentinels(p.Value, add)
				}
			case *syntax.SglQuoted:
				if kind == procedures.FieldCommand {
					w.sentinels(p.Value, add)
				}
			}
		}
	}
	parts(word.Parts)
}

func (w *walker) sentinels(text string, add func(string)) {
	for sentinel, name := range w.script.Placeholders {
		if strings.Contains(text, sentinel) {
			add(name)
		}
	}
}

// commandUse finds what would name a command: the first word of a call, or what stands behind `command`.
func (w *walker) commandUse(c *syntax.CallExpr) {
	at := 0
	for at+1 < len(c.Args) && slices.Contains([]string{"command", "builtin", "exec", "eval"}, c.Args[at].Lit()) &&
		!strings.HasPrefix(c.Args[at+1].Lit(), "-") {
		at++
	}
	w.fieldUse(c.Args[at], procedures.FieldCommand, true)
	if c.Args[0].Lit() == "set" {
		behind := false
		for _, arg := range c.Args[1:] {
			if behind {
				w.fieldUse(arg, procedures.FieldList, false)
			}
			behind = behind || arg.Lit() == "--"
		}
	}
}

// braces finds a structure in braces that nothing quotes: bash makes a word of each of its parts.
//
//	--tags {Key=team,Value=ops}   becomes   --tags Key=team Value=ops
func (w *walker) braces(c *syntax.CallExpr) {
	for _, arg := range c.Args {
		word := *arg
		if !syntax.SplitBraces(&word) || !w.callsAPI(c) {
			continue
		}
		structure := false
		for _, part := range word.Parts {
			b, ok := part.(*syntax.BraceExp)
			if !ok || b.Sequence {
				continue
			}
			structure = structure || slices.ContainsFunc(b.Elems, func(e *syntax.Word) bool {
				return strings.Contains(literalParts(e), "=")
			})
		}
		source := shell.Source(w.script, arg)
		if !structure || source == "" {
			continue
		}
		const why = "bash makes a word of each part of a list in braces that is not in quotes, so this is not one " +
			"structure: put it in quotes."
		corrected := ""
		if !strings.ContainsAny(source, "'\\`") {
			quote := "'"
			if strings.ContainsAny(source, `$"`) {
				quote = `"`
			}
			corrected = quote + strings.ReplaceAll(source, `"`, "") + quote
		}
		from, to := int(arg.Pos().Offset()), int(arg.End().Offset())
		start, end := w.lines(c)
		line := ""
		if corrected != "" {
			w.fixes = append(w.fixes, fix{from, to, corrected, len(w.Analysis.Findings)})
			line = strings.TrimSpace(w.script.Text[start:from] + corrected + w.script.Text[to:end])
		}
		w.find(arg, procedures.SeverityError, "brace-expansion", why, line)
		if _, known := w.Wrong[PlaceOf(c.Pos())]; !known {
			w.Wrong[PlaceOf(c.Pos())] = why
		}
	}
}

// literalParts is what a word's text tells, without what it expands.
func literalParts(w *syntax.Word) string {
	var out strings.Builder
	for _, part := range w.Parts {
		if l, ok := part.(*syntax.Lit); ok {
			out.WriteString(l.Value)
		}
	}
	return out.String()
}
