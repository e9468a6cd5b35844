package analyse

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// shellText reads the script of `sh -c 'SCRIPT' NAME PARAMETERS…`, where it is written out; false for any other line. What it does, needs
// and what is wrong with it is the script's that the line stands in; what it sets stays in it.
func (w *walker) shellText(c *syntax.CallExpr, words []procedures.Word) bool {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = word.Text
	}
	line, ok := commands.ReadShellLine(texts)
	if !ok || slices.ContainsFunc(words[:line.Text+1], func(word procedures.Word) bool { return !word.Known }) {
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
	refuses := slices.ContainsFunc(of.Findings, func(m procedures.Finding) bool {
		return m.Severity == procedures.SeverityError && slices.Contains(notCarriedOut, m.Rule)
	})
	switch {
	case of.Bake != nil:
		w.refuse(c, "a bake is a step of its own.")
		return true
	case of.Refused != "" && refuses:
		if w.otherwise == 0 && w.Analysis.Refused == "" {
			w.Analysis.Refused = of.Refused
		}
	case of.Hindrance() != "":
		w.refuse(c, "%s", of.Hindrance())
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
