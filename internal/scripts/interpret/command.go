package interpret

import (
	"context"
	"io"
	"iter"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// runCommand runs a command of the table, or a program. What it may do is decided by the effect that it says of the line.
// What stays inside of the run is neither counted nor shown as a command; what reaches outside
// counts as a call. A limit on effects ends the step before the line, but for a plan.
func (r *running) runCommand(ctx context.Context, h interp.HandlerContext, command procedures.Command, args []string) error {
	line := shell.LineOf(r.script, h.Pos)
	info := analyse.Describe(command, known(args, line))
	if info.ReachesOutside() {
		if r.used.call(r.limits) {
			r.stopFor("line %d: the step made more than %d calls and was stopped", line, r.limits.Calls)
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
	if r.Planning && !info.Plans {
		return ended(ctx, r.runUnknown(ctx, command, inv))
	}
	if r.prefetched != nil {
		if done, ok := r.prefetched.take(ctx, args); ok {
			return ended(ctx, done.replay(inv))
		}
	}
	return ended(ctx, command.Run(ctx, inv))
}

// runChange runs a line that changes something, where it was confirmed; while planning it is only planned.
// The check and the plan number are taken together, so two lines cannot use one confirmation.
func (r *running) runChange(ctx context.Context, h interp.HandlerContext, command procedures.Command,
	info procedures.LineInfo, args []string) error {
	line := shell.LineOf(r.script, h.Pos)
	if r.Planning {
		return r.planChange(ctx, h, command, info, args)
	}
	number, ok := r.wasConfirmed(args)
	if !ok {
		if info.Plans { // a line that cannot be sent says so itself
			inv := r.invocation(h, args, line, 0)
			inv.Planning = true
			if status := command.Run(ctx, inv); status != 0 {
				return ended(ctx, status)
			}
		}
		return r.notConfirmed(h, args, line)
	}
	inv := r.invocation(h, args, line, number)
	var kept answer
	inv.Stdout = io.MultiWriter(h.Stdout, &kept)
	status := command.Run(ctx, inv)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.keepMade(args, &kept, status)
	return ended(ctx, status)
}

// planChange reports a line that changes something as a planned call, and makes none. A command that does not plan its lines by
// itself is not run: the line is the plan.
// What the call would print is unknown: see unknownValue.
func (r *running) planChange(ctx context.Context, h interp.HandlerContext, command procedures.Command,
	info procedures.LineInfo, args []string) error {
	line := shell.LineOf(r.script, h.Pos)
	inv := r.invocation(h, args, line, 0)
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
		Args: args, Stdin: h.Stdin, Stdout: h.Stdout, Stderr: h.Stderr, Files: r.files(h, line), Folder: h.Dir, Now: r.Now, Line: line,
		Planning: r.Planning, Rehearse: r.Rehearse, Terminal: r.shown(h), Exported: exported(h),
		Env: func(name string) (string, bool) {
			v := h.Env.Get(name)
			return v.String(), v.IsSet() && (v.Exported || !strings.HasPrefix(name, "OPSBOOK_"))
		},
		Report: func(c procedures.Call) {
			c.Line, c.Program = line, args[0]
			if c.Planned != nil {
				c.Planned = r.withSurroundings(*c.Planned, h)
				c.Planned.Program = args[0]
			} else if c.Effect.Changes() {
				c.PlanNumber = number
			}
			if r.used.answer(c.Document, r.limits) {
				r.stopFor("line %d: the answers of the step's calls hold more than %d MB together; the step was stopped",
					line, r.limits.Answers>>20)
			}
			r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &c})
		},
		Note: func(text string) { r.emit(procedures.Event{Kind: procedures.EventNotice, Text: text, Line: line}) },
		Progress: func(p procedures.Progress) {
			r.emit(procedures.Event{Kind: procedures.EventProgress, Progress: &p, Line: line})
		},
		Secret: r.mask.add,
	}
}

// files are the files that a command of a line sees.
func (r *running) files(h interp.HandlerContext, line int) procedures.Files {
	return countedFiles{under{r.Files, h.Dir}, func() (func(), error) { return r.take(line, 1, 0) }}
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

// withSurroundings is a planned call with where its line stands and which of AWS's variables it is given.
func (r *running) withSurroundings(call procedures.PlannedCall, h interp.HandlerContext) *procedures.PlannedCall {
	call.Folder, call.Variables = h.Dir, map[string]string{}
	h.Env.Each(func(name string, v expand.Variable) bool {
		if strings.HasPrefix(name, "AWS_") && v.IsSet() && v.Exported {
			call.Variables[name] = v.String()
		}
		return true
	})
	return &call
}

// Around is what a script's folder is to a command that stands in one of its folders.
func Around(files procedures.Files, folder string) procedures.Files { return under{files, folder} }
