// Package scripts is what happens inside a step: a script is parsed, analysed before
// anything runs, and interpreted without a shell. Commands come from a table or do
// not exist; files are those of the run; a value that somebody typed is never parsed.
package scripts

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// parse reads bash.
func parse(s procedures.Script) (*syntax.File, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(s.Text), s.File)
	if err != nil {
		var at *syntax.ParseError
		if asParseError(err, &at) {
			return nil, fmt.Errorf("line %d, column %d: %s", lineOf(s, at.Pos), at.Pos.Col(), at.Text)
		}
		return nil, err
	}
	return file, nil
}

func asParseError(err error, into **syntax.ParseError) bool {
	p, ok := err.(syntax.ParseError) //nolint:errorlint // the parser returns it as it is
	if ok {
		*into = &p
	}
	return ok
}

func lineOf(s procedures.Script, at syntax.Pos) int { return s.Line + int(at.Line()) - 1 }

func source(s procedures.Script, n syntax.Node) string {
	from, to := int(n.Pos().Offset()), int(n.End().Offset())
	if from < 0 || to > len(s.Text) || from > to {
		return ""
	}
	return s.Text[from:to]
}
