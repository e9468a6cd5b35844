package interpret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// inner runs a line that another one runs, as xargs does. It is counted, its words are marked, and its effect is confirmed, as for a line
// of the script.
func (r *running) inner(ctx context.Context, h interp.HandlerContext, line procedures.InnerLine) int {
	if len(line.Args) == 0 {
		return 0
	}
	number := shell.LineOf(r.script, h.Pos)
	r.mu.Lock()
	r.commands++
	over := r.commands > r.limits.Commands
	r.mu.Unlock()
	if over {
		r.over(number, limits.StepCommands, int64(r.limits.Commands))
		return 130
	}
	if r.shown(h) && !r.Planning {
		line.Stdout = h.Stdout // the same without its meter: what is printed is still for people
	}
	marks := r.innerMarks(h, line)
	h.Marks = nil
	if slices.ContainsFunc(marks, func(m expand.Marks) bool { return len(m) > 0 }) {
		h.Marks = marks
	}
	h.Stdin, h.Stdout, h.Stderr = line.Stdin, line.Stdout, line.Stderr
	if h.Stdin == nil {
		null, err := os.Open(os.DevNull)
		if err != nil {
			return 1
		}
		defer null.Close() //nolint:errcheck // nothing was written
		h.Stdin = null
	}
	if line.Clear || len(line.Set) > 0 || len(line.Unset) > 0 {
		h.Env = newInnerVariables(h.Env, line)
	}
	if err := r.fieldError(h, line.Args); err != nil {
		return exitOf(r.refuseField(h, err))
	}
	if done, status := innerBuiltin(line); done {
		return status
	}
	if slices.Contains(shell.Builtins, line.Args[0]) {
		r.notCarriedOut(h, line.Args, number, line.Args[0]+": not carried out here: a builtin of the shell as a program")
		return 127
	}
	if line.Timeout > 0 && !r.innerChanges(line.Args, number) {
		limited, cancel := context.WithTimeout(ctx, line.Timeout)
		defer cancel()
		err := r.execute(limited, h, slices.Clone(line.Args))
		if limited.Err() != nil && ctx.Err() == nil {
			if line.TimedOut != nil {
				line.TimedOut()
			}
			return 124
		}
		return exitOf(err)
	}
	return exitOf(r.execute(ctx, h, slices.Clone(line.Args)))
}

// innerChanges reports whether a line changes something: its end is not known where it is cut off.
func (r *running) innerChanges(args []string, line int) bool {
	if command, ok := r.ours(args); ok {
		return analyse.Describe(command, known(args, line)).Effect.Changes()
	}
	if text, ok := commands.ReadShellLine(args); ok {
		if effect, known := r.study.Inner[text.Before+args[text.Text]]; known {
			return effect.Changes()
		}
	}
	return r.effectOf(args).Changes()
}

// innerMarks are the marks of a line's words: those of the outer line's, and of what was read where a field's value may be in it.
func (r *running) innerMarks(h interp.HandlerContext, line procedures.InnerLine) []expand.Marks {
	field := h.TypedInput()
	out := make([]expand.Marks, len(line.Args))
	for i := range out {
		if i < line.Own && line.From+i < len(h.Marks) {
			out[i] = slices.Clone(h.Marks[line.From+i])
		}
		if i < len(line.ReadAt) && line.ReadAt[i] >= 0 && field != "" {
			out[i] = append(out[i], expand.Span{
				From: line.ReadAt[i], To: len(line.Args[i]), Mark: expand.Mark{Field: field, Made: true},
			})
		}
	}
	return out
}

// exitOf is the exit status that an error says.
func exitOf(err error) int {
	var status interp.ExitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	}
	return 130
}

// innerBuiltin runs what is a builtin of the shell and a program, too.
func innerBuiltin(line procedures.InnerLine) (done bool, status int) {
	switch line.Args[0] {
	case "true":
		return true, 0
	case "false":
		return true, 1
	case "echo":
		words, end := line.Args[1:], "\n"
		if len(words) > 0 && words[0] == "-n" {
			words, end = words[1:], ""
		}
		if len(words) > 0 && (words[0] == "-e" || words[0] == "-E") {
			return false, 0
		}
		if _, err := fmt.Fprint(line.Stdout, strings.Join(words, " ")+end); err != nil {
			return true, 1
		}
		return true, 0
	}
	return false, 0
}

// innerVariables are the script's variables with some others.
type innerVariables struct {
	expand.Environ
	set   map[string]string
	unset []string
	clear bool
}

func newInnerVariables(env expand.Environ, line procedures.InnerLine) innerVariables {
	v := innerVariables{env, map[string]string{}, line.Unset, line.Clear}
	for _, pair := range line.Set {
		name, value, _ := strings.Cut(pair, "=")
		v.set[name] = value
	}
	return v
}

// Get implements expand.Environ.
func (v innerVariables) Get(name string) expand.Variable {
	if value, ok := v.set[name]; ok {
		return expand.Variable{Set: true, Kind: expand.String, Str: value, Exported: true}
	}
	if v.clear || slices.Contains(v.unset, name) {
		return expand.Variable{}
	}
	return v.Environ.Get(name)
}

// Each implements expand.Environ.
func (v innerVariables) Each(yield func(string, expand.Variable) bool) {
	more := true
	v.Environ.Each(func(name string, variable expand.Variable) bool {
		if _, set := v.set[name]; set || v.clear || slices.Contains(v.unset, name) {
			return true
		}
		more = yield(name, variable)
		return more
	})
	for name := range v.set {
		if more {
			more = yield(name, v.Get(name))
		}
	}
}
