package runbook

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// weight is what a paragraph does, as far as it decides whether the paragraph is a step of its own.
type weight struct {
	changes bool
	calls   bool     // it reaches outside: AWS, a host, a program
	does    []string // what it calls, in order
}

// repeats reports whether it does what another paragraph does, and nothing else.
func (w weight) repeats(other weight) bool {
	return len(w.does) > 0 && !slices.ContainsFunc(w.does, func(call string) bool { return !slices.Contains(other.does, call) })
}

// weigh analyses a paragraph alone. Without an analyser nothing is known of it, and it makes nothing worse.
func (b *pageBuilder) weigh(text string) weight {
	text = withoutFunctions(text)
	if b.d.options.Analyser == nil || strings.TrimSpace(text) == "" {
		return weight{}
	}
	a := b.d.options.Analyser.Analyse(procedures.Script{File: b.d.file, Line: 1, Text: text, Placeholders: b.d.params.in(text)})
	w := weight{changes: a.Effect.Changes() || len(a.Scripts) > 0}
	w.does = append(append(append(w.does, a.Calls...), a.Programs...), a.Scripts...)
	w.calls = w.changes || a.Effect == procedures.EffectRead || len(w.does) > 0
	return w
}

// withoutFunctions is a paragraph less the functions that it declares, which call nothing until somebody calls them.
func withoutFunctions(text string) string {
	file, err := parseShell(text)
	if err != nil || !slices.ContainsFunc(file.Stmts, isFunction) {
		return text
	}
	var rest strings.Builder
	for _, s := range file.Stmts {
		if !isFunction(s) {
			rest.WriteString(text[s.Pos().Offset():s.End().Offset()] + "\n")
		}
	}
	return rest.String()
}

// isFunction reports the declaration of a function.
func isFunction(s *syntax.Stmt) bool {
	_, declared := s.Cmd.(*syntax.FuncDecl)
	return declared
}

// printedAbove gives the lines of a paragraph's comment that show output to the step above: `# => ACTIVE`.
func (p *planner) printedAbove(u *unit) {
	if len(p.drafts) == 0 || p.drafts[len(p.drafts)-1].kind != procedures.KindScript {
		return
	}
	d, n, depth := &p.drafts[len(p.drafts)-1], 0, 0
	for ; n < len(u.notes); n++ {
		text := u.notes[n].text
		if depth == 0 && !expectedStart().MatchString(text) {
			break
		}
		depth += strings.Count(text, "{") + strings.Count(text, "[") - strings.Count(text, "}") - strings.Count(text, "]")
	}
	if n == 0 || depth > 0 {
		return
	}
	d.print(u.notes[:n])
	d.last, u.first, u.notes = u.notes[n-1].line, u.notes[n-1].line+1, u.notes[n:]
}

// print adds lines of a comment to the step's expected output.
func (d *draft) print(notes []comment) {
	for _, n := range notes {
		d.expected = append(d.expected, n.text)
	}
}

// hasNumber reports whether a unit's title is numbered.
func hasNumber(u unit) bool {
	lines := titleLines(u.notes)
	return len(lines) > 0 && isNumbered(lines[0])
}

// asText is a whole comment as Markdown: its lines, and commands that were commented out as code.
func asText(notes []comment) []string {
	var lines, code []string
	for _, text := range joinSentences(noteTexts(notes)) {
		if isCommandLine(text) {
			code = append(code, text)
			continue
		}
		lines, code = append(append(lines, codeLines(code)...), text), nil
	}
	return append(lines, codeLines(code)...)
}

// afterwards are words that say when, before what is to be done.
var afterwards = lazy.Regexp(`(?i)^(?:then|next|finally|first|now|please|also|afterwards|ensuite|puis|enfin|` +
	`luego|después|ahora|danach|dann|nun|zuerst|` +
	`depois|agora|poi|infine|затем|потом|然后|接着|请|次に|その後)[,:、，]?\s*`)

// isOrder reports a comment that says what somebody is to do: it begins with a verb of some language that is no noun or participle.
func isOrder(text string) bool {
	text = plainTitle(afterwards().ReplaceAllString(plainTitle(text), ""))
	first := strings.ToLower(strings.FieldsFunc(text+" x", betweenWords)[0])
	for _, ending := range []string{"ed", "ing", "tion", "sion", "ment", "ance", "tions", "ments"} {
		if len(first) > 5 && strings.HasSuffix(first, ending) {
			return false
		}
	}
	if len(first) > 3 && strings.HasSuffix(first, "s") && !strings.HasSuffix(first, "ss") && first[0] < 0x80 {
		return false
	}
	if humanStart().MatchString(text) || strings.HasSuffix(text, "する") || strings.HasSuffix(text, "ください") ||
		strings.HasSuffix(text, "하세요") {
		return true
	}
	for _, v := range []*vocabulary{titleWords().ask, titleWords().read, titleWords().change, titleWords().destroy} {
		if v.begins(text) {
			return true
		}
	}
	return false
}

// isTask reports a comment that says what to do: its first line, or, of bullets alone, the first of them.
func isTask(u unit, lines []string) bool {
	if len(lines) == 0 {
		lines = noteTexts(u.notes)
	}
	first := strings.TrimLeft(lines[0], "-*• ")
	return len(u.annotations) > 0 || isOrder(first) || alternativeStart().MatchString(first) || optionStart().MatchString(first)
}

// remark makes comments text of the step above them.
func (p *planner) remark(u unit) {
	d := &p.drafts[len(p.drafts)-1]
	d.about = append(d.about, asText(u.notes)...)
	d.last = u.last
}
