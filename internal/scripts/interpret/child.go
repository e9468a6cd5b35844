package interpret

import (
	"context"
	"fmt"

	"mvdan.cc/sh/v3/interp"

	"github.com/opsbook/opsbook/internal/procedures"
)

// child runs a script file of the library: its own folder, variables and exit.
// What was confirmed and made, and the counts of calls, answers and descriptors are shared with
// its caller, so a script gets around no bound by calling another one. Its parameters are those of
// its own placeholders and the variables of the line that have a parameter's name. At most
// maxScripts deep; deeper calls have the status 2.
func (r *running) child(ctx context.Context, h interp.HandlerContext, script procedures.Script, args []string) error {
	if r.depth >= maxScripts {
		fmt.Fprintf(h.Stderr, "opsbook: %s: scripts call one another %d deep\n", args[0], maxScripts)
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
	e.Script, e.State, e.Args, e.Parameters, e.depth, e.folder = script, nil, args[1:], parameters, r.depth+1, ""
	e.taken = !r.shown(h) // what it prints is read by another command
	if h.Dir != r.Workspace.path() {
		e.folder = h.Dir
	}
	e.Stdin, e.Stdout, e.Stderr = h.Stdin, h.Stdout, h.Stderr
	e.Emit = func(event procedures.Event) {
		if event.Kind != procedures.EventOutput { // its output comes through its writers
			r.emit(event)
		}
	}
	outcome, err := Run(ctx, &e)
	if err != nil {
		return err
	}
	if outcome.Resumable {
		return errResumable
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
