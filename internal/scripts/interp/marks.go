package interp

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/scripts/expand"
)

// Opsbook: where marks come from that no variable has, and go to.

// marking is what the shells of one run share: whether a value of a field was used yet. From then on every file and every answer may
// hold it.
type marking struct{ first atomic.Pointer[expand.Mark] }

// extent is the time during which a $(…) or a here-document is expanded: mark is set when it uses what is marked.
type extent struct {
	around *extent
	mark   atomic.Pointer[expand.Mark]
}

// input is where standard input comes from.
type input uint8

const (
	inputAnything input = iota // a file or a pipe: it may hold a value as soon as one was used
	inputAuthor                // a here-document without a value in it
)

// input is where an input comes from whose text was expanded in the extent.
func (e *extent) input() input {
	if e.mark.Load() == nil {
		return inputAuthor
	}
	return inputAnything
}

// seen notes that a marked variable was expanded.
func (m *marking) seen(vr expand.Variable, within *extent) {
	mark, ok := vr.AnyMark()
	if !ok {
		return
	}
	mark.Made, mark.List = true, false
	m.first.CompareAndSwap(nil, &mark)
	within.uses(&mark)
}

// uses notes a mark for the extent and those around it.
func (e *extent) uses(mark *expand.Mark) {
	for ; e != nil; e = e.around {
		e.mark.CompareAndSwap(nil, mark)
	}
}

// made is the mark of what is read now from outside of the script's text; nil where no value was used yet.
func (m *marking) made() *expand.Mark { return m.first.Load() }

// reads notes that something is read that may hold a value: a file, an answer.
func (m *marking) reads(within *extent) {
	if mark := m.made(); mark != nil {
		within.uses(mark)
	}
}

// wasRead is a text that came through standard input.
func (r *Runner) wasRead(text string) expand.Text {
	mark := r.marks.made()
	if mark == nil || r.input == inputAuthor {
		return expand.Text{Str: text}
	}
	return expand.Text{Str: text, Marks: expand.Whole(text, *mark)}
}

// splitBy says that what a builtin reads is split as a value says, and so made of it.
func (r *Runner) splitBy(name string, args []expand.Text) {
	if name != "read" && name != "mapfile" && name != "readarray" {
		return
	}
	vr := r.lookupVar("IFS")
	for _, t := range args {
		vr.Marks = append(slices.Clone(vr.Marks), t.Marks...)
	}
	if vr.IsMarked() {
		r.marks.seen(vr, r.within)
		r.input = inputAnything
	}
}

// Typed names the field whose value was used first in a run, "" for none; see [Runner.Typed].
func Typed(field string) RunnerOption {
	return func(r *Runner) error {
		if r.marks == nil {
			r.marks = &marking{}
		}
		if field != "" {
			r.marks.first.CompareAndSwap(nil, &expand.Mark{Field: field, Made: true})
		}
		return nil
	}
}

// ExportedFunctions are those of export -f, by their names. (Opsbook)
func (hc HandlerContext) ExportedFunctions() map[string]*syntax.Stmt {
	out := map[string]*syntax.Stmt{}
	if hc.runner != nil {
		for name, on := range hc.runner.exported {
			if body := hc.runner.Funcs[name]; on && body != nil {
				out[name] = body
			}
		}
	}
	return out
}

// Typed is the field whose value was used first, "" where none was.
func (r *Runner) Typed() string {
	if r.marks != nil {
		if mark := r.marks.made(); mark != nil {
			return mark.Field
		}
	}
	return ""
}

// Pure says which commands read nothing but their words: their output holds no value that they were not given.
func Pure(is func(name string) bool) RunnerOption {
	return func(r *Runner) error {
		r.pure = is
		return nil
	}
}

// Found says which commands there are besides functions and builtins, for command -v and type. The files of the host are not looked at.
func Found(is func(name string) bool) RunnerOption {
	return func(r *Runner) error {
		r.found = is
		return nil
	}
}

// Assigned is told what variables are set to.
func Assigned(tell func(name string, v expand.Variable)) RunnerOption {
	return func(r *Runner) error {
		r.assigned = tell
		return nil
	}
}

// Own says which files the run itself has made, by their paths: their names may hold a value. Without it every file may be one.
func Own(is func(path string) bool) RunnerOption {
	return func(r *Runner) error {
		r.own = is
		return nil
	}
}

// nameMark is the mark of a file's name that a pattern found.
func (r *Runner) nameMark(path string) *expand.Mark {
	mark := r.marks.made()
	if mark == nil || r.own != nil && !r.own(path) {
		return nil
	}
	r.within.uses(mark)
	return mark
}

// ParamMarks marks the positional parameters.
func ParamMarks(marks []expand.Marks) RunnerOption {
	return func(r *Runner) error {
		r.paramMarks = marks
		return nil
	}
}

// Mark marks the value of a variable, which the runner has.
func (r *Runner) Mark(name string, vr expand.Variable) {
	has := r.lookupVar(name)
	has.Marks, has.ListMarks, has.MapMarks, has.KeyMarks = vr.Marks, vr.ListMarks, vr.MapMarks, vr.KeyMarks
	r.setVar(name, has)
}

// lookUp finds a command that is neither a function nor a builtin.
func (r *Runner) lookUp(name string) (path string, ok bool) {
	if r.found == nil {
		return "", false
	}
	if base := strings.TrimPrefix(strings.TrimPrefix(name, "/usr"), "/bin/"); base != name && !strings.Contains(base, "/") {
		return name, r.found(base)
	}
	if !r.found(name) && !slices.Contains([]string{"echo", "printf", "test", "[", "true", "false", "kill", "pwd"}, name) {
		return "", false
	}
	return "/usr/bin/" + name, true
}

// listRead is an array of texts that came through standard input.
func (r *Runner) listRead(list []string) expand.Variable {
	texts := make([]expand.Text, len(list))
	for i, s := range list {
		texts[i] = r.wasRead(s)
	}
	vr := expand.Variable{Set: true, Kind: expand.Indexed}
	vr.List, vr.ListMarks = expand.Untext(texts)
	return vr
}

// IsFunction reports whether a call of the name is one of a function of the script. (Opsbook)
func (hc HandlerContext) IsFunction(name string) bool {
	return hc.runner != nil && hc.runner.Funcs[name] != nil
}

// Typed is the field whose value was used first in the run, "" where none was. (Opsbook)
func (hc HandlerContext) Typed() string {
	if hc.runner == nil {
		return ""
	}
	return hc.runner.Typed()
}

// TypedInput is the field whose value may be in the standard input, "" where there is none. (Opsbook)
func (hc HandlerContext) TypedInput() string {
	if hc.runner == nil || hc.runner.stdin == nil || hc.runner.input == inputAuthor {
		return ""
	}
	if field := hc.runner.Typed(); field != "" || hc.runner.piped == nil {
		return field
	}
	return hc.runner.uses(hc.runner.piped, map[string]bool{})
}

// uses is the field whose value a part of the script uses when it runs, "" for none. What stands in front of a pipe runs at the same
// time as what stands behind it, so that it may not have used it yet.
func (r *Runner) uses(n syntax.Node, seen map[string]bool) (field string) {
	name := func(name string) {
		if mark, ok := r.lookupVar(name).AnyMark(); ok && field == "" {
			field = mark.Field
		}
	}
	all := func() {
		r.writeEnv.Each(func(s string, _ expand.Variable) bool {
			name(s)
			return field == ""
		})
		for _, m := range r.paramMarks {
			if mark, ok := m.First(); ok && field == "" {
				field = mark.Field
			}
		}
	}
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			if n.Excl || n.Param == nil || !syntax.ValidName(n.Param.Value) {
				all() // ${!x}, $1, $@
			} else {
				name(n.Param.Value)
			}
		case *syntax.Lit: // in arithmetic a name is a variable
			if syntax.ValidName(n.Value) {
				name(n.Value)
			}
		case *syntax.CallExpr:
			if len(n.Args) == 0 {
				break
			}
			call := n.Args[0].Lit()
			switch body := r.Funcs[call]; {
			case call == "" || strings.Contains(call, "/") || call == "source" || call == ".":
				all() // a script sees all variables
			case body != nil && !seen[call]:
				seen[call] = true
				if f := r.uses(body, seen); field == "" {
					field = f
				}
			}
		}
		return field == ""
	})
	return field
}

// Uses notes that a field's value is used by what a handler runs. (Opsbook)
func (hc HandlerContext) Uses(field string) {
	if hc.runner != nil {
		mark := &expand.Mark{Field: field, Made: true}
		hc.runner.marks.first.CompareAndSwap(nil, mark)
		hc.runner.within.uses(mark)
	}
}

// entered is the folder that the script goes into.
func (r *Runner) entered(ctx context.Context, path string) (fs.FileInfo, error) {
	ctx = r.handlerCtx(ctx, handlerKindStat, todoPos)
	hc := HandlerCtx(ctx)
	hc.Entering = true
	return r.statHandler(context.WithValue(ctx, handlerCtxKey{}, hc), path, true)
}

// markFolder marks the folder where the script stands, where a value names it.
func (r *Runner) markFolder(texts []expand.Text) {
	for _, t := range texts {
		if mark, ok := t.First(); ok {
			mark.Made = true
			dir := r.envGet("PWD")
			r.setVarText("PWD", expand.Text{Str: dir, Marks: expand.Whole(dir, mark)})
			return
		}
	}
}
