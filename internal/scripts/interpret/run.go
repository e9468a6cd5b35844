// Package interpret runs a script without a shell: commands come from a table or do not exist, files are those of the run,
// and a value that somebody typed is never parsed.
package interpret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Execution is one run of a script, with all that it may use.
type Execution struct {
	Script procedures.Script
	State  *procedures.ScriptState // what earlier steps left; nil for none
	Args   []string
	// Parameters are the values of placeholders and of variables that no script sets.
	Parameters map[string]string
	// Secrets are values that Emit must not get, such as those of secret parameters. What looks like a secret, and
	// what commands name as one, is masked too; Stdout and Stderr get what the script prints.
	Secrets []string
	Files   procedures.Files
	// Commands looks a command up by name.
	Commands func(name string) (procedures.Command, bool)
	// Prepared keeps the scripts of Commands and Effects prepared; nil prepares them at every execution.
	Prepared *ScriptCache
	// Scripts looks a script file of the library up by its path; nil for none.
	Scripts func(path string) (procedures.Script, bool)
	Now     func() time.Time
	// Sequential makes the calls of loops one after the other, too.
	Sequential bool
	// Corrected runs the corrections of lines with an error. Otherwise such a line is not sent.
	Corrected bool
	// Planning makes reading calls, and reports changing ones without making them.
	Planning bool
	// Confirmed are the changing calls that were confirmed, in order. Any other changing call is refused and ends the step.
	Confirmed []procedures.PlannedCall
	// Limit says why a call with an effect is not made at all, even where it was confirmed; empty where it may
	// be made. Nil allows everything.
	Limit func(procedures.Effect) string
	// Made are the script's first changing calls, where an execution before this one has made them: they are answered as they
	// were then, and not made again.
	Made []procedures.MadeCall
	// Effects says what a program's line does; nil for what is known of programs.
	Effects func(words []procedures.Word) procedures.Effect
	// Programs finds the program of a line that may run here; nil allows none.
	Programs func(args []string) (procedures.Command, bool)
	// Workspace is where programs run; nil for none.
	Workspace *Workspace
	// Rehearse answers programs and scripts that are not there with success, as on the sandbox.
	Rehearse bool
	// Changing ends the script at the first command that fails without being handled.
	Changing bool
	Stdin    io.Reader
	Stdout   io.Writer // what the script prints; nil discards it
	Stderr   io.Writer
	Limits   Limits
	// Emit is told what happens, from one goroutine at a time; may be nil.
	Emit func(procedures.Event)

	depth  int    // of scripts that call scripts
	folder string // where a script that another one calls begins; empty for where every script does
	taken  bool   // what it prints goes to another command
	used   *usage // by this script and those it calls
	mask   *secrets
}

// errTime is why a step ended that took longer than its limit.
var errTime = errors.New("the step's time is over")

// Outcome is how a script ended.
type Outcome struct {
	Status int // its exit status
	State  *procedures.ScriptState
	// Refused says why it was not run, or why it was stopped; empty otherwise.
	Refused string
	// Resumable reports that the script ended before a changing call that could not be confirmed, as values of it were only known when
	// those before it were made: Made has these, and the next execution resumes with it.
	Resumable bool
	Made      []procedures.MadeCall
	// Unavailable says why a program was not run that this environment does not allow; empty otherwise.
	Unavailable string
}

// Run runs a script. Its error is about the run itself (the time was up, a bound was
// met, ctx ended), not about the script's own status.
func Run(ctx context.Context, e *Execution) (Outcome, error) {
	limits := e.Limits.orUsual()
	ctx, cancel := context.WithTimeoutCause(ctx, limits.Time, errTime)
	defer cancel()
	scripts := e.Prepared
	if scripts == nil {
		scripts = NewScriptCache(e.Commands, e.Effects)
	}
	script := scripts.prepared(e.Script, e.Corrected, mapNames(e.State))
	if script.refused != "" {
		return Outcome{Status: 2, Refused: script.refused}, nil
	}
	if e.used == nil {
		own := *e
		own.used, own.mask = new(usage), newSecrets(e.Secrets...)
		if e.State != nil {
			for _, value := range e.State.Secrets {
				own.mask.add(value)
			}
		}
		e = &own
	}
	r := &running{Execution: e, limits: limits, prepared: script, stop: cancel}
	r.out = newGatherer(r.emit, e.mask, "stdout", e.Stdout, &r.printed, limits.Output, r.stopFor)
	r.err = newGatherer(r.emit, e.mask, "stderr", e.Stderr, &r.printed, limits.Output, r.stopFor)
	outcome, err := r.run(ctx)
	r.out.end()
	r.err.end()
	if resumable, made := e.used.ended(); resumable {
		return Outcome{Status: 1, Resumable: true, Made: slices.Concat(e.Made, made)}, nil
	}
	if r.why != "" {
		return outcome, errors.New(r.why)
	}
	if err != nil && errors.Is(context.Cause(ctx), errTime) {
		err = fmt.Errorf("the step took longer than %s and was stopped", limits.Time)
	}
	return outcome, err
}

// running is the state of one Run.
type running struct {
	*Execution
	*prepared
	limits  Limits
	stop    context.CancelFunc
	out     *gatherer
	err     *gatherer
	printed counter

	mu          sync.Mutex
	commands    int
	why         string
	unavailable string
	prefetched  *prefetch
}

func (r *running) emit(e procedures.Event) {
	if r.Emit == nil {
		return
	}
	if e.Kind == procedures.EventCommand { // what was printed before it stands before it
		r.out.end()
		r.err.end()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Emit(r.mask.event(e))
}

// stopFor ends the script for a reason, the first one that is given.
func (r *running) stopFor(format string, args ...any) {
	r.mu.Lock()
	if r.why == "" {
		r.why = fmt.Sprintf(format, args...)
	}
	r.mu.Unlock()
	r.stop()
}

func (r *running) run(ctx context.Context) (Outcome, error) {
	variables := named(r.Parameters)
	for name, parameter := range r.placeholders {
		if _, ok := variables[name]; !ok {
			variables[name] = r.Parameters[parameter]
		}
	}
	sources := r.sources
	stdin, err := r.input()
	if err != nil {
		return Outcome{Status: 2}, err
	}
	if stdin != r.Stdin && stdin != nil {
		defer stdin.Close() //nolint:errcheck // it was only read
	}
	runner, err := r.runner(variables, stdin)
	if err != nil {
		return Outcome{Status: 2}, err
	}
	prelude, err := restore(r.State, r.begins())
	if err != nil {
		return Outcome{Status: 2}, err
	}
	if prelude != "" {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(stringReader(prelude), "")
		if err != nil {
			return Outcome{Status: 2}, fmt.Errorf("restore the run's variables: %w", err)
		}
		sources = maps.Clone(sources)
		maps.Copy(sources, functionSources(file))
		rewrite(file, prelude, mapNames(r.State))
		guard(file, 0)
		if err := runFile(ctx, runner, file); err != nil {
			return Outcome{Status: 2}, fmt.Errorf("restore the run's variables: %w", err)
		}
	}
	if r.Changing {
		if err := interp.Params("-e")(runner); err != nil {
			return Outcome{Status: 2}, err
		}
	}
	if r.loops {
		r.prefetched = r.startPrefetch(ctx, variables)
		defer r.prefetched.wait()
	}
	runErr := runFile(ctx, runner, r.study.File)
	status := 0
	var exit interp.ExitStatus
	switch {
	case errors.As(runErr, &exit):
		status = int(exit)
	case runErr != nil && ctx.Err() == nil:
		return Outcome{Status: 2}, runErr
	case ctx.Err() != nil:
		return Outcome{Status: 130}, ctx.Err()
	}
	state := keep(runner, variables, sources, r.mask.named())
	state.Folder = r.Workspace.inside(state.Folder)
	return Outcome{Status: status, State: state, Unavailable: r.unavailable}, nil
}

// runFile runs a script. What breaks the interpreter itself is an error of the step.
func runFile(ctx context.Context, runner *interp.Runner, file *syntax.File) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the interpreter cannot run this script (%v); nothing after that was run", p)
		}
	}()
	return runner.Run(ctx, file)
}

// named are the parameters that are variables: those with a variable's name.
func named(parameters map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range parameters {
		if syntax.ValidName(name) {
			out[name] = value
		}
	}
	return out
}

// input is the script's standard input as the interpreter wants it; nil for none.
func (r *running) input() (*os.File, error) {
	switch in := r.Stdin.(type) {
	case nil:
		return nil, nil //nolint:nilnil // none
	case *os.File:
		return in, nil
	default:
		return piped(in, func() error { return nil })
	}
}

func (r *running) runner(variables map[string]string, stdin *os.File) (*interp.Runner, error) {
	home := r.Workspace.path()
	pairs := []string{"HOME=/", "PATH=/bin", "PWD=" + home, "LANG=C.UTF-8", "UID=1000", "EUID=1000", "GID=1000", "TMPDIR=/tmp"}
	for name, value := range variables {
		pairs = append(pairs, name+"="+value)
	}
	return interp.New(
		interp.Env(expand.ListEnviron(pairs...)), interp.Dir(home), interp.StdIO(stdin, r.out, r.err),
		interp.Params(append([]string{"--"}, r.Args...)...),
		interp.CallHandler(r.beforeCall), interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return r.exec }),
		interp.OpenHandler(r.open), interp.ReadDirHandler2(r.readDir), interp.StatHandler(r.stat), interp.AccessHandler(r.access),
	)
}
