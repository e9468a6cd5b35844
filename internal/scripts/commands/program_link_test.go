package commands

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestProgramIsBoundWhereverAWordNamesAFile has words that name a file or folder in the ways of helm, docker and kubectl, and turns the
// links by which folders are reached, also that of the folder in which the program runs.
func TestProgramIsBoundWhereverAWordNamesAFile(t *testing.T) {
	for _, c := range []struct{ words, folder string }{
		{"--set-file a=x,b=y,c=z", "."}, {"-v ./y:/etc/conf", "."}, {"--mount type=bind,source=y,target=/e", "."}, {"-Rfy", "."},
		{"--data={x,y}", "."}, {"--file=file://./y;z", "."}, {"-k current", "."}, {"-k beside", "."}, {"unchanged", "current"},
	} {
		base := t.TempDir()
		workspace := filepath.Join(base, "workspace")
		must := func(errs ...error) {
			t.Helper()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
		}
		turn := func(name, target string) {
			name = filepath.Join(workspace, name)
			must(os.RemoveAll(name), os.Symlink(target, name))
		}
		for _, name := range []string{"x", "y", "z", "bin/kubectl", "v1/f", "v2/f", "../one/f", "../two/f"} {
			name = filepath.Join(workspace, name)
			must(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(name), 0o700))
		}
		turn("current", "v1")
		turn("beside", "../one")
		programs := &Programs{
			Allowed: []procedures.Program{{Name: "kubectl"}}, Workspace: workspace,
			Getenv: func(name string) string { return map[string]string{"PATH": filepath.Join(workspace, "bin")}[name] },
		}
		args := append([]string{"kubectl"}, strings.Fields(c.words)...)
		bound := func() string {
			command, _ := programs.Command(args)
			members, err := command.(procedures.Binder).Bound(t.Context(), &procedures.Invocation{
				Args: args, Folder: filepath.Join(workspace, c.folder), Stdout: io.Discard, Stderr: io.Discard,
			})
			must(err)
			var out []string
			for _, m := range members {
				out = append(out, m.Name+"="+m.Value)
			}
			return strings.Join(out, "\n")
		}
		before := bound()
		if bound() != before {
			t.Errorf("%s: is bound to something else each time", c.words)
		}
		must(os.WriteFile(filepath.Join(workspace, "y"), []byte("another"), 0o600))
		turn("current", "v2")
		turn("beside", "../two")
		if bound() == before {
			t.Errorf("%s in %s: what it is given may be another: %s", c.words, c.folder, before)
		}
	}
}
