package analyse

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// shellText reads the script of `sh -c 'SCRIPT' NAME PARAMETERS…`, where it is written out; false for any other line. What it does, needs
// and what is wrong with it is the script's that the line stands in; what it sets stays in it.
func (w *walker) shellText(c *syntax.CallExpr, words []procedures.Word) bool {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = word.Text
	}
	line, ok := commands.ReadShellLine(texts)
	if !ok {
		return false
	}
	if slices.ContainsFunc(words[:line.Text+1], func(word procedures.Word) bool { return !word.Known }) {
		w.atLeast(unquoted(words[line.Text].Source))
		return false
	}
	text := line.Before + texts[line.Text]
	key := told{c, text}
	if w.told[key] { // it is in the analysis
		return true
	}
	w.told[key] = true
	of := w.analyser.read(procedures.Script{Text: text, File: w.script.File, Line: words[line.Text].Line, Name: line.Name}).Analysis
	w.Inner[text] = of.Effect
	refuses := slices.ContainsFunc(of.Findings, endsScript)
	switch {
	case of.Bake != nil:
		w.refuse(c, "a bake is a step of its own.")
		return true
	case of.Refused != "" && refuses:
		if w.otherwise == 0 && w.Analysis.Refused == "" {
			w.Analysis.Refused = of.Refused
		}
	case of.Hindrance() != "":
		r := reason{why: of.Hindrance(), at: c}
		if of.Refused == "" {
			r.why = of.ByHand[0].Why
		}
		if i := slices.IndexFunc(of.Findings, endsScript); i >= 0 {
			r.finding = &of.Findings[i]
		}
		w.leave(r)
		return true
	}
	for i := range of.Findings {
		of.Findings[i].Corrected = "" // which would be one of the inner script alone
	}
	merge(&w.Analysis, of, w.loop > 0)
	w.Analysis.FieldUses = append(w.Analysis.FieldUses, of.FieldUses...)
	for _, name := range of.Uses {
		if name[0] < '0' || name[0] > '9' { // its parameters are the line's words
			w.useName(name)
		}
	}
	return true
}

// atLeast raises the effect to that of a text which a shell of its own runs and which is not known whole: a field or a variable stands in
// it, or it is typed into that shell.
func (w *walker) atLeast(text string) {
	if w.nested >= mostNested {
		return
	}
	of := w.analyser.read(procedures.Script{Text: text + "\n", File: w.script.File, Line: 1, Placeholders: w.script.Placeholders})
	w.Analysis.Effect = w.Analysis.Effect.Worse(of.Analysis.Effect)
}

// unquoted is a word's source without the quotes around all of it.
func unquoted(source string) string {
	if n := len(source); n > 1 && (source[0] == '\'' || source[0] == '"') && source[n-1] == source[0] {
		return source[1 : n-1]
	}
	return source
}

// typedText reads what is typed into a shell: `bash <<'END'`.
func (w *walker) typedText(s *syntax.Stmt) {
	c, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(c.Args) == 0 || !slices.Contains([]string{"sh", "bash", "dash", "zsh"}, path.Base(shell.CallName(c))) ||
		slices.ContainsFunc(literals(c)[1:], func(word string) bool {
			return !strings.HasPrefix(word, "-") || strings.Contains(word, "c")
		}) {
		return
	}
	for _, r := range s.Redirs {
		if (r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc) && r.Hdoc != nil {
			w.atLeast(literalParts(r.Hdoc))
		}
	}
}
