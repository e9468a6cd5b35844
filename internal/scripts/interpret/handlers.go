package interpret

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/interp"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// beforeCall sees every command, builtins and functions too: it counts them.
// It returns the words that are called in place of args. A comparison whose operand is unknown
// while planning ends the plan: which branch follows would be a guess.
func (r *running) beforeCall(ctx context.Context, args []string) ([]string, error) {
	r.mu.Lock()
	r.commands++
	over, deep := r.commands > r.limits.Commands, r.commands%500 == 0
	r.mu.Unlock()
	if over {
		r.over(r.line(ctx), limits.StepCommands, int64(r.limits.Commands))
		return nil, ctx.Err()
	}
	if deep && runtime.Callers(limits.StepFrames.Size(), make([]uintptr, 1)) > 0 {
		r.over(r.line(ctx), limits.StepFrames, limits.StepFrames.Value)
		return nil, ctx.Err()
	}
	if len(args) == 0 {
		return args, nil
	}
	h := interp.HandlerCtx(ctx)
	if err := r.fieldError(h, args); err != nil {
		return nil, r.refuseField(h, err)
	}
	size := 0
	for _, a := range args {
		size += len(a)
	}
	if size > 4*r.limits.Value {
		r.over(r.line(ctx), limits.StepValue, int64(4*r.limits.Value))
		return nil, ctx.Err()
	}
	switch args[0] {
	case "read":
		if r.hasTyped(h, args) {
			return []string{"true"}, nil
		}
	case "[", "test":
		if r.Planning && unknownIn(args) {
			r.endResumable()
			return nil, ctx.Err()
		}
		// Neither answer of a comparison with an error in it is right: what follows from it is not run.
		if why := r.wrongAt(interp.HandlerCtx(ctx)); why != "" && !r.Corrected {
			r.stopFor(fmt.Errorf("line %d was not run: %s", r.line(ctx), why))
			return nil, ctx.Err()
		}
	// the analysis refuses them where their names are written; this is for names that were
	// computed
	case "eval", "exec", "enable":
		if args[0] != "exec" || len(args) > 1 {
			return nil, r.notHere(interp.HandlerCtx(ctx), args[0])
		}
	}
	return args, nil
}

// notHere ends the step before a command that is not carried out, whose name was computed: the analysis refuses those that are written.
func (r *running) notHere(h interp.HandlerContext, name string) error {
	why := fmt.Errorf("line %d was not run: %s is not supported here", shell.LineOf(r.script, h.Pos), name)
	fmt.Fprintf(h.Stderr, "opsbook: %v\n", why)
	r.stopFor(why)
	return context.Canceled
}

// line is the line of the file at which a handler is called.
func (r *running) line(ctx context.Context) int {
	return shell.LineOf(r.script, interp.HandlerCtx(ctx).Pos)
}

// exec runs a command that is neither a builtin nor a function.
// The order is that of analyse: commands of the table, scripts by their paths, programs. Messages
// of bash's own builtins are worded as bash words them.
func (r *running) exec(ctx context.Context, args []string) error {
	h := interp.HandlerCtx(ctx)
	return r.execute(ctx, h, args)
}

// execute is exec with a context that may be another one than the interpreter's: see inner.
func (r *running) execute(ctx context.Context, h interp.HandlerContext, args []string) error {
	if args[0] == byHandCall {
		return r.byHand(h, args[len(args)-1])
	}
	if why := r.wrongAt(h); why != "" && !r.Corrected {
		return r.notSent(h, args, why)
	}
	if command, ok := r.ours(args); ok {
		return r.runCommand(ctx, h, command, args)
	}
	if ok, err := r.shellText(ctx, h, args); ok {
		return err
	}
	if strings.Contains(args[0], "/") {
		if script, _, ok := r.scriptAt(h, args[0]); ok {
			at := r.under(h.Dir).at(args[0])
			if r.wrote(at) && !r.executable(at) {
				fmt.Fprintf(h.Stderr, "bash: line %d: %s: Permission denied\n", h.Pos.Line(), args[0])
				return interp.ExitStatus(126)
			}
			return r.child(ctx, h, called{script: script, args: args, from: 1, own: r.mayHoldValue(at)})
		}
		if info, err := r.under(h.Dir).Stat(args[0]); err == nil && info.IsDir() {
			fmt.Fprintf(h.Stderr, "bash: line %d: %s: Is a directory\n", h.Pos.Line(), args[0])
			return interp.ExitStatus(126)
		}
	}
	if script, is := r.shellLine(h, args); is {
		return r.child(ctx, h, script)
	}
	return r.program(ctx, h, args)
}

// ours is the command of the table that carries a line out. Of a command that carries out some of its lines only, a program that may run
// here goes before it.
func (r *running) ours(args []string) (procedures.Command, bool) {
	command, ok := r.Commands(args[0])
	if !ok || !analyse.Carries(command, known(args, 0)) {
		return nil, false
	}
	if _, chooses := command.(procedures.Chooser); chooses && r.Programs != nil && !r.Rehearse {
		if _, allowed := r.Programs(args); allowed {
			return nil, false
		}
	}
	return command, true
}

// finds reports whether there is a command of a name, for command -v and type: one of the table, or a program that may run here.
func (r *running) finds(name string) bool {
	if r.known(name) {
		return true
	}
	if r.Programs == nil || r.Rehearse || strings.Contains(name, "/") {
		return false
	}
	_, ok := r.Programs([]string{name})
	return ok
}
