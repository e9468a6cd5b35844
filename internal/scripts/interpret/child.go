package interpret

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/shell"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// exportedFunctions are the texts of the functions of export -f, by their names.
func (r *running) exportedFunctions(h interp.HandlerContext) map[string]string {
	functions := map[string]string{}
	for name, body := range h.ExportedFunctions() {
		if source, ok := r.functions[body]; ok {
			functions[name] = source
		}
	}
	return functions
}

// shellText runs the text of `sh -c` as a script, where it is one that was read before: with the words behind it as its parameters, and the
// exported variables. ok is false for any other line.
func (r *running) shellText(ctx context.Context, h interp.HandlerContext, args []string) (ok bool, err error) {
	line, ok := commands.ReadShellLine(args)
	if !ok {
		return false, nil
	}
	script := procedures.Script{
		Text: line.Before + args[line.Text], File: r.script.File, Line: shell.LineOf(r.script, h.Pos), Name: cmp.Or(line.Name, args[0]),
	}
	if _, known := r.study.Inner[script.Text]; !known {
		return false, nil
	}
	own := append([]string{args[0]}, args[line.First:]...)
	return true, r.child(ctx, h, called{script: script, args: own, from: line.First})
}

// child runs a script file of the library: its own folder, variables and exit.
// What was confirmed and made, and the counts of calls, answers and descriptors are shared with
// its caller, so a script gets around no bound by calling another one. Its parameters are those of
// its own placeholders and the variables of the line that have a parameter's name. At most
// limits.StepScripts deep; deeper calls have the status 2.
func (r *running) child(ctx context.Context, h interp.HandlerContext, c called) error {
	script, args := c.script, c.args
	if field := h.Typed(); field != "" && c.own {
		return r.refuseField(h, &expand.FieldError{
			Field: field, Pos: h.Pos, Why: "may be in " + args[0] + ", which the run has written: a script is a file of the runbooks",
		})
	}
	if r.depth >= limits.StepScripts.Size() {
		fmt.Fprintf(h.Stderr, "opsbook: %s: %v\n", args[0], limits.StepScripts.Reached())
		return interp.ExitStatus(2)
	}
	parameters := map[string]string{}
	h.Env.Each(func(name string, v expand.Variable) bool { // what is exported is the script's, too
		_, parameter := r.Parameters[name]
		if given := parameter || v.Exported && !slices.Contains(shell.Ambient, name); given && v.IsSet() && v.Kind == expand.String &&
			syntax.ValidName(name) {
			parameters[name] = v.String()
		}
		return true
	})
	for sentinel, name := range script.Placeholders {
		_ = sentinel
		parameters[name] = r.Parameters[name]
	}
	e := *r.Execution
	e.typed = h.Typed()
	e.argMarks = nil
	if c.from < len(h.Marks) {
		e.argMarks = h.Marks[c.from:]
	}
	e.Configured = nil
	for name := range parameters {
		if _, marked := h.Env.Get(name).AnyMark(); !marked && !slices.Contains(slices.Collect(maps.Values(script.Placeholders)), name) {
			e.Configured = append(e.Configured, name) // the script that calls has set it
		} else {
			h.Uses(name)
		}
	}
	e.options = c.options
	e.Script, e.State, e.Args, e.Parameters, e.depth, e.folder = script, nil, args[1:], parameters, r.depth+1, ""
	e.observed = r.decides(h, procedures.EffectRead)
	if functions := r.exportedFunctions(h); len(functions) > 0 {
		e.State = &procedures.ScriptState{Functions: functions}
	}
	e.taken = !r.shown(h) // what it prints is read by another command
	if h.Dir != r.Workspace.path() {
		e.folder = h.Dir
	}
	e.Stdin, e.Stdout, e.Stderr = h.Stdin, h.Stdout, h.Stderr
	e.Watch = nil // its events are seen as the caller's
	e.Out = r.Out.To(func(event mask.Event) {
		if event.Open().Kind != procedures.EventOutput { // its output comes through its writers
			r.emit(event.Open())
		}
	})
	outcome, err := Run(ctx, &e)
	if err == nil && outcome.Resumable {
		err = errResumable
	}
	if err != nil {
		r.stopFor(err) // a line between the two may take it for a status
		return err
	}
	if r.used.handOver() != "" {
		r.stopFor(errByHand)
		return errByHand
	}
	if outcome.Refused != "" {
		fmt.Fprintf(h.Stderr, "opsbook: %s: %s\n", args[0], outcome.Refused)
	}
	if outcome.Unavailable != "" {
		r.mu.Lock()
		r.unavailable = outcome.Unavailable
		r.mu.Unlock()
	}
	if outcome.Status != 0 {
		return interp.ExitStatus(uint8(outcome.Status))
	}
	return nil
}
