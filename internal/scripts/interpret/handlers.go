package interpret

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/interp"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// testError is the call that [ becomes when an operand is no whole number.
const testError = "opsbook-test-error"

// printfName is the call that printf becomes: the interpreter's own knows less than bash's.
const printfName = "opsbook-printf"

var wholeNumber = func(s string) bool { _, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); return err == nil }

// beforeCall sees every command, builtins and functions too: it counts them, and gives [ bash's arithmetic.
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
	case "shift":
		if n, err := strconv.Atoi(strings.Join(args[1:], " ")); err == nil && n < 0 { // the interpreter would break
			return []string{testError, args[0], args[1]}, nil
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
		for i := 1; i+1 < len(args); i++ {
			if args[i] == "-v" && args[i+1] == "" {
				return []string{"false"}, nil
			}
		}
		for i := 2; i+1 < len(args); i++ {
			if !slices.Contains(shell.IntegerTests, args[i]) || isMarked(h, i) {
				continue
			}
			for _, operand := range []string{args[i-1], args[i+1]} {
				if !wholeNumber(operand) {
					return []string{testError, args[0], operand}, nil
				}
			}
		}
	case "printf":
		if len(args) > 2 && args[1] == "-v" { // into an element, or into a name that is computed; others are written as X=$(printf …)
			return []string{testError, "printf -v", ""}, nil
		}
		args[0] = printfName
	case "umask", "ulimit", "times", "hash": // of the process, which is not the script's
		return []string{"true"}, nil
	case "unset", "export", "readonly", "local", "declare", "typeset", "read", "mapfile", "readarray", "getopts":
		if slices.Contains(args[1:], "") && args[0] != "read" {
			return []string{testError, args[0], ""}, nil
		}
	// the analysis refuses them where their names are written; this is for names that were
	// computed
	case "eval", "builtin", "exec", "trap", "enable":
		if args[0] != "trap" || len(args) > 1 && args[1] != "" && args[1] != "-" {
			return []string{testError, args[0], ""}, nil
		}
	}
	return args, nil
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
	h.Stdout, h.Stderr = unguarded(h.Stdout), unguarded(h.Stderr)
	switch args[0] {
	case printInput:
		if _, err := io.Copy(h.Stdout, h.Stdin); err != nil {
			return interp.ExitStatus(1)
		}
		return nil
	case countOf:
		fmt.Fprintln(h.Stdout, len(args)-1)
		return nil
	case printfName:
		args[0] = "printf"
	case testError:
		if args[2] == "" && args[1] != "[" && args[1] != "test" {
			fmt.Fprintf(h.Stderr, "bash: line %d: %s: not supported here\n", h.Pos.Line(), args[1])
			return interp.ExitStatus(2)
		}
		if args[1] == "shift" {
			fmt.Fprintf(h.Stderr, "bash: line %d: shift: %s: shift count out of range\n", h.Pos.Line(), args[2])
			return interp.ExitStatus(1)
		}
		fmt.Fprintf(h.Stderr, "bash: line %d: %s: %s: integer expression expected\n", h.Pos.Line(), args[1], args[2])
		return interp.ExitStatus(2)
	}
	if why := r.wrongAt(h); why != "" && !r.Corrected {
		return r.notSent(h, args, why)
	}
	if command, ok := r.Commands(args[0]); ok {
		return r.runCommand(ctx, h, command, args)
	}
	if strings.Contains(args[0], "/") {
		if script, _, ok := r.scriptAt(h, args[0]); ok {
			return r.child(ctx, h, script, args)
		}
	}
	return r.program(ctx, h, args)
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
