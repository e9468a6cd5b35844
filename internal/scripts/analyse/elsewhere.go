package analyse

import (
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// endsProcess reports the words of a kill that names a process by its number, by a field, or by what another command finds.
func endsProcess(words []procedures.Word) bool {
	return slices.ContainsFunc(words, func(word procedures.Word) bool {
		return len(word.Parameters) > 0 || strings.Contains(word.Source, "$(") && !strings.Contains(word.Source, "jobs") ||
			word.Known && word.Text != "" && strings.Trim(word.Text, "0123456789") == "" && word.Text != "0"
	})
}

// handsOn is the effect of the line of ours that a program runs: behind its own words, as sudo does, or in a text, as `sh -c` does.
func (w *walker) handsOn(words []procedures.Word) procedures.Effect {
	effect := procedures.EffectNone
	for i, word := range words {
		if !word.Known {
			continue
		}
		name := path.Base(word.Text)
		if name == "aws-cli" {
			name = "aws"
		}
		if command, ok := w.analyser.Command(name); ok && (i > 0 && name == "aws" || i == 0 && name != word.Text) {
			line := slices.Clone(words[i:])
			line[0].Text = name
			if info := Describe(command, line); !info.Undecided {
				effect = effect.Worse(info.Effect)
			}
		}
		if i > 0 && slices.Contains(handing, path.Base(words[0].Text)) && strings.Contains(word.Text, " ") {
			effect = effect.Worse(w.analyser.read(procedures.Script{File: w.script.File, Line: 1, Text: word.Text}).Analysis.Effect)
		}
	}
	return effect
}

// handing are programs that run a text.
var handing = strings.Fields("sh bash zsh dash ksh ash ssh su sudo watch parallel script flock")
