package runbook

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// analyse reads the step's script, and moves what was found to where it stands in the file.
// It also checks the annotations against what the script does: they may only raise the effect, and
// only steps that read are retried.
func (b *pageBuilder) analyse(s *procedures.Step, blk *block, first, last, indent int) {
	if b.d.options.Analyser != nil {
		s.Analysis = b.d.options.Analyser.Analyse(s.Script)
	} else {
		s.Analysis.Effect = procedures.EffectChange
	}
	// a copy: a time in the title is of the step and not of its script
	if s.Analysis.Bake != nil {
		bake := *s.Analysis.Bake
		if bake.Watch && bake.For == 0 {
			bake.For = procedures.FindDuration(s.Title)
		}
		s.Bake = &bake
	}
	b.bake(s, blk)
	errors := false
	s.Analysis.Findings = slices.Clone(s.Analysis.Findings)
	for i := range s.Analysis.Findings {
		m := &s.Analysis.Findings[i]
		m.File = b.d.file
		if m.Column > 0 {
			m.Column += indent
		}
		errors = errors || m.Severity == procedures.SeverityError
		shown := *m // people see the document's own words, scripts the sentinels
		shown.Corrected, shown.Message = b.restorePlaceholders(m.Corrected, blk), b.restorePlaceholders(m.Message, blk)
		s.Findings = append(s.Findings, shown)
	}
	if !errors {
		s.Findings = append(s.Findings, b.syntaxFindings(s, blk, first, last, indent)...)
	}
	b.sayRefused(s, blk)
	for _, m := range blk.marks {
		if m.line >= first && m.line <= last {
			s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: blk.line + m.line,
				Column: m.column + indent, Severity: procedures.SeverityWarning, Rule: "example-value",
				Message: fmt.Sprintf("%s is an example value: the page asks for %s instead", m.literal, m.name), About: m.literal})
		}
	}
	if a := s.Annotations; s.Bake != nil && (a.Retry > 0 || a.Until != "" || a.Every > 0 && a.Bake == 0) {
		s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: s.Line, Column: 1,
			Severity: procedures.SeverityWarning, Rule: "annotation",
			Message: "`retry`, `until` and `every` do not apply to a bake: its own line sets how long and how often it samples"})
	}
	// a second attempt could make a change twice
	if (s.Annotations.Retry > 0 || s.Annotations.Until != "") && s.Effect().Changes() {
		s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: s.Line, Column: 1,
			Severity: procedures.SeverityWarning, Rule: "annotation",
			Message: "`retry` and `until` are for steps that only read: this step makes changes, and runs once. " +
				"Wait for the change in a step of its own that reads"})
	}
	if a := s.Annotations.Effect; a != "" && a.Worse(s.Analysis.Effect) != a {
		s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: s.Line, Column: 1,
			Severity: procedures.SeverityWarning, Rule: "annotation",
			Message: fmt.Sprintf("`effect: %s` is less than what the script does (%s): an annotation can only raise the effect",
				s.Annotations.Effect, s.Analysis.Effect)})
	}
}

// refusedAt is what a refusal begins with, as package analyse writes it.
var refusedAt = lazy.Regexp(`^Line (\d+): `)

// sayRefused makes a finding of what refuses a whole step where none of its findings is about that line: its author is told, too.
func (b *pageBuilder) sayRefused(s *procedures.Step, blk *block) {
	m := refusedAt().FindStringSubmatch(s.Analysis.Refused)
	if m == nil {
		return
	}
	line, _ := strconv.Atoi(m[1])
	if slices.ContainsFunc(s.Findings, func(f procedures.Finding) bool { return f.Line == line && f.Severity != procedures.SeverityNote }) {
		return
	}
	s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: line, Column: 1, Severity: procedures.SeverityWarning,
		Rule: "not-run-here", Message: "this step is not run here: " + b.restorePlaceholders(s.Analysis.Refused[len(m[0]):], blk)})
}

// restorePlaceholders puts the document's words back where a corrected line has sentinels.
func (b *pageBuilder) restorePlaceholders(text string, blk *block) string {
	for sentinel := range b.d.params.in(text) {
		for i, line := range blk.shell {
			if at := strings.Index(line, sentinel); at >= 0 && len(blk.raw[i]) == len(line) {
				text = strings.ReplaceAll(text, sentinel, blk.raw[i][at:at+len(sentinel)])
				break
			}
		}
	}
	return text
}

// syntaxFindings says where the shell would stop reading.
func (b *pageBuilder) syntaxFindings(s *procedures.Step, blk *block, first, last, indent int) []procedures.Finding {
	if !slices.Contains(blk.unparsed[first:last+1], true) {
		return nil
	}
	_, err := parseShell(s.Script.Text)
	if err == nil {
		return nil
	}
	m := procedures.Finding{
		File: b.d.file, Line: s.Line, Column: 1, Severity: procedures.SeverityError, Rule: "shell-syntax",
		Message: "the shell cannot read this: " + err.Error(),
	}
	var perr syntax.ParseError
	if errors.As(err, &perr) {
		m.Line = min(s.Script.Line+int(perr.Pos.Line())-1, blk.line+last)
		m.Column = int(perr.Pos.Col()) + indent
		m.Message = "the shell cannot read this: " + b.restorePlaceholders(perr.Text, blk)
	}
	if s.Analysis.Refused == "" {
		s.Analysis.Refused = m.Message
	}
	return []procedures.Finding{m}
}

// checkLanguage notes that a fence says it is the shell's and holds no line that is. What is another language's beyond doubt is shown
// as that, and nothing is said.
func (b *pageBuilder) checkLanguage(n *ast.FencedCodeBlock, language, text string) {
	if _, shell := shellLanguages[language]; !shell || classifyBlock(language, text) != blockText || strings.TrimSpace(text) == "" {
		return
	}
	if own := realLanguage(text); own != "text" && own != "code" {
		return
	}
	b.p.Findings = append(b.p.Findings, procedures.Finding{File: b.d.file, Line: b.d.lineOf(n.Lines().At(0).Start), Column: 1,
		Severity: procedures.SeverityNote, Rule: "fence-language",
		Message: fmt.Sprintf("the fence says %s, and no line of it is a command: it is shown, and not run", language)})
}

// pastedOutput notes that lines of a block are taken for output, where the fence does not make
// that clear.
func (b *pageBuilder) pastedOutput(blk *block) {
	if blk.pasted < 0 || len(b.p.Steps) == 0 || shellLanguages[blk.language] || blk.language == "" {
		return
	}
	s := b.p.Steps[len(b.p.Steps)-1]
	s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: blk.line + blk.pasted, Column: 1,
		Severity: procedures.SeverityNote, Rule: "pasted-output",
		Message: "this looks like output, not a command, so it is shown as expected output. To make that explicit, " +
			"use a fence of its own, or prompts (`$ `) before the commands"})
}
