package analyse

import (
	"path"
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
	w.seen[c] = true
	if len(c.Args) == 0 {
		w.assigns(c.Assigns)
		return
	}
	lines := w.possible(c)
	w.isolated(func() { w.assigns(c.Assigns) }) // the words of the line are expanded before
	for _, arg := range c.Args {
		w.expansions(arg)
	}
	w.commandUse(c)
	if w.typographic(c) {
		w.mistyped = c
	} else {
		w.singleQuoted(c)
	}
	words := w.reader.words(c.Args)
	switch {
	case w.depth > 0:
	case len(lines) == 1 && slices.EqualFunc(lines[0], words, sameWord):
		w.line(c, words, readWhole)
		return
	default:
		w.wait()
		w.line(c, words, readAsIs)
	}
	for _, line := range lines {
		if len(line) > 0 {
			w.line(c, line, readFollowed)
		}
	}
}

func sameWord(a, b procedures.Word) bool { return a.Text == b.Text && a.Known == b.Known }

// line reads one of the lines that a call may be.
func (w *walker) line(c *syntax.CallExpr, words []procedures.Word, as reading) {
	name := words[0].Text
	// command -v NAME only finds it
	command := name == "command" && len(words) > 1 && !strings.HasPrefix(words[1].Text, "-")
	if command {
		words, name = words[1:], words[1].Text
	}
	if slices.ContainsFunc(words, func(word procedures.Word) bool { return !word.Known }) {
		w.wait()
	}
	w.Analysis.UsesAny = w.Analysis.UsesAny || name == "printenv" || name == "env" && len(words) == 1
	if name == "builtin" && len(words) > 1 && slices.Contains([]string{"cd", "pushd", "popd", "unset"}, words[1].Text) {
		w.builtin(words[1].Text, words[1:])
	}
	if !slices.Contains(printing, name) {
		w.Analysis.OnlyPrints = false
	}
	switch {
	case !words[0].Known:
		if as != readAsIs {
			w.program(c, name, words, as)
		}
	case w.forbidden(c, name, words):
	case w.lost[name] != "" && !command:
		w.leave(reason{why: name + " is a function that is not declared here: " + w.lost[name]})
	case slices.Contains(shell.Builtins, name):
		if as == readWhole || as == readAsIs {
			w.differingOptions(c, name, words)
		}
		w.builtin(name, words)
	case !command && w.isFunction(name) && (w.set[name] || w.function > 0):
		if as != readAsIs {
			w.follow(c, name, words[1:], true)
		}
	default:
		if command, ok := w.analyser.Command(name); ok && Carries(command, words) {
			w.describe(c, command, words, as)
			w.inner(c, command, words, as)
			return
		}
		w.programOrText(c, name, words, as)
	}
}

// programOrText is a line that is none of the table's: a shell with its script, or a program.
func (w *walker) programOrText(c *syntax.CallExpr, name string, words []procedures.Word, as reading) {
	if !w.shellText(c, words) {
		w.program(c, name, words, as)
	}
}

// inner reads the lines that a line runs, as `xargs` does.
func (w *walker) inner(c *syntax.CallExpr, command procedures.Command, words []procedures.Word, as reading) {
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
			w.programOrText(c, line[0].Text, line, as)
			continue
		}
		w.describe(c, found, line, as)
		w.inner(c, found, line, as)
	}
}

// isFunction reports whether the script declares a function of that name anywhere.
func (w *walker) isFunction(name string) bool {
	if w.functionsIn != w.File { // once for all its commands: a script may have thousands
		w.functionsIn, w.functionsOf = w.File, map[string]bool{}
		syntax.Walk(w.File, func(n syntax.Node) bool {
			if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
				w.functionsOf[f.Name.Value] = true
			}
			return true
		})
	}
	return w.functionsOf[name]
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
	case "kill":
		if !endsProcess(words[1:]) {
			return false
		}
		w.leave(reason{why: "kill ends a process of the machine that somebody is on, and only those of the script itself are here."})
	case "bake":
		w.refuseAll(c, "%s", w.notAlone())
	case "source", ".":
		w.sourced(words)
		if len(words) < 2 || !words[1].Known || strings.HasPrefix(words[1].Text, "/") || strings.Contains(words[1].Text, "..") {
			w.refuse(c, "%s reads a script from outside the runbooks' folder.", name)
		} else if text := w.wholeFiles[path.Clean(words[1].Text)]; text != nil {
			w.readText(c, *text, false)
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
	case "shift":
		w.arguments(words)
	case "shopt", "umask":
		w.Analysis.Settings = w.Analysis.Settings || w.subshell == 0
	case "unset": // what comes next is without it
		w.Analysis.Settings = w.Analysis.Settings || w.subshell == 0
	default:
		args := make([]string, len(words))
		for i, word := range words {
			if word.Known || strings.HasPrefix(word.Text, "-") {
				args[i] = word.Text
			} else {
				args[i] = "$" // a word, and no name
			}
		}
		asks := Asked(args)
		if w.fed > 0 || w.function > 0 || w.loop > w.again {
			asks = nil // it reads what it is given
		}
		for _, variable := range setBy(args) {
			if slices.Contains(asks, variable) && !w.set[variable] {
				w.useName(variable) // a field of the page is what a person would type
				continue
			}
			w.setVariable(variable)
		}
		if name == "set" {
			w.Analysis.Settings = w.Analysis.Settings || w.subshell == 0
			w.arguments(words)
		}
	}
}

// describe asks a command what its line will do.
// An error in a line is kept in Wrong, and the line is not sent when the script runs. Thresholds
// count unless the script sets the variable itself.
func (w *walker) describe(c *syntax.CallExpr, command procedures.Command, words []procedures.Word, as reading) {
	p := Describe(command, words)
	if p.Undecided && as != readAsIs && p.Effect == procedures.EffectDestroy {
		w.undecided(c)
	}
	if p.Undecided && (len(w.declaring) > 0 || as == readAsIs) {
		p.Effect = procedures.EffectNone
	}
	if len(p.Opens) > 0 && commands.Session(p.Opens) != "" {
		if w.session(c, words[0].Text+" "+p.Call.Command) {
			return
		}
	}
	w.Analysis.Effect = w.Analysis.Effect.Worse(p.Effect)
	w.Analysis.WritesFiles = w.Analysis.WritesFiles || p.WritesFiles || len(p.Writes) > 0
	if p.Call != nil && w.tells(c, p.Call, as) {
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
	if as == readFollowed {
		return
	}
	for _, m := range p.Findings {
		switch {
		case w.mistyped == c: // they follow from the slip
		case endsScript(m):
			w.notCarriedOut(c, m)
		default:
			w.lineFinding(c, m)
		}
	}
}

// notCarriedOut are the rules of lines whose command would fail here where the real one does not.
var notCarriedOut = []string{"curl-option", "awk-program", "sed-script"}

// endsScript reports a finding of a line for which the whole script is refused.
func endsScript(m procedures.Finding) bool {
	return m.Rule == commands.NotCarriedOut || m.Rule == "reveals-secret" ||
		slices.Contains(notCarriedOut, m.Rule) && m.Severity == procedures.SeverityError
}

// tells reports whether a call is not in the analysis yet. A line that is followed makes the same call in other ways, too.
func (w *walker) tells(c *syntax.CallExpr, call *procedures.PlannedCall, as reading) bool {
	key := told{c, call.Command}
	known := w.told[key]
	w.told[key] = true
	return !known || as != readFollowed
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
// Its effect is what is known of programs, or of the aws line that it runs. A path is a script: the library adds its effect.
func (w *walker) program(c *syntax.CallExpr, name string, words []procedures.Word, as reading) {
	if words[0].Known && w.runsText(c, words, as) {
		return
	}
	texts := make([]string, len(words))
	for i := range words {
		texts[i] = words[i].Text
	}
	if opens := commands.Session(texts); opens != "" && words[0].Known && w.session(c, opens) {
		return
	}
	if name == "..." || name == "…" {
		w.leave(reason{why: name + " stands for what was left out: write the whole line."})
		return
	}
	if editor := commands.Editor(texts); editor != "" && words[0].Known {
		w.leave(reason{why: "it opens an editor (" + editor + "), which a person types into."})
		return
	}
	w.Analysis.Effect = w.Analysis.Effect.Worse(w.handsOn(words))
	if strings.Contains(name, "/") { // the library knows what the script does
		w.Analysis.Scripts = add(w.Analysis.Scripts, name)
		if w.analyser.ProgramEffect(words) == procedures.EffectDestroy { // by its name, or an option such as --destroy
			w.Analysis.Effect = procedures.EffectDestroy
		}
		return
	}
	if !words[0].Known && len(words[0].Parameters) == 0 { // a placeholder never becomes a command
		if as != readAsIs {
			w.undecided(c)
		}
		if len(w.declaring) > 0 {
			return
		}
	}
	w.Analysis.Effect = w.Analysis.Effect.Worse(w.analyser.ProgramEffect(words))
	w.Analysis.Programs = add(w.Analysis.Programs, name)
}
