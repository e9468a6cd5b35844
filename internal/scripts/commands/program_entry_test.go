package commands

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// boundBench is a workspace in which lines of programs are bound.
type boundBench struct {
	t         *testing.T
	workspace string
	*Programs
}

func newBoundBench(t *testing.T, programs ...string) *boundBench {
	t.Helper()
	b := &boundBench{t: t, workspace: filepath.Join(t.TempDir(), "workspace")}
	b.Programs = &Programs{Workspace: b.workspace, Getenv: func(name string) string {
		return map[string]string{"PATH": filepath.Join(b.workspace, "bin")}[name]
	}}
	for _, name := range programs {
		b.Allowed = append(b.Allowed, procedures.Program{Name: name})
		b.write("bin/"+name, "")
	}
	return b
}

func (b *boundBench) write(name, text string) {
	b.t.Helper()
	name = filepath.Join(b.workspace, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o700)); err != nil {
		b.t.Fatal(err)
	}
}

// planned is the call that a line is planned as.
func (b *boundBench) planned(folder string, args ...string) procedures.PlannedCall {
	b.t.Helper()
	command, ok := b.Command(args)
	if !ok {
		b.t.Fatalf("%v is not allowed", args)
	}
	var out procedures.PlannedCall
	inv := &procedures.Invocation{
		Args: args, Folder: filepath.Join(b.workspace, folder), Stdout: io.Discard, Stderr: io.Discard, Planning: true,
		Report: func(c procedures.Call) {
			if c.Planned != nil {
				out = *c.Planned
			}
		},
	}
	members, err := command.(procedures.Binder).Bound(b.t.Context(), inv)
	if err != nil {
		b.t.Fatalf("%v: %v", args, err)
	}
	command.Run(b.t.Context(), inv)
	out.Program, out.Args, out.Bound = args[0], args[1:], members
	return out
}

// TestProgramIsBoundToWhatItBeginsWith walks the table: each file that a program reads by itself is written anew, and taken away, in its
// working folder and in the one that an option names.
func TestProgramIsBoundToWhatItBeginsWith(t *testing.T) {
	for _, rule := range entryRules {
		if rule.why == "" {
			t.Errorf("%s: nobody knows why it is bound to %s", rule.programs, rule.files)
		}
		program, _, _ := strings.Cut(rule.programs, " ") // rulesOf knows the others as it knows the first
		b := newBoundBench(t, program)
		args := []string{program, "frobnicate", "x"}
		if rule.line != "" {
			args[1] = rule.line
		}
		b.write("a/b/.keep", "")
		check := func(folder, file string, args ...string) {
			t.Helper()
			before := b.planned(folder, args...)
			for _, text := range []string{"one", "two", ""} {
				if b.write(file, text); text == "" {
					_ = os.Remove(filepath.Join(b.workspace, file))
				}
				now := b.planned(folder, args...)
				if differs := strings.Join(before.Deviations(now), "; "); !strings.Contains(differs, filepath.Base(file)) {
					t.Errorf("%v in %q: %s may be another: %q", args, folder, file, differs)
				}
				before = now
			}
		}
		files := strings.Fields(strings.ReplaceAll(rule.files, "*", "x"))
		for _, file := range files {
			if file == ".git" {
				continue // a folder, or the file of a second work tree
			}
			check("a/b", "a/b/"+file, args...)
		}
		last := files[len(files)-1]
		if rule.above {
			check("a/b", "a/"+last, args...)
		}
		for option := range strings.FieldsSeq(rule.folders) {
			check("", "a/b/"+last, append(args, option+"=a/b")...)
			check("", "a/b/"+last, append(args, option, "a/b")...)
		}
	}
}

// TestFoldersOutsideOfTheWorkspaceAreBound names such folders, and one that is too large to compare.
func TestFoldersOutsideOfTheWorkspaceAreBound(t *testing.T) {
	b := newBoundBench(t, "docker", "tool")
	b.write("../beside/x.yaml", "one")
	absolute := filepath.Join(filepath.Dir(b.workspace), "beside")
	for _, word := range []string{"-f ../beside", "-v " + absolute + ":/z", "--from=" + absolute, "-f../beside"} {
		args := append([]string{"docker"}, strings.Fields(word)...)
		b.write("../beside/x.yaml", "one")
		before := b.planned("", args...)
		b.write("../beside/x.yaml", "two")
		if differs := before.Deviations(b.planned("", args...)); len(differs) != 1 || !strings.Contains(differs[0], "x.yaml: its content") {
			t.Errorf("%s: its content may be another: %q", word, differs)
		}
		if strings.Contains(before.Does, "Nor are") {
			t.Errorf("%s: %s", word, before.Does)
		}
	}
	deep := "../deep"
	b.write(deep+strings.Repeat("/d", limits.PlanDepth.Size()+2)+"/x", "")
	before := b.planned("", "tool", deep)
	want := "Nor are those of " + filepath.Join(filepath.Dir(b.workspace), "deep") + ", outside of the workspace."
	if !strings.Contains(before.Does, want) {
		t.Errorf("the plan does not say %q: %s", want, before.Does)
	}
	if err := os.RemoveAll(filepath.Join(b.workspace, deep)); err != nil {
		t.Fatal(err)
	}
	b.write(deep+"/x", "")
	if len(before.Deviations(b.planned("", "tool", deep))) == 0 {
		t.Error("it has become comparable, which nobody approved")
	}
	for _, folder := range []string{"/", "/proc", "/dev"} {
		if p := b.planned("", "tool", "-v", folder+":/z"); !strings.Contains(p.Does, "Nor are those of "+folder) {
			t.Errorf("%s: the plan says %s", folder, p.Does)
		}
	}
}
