package interpret

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// restore is a script that brings the state back. Values are quoted, not code.
// The script begins in a folder: that of the state, where no other one is given.
// The order is that of names, so the same state makes the same script. Functions come behind the
// variables, and the folder last.
func restore(s *procedures.ScriptState, folder string) (string, error) {
	var b strings.Builder
	if folder != "" {
		quoted, err := syntax.Quote(folder, syntax.LangBash)
		if err != nil {
			return "", err
		}
		folder = "cd " + quoted + "\n"
	}
	if s == nil {
		return folder, nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		v := s.Variables[name]
		switch v.Kind {
		case "list", "map":
			flag := "-a"
			if v.Kind == "map" {
				flag = "-A"
			}
			fmt.Fprintf(&b, "declare %s %s\n", flag, name)
			for i, item := range v.List {
				if err := assign(&b, fmt.Sprintf("%s[%d]", name, i), item); err != nil {
					return "", err
				}
			}
			for _, key := range slices.Sorted(maps.Keys(v.Map)) {
				quoted, err := syntax.Quote(key, syntax.LangBash)
				if err != nil {
					return "", err
				}
				if err := assign(&b, fmt.Sprintf("%s[%s]", name, quoted), v.Map[key]); err != nil {
					return "", err
				}
			}
		default:
			if err := assign(&b, name, v.Text); err != nil {
				return "", err
			}
			if v.Exported {
				fmt.Fprintf(&b, "export %s\n", name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		fmt.Fprintf(&b, "%s() %s\n", name, s.Functions[name])
	}
	return b.String() + folder, nil
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

// keep takes over what a runner holds after a step. sources are those of the functions that it may hold.
// Variables that come from outside with the same value, the shell's own and Opsbook's are left
// out.
func keep(r *interp.Runner, given map[string]string, sources map[*syntax.Stmt]string) *procedures.ScriptState {
	s := &procedures.ScriptState{
		Version: 1, Variables: map[string]*procedures.ScriptVariable{}, Functions: map[string]string{}, Folder: r.Dir,
	}
	for name, v := range r.Vars {
		if strings.HasPrefix(name, "OPSBOOK_") || slices.Contains(shell.Ambient, name) || name == "GID" || !v.IsSet() {
			continue
		}
		if value, ok := given[name]; ok && v.Kind == expand.String && v.Str == value && isWholeField(v, name) {
			continue // it comes from outside, and comes again
		}
		switch v.Kind {
		case expand.Indexed:
			s.Variables[name] = &procedures.ScriptVariable{Kind: "list", List: v.List, ListMarks: listMarks(v.ListMarks)}
		case expand.Associative:
			s.Variables[name] = &procedures.ScriptVariable{
				Kind: "map", Map: v.Map, MapMarks: mapMarks(v.MapMarks), KeyMarks: keyMarks(v.KeyMarks),
			}
		default:
			s.Variables[name] = &procedures.ScriptVariable{Text: v.Str, Exported: v.Exported, Marks: textMarks(v.Marks)}
		}
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
