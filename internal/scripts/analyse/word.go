package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// reader turns words of the syntax tree into what is known of them.
type reader struct {
	script    procedures.Script
	constants map[string]string // variables with one known value
}

// words reads each of the words.
func (r *reader) words(args []*syntax.Word) []procedures.Word {
	out := make([]procedures.Word, len(args))
	for i, w := range args {
		out[i] = r.word(w)
	}
	return out
}

// The text of a word has ${NAME} and $(…) for what is not known; its place is in the file.
func (r *reader) word(w *syntax.Word) procedures.Word {
	out := procedures.Word{Known: true, Source: shell.Source(r.script, w), Line: shell.LineOf(r.script, w.Pos()), Col: int(w.Pos().Col())}
	var text strings.Builder
	r.parts(&text, &out, w.Parts, false)
	out.Text = text.String()
	if braced := *w; syntax.SplitBraces(&braced) && hasBraces(&braced) { // a word for each of them: {0,1,2}
		out.Known, out.Split = false, true
		out.Text = "$(" + out.Text + ")"
	}
	// after the parts are joined, as a sentinel may be a part of a quoted text
	r.placeholders(&out)
	return out
}

// hasBraces reports whether a word is several: {a,b} or {1..3}, and not the {} of xargs and find.
func hasBraces(w *syntax.Word) bool {
	return slices.ContainsFunc(w.Parts, func(part syntax.WordPart) bool {
		b, ok := part.(*syntax.BraceExp)
		return ok && (b.Sequence || len(b.Elems) > 1)
	})
}

// placeholders shows each sentinel as <its parameter>.
// A word with one is not known.
func (r *reader) placeholders(w *procedures.Word) {
	for sentinel, name := range r.script.Placeholders {
		if strings.Contains(w.Text, sentinel) {
			w.Text = strings.ReplaceAll(w.Text, sentinel, "<"+name+">")
			w.Known = false
			w.Parameters = append(w.Parameters, name)
		}
	}
}

// quoted reports whether the parts stand in double quotes. What is expanded outside of them may
// become several words (Split).
func (r *reader) parts(text *strings.Builder, w *procedures.Word, parts []syntax.WordPart, quoted bool) {
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			text.WriteString(unescape(p.Value, quoted))
		case *syntax.SglQuoted:
			text.WriteString(expand.SingleQuoted(p))
		case *syntax.DblQuoted:
			r.parts(text, w, p.Parts, true)
		case *syntax.ParamExp:
			name := shell.ParamName(p)
			// a constant is as good as its value: TABLE=orders; aws … --table-name $TABLE
			if value, ok := r.constants[name]; ok && plain(p) && (quoted || !strings.ContainsAny(value, " \t\n")) {
				text.WriteString(value)
				continue
			}
			text.WriteString("${" + name + "}")
			w.Known, w.Split = false, w.Split || !quoted
		case *syntax.CmdSubst:
			text.WriteString("$(…)")
			w.Known, w.Split = false, w.Split || !quoted
		default:
			text.WriteString(shell.Source(r.script, part))
			w.Known = false
		}
	}
}

// plain reports whether an expansion is $name or ${name} and nothing more.
// ${name:-x}, ${name#x}, ${!name}, ${name[0]} and the like are more.
func plain(p *syntax.ParamExp) bool {
	return !p.Excl && !p.Length && !p.Width && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Names == 0 && p.Exp == nil
}

// unescape removes backslashes as the shell does.
// In double quotes a backslash is one only before " \ $ and `; one before a line's end joins the
// lines.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			out.WriteByte(s[i])
			continue
		}
		next := s[i+1]
		switch {
		case next == '\n':
		case quoted && strings.IndexByte("\"\\$`", next) < 0:
			out.WriteByte('\\')
			out.WriteByte(next)
		default:
			out.WriteByte(next)
		}
		i++
	}
	return out.String()
}

// Describe is what a command says of a line before it runs. One that says nothing of its effect may do anything: its
// line is a change.
func Describe(command procedures.Command, words []procedures.Word) procedures.LineInfo {
	info := command.Describe(words)
	if info.Effect == "" {
		info.Effect = procedures.EffectChange
	}
	return info
}
