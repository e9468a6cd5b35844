package interpret

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// runCommand runs a command of the table, or a program. What it may do is decided by the effect that it says of the line.
// What stays inside of the run is neither counted nor shown as a command; what reaches outside
// counts as a call. A limit on effects ends the step before the line, but for a plan.
func (r *running) runCommand(ctx context.Context, h interp.HandlerContext, command procedures.Command, args []string) error {
	line := shell.LineOf(r.script, h.Pos)
	h, args = joinValues(command, h, args)
	info := analyse.Describe(command, known(args, line))
	for _, value := range info.Secrets { // before the line itself is told
		r.secretWord(value)
	}
	if info.ReachesOutside() {
		if err := callError(h); err != nil {
			return r.refuseField(h, err)
		}
		if r.used.call(r.limits) {
			r.over(line, limits.StepCalls, int64(r.limits.Calls))
			return ctx.Err()
		}
		if info.Effect.Changes() {
			if done, err := r.answerMade(h, args, line); done {
				return err
			}
		}
		if r.Planning && unknownIn(args) {
			return r.planUnknown(ctx, command, info.Effect, args, line)
		}
		r.emit(procedures.Event{Kind: procedures.EventCommand, Text: shell.Quote(args), Line: line})
	}
	if why := r.limit(info.Effect); why != "" && !r.Planning {
		return r.overLimit(h, args, line, why)
	}
	if info.Effect.Changes() {
		return r.runChange(ctx, h, command, info, args)
	}
	inv := r.invocation(h, args, line, 0)
	defer inv.Meter.Close()
	run := func(inv *procedures.Invocation) int { return command.Run(ctx, inv) }
	if r.Planning && !info.Plans {
		run = func(inv *procedures.Invocation) int { return r.runUnknown(ctx, command, inv) }
	}
	if r.Changing && info.ReachesOutside() {
		return r.read(ctx, h, info, inv, run)
	}
	if r.prefetched != nil && !r.Planning {
		if done, ok := r.prefetched.take(ctx, args); ok {
			return ended(ctx, done.replay(inv))
		}
	}
	return ended(ctx, run(inv))
}

// runChange runs a line that changes something, where it was confirmed; while planning it is only planned.
// The check and the plan number are taken together, so two lines cannot use one confirmation. What the line is sent with is compared
// before the journal says that it begins, and only then it is sent.
func (r *running) runChange(ctx context.Context, h interp.HandlerContext, command procedures.Command,
	info procedures.LineInfo, args []string) error {
	line := shell.LineOf(r.script, h.Pos)
	if r.Planning {
		return r.planChange(ctx, h, command, info, args)
	}
	number, why := r.wasConfirmed(args)
	if why != "" {
		if info.Plans { // a line that cannot be sent says so itself
			inv := r.invocation(h, args, line, 0)
			defer inv.Meter.Close()
			inv.Planning = true
			if status := command.Run(ctx, inv); status != 0 {
				return ended(ctx, status)
			}
		}
		return r.notConfirmed(h, args, line, why)
	}
	inv := r.invocation(h, args, line, number)
	defer inv.Meter.Close()
	given, err := r.compare(ctx, h, command, info, args, number)
	if err != nil {
		return r.notConfirmed(h, args, line, err.Error())
	}
	inv.Files, inv.Stdin, inv.Bound = given.files, given.again(), given.members
	call := procedures.Call{Program: args[0], Command: args[0], Args: args[1:], Effect: info.Effect, Line: line, PlanNumber: number}
	if info.Call != nil {
		call.Command = info.Call.Command
	}
	sending, sent, err := r.begin(ctx, args, call)
	if err != nil {
		return err
	}
	var kept answer
	inv.Stdout = io.MultiWriter(h.Stdout, &kept)
	status := command.Run(sending, inv)
	sent()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.keepMade(args, &kept, status)
	return ended(ctx, status)
}

// planChange reports a line that changes something as a planned call, and makes none. A command that does not plan its lines by
// itself is not run: the line is the plan.
// What the call would print is unknown: see unknownValue. A line that cannot be bound ends the plan.
func (r *running) planChange(ctx context.Context, h interp.HandlerContext, command procedures.Command,
	info procedures.LineInfo, args []string) error {
	line := shell.LineOf(r.script, h.Pos)
	if r.plansIntoFile && r.plannedAny() && appliesPlan(args) {
		return r.planUnknown(ctx, command, info.Effect, args, line) // of a plan that is made after the change before it
	}
	given, err := r.bind(ctx, h, command, info, args, line)
	if err != nil {
		return r.notBound(ctx, args, line, err)
	}
	if given.unknown {
		return r.planUnknown(ctx, command, info.Effect, args, line)
	}
	inv := r.invocation(h, args, line, 0)
	defer inv.Meter.Close()
	inv.Files, inv.Stdin, inv.Bound = given.files, given.again(), given.members
	inv.Report = r.reportPlanned(inv.Report, h, given)
	if !info.Plans {
		call := procedures.PlannedCall{Command: args[0], Does: "Runs exactly this command."}
		if info.Call != nil {
			call = *info.Call
		}
		call.Args, call.Effect, call.Line = args[1:], info.Effect, line
		inv.Report(procedures.Call{Command: call.Command, Args: args[1:], Effect: info.Effect, Planned: &call})
		r.planned(h, false)
		return nil
	}
	var kept answer
	inv.Stdout = io.MultiWriter(h.Stdout, &kept)
	status := command.Run(ctx, inv)
	if status == 0 && ctx.Err() == nil {
		r.planned(h, kept.Len() > 0)
	}
	return ended(ctx, status)
}

// reportPlanned binds the planned calls of a line to what it is sent with.
func (r *running) reportPlanned(report func(procedures.Call), h interp.HandlerContext, given *surroundings) func(procedures.Call) {
	return func(c procedures.Call) {
		if c.Planned != nil {
			c.Planned = r.withSurroundings(*c.Planned, h)
			c.Planned.Bound = given.members
		}
		report(c)
	}
}

// ended is a command's exit status as the interpreter takes it.
// A context that has ended goes before the status. Statuses are those of a process, 0 to 255.
func ended(ctx context.Context, status int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if status != 0 {
		return interp.ExitStatus(uint8(status))
	}
	return nil
}

// invocation is what a command is given for a line. number is that of the confirmed call which it makes, from 1; 0 for none.
// Variables that begin with OPSBOOK_ are seen only where they are exported.
func (r *running) invocation(h interp.HandlerContext, args []string, line, number int) *procedures.Invocation {
	return &procedures.Invocation{
		Args: args, Fields: fieldNames(h.Marks), FieldsFrom: fieldStarts(h.Marks),
		Stdin: h.Stdin, Stdout: h.Stdout, Stderr: h.Stderr,
		Files:  withInput{r.files(h, line), func() io.Reader { return h.Stdin }, &h},
		Folder: h.Dir, Now: r.Now, Line: line,
		Planning: r.Planning, Rehearse: r.Rehearse, Terminal: r.shown(h), Taken: r.goesOn(h), Exported: exported(h),
		Env: func(name string) (string, bool) {
			v := h.Env.Get(name)
			return v.String(), v.IsSet() && (v.Exported || !strings.HasPrefix(name, "OPSBOOK_"))
		},
		NotHere: func(why string) { r.notCarriedOut(h, args, line, why) },
		Exec:    func(ctx context.Context, line procedures.InnerLine) int { return r.inner(ctx, h, line) },
		Report: func(c procedures.Call) {
			c.Line, c.Program = line, args[0]
			if c.Planned != nil {
				if c.Planned.Bound == nil {
					c.Planned = r.withSurroundings(*c.Planned, h)
				}
				c.Planned.Program = args[0]
			} else if c.Effect.Changes() {
				c.PlanNumber = number
			}
			if r.used.answer(c.Document, r.limits) {
				r.over(line, limits.StepAnswers, r.limits.Answers)
			}
			if r.Keeps && r.used.meter.Charge(document.Size(c.Document)) != nil {
				return // the step ends
			}
			r.emitPlanned(c.Planned)
			r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &c})
		},
		Note: func(text string) { r.emit(procedures.Event{Kind: procedures.EventNotice, Text: text, Line: line}) },
		Progress: func(p procedures.Progress) {
			r.emit(procedures.Event{Kind: procedures.EventProgress, Progress: &p, Line: line})
		},
		Secret: r.Out.Mask().Add, Open: r.Out.Mask().Open, Temporary: r.temporary(), Chmod: r.chmod(h), Meter: r.used.meter.Part(line),
	}
}

// chmod changes the modes of the run's files; nil where they are not on the server.
func (r *running) chmod(h interp.HandlerContext) func(string, fs.FileMode) error {
	f, ok := r.Files.(interface {
		Chmod(name string, mode fs.FileMode) error
	})
	if !ok {
		return nil
	}
	return func(name string, mode fs.FileMode) error { return f.Chmod(r.under(h.Dir).wrote(name), mode) }
}

// temporary makes the run's /tmp; nil where its files are not on the server.
func (r *running) temporary() func() (string, error) {
	if f, ok := r.Files.(interface{ Temporary() (string, error) }); ok {
		return f.Temporary
	}
	return nil
}

// emitPlanned tells of a planned call as it is, with its secrets.
func (r *running) emitPlanned(call *procedures.PlannedCall) {
	if call != nil && r.OnPlanned != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.OnPlanned(*call)
	}
}

// files are the files that a command of a line sees.
func (r *running) files(h interp.HandlerContext, line int) procedures.Files {
	files := r.under(h.Dir)
	return countedFiles{watchedFiles{files, r.used, files.at, h.Typed}, func() (func(), error) { return r.take(line, 1, 0) }}
}

// known are words whose values are known.
// Columns are the words' numbers, from 1, as there is no text that they stand in.
func known(args []string, line int) []procedures.Word {
	words := make([]procedures.Word, len(args))
	for i, a := range args {
		words[i] = procedures.Word{Text: a, Known: true, Source: a, Line: line, Col: i + 1}
	}
	return words
}

// exported are the exported variables of a line.
// The sequence reads the variables as they are when it is iterated.
func exported(h interp.HandlerContext) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		h.Env.Each(func(name string, v expand.Variable) bool {
			return !v.IsSet() || !v.Exported || yield(name, v.String())
		})
	}
}

// withSurroundings is a planned call with where its line stands and which of AWS's variables it sees.
func (r *running) withSurroundings(call procedures.PlannedCall, h interp.HandlerContext) *procedures.PlannedCall {
	call.Folder, call.Variables = h.Dir, map[string]string{}
	h.Env.Each(func(name string, v expand.Variable) bool {
		if strings.HasPrefix(name, "AWS_") && v.IsSet() { // as Invocation.Env has them
			call.Variables[name] = v.String()
		}
		return true
	})
	return &call
}

// Around is what a script's folder is to a command that stands in one of its folders.
func Around(files procedures.Files, folder string) procedures.Files {
	return under{files: files, dir: folder, used: &usage{}}
}
