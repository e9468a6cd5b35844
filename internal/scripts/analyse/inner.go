package analyse

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// A script may hold others: the commands of a trap, the text of `bash -c`, and files that it writes and runs. As far as their texts are
// written out they are read like the rest of it. What is not known beforehand is seen when it runs, as any call is then.

// mostNested is how deep such texts are read in one another.
const mostNested = 4

// innerText reads a text that a statement runs. A child has its own positional parameters, and sets nothing.
func (w *walker) innerText(c *syntax.CallExpr, file *syntax.File, script procedures.Script, child bool) {
	if w.nested >= mostNested {
		return
	}
	wrong, fixes, findings := maps.Clone(w.Wrong), len(w.fixes), len(w.Analysis.Findings)
	inner := *w
	inner.nested++
	inner.script, inner.reader.script, inner.top, inner.values = script, script, nil, values{}
	if inner.within == nil {
		inner.within = w.top
	}
	if child {
		inner.set, inner.alone = maps.Clone(w.set), maps.Clone(w.alone)
		for n := range 10 {
			inner.set[strconv.Itoa(n)] = true
		}
		inner.subshell++
		exits, folder := w.Analysis.Exits, w.Analysis.Folder
		defer func() { w.Analysis.Exits, w.Analysis.Folder = exits, folder }()
	}
	inner.differs(file)
	inner.top = nil
	inner.stmts(file.Stmts)
	// Places in that text are none of the script's: nothing is corrected there.
	w.Wrong, w.fixes = wrong, w.fixes[:fixes]
	for i := findings; i < len(w.Analysis.Findings); i++ {
		w.Analysis.Findings[i].Corrected = ""
		w.Analysis.Findings[i].Line, w.Analysis.Findings[i].Column = shell.LineOf(w.script, c.Pos()), int(c.Pos().Col())
	}
}

// writesText notes what a statement writes into a file, where its text is written out: cat > FILE <<'E', echo '…' > FILE.
func (w *walker) writesText(s *syntax.Stmt) {
	c, ok := s.Cmd.(*syntax.CallExpr)
	var to string
	var document *syntax.Word
	appends := false
	for _, r := range s.Redirs {
		switch r.Op {
		case syntax.RdrOut, syntax.RdrClob, syntax.AppOut:
			if name := w.reader.word(r.Word); name.Known {
				to, appends = path.Clean(name.Text), r.Op == syntax.AppOut
			}
		case syntax.Hdoc:
			document = r.Hdoc
		}
	}
	if to == "" || w.wholeFiles == nil {
		return
	}
	text, known := "", false
	if ok && len(c.Args) == 1 && c.Args[0].Lit() == "cat" && document != nil && len(document.Parts) == 1 {
		if lit, plain := document.Parts[0].(*syntax.Lit); plain {
			text, known = lit.Value, true
		}
	} else if ok && len(c.Args) == 2 && c.Args[0].Lit() == "echo" && w.reader.word(c.Args[1]).Known {
		text, known = w.reader.word(c.Args[1]).Text+"\n", true
	}
	if w.loop+w.function > 0 || appends && w.wholeFiles[to] == nil {
		known = false
	}
	switch {
	case !known:
		w.wholeFiles[to] = nil
	case appends:
		text = *w.wholeFiles[to] + text
		w.wholeFiles[to] = &text
	default:
		w.wholeFiles[to] = &text
	}
}

// runsText reads the script that a line runs where it is a text, or a file that the script has written; false where it is another one.
func (w *walker) runsText(c *syntax.CallExpr, words []procedures.Word, as reading) bool {
	name, file := words[0].Text, words[0].Text
	if base := path.Base(name); base == "bash" || base == "sh" {
		texts := make([]string, len(words))
		for i, word := range words {
			if texts[i] = word.Text; !word.Known && i < 2 {
				return false
			}
		}
		at, _, text, ok := shell.Invoked(texts)
		switch {
		case !ok || !words[at].Known:
			return false
		case text:
			if as != readFollowed { // once is enough
				w.readText(c, words[at].Text+"\n", true)
			}
			return true
		}
		if file = words[at].Text; !w.hasWritten(file) {
			w.Analysis.Scripts = add(w.Analysis.Scripts, file)
			return true
		}
	} else if !strings.Contains(name, "/") || !w.hasWritten(name) {
		return false
	}
	if text := w.wholeFiles[path.Clean(file)]; text != nil {
		if as != readFollowed {
			w.readText(c, *text, true)
		}
	} else {
		w.Analysis.Effect = w.Analysis.Effect.Worse(procedures.EffectChange) // nothing is known of it
	}
	return true
}

// hasWritten reports whether the script writes a file.
func (w *walker) hasWritten(name string) bool {
	_, ok := w.wholeFiles[path.Clean(name)]
	return ok || slices.ContainsFunc(w.Analysis.Writes, func(s string) bool { return path.Clean(s) == path.Clean(name) })
}

func (w *walker) readText(c *syntax.CallExpr, text string, child bool) {
	script := procedures.Script{Text: text, File: w.script.File, Line: shell.LineOf(w.script, c.Pos())}
	if file, err := shell.Parse(script); err == nil { // else it fails when it runs
		w.innerText(c, file, script, child)
	}
}
