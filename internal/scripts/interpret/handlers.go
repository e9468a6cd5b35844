package interpret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// testError is the call that [ becomes when an operand is no whole number.
const testError = "opsbook-test-error"

// printfName is the call that printf becomes: the interpreter's own knows less than bash's.
const printfName = "opsbook-printf"

// separate takes the joined options of echo apart, -ne to -n -e: the interpreter knows them alone.
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
			r.rest()
			return nil, ctx.Err()
		}
		// Of a comparison that cannot be right neither answer is: what follows from it is not carried out.
		if why := r.study.Wrong[analyse.PlaceOf(interp.HandlerCtx(ctx).Pos)]; why != "" && !r.Corrected {
			r.stopFor("line %d is not carried out: %s", r.line(ctx), why)
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
	case "eval", "builtin", "exec", "trap", "enable":
		if args[0] != "trap" || len(args) > 1 && args[1] != "" && args[1] != "-" {
			return []string{testError, args[0], ""}, nil
		}
	}
	return args, nil
}

func (r *running) line(ctx context.Context) int {
	return shell.LineOf(r.script, interp.HandlerCtx(ctx).Pos)
}

// exec carries out a command that is neither a builtin nor a function.
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
			fmt.Fprintf(h.Stderr, "bash: line %d: %s: not carried out here\n", h.Pos.Line(), args[1])
			return interp.ExitStatus(2)
		}
		if args[1] == "shift" {
			fmt.Fprintf(h.Stderr, "bash: line %d: shift: %s: shift count out of range\n", h.Pos.Line(), args[2])
			return interp.ExitStatus(1)
		}
		fmt.Fprintf(h.Stderr, "bash: line %d: %s: %s: integer expression expected\n", h.Pos.Line(), args[1], args[2])
		return interp.ExitStatus(2)
	}
	if why := r.study.Wrong[analyse.PlaceOf(h.Pos)]; why != "" && !r.Corrected {
		return r.notSent(h, args, why)
	}
	if command, ok := r.Commands(args[0]); ok {
		return r.carryOut(ctx, h, command, args)
	}
	if strings.Contains(args[0], "/") {
		if script, _, ok := r.scriptAt(h, args[0]); ok {
			return r.child(ctx, h, script, args)
		}
	}
	return r.program(ctx, h, args)
}

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

// notSent says why a mistaken line is not sent.
func (r *running) notSent(h interp.HandlerContext, args []string, why string) error {
	line := shell.LineOf(r.script, h.Pos)
	fmt.Fprintf(h.Stderr, "opsbook: line %d is not sent: %s\n", line, why)
	name := args[0]
	if len(args) > 2 && name == "aws" {
		name = args[1] + " " + args[2]
	}
	r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &procedures.Call{
		Command: name, Args: args[1:], Effect: procedures.EffectNone, Status: 252, Error: why, Line: line, RuleVerdict: &procedures.Judgement{Verdict: procedures.Errored, Reason: "Not sent: " + why},
	}})
	return interp.ExitStatus(252)
}

func (r *running) carryOut(ctx context.Context, h interp.HandlerContext, command procedures.Command, args []string) error {
	line := shell.LineOf(r.script, h.Pos)
	effect := procedures.EffectNone
	if _, ours := r.Commands(args[0]); !ours || args[0] == "aws" || args[0] == "curl" {
		if r.used.call(r.limits) {
			r.stopFor("line %d: the step made more than %d calls and was stopped", line, r.limits.Calls)
			return ctx.Err()
		}
		effect = r.effect(command, args, line)
		if effect.Changes() {
			if done, err := r.before(h, args, line); done {
				return err
			}
		}
		if r.Planning && unknownIn(args) {
			return r.notKnown(ctx, command, effect, args, line)
		}
		r.emit(procedures.Event{Kind: procedures.EventCommand, Text: shell.Quote(args), Line: line})
	}
	agreed := 0
	inv := &procedures.Invocation{
		Args: args, Stdin: h.Stdin, Stdout: h.Stdout, Stderr: h.Stderr, Files: r.files(h, line), Folder: h.Dir, Now: r.Now, Line: line, Planning: r.Planning, Rehearse: r.Rehearse, Terminal: r.shown(h),
		Exported: exported(h), Env: func(name string) (string, bool) {
			v := h.Env.Get(name)
			return v.String(), v.IsSet() && (v.Exported || !strings.HasPrefix(name, "OPSBOOK_"))
		},
		Report: func(c procedures.Call) {
			c.Line = line
			if c.Planned != nil {
				c.Planned = r.surrounded(*c.Planned, h)
			} else if c.Effect.Changes() {
				c.PlanNumber = agreed
			}
			if r.used.answer(c.Document, r.limits) {
				r.stopFor("line %d: the answers of the step's calls hold more than %d MB together; the step was stopped", line, r.limits.Answers>>20)
			}
			r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &c})
		},
		Note: func(text string) { r.emit(procedures.Event{Kind: procedures.EventNotice, Text: text, Line: line}) },
		Progress: func(p procedures.Progress) {
			r.emit(procedures.Event{Kind: procedures.EventProgress, Progress: &p, Line: line})
		},
		Secret: r.mask.add,
	}
	if why := r.limit(effect); why != "" && !r.Planning {
		return r.beyond(h, args, line, why)
	}
	if effect.Changes() && !r.Planning {
		var ok bool
		if agreed, ok = r.wasAgreed(args); !ok {
			inv.Planning = true // a line that cannot be sent says so itself
			if status := command.Run(ctx, inv); status != 0 {
				return interp.ExitStatus(uint8(status))
			}
			return r.notAgreed(h, args, line)
		}
	}
	var kept answer
	if effect.Changes() {
		inv.Stdout = io.MultiWriter(h.Stdout, &kept)
	}
	var status int
	if r.Planning && args[0] != "aws" && args[0] != "curl" {
		status = r.through(ctx, command, inv)
	} else if done, ok := r.prefetched.take(ctx, args); ok {
		status = done.replay(inv)
	} else {
		status = command.Run(ctx, inv)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch {
	case effect.Changes() && !r.Planning:
		r.answered(args, &kept, status)
	case effect.Changes() && status == 0:
		r.planned(h, kept.Len() > 0)
	}
	if status != 0 {
		return interp.ExitStatus(uint8(status))
	}
	return nil
}

// files are the files that a command of a line sees.
func (r *running) files(h interp.HandlerContext, line int) procedures.Files {
	return countedFiles{under{r.Files, h.Dir}, func() (func(), error) { return r.take(line, 1, 0) }}
}

// effect asks the command what this line, whose values are known now, does.
func (r *running) effect(command procedures.Command, args []string, line int) procedures.Effect {
	return command.Describe(known(args, line)).Effect
}

// known are words whose values are known.
func known(args []string, line int) []procedures.Word {
	words := make([]procedures.Word, len(args))
	for i, a := range args {
		words[i] = procedures.Word{Text: a, Known: true, Source: a, Line: line, Col: i + 1}
	}
	return words
}

// exported are the exported variables of a line.
func exported(h interp.HandlerContext) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		h.Env.Each(func(name string, v expand.Variable) bool {
			return !v.IsSet() || !v.Exported || yield(name, v.String())
		})
	}
}

// surrounded is a planned call with where its line stands and which of AWS's variables it is given.
func (r *running) surrounded(call procedures.PlannedCall, h interp.HandlerContext) *procedures.PlannedCall {
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

// wasAgreed reports whether a changing call is the next one that somebody agreed to, and which one that is, from 1.
func (r *running) wasAgreed(args []string) (which int, ok bool) {
	if r.Agreed == nil {
		return 0, true
	}
	r.used.mu.Lock()
	defer r.used.mu.Unlock()
	r.used.turns++
	which = r.used.turns - len(r.Made)
	return which, which <= len(r.Agreed) && slices.Equal(r.Agreed[which-1].Args, args[1:])
}

// limit says why a call with an effect is not made here at all; empty where it is.
func (r *running) limit(effect procedures.Effect) string {
	if r.Limit == nil {
		return ""
	}
	return r.Limit(effect)
}

// beyond ends the step before a call that is not made here at all.
func (r *running) beyond(h interp.HandlerContext, args []string, line int, limit string) error {
	why := fmt.Sprintf("line %d was not carried out, because %s: %s", line, limit, shell.Quote(args))
	fmt.Fprintf(h.Stderr, "opsbook: %s\n", why)
	r.stopFor("%s", why)
	return interp.ExitStatus(2)
}

// notAgreed ends the step before a changing call that nobody agreed to.
func (r *running) notAgreed(h interp.HandlerContext, args []string, line int) error {
	why := fmt.Sprintf("line %d: this is not the call that was agreed to, and was not made: %s", line, shell.Quote(args))
	if r.used.rests() {
		r.emit(procedures.Event{Kind: procedures.EventNotice, Line: line, Text: "Not made with this yes: its values are only known now. It is shown, and asked about, by itself."})
		r.rest()
		return interp.ExitStatus(2)
	}
	fmt.Fprintf(h.Stderr, "opsbook: %s\n", why)
	r.stopFor("%s", why)
	return interp.ExitStatus(2)
}

// child runs a script file of the library: its own folder, variables and exit.
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
	e.taken = !r.shown(h)
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
	if outcome.Rest {
		return errRest
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

func (r *running) open(ctx context.Context, name string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	reads := flag&(os.O_WRONLY|os.O_RDWR) == 0
	if name == "/dev/null" {
		if reads {
			return os.Open(os.DevNull)
		}
		return nowhere{}, nil
	}
	if strings.HasPrefix(name, guardFolder) {
		return r.count(ctx, name)
	}
	files := under{r.Files, interp.HandlerCtx(ctx).Dir}
	if reads {
		f, err := files.Open(name)
		if err != nil {
			return nil, pathError(name, err)
		}
		return input(f)
	}
	f, err := files.Create(name, flag&os.O_APPEND != 0)
	if err != nil {
		return nil, pathError(name, err)
	}
	return &noticed{WriteCloser: f, done: func(size int64) {
		r.emit(procedures.Event{Kind: procedures.EventFile, Text: strings.TrimPrefix(r.Workspace.inside(files.at(name)), "/"), Size: size})
	}}, nil
}

// noticed tells how much was written when it is closed.
type noticed struct {
	io.WriteCloser
	size int64
	done func(size int64)
}

func (n *noticed) Read([]byte) (int, error) { return 0, fs.ErrPermission }
func (n *noticed) Write(p []byte) (int, error) {
	k, err := n.WriteCloser.Write(p)
	n.size += int64(k)
	return k, err
}
func (n *noticed) Close() error {
	n.done(n.size)
	return n.WriteCloser.Close()
}

// pathError is an error of the kind that the interpreter prints.
func pathError(name string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return &os.PathError{Op: "open", Path: name, Err: err}
}

func (r *running) readDir(ctx context.Context, name string) ([]fs.DirEntry, error) {
	return under{r.Files, interp.HandlerCtx(ctx).Dir}.ReadDir(name)
}

func (r *running) stat(ctx context.Context, name string, _ bool) (fs.FileInfo, error) {
	info, err := under{r.Files, interp.HandlerCtx(ctx).Dir}.Stat(name)
	if err != nil && r.Rehearse {
		// On the sandbox a folder that is not there is entered all the same, and noted.
		if !strings.Contains(path.Base(name), ".") {
			return dirInfo{}, nil
		}
	}
	return info, err
}

func (r *running) access(ctx context.Context, name string, _ interp.AccessMode) error {
	_, err := r.stat(ctx, name, true)
	return err
}
