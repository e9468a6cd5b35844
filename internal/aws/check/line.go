// Package check reads an `aws` line before it runs: what it calls, what that does, what is wrong with it and how it is corrected.
package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Line is a line that is read, with what was found out so far. A word that is only known when the script runs is not judged.
// Find and SetCall add to Info, which the caller takes when every check has run.
type Line struct {
	Words []procedures.Word // "aws" is the first
	Info  procedures.LineInfo
	// Once reports that Info depends on more than the words: on a file, or on the clock.
	Once bool
}

// NewLine begins a line of which nothing is known: it changes something.
// The worse effect is assumed until something better is known, so that a line that cannot be read needs a review.
func NewLine(words []procedures.Word) *Line {
	return &Line{Words: words, Info: procedures.LineInfo{Effect: procedures.EffectChange}}
}

// Find records a finding at a word. corrected replaces words by text, by index; "" drops one. One
// that changes nothing is none.
// The place in the runbook is the word's own line and column.
func (l *Line) Find(severity procedures.Severity, rule string, at procedures.Word, corrected map[int]string, format string, args ...any) {
	m := procedures.Finding{Line: at.Line, Column: at.Col, Severity: severity, Rule: rule, Message: fmt.Sprintf(format, args...)}
	for i, text := range corrected {
		if text != l.Words[i].Source {
			m.Corrected = l.corrected(corrected)
		}
	}
	l.Info.Findings = append(l.Info.Findings, m)
}

// corrected writes the line again with some words replaced, its line breaks kept.
// A person may accept the text as it is, so everything that is not replaced keeps its quotes and its place.
func (l *Line) corrected(replace map[int]string) string {
	var out strings.Builder
	line := 0
	for i, w := range l.Words {
		text, replaced := replace[i]
		if !replaced {
			text = w.Source
		}
		if text == "" {
			continue
		}
		switch {
		case out.Len() == 0:
		case w.Line > line && line > 0:
			out.WriteString(" \\\n" + strings.Repeat(" ", max(2, w.Col-1)))
		default:
			out.WriteByte(' ')
		}
		line = w.Line + strings.Count(w.Source, "\n")
		out.WriteString(text)
	}
	return out.String()
}

// Index is the place of a word in the line.
// Two equal words are told apart by where they stand; -1 for a word of another line.
func (l *Line) Index(w procedures.Word) int {
	return slices.IndexFunc(l.Words, func(x procedures.Word) bool { return x.Line == w.Line && x.Col == w.Col && x.Source == w.Source })
}

// Texts are the words as far as they are known. known tells whether the value of one is.
// Two words with the same text count as unknown when either is.
func Texts(words []procedures.Word) (args []string, known func(string) bool) {
	unknown := map[string]bool{}
	for _, w := range words {
		args = append(args, w.Text)
		if !w.Known {
			unknown[w.Text] = true
		}
	}
	return args, func(text string) bool { return !unknown[text] }
}

// SetCall says what the line does.
// The line's effect becomes that of the call.
func (l *Line) SetCall(call procedures.PlannedCall) {
	args, _ := Texts(l.Words[1:])
	call.Args, call.Line = args, l.Words[0].Line
	l.Info.Effect, l.Info.Call = call.Effect, &call
}

// Refuse records what is wrong with the line of a command that is not one call.
// An error that may come from a word that is not known yet is no finding. The rule is aws-usage.
func (l *Line) Refuse(at procedures.Word, err error) {
	var wrong *bind.Error
	if !errors.As(err, &wrong) {
		return
	}
	for _, w := range l.Words {
		if !w.Known && (w.Split || strings.Contains(wrong.Message, w.Text)) {
			return // it may be right when the script runs
		}
	}
	l.Find(procedures.SeverityError, "aws-usage", at, nil, "%s.", sentence(wrong.Message))
}

// sentence is the CLI's message as a sentence without its full stop.
//
//	unknown options: --foo.   becomes   Unknown options: --foo
func sentence(message string) string {
	message = strings.TrimPrefix(message, "An error occurred (ParamValidation): ")
	message = strings.TrimPrefix(message, "Parameter validation failed:\n")
	message, rest, _ := strings.Cut(message, "\n")
	if _, near, ok := strings.Cut(rest, "Maybe you meant:"); ok {
		message += "; the nearest is " + strings.Join(strings.Fields(strings.ReplaceAll(near, "*", "")), " or ")
	}
	if _, why, ok := strings.Cut(rest, "Error: "); ok { // "<S3Uri>\nError: Invalid argument type"
		message = strings.ToLower(why) + ": it takes " + strings.TrimPrefix(message, "usage: ")
	}
	message = strings.TrimRight(message, ".: ")
	if message == "" {
		return "This line is wrong"
	}
	return procedures.Capital(message)
}
