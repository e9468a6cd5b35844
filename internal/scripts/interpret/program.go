package interpret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/interp"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// begins is the folder in which the script begins; empty for where every script does.
func (r *running) begins() string {
	switch {
	case r.folder != "":
		return r.folder
	case r.State == nil || r.State.Folder == "" || r.State.Folder == "/":
		return ""
	case r.Workspace != nil:
		return path.Join(r.Workspace.Path, r.State.Folder)
	}
	return r.State.Folder
}

// left is the folder to which `cd -` goes in a script that has a state, as begins is the one in which it begins.
func (r *running) left() string {
	switch {
	case r.State == nil || r.State.Left == "" || r.folder != "":
		return ""
	case r.Workspace != nil:
		return path.Join(r.Workspace.Path, r.State.Left)
	}
	return r.State.Left
}

// scriptAt finds the script that a path names: one of the library, as it is written or from where the line stands, else
// one of the workspace. refused says why what is there is not a script that can run.
func (r *running) scriptAt(h interp.HandlerContext, name string) (script procedures.Script, refused string, ok bool) {
	at := name
	if !path.IsAbs(name) {
		at = path.Join(h.Dir, name)
	}
	if script, refused, ok := r.ownScript(name, at); ok || refused != "" {
		return script, refused, ok
	}
	if r.Scripts != nil {
		for _, candidate := range []string{path.Clean(name), strings.TrimPrefix(r.Workspace.inside(at), "/")} {
			if script, ok := r.Scripts(candidate); ok {
				return script, "", true
			}
		}
	}
	if r.Workspace == nil || r.Rehearse {
		return script, "", false
	}
	return r.Workspace.script(at)
}

// script reads a shell script of the workspace.
// The file has to be executable for somebody and a shell script of at most limits.ScriptBytes: it
// is interpreted here like any other, and not executed by the system.
func (w *Workspace) script(at string) (script procedures.Script, refused string, ok bool) {
	below, ok := w.below(at)
	if !ok {
		return script, at + " is not in the workspace " + w.Path, false
	}
	name := strings.TrimPrefix(below, "/")
	f, err := w.Files.Open(name)
	if err != nil {
		why := "cannot be read"
		if errors.Is(err, fs.ErrNotExist) {
			why = "is not there"
		}
		return script, at + " " + why, false
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return script, at + " cannot be read", false
	case info.IsDir():
		return script, at + " is a folder", false
	case info.Mode()&0o111 == 0:
		return script, at + " may not be executed (chmod +x)", false
	}
	text, err := io.ReadAll(io.LimitReader(f, limits.ScriptBytes.Value+1))
	switch {
	case err != nil:
		return script, at + " cannot be read", false
	case len(text) > limits.ScriptBytes.Size():
		return script, limits.ScriptBytes.Reached().At(at).Error(), false
	}
	if !isShell(name, string(text)) {
		return script, at + " is not a shell script: allow its interpreter, and write that before the path (python " + name + ")", false
	}
	return procedures.Script{File: name, Line: 1, Text: string(text), Name: at}, "", true
}

// isShell reports whether a file is a script for sh or bash: by its first line, else by its name.
// `#!/usr/bin/env bash` and `#!/bin/sh -e` are; other shells, such as zsh, are not.
func isShell(name, text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	by, ok := strings.CutPrefix(first, "#!")
	if !ok {
		return path.Ext(name) == ".sh" || path.Ext(name) == ".bash"
	}
	words := strings.Fields(by)
	if len(words) > 1 && path.Base(words[0]) == "env" {
		words = words[1:]
	}
	if len(words) == 0 {
		return false
	}
	shell := path.Base(words[0])
	return shell == "sh" || shell == "bash"
}

// program runs a program, or rehearses it, or says that it is not allowed here.
// On the sandbox every program is rehearsed: it succeeds, and standard error says that it was not
// run. Otherwise one that the configuration does not allow has the status 127, as a shell's
// unknown command, and the step's verdict is unavailable.
func (r *running) program(ctx context.Context, h interp.HandlerContext, args []string) error {
	if r.Programs != nil && !r.Rehearse {
		if command, ok := r.Programs(args); ok {
			if effect := r.effectOf(args); r.Planning && r.shown(h) && !effect.Changes() && !r.decides(h, effect) &&
				(!r.plansIntoFile || r.plannedAny()) {
				r.readInput(h)
				// No other command uses what it prints, and it may take long: it runs when the step does. Before a change that
				// terraform plans into a file it runs now: the file is what is approved.
				r.emit(procedures.Event{Kind: procedures.EventCommand, Text: shell.Quote(args), Line: shell.LineOf(r.script, h.Pos)})
				return nil
			}
			release, err := r.take(shell.LineOf(r.script, h.Pos), programDescriptors, 0)
			if err != nil {
				return err
			}
			defer release()
			return r.runCommand(ctx, h, command, args)
		}
	}
	line := shell.LineOf(r.script, h.Pos)
	r.emit(procedures.Event{Kind: procedures.EventCommand, Text: shell.Quote(args), Line: line})
	call := procedures.Call{Program: args[0], Command: args[0], Args: args[1:], Effect: r.effectOf(args), Line: line}
	if call.Effect.Changes() && (r.Changing || !r.Rehearse) {
		if done, err := r.answerMade(h, args, line); done {
			return err
		}
	}
	used, decides := r.isUsed(h), r.decides(h, call.Effect)
	switch {
	case !r.Rehearse && (r.Planning || r.Changing) && (used || decides): // what follows may change something
		return r.leaveRest(h, call, args, r.whyNotAllowed(h, args))
	case !r.Rehearse:
		r.readInput(h)
		return r.notAllowed(h, call, args)
	case used:
		return r.leaveRest(h, call, args, "What "+args[0]+" prints is used by what follows, and the sandbox does not know it.")
	case decides:
		return r.leaveRest(h, call, args, "Whether "+args[0]+" succeeds decides what follows, and the sandbox does not know it.")
	}
	if why := r.limit(call.Effect); why != "" && !r.Planning {
		return r.overLimit(h, args, line, why)
	}
	switch {
	case !call.Effect.Changes(), !r.Changing: // needs no confirmation, and nothing leaves the process
	case r.Planning:
		given, err := r.bind(ctx, h, nil, procedures.LineInfo{Effect: call.Effect}, args, line)
		if err != nil {
			return r.notBound(ctx, args, line, err)
		}
		call.Planned = r.withSurroundings(procedures.PlannedCall{
			Program: args[0], Command: args[0], Args: args[1:], Effect: call.Effect, Line: line, Bound: given.members,
			Does: "Rehearses the program " + args[0] + ": the sandbox answers with success and does not run it",
		}, h)
		r.emitPlanned(call.Planned)
		r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &call})
		r.planned(h, true)
		return nil
	default:
		var why string
		if call.PlanNumber, why = r.wasConfirmed(args); why != "" {
			return r.notConfirmed(h, args, line, why)
		}
		if _, err := r.compare(ctx, h, nil, procedures.LineInfo{Effect: call.Effect}, args, call.PlanNumber); err != nil {
			return r.notConfirmed(h, args, line, err.Error())
		}
		_, sent, err := r.begin(ctx, args, call)
		if err != nil {
			return err
		}
		defer sent()
	}
	r.readInput(h)
	fmt.Fprintf(h.Stderr, "opsbook: rehearsed, not run: %s\n", shell.Quote(args))
	if call.Effect.Changes() && r.Changing {
		r.keepMade(args, &answer{}, 0)
	}
	call.Rehearsed, call.RuleVerdict = true,
		&procedures.Judgement{
			Verdict: procedures.Info, Reason: args[0] + " was rehearsed: the sandbox answered with success and did not run it.",
		}
	r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &call})
	return nil
}

// shown reports whether what a line prints is read by people, and by no other command.
// A pipe, a redirection or $(…) around the line, or around the script that it is in, takes what it
// prints.
func (r *running) shown(h interp.HandlerContext) bool {
	return !r.taken && h.Stdout == io.Writer(r.out)
}

// goesOn reports whether another command, a file or a variable has what a line prints.
func (r *running) goesOn(h interp.HandlerContext) bool {
	_, dropped := h.Stdout.(nowhere)
	return !dropped && !r.shown(h)
}

// effectOf is what a program's line does, whose values are known now.
func (r *running) effectOf(args []string) procedures.Effect {
	return (&analyse.Analyser{Effects: r.Effects}).ProgramEffect(known(args, 0))
}

// readInput reads what is piped into a program that is not run, or redirected, to its end: what writes it finds no broken pipe. The input
// of what stands around the line is left to the others there.
func (r *running) readInput(h interp.HandlerContext) {
	if h.Stdin != nil && r.inputs[analyse.PlaceOf(h.Pos)] {
		_, _ = io.Copy(io.Discard, h.Stdin)
	}
}

// whyNotAllowed says why a program does not run here.
func (r *running) whyNotAllowed(h interp.HandlerContext, args []string) string {
	if strings.Contains(args[0], "/") && r.Workspace != nil {
		if _, refused, ok := r.scriptAt(h, args[0]); !ok && refused != "" {
			return refused + "."
		}
	}
	return args[0] + " is a program that the configuration does not allow here."
}

// notAllowed says that a program does not run here.
func (r *running) notAllowed(h interp.HandlerContext, call procedures.Call, args []string) error {
	reason := r.whyNotAllowed(h, args)
	fmt.Fprintf(h.Stderr, "opsbook: %s Run it by hand: %s\n", reason, shell.Quote(args))
	call.Status = 127
	call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Unavailable, Reason: reason, Advice: "Run it by hand and mark the step as done: " + shell.Quote(args),
	}
	r.emit(procedures.Event{Kind: procedures.EventCall, Line: call.Line, Call: &call})
	r.mu.Lock()
	r.unavailable = reason
	r.mu.Unlock()
	return interp.ExitStatus(127)
}
