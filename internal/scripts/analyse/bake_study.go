package analyse

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// study is what is known of a bake: that of what its samples run.
// A bake whose command changes something is refused, as it would change it with every sample, and
// so is one in another.
func (r *bakeReader) study(a *Analyser) *Study {
	out := procedures.Analysis{Effect: procedures.EffectNone}
	for _, inner := range []procedures.Script{r.bake.Alarms, r.bake.Command} {
		if inner.Text == "" {
			continue
		}
		of := a.Study(inner).Analysis
		if of.Bake != nil {
			r.refuse("a bake cannot contain another bake.")
		}
		if why := of.Hindrance(); why != "" && r.refused == "" {
			r.refused = why
		}
		for i := range of.Findings { // a correction is of the whole statement
			if m := &of.Findings[i]; m.Corrected != "" {
				m.Corrected = r.before + m.Corrected + r.after
			}
		}
		merge(&out, of, true)
		for _, name := range of.Uses {
			out.Uses = add(out.Uses, name)
		}
	}
	for _, w := range r.wrong {
		if w.message != "" {
			out.Findings = append(out.Findings, r.finding(w))
		}
	}
	if len(r.wrong) > 0 {
		r.bake.Wrong = r.wrong[0].message
	}
	if what := changes(out); what != "" {
		word := r.words[0].Text
		r.refuse("%s repeats its command, and may only read; %s may change something.", word, what)
	}
	if out.Refused = r.refused; r.refused != "" {
		out.Effect = out.Effect.Worse(procedures.EffectChange)
	} else {
		if !r.bake.Watch && len(r.wrong) == 0 {
			r.bake.Annotated = r.annotated()
		}
		out.Bake = &r.bake
	}
	out.Findings = procedures.SortFindings(out.Findings)
	return &Study{Analysis: out, Wrong: map[Place]string{}}
}

// changes names what changes something in an analysis; empty where all of it only reads.
func changes(a procedures.Analysis) string {
	if !a.Effect.Changes() {
		return ""
	}
	for _, call := range a.Detail {
		if call.Effect.Changes() {
			return call.Program + " " + call.Command
		}
	}
	for _, name := range a.Programs {
		return name
	}
	return "it"
}

// merge adds what a script of its own runs: a sample, which runs many times, or the text of `sh -c`. It leaves nothing for later steps: its
// variables, the folder and an exit are not taken over.
func merge(out *procedures.Analysis, of procedures.Analysis, repeats bool) {
	out.Effect, out.WritesFiles, out.UsesAny = out.Effect.Worse(of.Effect), out.WritesFiles || of.WritesFiles, out.UsesAny || of.UsesAny
	out.Calls = append(out.Calls, of.Calls...)
	for _, call := range of.Detail {
		call.Repeats = call.Repeats || repeats
		out.Detail = append(out.Detail, call)
	}
	for _, list := range []struct {
		to   *[]string
		from []string
	}{
		{&out.Programs, of.Programs}, {&out.Scripts, of.Scripts}, {&out.Hosts, of.Hosts},
		{&out.Reads, of.Reads}, {&out.Writes, of.Writes}, {&out.Optional, of.Optional},
	} {
		for _, item := range list.from {
			*list.to = add(*list.to, item)
		}
	}
	out.Findings = append(out.Findings, of.Findings...)
}

// finding makes one finding of a word; its correction has those of all wrong words, as they are of
// one line.
func (r *bakeReader) finding(w wrongWord) procedures.Finding {
	text, from := r.script.Text, int(r.stmt.Pos().Offset())
	end := int(r.stmt.End().Offset())
	corrected := strings.TrimRight(text[from:end], "\n")
	fixes := slices.Clone(r.wrong)
	// from the end of the line, so that the offsets before stay right
	slices.SortFunc(fixes, func(a, b wrongWord) int { return b.from - a.from })
	for _, f := range fixes {
		corrected = corrected[:f.from-from] + f.text + corrected[f.to-from:]
	}
	return procedures.Finding{
		File: r.script.File, Line: shell.LineOf(r.script, w.at.Pos()), Column: int(w.at.Pos().Col()),
		Severity: procedures.SeverityError, Rule: "bake", Message: w.message, Corrected: corrected,
	}
}
