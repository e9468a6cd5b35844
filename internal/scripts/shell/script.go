// Package shell is what analysing and interpreting a script both need of bash's language: its syntax tree, places in
// the script's file, names, and quoting.
package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// A script's syntax tree is as deep as its text is nested, and is walked by functions that call themselves: these bounds
// keep their stacks far from where Go ends the process.
const ()

// tooDeep is the first line of a text on which more brackets are open than may be, whatever quotes them; 0 for none.
func tooDeep(text string) int {
	open, line := 0, 1
	for _, c := range []byte(text) {
		switch c {
		case '\n':
			line++
		case '(', '{', '[':
			if open++; open > limits.ScriptNesting.Size() {
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
	if len(s.Text) > limits.ScriptBytes.Size() {
		return nil, limits.ScriptBytes.Reached()
	}
	if line := tooDeep(s.Text); line > 0 {
		return nil, limits.ScriptNesting.Reached().At(fmt.Sprintf("line %d", s.Line+line-1))
	}
	file, err := parse(s)
	if err != nil {
		var at *syntax.ParseError
		if asParseError(err, &at) {
			return nil, fmt.Errorf("line %d, column %d: %s", LineOf(s, at.Pos), at.Pos.Col(), at.Text)
		}
		return nil, err
	}
	if deepest(file) > limits.ScriptDepth.Size() {
		return nil, limits.ScriptDepth.Reached()
	}
	return file, nil
}

// parse reads bash.
func parse(s procedures.Script) (*syntax.File, error) {
	if strings.ContainsAny(s.Text, masks) {
		return syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(s.Text), s.File)
	}
	return parseMended(s.Text, s.File)
}

// subscript is what stands between the brackets around a place on its line; -1 where there are none, or more than names in them.
func subscript(text string, at int) (begin, end int) {
	if at > len(text) {
		return -1, -1
	}
	begin = strings.LastIndexByte(text[:at], '[') + 1
	length := strings.IndexByte(text[at:], ']')
	if begin == 0 || length < 0 || strings.ContainsAny(text[begin:at+length], "\n\"'$`\\()") {
		return -1, -1
	}
	return begin, at + length
}

// deepest is how deep the parts of a script stand in one another.
func deepest(file *syntax.File) int {
	depth, most := 0, 0
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			depth--
			return false
		}
		depth++
		most = max(most, depth)
		return true
	})
	return most
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
