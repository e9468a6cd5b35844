package commands

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestTerraformIsAppliedByAPlanFile has lines with and without the file of a plan.
func TestTerraformIsAppliedByAPlanFile(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"tfplan", "infra/staging.tfplan"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte("plan"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for line, want := range map[string]string{
		"terraform apply tfplan":                              "",
		"terraform apply -auto-approve tfplan":                "",
		"terraform -chdir=infra apply staging.tfplan":         "",
		"terraform plan -out=x":                               "",
		"terraform apply -help":                               "",
		"kubectl apply -f x":                                  "",
		"terraform apply":                                     "terraform plan '-out=tfplan' and then terraform apply tfplan",
		"terraform apply -auto-approve":                       "terraform plan '-out=tfplan'",
		"tofu apply -var a=b":                                 "tofu plan -var 'a=b' '-out=tfplan' and then tofu apply tfplan",
		"terraform apply missing":                             "-out=tfplan",
		"terraform apply infra":                               "-out=tfplan",
		"terraform apply -var-file tfplan":                    "-out=tfplan",
		"terraform -chdir=infra apply tfplan":                 "terraform '-chdir=infra' plan",
		"terraform destroy":                                   "terraform plan -destroy '-out=tfplan'",
		"terraform destroy -target x":                         "terraform plan -destroy -target x '-out=tfplan'",
		"terraform -chdir=infra destroy -auto-approve tfplan": "plan -destroy",
	} {
		err := planned(strings.Fields(line), folder)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// TestProgramIsBoundToAllThatItIsGiven changes, one after the other, what a program is started with.
func TestProgramIsBoundToAllThatItIsGiven(t *testing.T) {
	workspace := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(workspace, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"a.yaml": "a", "k8s/b.yaml": "b", "k8s/deep/c.yaml": "c", "values.yaml": "v", "unused.yaml": "u",
		"data.json": "d", "bin/kubectl": "",
	} {
		write(name, text)
	}
	server := map[string]string{"PATH": filepath.Join(workspace, "bin"), "HOME": "/root", "GIVEN": "one-secret"}
	exported := map[string]string{"NAMESPACE": "blue"}
	programs := &Programs{
		Allowed: []procedures.Program{{Name: "kubectl", Variables: []string{"GIVEN"}}}, Workspace: workspace,
		Getenv: func(name string) string { return server[name] },
	}
	args := []string{"kubectl", "apply", "-f", "a.yaml", "-k", "k8s", "--values=values.yaml", "--data", "@data.json", "/dev/null"}
	bound := func() string {
		t.Helper()
		command, ok := programs.Command(args)
		if !ok {
			t.Fatal("it is not allowed")
		}
		members, err := command.(procedures.Binder).Bound(t.Context(), &procedures.Invocation{
			Args: args, Folder: workspace, Stdout: io.Discard, Stderr: io.Discard, Exported: maps.All(exported),
		})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range members {
			out = append(out, m.Name+"="+m.Value)
		}
		return strings.Join(out, "\n")
	}
	before := bound()
	for _, name := range []string{"a.yaml", "k8s/b.yaml", "k8s/deep/c.yaml", "k8s/new.yaml", "values.yaml", "data.json"} {
		write(name, "another")
		if now := bound(); now == before {
			t.Errorf("%s may be another", name)
		} else {
			before = now
		}
	}
	write("unused.yaml", "another")
	if bound() != before {
		t.Error("a file that the line does not name counts")
	}
	exported["NAMESPACE"] = "green"
	if now := bound(); now == before || strings.Contains(now, "one-secret") {
		t.Errorf("an exported variable may be another, or a secret is kept: %s", now)
	}
	before = bound()
	server["GIVEN"] = "two-secret"
	if bound() == before {
		t.Error("a variable of the configuration may be another")
	}
}
