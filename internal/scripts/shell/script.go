// Package shell is what analysing and interpreting a script both need of bash's language: its syntax tree, places in
// the script's file, names, and quoting.
package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// A script's syntax tree is as deep as its text is nested, and is walked by functions that call themselves: these bounds
// keep their stacks far from where Go ends the process.
const (
	// MaxText bounds a script, in bytes.
	MaxText = 256 << 10
	// maxNesting bounds the brackets that are open at the same time.
	maxNesting = 1000
)

// tooDeep is the first line of a text on which more brackets are open than may be, whatever quotes them; 0 for none.
func tooDeep(text string) int {
	open, line := 0, 1
	for _, c := range []byte(text) {
		switch c {
		case '\n':
			line++
		case '(', '{', '[':
			if open++; open > maxNesting {
				return line
			}
		case ')', '}', ']': // a pattern of case has only the second one
			open = max(0, open-1)
		}
	}
	return 0
}

// Parse reads bash.
func Parse(s procedures.Script) (*syntax.File, error) {
	if len(s.Text) > MaxText {
		return nil, fmt.Errorf("it has more than %d KB", MaxText>>10)
	}
	if line := tooDeep(s.Text); line > 0 {
		return nil, fmt.Errorf("line %d: more than %d brackets are open", s.Line+line-1, maxNesting)
	}
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
