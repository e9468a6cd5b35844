package commands

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/reads"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// Bound implements procedures.Binder: which file the program is, its environment, and the files and folders among its words, as they
// are on the server now. Credentials that the environment's role gives are left out, as they are new each hour; the role is bound.
func (n *native) Bound(ctx context.Context, inv *procedures.Invocation) ([]procedures.BoundMember, error) {
	file, folder, err := n.place(inv)
	if err != nil {
		return nil, nil //nolint:nilerr // running it says so, and starts nothing
	}
	if err := planned(inv.Args, folder); err != nil {
		return nil, err
	}
	variables, err := n.variables(ctx, inv)
	if err != nil {
		return nil, nil //nolint:nilerr // running it says so, and starts nothing
	}
	temporary := ""
	if inv.Temporary != nil {
		if temporary, err = inv.Temporary(); err != nil {
			return nil, nil //nolint:nilerr // running it says so, and starts nothing
		}
	}
	out := []procedures.BoundMember{{Name: "program", Value: file}}
	exported := map[string]bool{}
	if inv.Exported != nil {
		for name := range inv.Exported {
			exported[name] = true
		}
	}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if temporary != "" { // each execution has its own folder for what its script knows as /tmp
			value = strings.ReplaceAll(value, temporary, "/tmp")
		}
		if name == "PWD" || given[name] && !exported[name] {
			continue
		}
		m := procedures.VariableMember(name, value)
		if slices.Contains(n.entry.Variables, name) && !m.Secret {
			m = procedures.ContentMember(m.Name, []byte(value)) // what the configuration hands over may be secret
		}
		out = append(out, m)
	}
	root, err := filepath.EvalSymlinks(n.Workspace)
	if err != nil {
		return nil, fmt.Errorf("the workspace %s cannot be entered: %w", n.Workspace, cause(err))
	}
	// Where a link leads that the folder is reached by: what the words do not name is found there, too.
	if below, err := filepath.Rel(root, folder); err == nil && filepath.Join(n.Workspace, below) != filepath.Clean(inv.Folder) {
		out = append(out, procedures.BoundMember{Name: "program's folder", Value: below})
	}
	files, left, err := n.reads(ctx, inv, root, folder)
	n.left = left
	return append(out, files...), err
}

// compared says which of the files that a program reads are approved with its line, and which are not.
func (n *native) compared(args []string) string {
	says := "Approved with it: the files that its words name"
	if len(rulesOf(args)) > 0 {
		says += ", and those with which " + args[0] + " is known to begin"
	}
	says += ". Other files that it reads by itself are not compared."
	if len(n.left) > 0 {
		says += " Nor are those of " + strings.Join(n.left, ", ") + ", outside of the workspace."
	}
	return says
}

// reads are the files that a program's words name, and those that it reads by itself as far as is known. left are the folders that are too
// large to compare, outside of the workspace.
func (n *native) reads(ctx context.Context, inv *procedures.Invocation, root, folder string) (out []procedures.BoundMember, left []string,
	err error) {
	chosen := places(inv.Args)
	bases := []string{folder}
	for _, dir := range chosen {
		if at, err := filepath.EvalSymlinks(serverFiles(folder).at(dir)); err == nil && at != folder {
			bases = append(bases, at)
		}
	}
	for i, base := range bases {
		files, label := &reads.Collector{Files: serverFiles(base)}, "file "
		if i > 0 {
			label = "file " + base + "/"
		}
		begins := &entries{Collector: files, label: label, from: base, root: root, workspace: n.Workspace, seen: map[string]bool{}}
		folders := []string{base}
		for _, name := range reads.Candidates(inv.Args[1:]) {
			at, err := filepath.EvalSymlinks(serverFiles(base).at(name))
			if err != nil {
				continue
			}
			info, err := os.Stat(at)
			switch {
			case err != nil, !info.IsDir() && !info.Mode().IsRegular():
				continue
			case info.IsDir() && slices.Contains(chosen, name): // its files are not sent, but those that the program reads in it
				continue
			case info.IsDir() && !inFolder(at, root):
				members, whole, err := outside(ctx, label+name, at)
				if err != nil {
					return nil, nil, err
				}
				if out = append(out, members...); !whole {
					left = append(left, at)
					continue
				}
			default:
				if err := files.Add(ctx, label+name, name); err != nil {
					return nil, nil, err
				}
			}
			if info.IsDir() {
				folders = append(folders, at)
			}
		}
		for _, rule := range rulesOf(inv.Args) {
			for _, at := range folders {
				if err := begins.collect(ctx, rule, at); err != nil {
					return nil, nil, err
				}
			}
		}
		out = append(out, files.Members...)
	}
	return out, left, nil
}

// outside binds a folder that a word names and that is not in the workspace: where it is, and what is in it. One that is too large for
// that, or may not be read, is not compared, which the plan says.
func outside(ctx context.Context, label, at string) (out []procedures.BoundMember, whole bool, err error) {
	files := &reads.Collector{Files: serverFiles(at)}
	systems := at == "/" || slices.ContainsFunc([]string{"/proc", "/sys", "/dev", "/run"}, func(of string) bool { return inFolder(at, of) })
	compared := !systems && files.Add(ctx, label, ".") == nil
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	if !compared {
		return []procedures.BoundMember{{Name: label, Value: "leads to " + at + ", whose files are not compared"}}, false, nil
	}
	return append(files.Members, procedures.BoundMember{Name: label, Value: "leads to " + at}), true, nil
}

// given are variables with which a program is given credentials that change by themselves.
var given = map[string]bool{
	"AWS_ACCESS_KEY_ID": true, "AWS_SECRET_ACCESS_KEY": true, "AWS_SESSION_TOKEN": true, "AWS_SECURITY_TOKEN": true,
	"AWS_CREDENTIAL_EXPIRATION": true,
}

// terraforms are the programs whose changes are planned into a file.
var terraforms = []string{"terraform", "tofu"}

// valued are options of terraform apply whose value may be the next word.
var valued = []string{
	"-var", "-var-file", "-target", "-replace", "-state", "-state-out", "-backup", "-lock-timeout", "-parallelism", "-exclude",
}

// planned refuses terraform's changes without a plan file: what they do is only found out while they do it.
func planned(args []string, folder string) error {
	if !slices.Contains(terraforms, args[0]) {
		return nil
	}
	at := slices.IndexFunc(args[1:], func(arg string) bool { return !strings.HasPrefix(arg, "-") }) + 1
	if at == 0 || args[at] != "apply" && args[at] != "destroy" || hasOption(args[at+1:], "-help", true) {
		return nil
	}
	for _, arg := range args[1:at] {
		if dir, ok := strings.CutPrefix(arg, "-chdir="); ok {
			folder = serverFiles(folder).at(dir)
		}
	}
	var options []string
	for i := at + 1; i < len(args); i++ {
		arg := args[i]
		switch {
		case !strings.HasPrefix(arg, "-"):
			if info, err := os.Stat(serverFiles(folder).at(arg)); args[at] == "apply" && err == nil && info.Mode().IsRegular() {
				return nil
			}
		case slices.Contains(valued, strings.TrimPrefix(arg, "-")), slices.Contains(valued, arg):
			options = append(options, arg)
			if i+1 < len(args) {
				i++
				options = append(options, args[i])
			}
		case strings.HasPrefix(strings.TrimLeft(arg, "-"), "auto-approve"), strings.HasPrefix(strings.TrimLeft(arg, "-"), "input"):
		default:
			options = append(options, arg)
		}
	}
	plan := append(slices.Clone(args[:at]), "plan")
	if args[at] == "destroy" {
		plan = append(plan, "-destroy")
	}
	plan = append(append(plan, options...), "-out=tfplan")
	apply := append(slices.Clone(args[:at]), "apply", "tfplan")
	return fmt.Errorf("%s %s without the file of a plan changes whatever it finds by then; write the plan in an earlier "+
		"step, and apply that: %s and then %s", args[0], args[at], shell.Quote(plan), shell.Quote(apply))
}
