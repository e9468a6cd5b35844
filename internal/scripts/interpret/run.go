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
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Execution is one run of a script, with all that it may use.
type Execution struct {
	Script procedures.Script
	State  *procedures.ScriptState // what earlier steps left; nil for none
	Args   []string
	// Parameters are the values of placeholders and of variables that no script sets.
	Parameters map[string]string
	// Configured are the names of Parameters whose values nobody typed: those that the environment sets and no page asks for.
	Configured []string
	// Lists are the names of Parameters that are lists: unquoted, their items are words.
	Lists []string
	// Secrets are values that nobody must be shown, such as those of secret parameters. What looks like a secret, and
	// what commands name as one, is masked too.
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
	// Resuming reports, with Planning, that Answers are those of the execution that is resumed; else they are those of the plan.
	Resuming bool
	// Answers are what reading lines answered before, with which they are answered again: see KeptAnswer.
	Answers []procedures.KeptAnswer
	// Place says where and as whom changing calls are made. It is a part of what each of them is bound to.
	Place []procedures.BoundMember
	// Salt is the plan's: digests hold it, and RANDOM and SRANDOM are made of it, so that they have the values that were planned.
	Salt string
	// OnPlanned is told, with Planning, of each planned call as it is; may be nil. Emit is told of the same.
	OnPlanned func(procedures.PlannedCall)
	// Begin keeps, before a changing call is sent, that it begins, and returns the context that it is sent in; ended is called when
	// it was. With an error nothing is sent. Nil emits the event.
	Begin func(context.Context, mask.Event) (sending context.Context, ended func(), err error)
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
	// Keeps says that what calls answer is held until the script ends; it is charged to the step.
	Keeps bool
	// Changing ends the script at the first command that fails without being handled.
	Changing bool
	Stdin    io.Reader
	Stdout   io.Writer // what the script prints, masked; nil discards it
	Stderr   io.Writer
	Limits   Limits
	// Pool is the memory that all steps share; nil bounds the step alone.
	Pool *limits.Pool
	// Out is told what happens, from one goroutine at a time, and masks it; nil for one that knows Secrets and tells Emit.
	Out  *mask.Emitter
	Emit func(procedures.Event)
	// Watch sees and completes each event before it is masked, for what has to be decided by it; may be nil. It stays inside.
	Watch func(procedures.Event) procedures.Event

	argMarks []expand.Marks // of Args, where another script gives them
	options  []string       // of the shell, where another script gives them
	typed    string         // the field whose value was used before the script began; see ScriptState.Typed

	depth  int    // of scripts that call scripts
	folder string // where a script that another one calls begins; empty for where every script does
	// observed reports that something is concluded from its status by the script that calls it
	observed bool
	taken    bool   // what it prints goes to another command
	used     *usage // by this script and those it calls
}

// errTime is why a step ended that took longer than its limit.
var errTime = errors.New("the step's time is over")

// Run runs a script. Its error is about the run itself (the time was up, a bound was
// met, ctx ended), not about the script's own status.
func Run(ctx context.Context, e *Execution) (Outcome, error) {
	most := e.Limits.orUsual()
	ctx, cancel := context.WithTimeoutCause(ctx, most.Time, errTime)
	defer cancel()
	scripts := e.Prepared
	if scripts == nil {
		scripts = NewScriptCache(e.Commands, e.Effects)
	}
	script := scripts.prepared(e.Script, e.Corrected)
	if script.refused != "" {
		return Outcome{Status: 2, Refused: script.refused}, nil
	}
	if e.used == nil {
		own := *e
		own.used = &usage{random: newRandom(e.Salt)}
		own.used.kept.load(e.Answers)
		if own.Out == nil {
			own.Out = mask.NewEmitter(mask.New(), func(event mask.Event) {
				if e.Emit != nil {
					e.Emit(event.Open())
				}
			})
		}
		for _, value := range e.Secrets {
			own.Out.Mask().Add(value)
		}
		own.Out.Mask().Learn(e.State)
		e = &own
	}
	r := &running{Execution: e, limits: most, prepared: script, scripts: scripts, stop: cancel}
	if why := r.fieldCommand(); why != "" {
		return Outcome{Status: 2, Refused: why}, nil
	}
	if e.used.meter == nil {
		e.used.meter = r.newMeter(ctx)
		defer e.used.meter.Close()
	}
	tree := e.used.meter.Part(e.Script.Line)
	defer tree.Close()
	if err := tree.Charge(treeBytes * int64(len(e.Script.Text))); err != nil {
		return Outcome{Status: 2}, err
	}
	r.out = newGatherer(r.emit, e.Out.Mask(), "stdout", e.Stdout, e.depth > 0, &r.printed, most.Output, r.stopFor)
	r.err = newGatherer(r.emit, e.Out.Mask(), "stderr", e.Stderr, e.depth > 0, &r.printed, most.Output, r.stopFor)
	outcome, err := r.run(ctx)
	r.out.end()
	r.err.end()
	if resumable, made := e.used.ended(); resumable {
		return Outcome{
			Status: 1, Resumable: true, Made: slices.Concat(e.Made, made), Answers: e.used.kept.all(),
		}, nil
	}
	outcome.Answers = e.used.kept.all()
	if why := e.used.handOver(); why != "" {
		return Outcome{Status: 1, State: outcome.State, Unavailable: why, Answers: outcome.Answers}, nil
	}
	if r.why != nil {
		return outcome, r.why
	}
	if err != nil && errors.Is(context.Cause(ctx), errTime) {
		err = limits.StepTime.ReachedAt(int64(most.Time))
	}
	return outcome, err
}

// newMeter is the meter of a step and the scripts that it calls.
func (r *running) newMeter(ctx context.Context) *limits.Meter {
	return limits.NewMeter(ctx, r.Pool, r.limits.most(), limits.Hooks{
		Reached: func(err *limits.Error) { r.stopFor(err) },
		Waits: func() {
			r.emit(procedures.Event{Kind: procedures.EventNotice, Text: limits.ServerMemory.Reached().Error()})
		},
	})
}

// running is the state of one Run.
type running struct {
	*Execution
	*prepared
	scripts *ScriptCache
	limits  Limits
	stop    context.CancelFunc
	out     *gatherer
	err     *gatherer
	printed counter

	mu          sync.Mutex
	commands    int
	why         error // of an end before the script's own
	unavailable string
	prefetched  *prefetch
	// functions are the texts of the functions that the runner may hold, by their bodies in the tree.
	functions map[*syntax.Stmt]string
}

func (r *running) emit(e procedures.Event) {
	if e.Kind == procedures.EventCommand { // what was printed before it stands before it
		r.out.settle()
		r.err.settle()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Watch != nil {
		e = r.Watch(e)
	}
	r.Out.Emit(e)
}

// stopFor ends the script for a reason, the first one that is given.
func (r *running) stopFor(why error) {
	r.mu.Lock()
	if r.why == nil {
		r.why = why
	}
	r.mu.Unlock()
	r.stop()
}

// over ends the step because a bound was met. line is for the message, 0 where it is not known.
func (r *running) over(line int, row *limits.Row, value int64) {
	err := row.ReachedAt(value)
	if line > 0 {
		err = err.At(fmt.Sprintf("line %d", line))
	}
	r.stopFor(err)
}

func (r *running) run(ctx context.Context) (Outcome, error) {
	variables := named(r.Parameters)
	for name, parameter := range r.placeholders {
		if _, ok := variables[name]; !ok {
			variables[name] = r.Parameters[parameter]
		}
	}
	r.functions = r.sources
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
	prelude, err := restore(r.State, r.begins(), r.left())
	if err != nil {
		return Outcome{Status: 2}, err
	}
	if prelude != "" {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(prelude), "")
		if err != nil {
			return Outcome{Status: 2}, fmt.Errorf("restore the run's variables: %w", err)
		}
		r.functions = maps.Clone(r.functions)
		maps.Copy(r.functions, functionSources(file))
		if err := runFile(ctx, runner, file); err != nil {
			return Outcome{Status: 2}, fmt.Errorf("restore the run's variables: %w", err)
		}
		restoreMarks(runner, r.State)
	}
	if len(r.options) > 0 {
		if err := interp.Params(r.options...)(runner); err != nil {
			return Outcome{Status: 2}, err
		}
	}
	if r.State != nil {
		runner.Begins(r.State.Status)
	}
	if r.Changing {
		if err := interp.Params("-e")(runner); err != nil {
			return Outcome{Status: 2}, err
		}
		if !endsAtFailure(r.options) && !r.State.Has(errexit) {
			runner.GoesOnAfter(analyse.DecidedByNext(r.study.File))
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
		var field *expand.FieldError
		if errors.As(runErr, &field) {
			r.stopFor(errors.New(r.fieldText(field.Pos, field)))
		}
		return Outcome{Status: 2}, runErr
	case ctx.Err() != nil:
		return Outcome{Status: 130}, ctx.Err()
	}
	state := r.leaves(runner, variables, status)
	r.Out.Mask().Leave(state)
	return Outcome{Status: status, State: state, Unavailable: r.unavailable, Files: r.used.files.touched()}, nil
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
	pairs := []string{
		"HOME=/", "PATH=/usr/bin:/bin", "PWD=" + home, "LANG=C.UTF-8", "UID=1000", "EUID=1000", "GID=1000", "TMPDIR=/tmp", "SHLVL=1",
		"OSTYPE=linux-gnu", "HOSTTYPE=x86_64", "MACHTYPE=x86_64-pc-linux-gnu", "HOSTNAME=opsbook", "BASH=/bin/bash",
		"BASH_VERSION=" + interp.ShellVersion,
	}
	for name, value := range variables {
		pairs = append(pairs, name+"="+value)
	}
	var random func() uint32
	if r.used.random != nil {
		random = r.used.random.next
	}
	return interp.New(
		interp.Random(random),
		interp.Env(fieldVariables{expand.ListEnviron(pairs...), r.fieldMarks(variables)}), interp.Dir(home),
		interp.StdIO(stdin, r.out, r.err),
		interp.Params(append([]string{"--"}, r.Args...)...), interp.ParamMarks(r.argumentMarks()), interp.Typed(r.usedBefore()),
		interp.Take(r.count), interp.Jobs(!r.Changing && !r.Planning), interp.Clock(r.clock()),
		interp.Sourced(r.looksAt), interp.Depth(r.depth),
		interp.Found(r.finds), interp.Assigned(r.assigned), interp.Own(r.wrote), interp.Meter(r.used.meter, r.script.Line),
		interp.CallHandler(r.beforeCall), interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return r.exec }),
		interp.OpenHandler(r.open), interp.ReadDirHandler2(r.readDir), interp.StatHandler(r.stat), interp.AccessHandler(r.access),
	)
}

// clock tells the time of SECONDS.
func (e *Execution) clock() func() time.Time {
	if e.Now == nil {
		return time.Now
	}
	return e.Now
}
