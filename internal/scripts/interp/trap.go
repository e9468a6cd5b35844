// This file is Opsbook's: what a script sets to run when it ends, or when a command fails.

package interp

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// trapName is the name of a signal as it was given; "" for none.
func trapName(spec string) string {
	name := strings.ToUpper(spec)
	if name == "ERR" || name == "DEBUG" || name == "RETURN" {
		return name
	}
	if n := atoi(spec); spec != "" && strings.Trim(spec, "0123456789") == "" && n >= 0 && int(n) < len(signalNames) {
		return signalNames[n]
	}
	if name = strings.TrimPrefix(name, "SIG"); signalNumber(name) >= 0 {
		return name
	}
	return ""
}

// trapped is the text that a trap was set to, "" with ignored for one that is ignored.
type trapped struct{ text string }

// setTrap is the trap builtin.
func (r *Runner) setTrap(pos syntax.Pos, texts []expand.Text) (exit exitStatus) {
	print := false
	for len(texts) > 0 && strings.HasPrefix(texts[0].Str, "-") && texts[0].Str != "-" {
		word := texts[0].Str
		texts = texts[1:]
		if word == "--" {
			break
		}
		if word == "-l" {
			return r.listSignals(nil)
		}
		if word != "-p" {
			r.errf("trap: %s: invalid option\ntrap: usage: trap [-lp] [[arg] signal_spec ...]\n", word)
			exit.code = 2
			return exit
		}
		print = true
	}
	if print || len(texts) == 0 {
		r.printTraps(texts)
		return exit
	}
	action := texts[0]
	names := texts[1:]
	unset := action.Str == "-"
	if len(texts) == 1 || strings.Trim(action.Str, "0123456789") == "" && action.Str != "" { // trap EXIT, trap 0
		unset, names = true, texts
	}
	if !unset {
		if err := action.NameError(len(action.Str), pos, "a command"); err != nil {
			exit.fatal(err)
			return exit
		}
	}
	r.shown = nil
	defer r.trapsChanged()
	for _, spec := range names {
		name := trapName(spec.Str)
		if name == "" {
			r.errf("trap: %s: invalid signal specification\n", spec.Str)
			exit.code = 1
			continue
		}
		if unset {
			delete(r.traps, name)
			continue
		}
		if r.traps == nil {
			r.traps = map[string]trapped{}
		}
		r.traps[name] = trapped{action.Str}
	}
	return exit
}

// shownTraps are the traps that a subshell of a shell shows.
func shownTraps(r *Runner) map[string]trapped {
	if len(r.traps) == 0 {
		return r.shown
	}
	return maps.Clone(r.traps)
}

// trapped reports whether a signal is trapped, or ignored. One that is trapped is as if it were sent.
func (r *Runner) trapped(signal string) bool {
	t, set := r.traps[signal]
	if set && t.text != "" {
		r.pid()
		_ = r.process.send(signal, r) // none that would stop anything
	}
	return set
}

func (r *Runner) printTraps(only []expand.Text) {
	names := append(slices.Clone(signalNames), "DEBUG", "ERR", "RETURN")
	if len(only) > 0 {
		names = nil
		for _, spec := range only {
			names = append(names, trapName(spec.Str))
		}
	}
	for _, name := range names {
		t, ok := r.traps[name]
		if !ok {
			t, ok = r.shown[name] // a subshell shows those around it as long as it sets none
		}
		if ok {
			shown := name
			if name != "EXIT" && signalNumber(name) > 0 {
				shown = "SIG" + name
			}
			r.outf("trap -- '%s' %s\n", strings.ReplaceAll(t.text, "'", `'\''`), shown)
		}
	}
}

// exitTrap runs what is set for the end of the shell, once.
func (r *Runner) exitTrap(ctx context.Context) {
	t, ok := r.traps["EXIT"]
	if !ok {
		return
	}
	delete(r.traps, "EXIT")
	r.runTrap(ctx, t.text, "EXIT")
}

// errorTrap runs what is set for a command that has failed.
func (r *Runner) errorTrap(ctx context.Context, st *syntax.Stmt) {
	if _, simple := st.Cmd.(*syntax.CallExpr); !simple && r.trapLine == 0 {
		r.command = st.Cmd
	}
	if t, ok := r.traps["ERR"]; ok && !r.handlingTrap && !r.exit.fatalExit && !r.exit.discarding {
		r.handlingTrap = true
		r.runTrap(ctx, t.text, "ERR")
		r.handlingTrap = false
	}
}

// runTrap runs the text of a trap. The status stays what it was, unless the trap exits.
func (r *Runner) runTrap(ctx context.Context, text, name string) {
	if text == "" {
		return
	}
	if err := r.meter.Charge(treeBytes * int64(len(text))); err != nil { // until the step ends
		r.exit.fatal(err)
		return
	}
	file, err := r.parse(text)
	if err != nil {
		r.errf("%s trap: %v\n", name, err)
		return
	}
	exit, last, pipe := r.exit, r.lastExit, r.pipeStatus
	defer func(line uint) { r.trapLine = line }(r.trapLine)
	if r.trapLine == 0 {
		r.trapLine = max(r.cmdLine, 1)
		if name == "EXIT" {
			r.trapLine = 1
		}
	}
	r.lastExit = r.exit
	r.lastExit.leave()
	r.exit = exitStatus{}
	noErrExit := r.noErrExit
	for _, st := range file.Stmts {
		r.stmt(ctx, st)
		if r.stop(ctx) {
			break
		}
	}
	r.noErrExit = noErrExit
	switch {
	case r.exit.fatalExit:
	case r.exit.exiting && !r.exit.discarding, r.exit.returning && name != "EXIT":
		// it has the last word
	default:
		r.exit, r.lastExit, r.pipeStatus = exit, last, pipe
	}
}

// parse reads a text that is run.
func (r *Runner) parse(text string) (*syntax.File, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	return file, nil
}

// plainTrap refuses the values in a text that is run later which would be more than a word of it.
func (r *Runner) plainTrap(word *syntax.Word) {
	var look func(parts []syntax.WordPart)
	look = func(parts []syntax.WordPart) {
		for _, part := range parts {
			switch p := part.(type) {
			case *syntax.DblQuoted:
				look(p.Parts)
			case *syntax.ParamExp:
				text := r.literalText(&syntax.Word{Parts: []syntax.WordPart{p}})
				if i := strings.IndexFunc(text.Str, func(c rune) bool {
					return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_./:@%+=,-", c))
				}); i >= 0 {
					r.exit.fatal(fmt.Errorf("the commands of a trap hold the value of $%s, in which %q is more than text; "+
						"put the commands in '…', so that the value is used when they run", p.Param.Value, text.Str[i:i+1]))
				}
			}
		}
	}
	look(word.Parts)
}
