package interpret

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/interp"

	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// testError is the call that [ becomes when an operand is no whole number.
const testError = "opsbook-test-error"

// printfName is the call that printf becomes: the interpreter's own knows less than bash's.
const printfName = "opsbook-printf"

// separate takes the joined options of echo apart, -ne to -n -e: the interpreter knows them alone.
// bash takes -n, -e and -E in any combination, and prints everything from the first other word on.
func separate(args []string) []string {
	out := args[:1:1]
	for i, arg := range args[1:] {
		if len(arg) < 2 || arg[0] != '-' || strings.Trim(arg[1:], "neE") != "" {
			return append(out, args[1+i:]...)
		}
		for _, letter := range arg[1:] {
			out = append(out, "-"+string(letter))
		}
	}
	return out
}

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
		r.stopFor("the step ran more than %d commands and was stopped", r.limits.Commands)
		return nil, ctx.Err()
	}
	if deep && runtime.Callers(maxFrames, make([]uintptr, 1)) > 0 {
		r.stopFor("line %d: functions call one another too deep; the step was stopped", r.line(ctx))
		return nil, ctx.Err()
	}
	if len(args) == 0 {
		return args, nil
	}
	size := 0
	for _, a := range args {
		size += len(a)
	}
	if size > 4*r.limits.Value {
		r.stopFor("line %d: a command has %d MB of arguments; the step was stopped", r.line(ctx), size>>20)
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
			r.stopFor("line %d was not run: %s", r.line(ctx), why)
			return nil, ctx.Err()
		}
		for i := 1; i+1 < len(args); i++ {
			if args[i] == "-v" && args[i+1] == "" {
				return []string{"false"}, nil
			}
		}
		for i := 2; i+1 < len(args); i++ {
			if !slices.Contains(shell.IntegerTests, args[i]) {
				continue
			}
			for _, operand := range []string{args[i-1], args[i+1]} {
				if !wholeNumber(operand) {
					return []string{testError, args[0], operand}, nil
				}
			}
		}
	case "printf":
		args[0] = printfName
	case "echo":
		return separate(args), nil
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
	case sizeOf:
		return r.checkSizes(h, args[1:])
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

// checkSizes ends the step where a variable holds too much. args are names and sizes in pairs; the
// status is that of the statement before.
func (r *running) checkSizes(h interp.HandlerContext, args []string) error {
	for i := 0; i+1 < len(args); i += 2 {
		if n, err := strconv.Atoi(args[i+1]); err == nil && n > r.limits.Value {
			r.stopFor("the variable %s holds more than %d MB; the step was stopped", args[i], r.limits.Value>>20)
		}
	}
	if h.LastExitStatus != 0 {
		return interp.ExitStatus(uint8(h.LastExitStatus))
	}
	return nil
}
