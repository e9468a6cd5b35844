package interpret

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// restore is a script that brings the state back. Values are quoted, not code.
// The script begins in a folder: that of the state, where no other one is given; left is the one before it.
// The order is that of names, so the same state makes the same script. Functions come behind the
// variables, then the folder, and settings last.
func restore(s *procedures.ScriptState, folder, left string) (string, error) {
	var b strings.Builder
	if s != nil {
		for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
			if err := restoreVariable(&b, name, s.Variables[name]); err != nil {
				return "", err
			}
		}
		for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
			fmt.Fprintf(&b, "%s() %s\n", name, s.Functions[name])
		}
	}
	if folder != "" {
		quoted, err := syntax.Quote(folder, syntax.LangBash)
		if err != nil {
			return "", err
		}
		b.WriteString("cd " + quoted + "\n")
	}
	if s == nil {
		return b.String(), nil
	}
	if left != "" {
		if err := assign(&b, "OLDPWD", left); err != nil {
			return "", err
		}
	}
	for _, setting := range s.Settings {
		b.WriteString(setting + "\n")
	}
	return b.String(), nil
}

// restoreVariable writes the lines that bring a variable back.
func restoreVariable(b *strings.Builder, name string, v *procedures.ScriptVariable) error {
	flags := map[string]string{"list": "a", "map": "A"}[v.Kind] + v.Attributes
	if v.Exported {
		flags += "x"
	}
	if flags != "" {
		fmt.Fprintf(b, "declare -%s %s\n", flags, name)
	}
	if v.Unset {
		return nil
	}
	switch v.Kind {
	case "list":
		if len(v.List) == 0 {
			fmt.Fprintf(b, "%s=()\n", name)
		}
		for i, item := range v.List {
			if len(v.Indexes) == len(v.List) {
				i = v.Indexes[i]
			}
			if err := assign(b, fmt.Sprintf("%s[%d]", name, i), item); err != nil {
				return err
			}
		}
	case "map":
		if len(v.Map) == 0 {
			fmt.Fprintf(b, "%s=()\n", name)
		}
		for _, key := range slices.Sorted(maps.Keys(v.Map)) {
			quoted, err := syntax.Quote(key, syntax.LangBash)
			if err != nil {
				return err
			}
			if err := assign(b, fmt.Sprintf("%s[%s]", name, quoted), v.Map[key]); err != nil {
				return err
			}
		}
	default:
		return assign(b, name, v.Text)
	}
	return nil
}

// assign writes NAME=value with the value quoted. Zero bytes, which no variable of bash holds, are
// dropped.
func assign(b *strings.Builder, name, value string) error {
	quoted, err := syntax.Quote(strings.ReplaceAll(value, "\x00", ""), syntax.LangBash)
	if err != nil {
		return fmt.Errorf("keep the variable %s: %w", name, err)
	}
	_, err = fmt.Fprintf(b, "%s=%s\n", name, quoted)
	return err
}

// firstSeparators is IFS where a script does not set it.
const firstSeparators = " \t\n"

// ambient reports whether a variable is the shell's own, or Opsbook's, and not what a script has made of it.
func ambient(name string, v expand.Variable) bool {
	switch name {
	case "IFS":
		return v.Str == firstSeparators && v.Set
	case "REPLY":
		return !v.Set
	case "GID":
		return true
	case "HOME":
		return v.Str == "/"
	}
	return strings.HasPrefix(name, "OPSBOOK_") || slices.Contains(shell.Ambient, name)
}

// keptVariable is a variable as a state has it.
func keptVariable(v expand.Variable) *procedures.ScriptVariable {
	out := &procedures.ScriptVariable{Exported: v.Exported, Attributes: attributes(v), Unset: !v.Set}
	switch v.Kind {
	case expand.Indexed:
		out.Kind, out.List, out.Indexes, out.ListMarks = "list", v.List, v.Indexes, listMarks(v.ListMarks)
	case expand.Associative:
		out.Kind, out.Map, out.MapMarks, out.KeyMarks = "map", v.Map, mapMarks(v.MapMarks), keyMarks(v.KeyMarks)
	default:
		out.Text, out.Marks = v.Str, textMarks(v.Marks)
	}
	return out
}

// attributes are the letters of declare that change what is assigned to a variable. That one is readonly is not kept: a step is pressed
// again, and would fail then.
func attributes(v expand.Variable) string {
	out := ""
	if v.Integer {
		out += "i"
	}
	if v.Lower {
		out += "l"
	}
	if v.Upper {
		out += "u"
	}
	return out
}

// The settings by which a script ends at a command that fails, and by which a pipe has the status of its last part that failed.
const (
	errexit  = "set -o errexit"
	pipefail = "set -o pipefail"
)

// leaves is the state that a script leaves, which ended with a status.
func (r *running) leaves(runner *interp.Runner, given map[string]string, status int) *procedures.ScriptState {
	s := keep(runner, given, r.functions)
	s.Typed, s.Settings, s.Status = runner.Typed(), runner.Settings(), status
	if r.Changing && !r.State.Has(errexit) && !analyse.SetsErrexit(r.study.File) { // it was set here
		s.Settings = slices.DeleteFunc(s.Settings, func(setting string) bool { return setting == errexit })
	}
	if r.State != nil {
		s.Sampled = slices.Clone(r.State.Sampled)
	}
	s.Folder = r.Workspace.inside(s.Folder)
	if left := runner.Vars["OLDPWD"]; left.Set {
		s.Left = r.Workspace.inside(left.Str)
	}
	return s
}

// keep takes over what a runner holds after a step. sources are those of the functions that it may hold.
// Variables that come from outside with the same value, the shell's own and Opsbook's are left
// out.
func keep(r *interp.Runner, given map[string]string, sources map[*syntax.Stmt]string) *procedures.ScriptState {
	s := &procedures.ScriptState{
		Version: 1, Variables: map[string]*procedures.ScriptVariable{}, Functions: map[string]string{}, Folder: r.Dir,
	}
	for name, v := range r.Vars {
		if ambient(name, v) || !v.Declared() {
			continue
		}
		if value, ok := given[name]; ok && v.Kind == expand.String && v.Str == value && isWholeField(v, name) {
			continue // it comes from outside, and comes again
		}
		s.Variables[name] = keptVariable(v)
	}
	for name, body := range r.Funcs {
		source, ok := sources[body]
		if !ok { // it came from a file that was sourced
			var b strings.Builder
			if syntax.NewPrinter().Print(&b, body) != nil {
				continue
			}
			source = b.String()
		}
		s.Functions[name] = source
	}
	return s
}
