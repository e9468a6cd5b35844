package analyse

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// printing are commands that leave a script one that only prints.
var printing = []string{"echo", "printf", ":", "true", "set", "shopt"}

// call reads a simple command: its assignments, its expansions, and its command by name, in the
// order in which the interpreter finds it: refused names, builtins, functions, the table of
// commands, programs. `command NAME` is NAME.
func (w *walker) call(c *syntax.CallExpr) {
	w.assigns(c.Assigns)
	if len(c.Args) == 0 {
		return
	}
	for _, arg := range c.Args {
		w.expansions(arg)
	}
	w.commandUse(c)
	if w.typographic(c) {
		w.mistyped = c
	}
	words := w.reader.words(c.Args)
	name := words[0].Text
	// command -v NAME only finds it
	if name == "command" && len(words) > 1 && !strings.HasPrefix(words[1].Text, "-") {
		words, name = words[1:], words[1].Text
	}
	if !slices.Contains(printing, name) {
		w.Analysis.OnlyPrints = false
	}
	switch {
	case !words[0].Known:
		w.program(c, name, words)
	case w.forbidden(c, name, words):
	case w.lost[name] != "":
		w.leave(reason{why: name + " is a function that is not declared here: " + w.lost[name]})
	case slices.Contains(shell.Builtins, name):
		w.differingOptions(c, name, words)
		w.builtin(name, words)
	case w.set[name] && w.isFunction(name):
	default:
		if command, ok := w.analyser.Command(name); ok {
			w.describe(c, command, words)
			w.inner(c, command, words)
			return
		}
		w.program(c, name, words)
	}
}

// inner reads the lines that a line runs, as `xargs` does.
func (w *walker) inner(c *syntax.CallExpr, command procedures.Command, words []procedures.Word) {
	wrapper, ok := command.(procedures.Wrapper)
	if !ok {
		return
	}
	for _, line := range wrapper.Inner(words) {
		if len(line) == 0 || line[0].Known && slices.Contains(shell.Builtins, line[0].Text) {
			continue
		}
		found, known := procedures.Command(nil), false
		if line[0].Known {
			found, known = w.analyser.Command(line[0].Text)
		}
		if !known {
			w.program(c, line[0].Text, line)
			continue
		}
		w.describe(c, found, line)
		w.inner(c, found, line)
	}
}

// isFunction reports whether the script declares a function of that name anywhere.
func (w *walker) isFunction(name string) bool {
	found := false
	syntax.Walk(w.File, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil && f.Name.Value == name {
			found = true
		}
		return !found
	})
	return found
}

// forbidden refuses what would get past the table of commands.
// eval and exec take commands as text, which nothing has checked; what a trap takes is read like the rest of the script. A source
// must name a file below the folder.
func (w *walker) forbidden(c *syntax.CallExpr, name string, words []procedures.Word) bool {
	switch name {
	case "eval":
		w.refuse(c, "eval would run text that was not checked; write the command itself.")
	case "builtin":
		if len(words) > 1 && (!words[1].Known || !slices.Contains(shell.Builtins, words[1].Text)) {
			w.refuse(c, "builtin of what is no builtin, or is computed, is not supported here.")
		}
		return false
	case "exec":
		if len(words) > 1 {
			w.refuse(c, "exec would replace the script; run the command itself.")
		}
	case "trap":
		w.trap(c, words)
	case "bake":
		w.refuseAll(c, "%s", w.notAlone())
	case "source", ".":
		if len(words) < 2 || !words[1].Known || strings.HasPrefix(words[1].Text, "/") || strings.Contains(words[1].Text, "..") {
			w.refuse(c, "%s reads a script from outside the runbooks' folder.", name)
		}
	default:
		if slices.Contains(notHere, name) {
			w.refuse(c, "%s is not supported here.", name)
			return true
		}
		return false
	}
	return true
}

// notHere are builtins of bash that a script cannot use.
var notHere = strings.Fields(`enable bg fg suspend logout history fc bind compgen complete compopt caller help newgrp`)

// trap reads the commands that a trap takes as a part of the script.
func (w *walker) trap(c *syntax.CallExpr, words []procedures.Word) {
	if len(words) < 3 || words[1].Text == "" || strings.HasPrefix(words[1].Text, "-") {
		return
	}
	for _, spec := range words[2:] {
		if name := strings.ToUpper(spec.Text); name == "DEBUG" || name == "RETURN" {
			w.refuse(c, "a trap of %s is not supported here.", name)
		}
	}
	text, ok := trapText(c.Args[1])
	if !ok {
		w.refuse(c, "the commands of a trap are written out, as text in '…' or \"…\": what is computed was not checked.")
		return
	}
	script := procedures.Script{Text: text, File: w.script.File, Line: shell.LineOf(w.script, c.Pos())}
	file, err := shell.Parse(script)
	if err != nil {
		w.refuse(c, "the commands of a trap cannot be parsed: %s.", err)
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 && strings.Contains(call.Args[0].Lit(), trapValue) {
			w.refuse(c, "the commands of a trap would be a value; put them in '…'.")
		}
		return true
	})
	// What does not run in a trap takes the statement with it that sets the trap.
	inner := *w
	inner.script, inner.reader.script, inner.top = script, script, nil
	if inner.within == nil {
		inner.within = w.top
	}
	inner.differs(file)
	inner.top = nil
	inner.stmts(file.Stmts)
}

// trapValue stands for a value in the commands of a trap.
const trapValue = "opsbook-value"

// trapText are the commands of a trap: what is between the quotes, with trapValue in place of variables.
func trapText(word *syntax.Word) (string, bool) {
	var b strings.Builder
	for _, part := range word.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(p.Value)
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				switch inner := inner.(type) {
				case *syntax.Lit:
					b.WriteString(strings.NewReplacer(`\\`, `\`, `\$`, `$`, `\"`, `"`, "\\`", "`").Replace(inner.Value))
				case *syntax.ParamExp:
					b.WriteString(trapValue)
				default:
					return "", false
				}
			}
		case *syntax.ParamExp:
			b.WriteString(trapValue)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// notAlone says of a bake what it stands in, or beside.
func (w *walker) notAlone() string {
	where := "has other commands or a redirection beside it"
	switch {
	case w.function > 0:
		where = "stands in a function"
	case w.loop > 0:
		where = "stands in a loop"
	case w.subshell > 0:
		where = "stands in a pipe or a subshell"
	}
	return "bake is a step of its own, and this one " + where +
		". Give it a paragraph of its own with a comment over it, and nothing but `bake TIME --every TIME -- " +
		"COMMAND` in that; a longer COMMAND is put in quotes."
}

// cd outside of subshells changes the folder for later steps; exit ends the step unless a subshell
// or a function is around it; read and its like set variables.
func (w *walker) builtin(name string, words []procedures.Word) {
	switch name {
	case "cd", "pushd", "popd":
		if w.subshell == 0 {
			w.Analysis.Folder = true
		}
	case "exit":
		if w.subshell == 0 && w.function == 0 {
			w.Analysis.Exits = true
		}
	default:
		args := make([]string, len(words))
		for i, word := range words {
			if word.Known || strings.HasPrefix(word.Text, "-") {
				args[i] = word.Text
			} else {
				args[i] = "$" // a word, and no name
			}
		}
		for _, variable := range setBy(args) {
			w.setVariable(variable)
		}
	}
}

// describe asks a command what its line will do.
// An error in a line is kept in Wrong, and the line is not sent when the script runs. Thresholds
// count unless the script sets the variable itself.
func (w *walker) describe(c *syntax.CallExpr, command procedures.Command, words []procedures.Word) {
	p := Describe(command, words)
	if len(p.Opens) > 0 && commands.Session(p.Opens) != "" {
		if w.session(c, words[0].Text+" "+p.Call.Command) {
			return
		}
	}
	w.Analysis.Effect = w.Analysis.Effect.Worse(p.Effect)
	if p.Call != nil {
		p.Call.Program, p.Call.Repeats = words[0].Text, w.loop > 0
		w.Analysis.Calls = append(w.Analysis.Calls, p.Call.Command)
		w.Analysis.Detail = append(w.Analysis.Detail, *p.Call)
	}
	for _, list := range []struct {
		to   *[]string
		from []string
	}{{&w.Analysis.Hosts, p.Hosts}, {&w.Analysis.Reads, p.Reads}, {&w.Analysis.Writes, p.Writes}} {
		for _, item := range list.from {
			*list.to = add(*list.to, item)
		}
	}
	for _, l := range p.Thresholds {
		if !w.set[l.Name] && !slices.Contains(w.Analysis.Thresholds, l) {
			w.Analysis.Thresholds = append(w.Analysis.Thresholds, l)
		}
	}
	for _, m := range p.Findings {
		switch {
		case w.mistyped == c: // they follow from the slip
		case slices.Contains(notCarriedOut, m.Rule) && m.Severity == procedures.SeverityError:
			w.notCarriedOut(c, m)
		default:
			w.lineFinding(c, m)
		}
	}
}

// notCarriedOut are the rules of lines whose command would fail here where the real one does not.
var notCarriedOut = []string{commands.NotCarriedOut, "curl-option", "awk-program", "sed-script"}

// notCarriedOut refuses the whole script for a line that asks for something that is not carried out here, but where the line is one of two
// for different systems: it is reached on the other one alone, and ends the step where it is reached.
func (w *walker) notCarriedOut(c *syntax.CallExpr, m procedures.Finding) {
	if w.otherwise > 0 {
		return
	}
	w.lineFinding(c, m)
	if w.Analysis.Refused == "" {
		w.Analysis.Refused = fmt.Sprintf("Line %d: %s", shell.LineOf(w.script, c.Pos()), m.Message)
	}
}

// lineFinding adds one of a command's line. Its correction, which is of the line alone, becomes that of the whole statement.
// Only corrections of errors are applied by Correct.
func (w *walker) lineFinding(c syntax.Node, m procedures.Finding) {
	m.File = w.script.File
	if m.Line == 0 {
		m.Line, m.Column = shell.LineOf(w.script, c.Pos()), int(c.Pos().Col())
	}
	if m.Severity == procedures.SeverityError {
		if _, known := w.Wrong[PlaceOf(c.Pos())]; !known {
			w.Wrong[PlaceOf(c.Pos())] = m.Message
		}
	}
	if m.Corrected != "" {
		from, to := int(c.Pos().Offset()), int(c.End().Offset())
		if call, ok := c.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			from, to = int(call.Args[0].Pos().Offset()), int(call.Args[len(call.Args)-1].End().Offset())
		}
		if m.Severity == procedures.SeverityError {
			w.fixes = append(w.fixes, fix{from, to, m.Corrected, len(w.Analysis.Findings)})
		}
		if w.top != nil {
			start, end := int(w.top.Pos().Offset()), int(w.top.End().Offset())
			m.Corrected = w.script.Text[start:from] + m.Corrected + w.script.Text[to:max(to, end)]
		}
	}
	w.Analysis.Findings = append(w.Analysis.Findings, m)
}

// program is a command that is not ours.
// Its effect is what is known of programs. A path is a script: the library adds its effect.
func (w *walker) program(c *syntax.CallExpr, name string, words []procedures.Word) {
	texts := make([]string, len(words))
	for i := range words {
		texts[i] = words[i].Text
	}
	if opens := commands.Session(texts); opens != "" && words[0].Known && w.session(c, opens) {
		return
	}
	if strings.Contains(name, "/") { // the library knows what the script does
		w.Analysis.Scripts = add(w.Analysis.Scripts, name)
		return
	}
	w.Analysis.Effect = w.Analysis.Effect.Worse(w.analyser.ProgramEffect(words))
	w.Analysis.Programs = add(w.Analysis.Programs, name)
}
