// This file is Opsbook's: builtins that wait for jobs, end them, and list variables.

package interp

import (
	"context"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
)

// waitFor is the wait builtin: for the jobs that are named, for the next one with -n, or for all.
func (r *Runner) waitFor(ctx context.Context, args []string) (exit exitStatus) {
	next := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		if option != "-n" {
			r.errf("bash: line %d: wait: %s: invalid option\n", r.line, option)
			exit.code = 2
			return exit
		}
		next = true
	}
	if next && len(args) == 0 {
		for i, bg := range r.bgProcs {
			if !r.waited[i] {
				if r.waited == nil {
					r.waited = map[int]bool{}
				}
				r.waited[i] = true
				return r.wait(ctx, bg)
			}
		}
		exit.code = 127
		return exit
	}
	if len(args) == 0 { // its own status is zero
		for _, bg := range r.bgProcs {
			if e := r.wait(ctx, bg); e.fatalExit {
				return e
			}
		}
		return exit
	}
	for _, arg := range args {
		bg, ok := r.jobOf(arg)
		if !ok {
			r.errf("bash: line %d: wait: pid %s is not a child of this shell\n", r.line, arg)
			exit = exitStatus{code: 127}
			continue
		}
		if exit = r.wait(ctx, bg); exit.fatalExit {
			return exit
		}
	}
	return exit
}

// kill ends jobs of this script. There is nothing else that it could reach.
func (r *Runner) kill(args []string) (exit exitStatus) {
	signal := "TERM"
	if len(args) > 1 && args[0] == "-s" {
		signal, args = args[1], args[2:]
	} else if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && args[0] != "--" {
		signal, args = args[0][1:], args[1:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if signal != "0" && trapName(signal) == "" {
		r.errf("bash: line %d: kill: %s: invalid signal specification\n", r.line, signal)
		exit.code = 1
		return exit
	}
	if len(args) == 0 {
		r.errf("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec\n")
		exit.code = 2
		return exit
	}
	for _, arg := range args {
		bg, ok := r.jobOf(arg)
		if ok {
			select {
			case <-bg.done:
				ok = false
			default:
			}
		}
		if !ok {
			r.errf("bash: line %d: kill: (%s) - No such process\n", r.line, arg)
			exit.code = 1
			continue
		}
		if signal != "0" {
			bg.killed.Store(true)
			bg.cancel()
		}
	}
	return exit
}

// printVariables is what set prints without arguments.
func (r *Runner) printVariables() {
	for _, name := range r.variableNames() {
		vr := r.lookupVar(name)
		if !vr.Set {
			continue
		}
		r.marks.seen(vr, r.within)
		if vr.Kind == expand.String {
			r.outf("%s=%s\n", name, expand.PlainQuote(vr.Str))
			continue
		}
		r.outf("%s\n", strings.TrimPrefix(vr.DeclaredAs(name), "declare -"+vr.Flags()+" "))
	}
}

// lookupVarNamed is lookupVar without following a reference.
func (r *Runner) lookupVarNamed(name string) expand.Variable {
	if name == "" {
		return expand.Variable{}
	}
	return r.lookupVar(name)
}
