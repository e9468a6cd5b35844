package interpret

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/opsbook/opsbook/internal/scripts/interp"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// child runs a script file of the library: its own folder, variables and exit.
// What was confirmed and made, and the counts of calls, answers and descriptors are shared with
// its caller, so a script gets around no bound by calling another one. Its parameters are those of
// its own placeholders and the variables of the line that have a parameter's name. At most
// limits.StepScripts deep; deeper calls have the status 2.
func (r *running) child(ctx context.Context, h interp.HandlerContext, script procedures.Script, args []string) error {
	if r.depth >= limits.StepScripts.Size() {
		fmt.Fprintf(h.Stderr, "opsbook: %s: %v\n", args[0], limits.StepScripts.Reached())
		return interp.ExitStatus(2)
	}
	parameters := map[string]string{}
	for name := range r.Parameters {
		if v := h.Env.Get(name); v.IsSet() {
			parameters[name] = v.String()
		}
	}
	for sentinel, name := range script.Placeholders {
		_ = sentinel
		parameters[name] = r.Parameters[name]
	}
	e := *r.Execution
	e.typed = h.Typed()
	e.argMarks = nil
	if h.Marks != nil {
		e.argMarks = h.Marks[1:]
	}
	e.Configured = nil
	for name := range parameters {
		if _, marked := h.Env.Get(name).AnyMark(); !marked && !slices.Contains(slices.Collect(maps.Values(script.Placeholders)), name) {
			e.Configured = append(e.Configured, name) // the script that calls has set it
		} else {
			h.Uses(name)
		}
	}
	e.Script, e.State, e.Args, e.Parameters, e.depth, e.folder = script, nil, args[1:], parameters, r.depth+1, ""
	e.observed = r.decides(h, procedures.EffectRead)
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
	if err != nil {
		return err
	}
	if outcome.Resumable {
		return errResumable
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
