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

// TestProgramIsBoundToWhatItsFilesLeadTo has files that name others: in the folder, beside it, and in the ones that these name.
func TestProgramIsBoundToWhatItsFilesLeadTo(t *testing.T) {
	for name, c := range map[string]struct {
		folder, line string
		files        map[string]string
		counts, not  []string
	}{
		"a recipe's script": {
			"", "make deploy", map[string]string{
				"Makefile":      "include tools/x.mk\ndeploy: build\n\t@./tools/deploy.sh --conf=conf/a.env\n",
				"tools/x.mk":    "ship:\n\tsh $(D)tools/ship.sh ship.sh",
				"tools/ship.sh": "", "tools/deploy.sh": "", "conf/a.env": "", "build/out": "", "other": "",
			}, []string{"tools/deploy.sh", "conf/a.env", "tools/x.mk", "tools/ship.sh"}, []string{"build/out", "other"},
		},
		"a script of package.json": {
			"web", "npm run deploy", map[string]string{
				"web/package.json":      `{"scripts":{"deploy":"node scripts/deploy.js && true"}}`,
				"web/scripts/deploy.js": "", "package.json": "{}", "other": "",
			}, []string{"web/scripts/deploy.js", "package.json", "web/package-lock.json"}, []string{"other", "web/src/x.js"},
		},
		"bases of kustomize": {
			"", "kubectl apply -k over/prod", map[string]string{
				"over/prod/kustomization.yaml": "resources:\n- ../../base\npatches: [{path: \"../p.yaml\"}]\n" +
					"configMapGenerator:\n- files: [k=../conf.ini]\n",
				"base/kustomization.yml": "resources: [a.yaml]\nbases:\n  - ../deep\n", "base/a.yaml": "",
				"deep/Kustomization": "resources: [z.yaml]",
				"deep/z.yaml":        "", "over/p.yaml": "", "over/conf.ini": "", "base/unused.yaml": "",
			}, []string{"base/a.yaml", "deep/z.yaml", "over/p.yaml", "over/conf.ini", "deep/Kustomization"},
			[]string{"base/unused.yaml", "Makefile"},
		},
		"what a composition names": {
			"", "docker compose up -d", map[string]string{
				"docker-compose.yml": "services:\n  a:\n    build: ./app\n    env_file: conf/a.env\n    volumes: ['./data:/d']\n",
				"app/Dockerfile":     "COPY x /x",
				"app/x":              "", "conf/a.env": "", "data/db": "",
			}, []string{"conf/a.env", "app/Dockerfile", "app/x", ".env"}, []string{"data/db"},
		},
		"modules of terraform": {
			"infra", "terraform import a.b c", map[string]string{
				"infra/main.tf": "module \"x\" {\n  source = \"../modules/x\"\n}\n", "modules/x/main.tf": "", "infra/x.txt": "",
			}, []string{"modules/x/main.tf", "infra/a.auto.tfvars", "infra/.terraform/environment"},
			[]string{"infra/x.txt", "modules/y/main.tf"},
		},
		"a commit that is pushed": {
			"sub", "git push origin feature/x", map[string]string{".git/HEAD": "ref: refs/heads/main", "sub/a": ""},
			[]string{".git/HEAD", ".git/refs/heads/main", ".git/refs/heads/feature/x", ".git/hooks/pre-push", ".git/config"},
			[]string{"sub/a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			args := strings.Fields(c.line)
			b := newBoundBench(t, args[0])
			b.write(filepath.Join(c.folder, ".keep"), "")
			for file, text := range c.files {
				b.write(file, text)
			}
			before := b.planned(c.folder, args...)
			for counts, list := range map[bool][]string{true: c.counts, false: c.not} {
				for _, file := range list {
					b.write(file, c.files[file]+"\n# another")
					now := b.planned(c.folder, args...)
					if differs := before.Deviations(now); counts != (len(differs) == 1) {
						t.Errorf("%s was written anew: %q", file, differs)
					}
					before = now
				}
			}
			if !strings.Contains(before.Does, "those with which "+args[0]+" is known to begin. Other files") {
				t.Errorf("the plan does not say what is compared: %s", before.Does)
			}
		})
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
