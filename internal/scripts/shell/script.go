// Package shell is what analysing and interpreting a script both need of bash's language: its syntax tree, places in
// the script's file, names, and quoting.
package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Parse reads bash.
func Parse(s procedures.Script) (*syntax.File, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(s.Text), s.File)
	if err != nil {
		var at *syntax.ParseError
		if asParseError(err, &at) {
			return nil, fmt.Errorf("line %d, column %d: %s", LineOf(s, at.Pos), at.Pos.Col(), at.Text)
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

// LineOf is the line of a place of a script in the file that it stands in, from 1.
func LineOf(s procedures.Script, at syntax.Pos) int { return s.Line + int(at.Line()) - 1 }

// Source is the text of a node, as the script has it.
func Source(s procedures.Script, n syntax.Node) string {
	from, to := int(n.Pos().Offset()), int(n.End().Offset())
	if from < 0 || to > len(s.Text) || from > to {
		return ""
	}
	return s.Text[from:to]
}
