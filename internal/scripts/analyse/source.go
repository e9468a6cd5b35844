package analyse

import (
	"path"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// setInText is where a text that is sourced sets a variable: at the beginning of a line, behind a quote, `export` and their like.
var setInText = lazy.Regexp(`(?m)(?:^|["'\s;]|\\n)([A-Za-z_][A-Za-z0-9_]*)\+?=`)

// writes notes what a statement writes into files, for a script that sources them.
func (w *walker) writes(s *syntax.Stmt) {
	text := ""
	for _, r := range s.Redirs {
		if r.Hdoc != nil {
			text += "\n" + w.sourceOf(r.Hdoc)
		}
	}
	note := func(word *syntax.Word) {
		if name := w.reader.word(word); name.Known {
			w.written[name.Text] += "\n" + w.sourceOf(s) + text
		}
	}
	for _, r := range s.Redirs {
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.RdrClob, syntax.RdrAllClob:
			note(r.Word)
		}
	}
	pipe, _ := s.Cmd.(*syntax.BinaryCmd)
	last := s
	if pipe != nil {
		last = pipe.Y
	}
	if c, ok := last.Cmd.(*syntax.CallExpr); ok && shell.CallName(c) == "tee" {
		for _, arg := range c.Args[1:] {
			note(arg)
		}
	}
}

// sourced sets the variables that a file sets which the script has written.
func (w *walker) sourced(words []procedures.Word) {
	clear(w.values)
	if len(words) < 2 || !words[1].Known {
		return
	}
	for name, text := range w.written {
		if path.Clean(name) != path.Clean(words[1].Text) {
			continue
		}
		for _, m := range setInText().FindAllStringSubmatch(text, -1) {
			w.setVariable(m[1])
		}
	}
}
