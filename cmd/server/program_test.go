package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/testenv"
)

// checkedOut is a workspace with an environment real, whose programs are small scripts, and its configuration.
func checkedOut(t *testing.T, programs string) (workspace, config string) {
	t.Helper()
	workspace = t.TempDir()
	bin := t.TempDir()
	for name, text := range map[string]string{
		bin + "/terraform": "#!/bin/sh\necho \"terraform $* in $(pwd)\"\necho \"$*\" >> " + workspace + "/log\n" +
			"for a in \"$@\"; do case $a in -out=*) echo \"plan of $$\" > \"${a#-out=}\";; esac; done\n",
		bin + "/pytest": "#!/bin/sh\necho 'FAILED tests/test_api.py::test_health'; exit 1\n",
		workspace + "/scripts/checks.sh": "#!/bin/bash\necho \"checks of $1\"\nterraform fmt -check || exit " +
			"1\ncd infrastructure && terraform validate || exit 1\n",
		workspace + "/terraform":             "#!/bin/sh\necho script\n",
		workspace + "/scripts/verify.py":     "#!/usr/bin/env python3\n",
		workspace + "/infrastructure/.keep":  "",
		workspace + "/outside-of-it/.keep":   "",
		workspace + "/infrastructure/vars.x": "from the checkout\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	t.Setenv("OPSBOOK_SECRET", "a secret of sixteen letters")
	return workspace, configured(t, "environments:\n  real:\n    region: eu-central-1\n    workspace: "+workspace+
		"\n    programs: ["+programs+"]\n")
}

func TestRunPrograms(t *testing.T) {
	workspace, config := checkedOut(t, "terraform, {name: pytest, effect: read}")
	dir := runbookFolder(t,
		"---\nprocedure: heading\n---\n"+
			"# Book\n\n## Deploy\n\n```bash\n# Deploy infrastructure\ncd infrastructure/\nterraform workspace select "+
			"staging\nterraform plan -out=tfplan\nterraform apply tfplan\n\n# Show\nterraform show; pwd; cat "+
			"vars.x\n```\n\n## Check\n\n```bash\n# Checks\n./scripts/checks.sh staging\n\n# Tests\npytest "+
			"tests/\n\n# Evil\n./terraform plan\n\n# Python\n./scripts/verify.py\n\n# Cluster\nkubectl get pods\n\n# "+
			"Led\nLD_PRELOAD=/tmp/x.so terraform show\n\n# Folder\ncd nowhere && terraform show\n\n# Outside\ncd .. "+
			"&& terraform show\n\n# Last\nVERSION=$(terraform version); echo \"it is $VERSION\"\n```\n")
	here := filepath.Join(workspace, "infrastructure")
	cases := []struct {
		name, what string
		status     int
		stdout     string
		stderr     string
		log        string // what terraform was called with
	}{
		{
			"a deployment goes on in its folder", "deploy", 0,
			"terraform workspace select staging in " + here + "\nterraform plan -out=tfplan in " + here +
				"\nterraform workspace select staging in " + here + "\nterraform plan -out=tfplan in " + here +
				"\nterraform apply tfplan in " + here + "\nterraform show in " + here + "\n" + here +
				"\nfrom the checkout\n", "Deploy infrastructure: pass: terraform exited with 0",
			// the plan of another workspace is made anew, and confirmed by itself
			"workspace select staging\nplan -out=tfplan\nplan -out=tfplan\napply tfplan\nshow\n",
		},
		{
			"a script of the workspace", "check#checks", 0,
			"checks of staging\nterraform fmt -check in " + workspace + "\nterraform validate in " + here + "\n",
			"Checks: pass", "fmt -check\nvalidate\n",
		},
		{
			"an exit status", "check#tests", 1, "FAILED tests/test_api.py::test_health\n",
			"Tests: fail: pytest exited with 1: FAILED tests/test_api.py::test_health.", "",
		},
		{"a shell script that is called like a program is a script", "check#evil", 0, "script\n", "Evil: info", ""},
		{"another script by its path", "check#python", 2, "", "is not a shell script", ""},
		{"a program that is not allowed", "check#cluster", 2, "", "kubectl is a program that the configuration does not allow here", ""},
		{"a variable that leads a program", "check#led", 2, "", "terraform is not run: the script exports LD_PRELOAD", ""},
		{"a folder that is not there", "check#folder", 1, "", "nowhere", ""},
		{"a folder outside of the workspace", "check#outside", 1, "", "", ""},
		{"what it prints is a value", "check#last", 0, "it is terraform version in " + workspace + "\n", "Last: pass", "version\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			log := filepath.Join(workspace, "log")
			if err := os.RemoveAll(log); err != nil {
				t.Fatal(err)
			}
			status, stdout, stderr := cli(t, "run", "--runbooks", dir, "--config", config, "--environment", "real", "--yes", c.what)
			called, _ := os.ReadFile(log)
			if status != c.status || stdout != c.stdout || !strings.Contains(stderr, c.stderr) || string(called) != c.log {
				t.Errorf("status %d, want %d\nstdout %q\nwant   %q\nstderr %q\nwant in it %q\ncalled %q, want %q",
					status, c.status, stdout, c.stdout, stderr, c.stderr, called, c.log)
			}
		})
	}
}

func TestProgramsAreAskedAboutExactly(t *testing.T) {
	workspace, config := checkedOut(t, "terraform")
	dir := runbookFolder(t,
		"# Book\n\n## Deploy\n\n```bash\n# Deploy\ncd infrastructure\nterraform plan -out=tfplan\nterraform apply tfplan\n```\n")
	status, stdout, stderr := cli(t, "run", "--runbooks", dir, "--config", config, "--environment", "real", "deploy")
	called, err := os.ReadFile(filepath.Join(workspace, "log"))
	// The plan is made before the question: what it holds is what is approved.
	if status != 2 || stdout != "" || err != nil || string(called) != "plan -out=tfplan\n" || strings.Contains(stderr, "terraform plan") ||
		!strings.Contains(stderr, "  terraform apply tfplan\n    Runs exactly this command on the server, in "+
			workspace+"/infrastructure.") {
		t.Errorf("status %d, stdout %q, stderr %q, terraform was called: %q", status, stdout, stderr, called)
	}
}

// TestScriptsOfTheDocument runs both scripts of the document as script files that other steps call: on a real account with
// programs, and on the sandbox.
func TestScriptsOfTheDocument(t *testing.T) {
	workspace, config := checkedOut(t, "terraform, git, docker, pytest")
	bin, _, _ := strings.Cut(os.Getenv("PATH"), ":")
	for _, name := range []string{"git", "docker", "pytest"} {
		if err := os.WriteFile(filepath.Join(bin, name),
			[]byte("#!/bin/sh\necho \""+name+" $*\" >> "+workspace+"/log\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	dir := runbookFolder(t, string(testenv.Document(t)))
	const chapter = "book/deployment-procedures/"
	status, stdout, stderr := cli(t, "run", "--runbooks", dir, "--config", config, "--environment", "real", "--yes",
		chapter+"standard-deployment-non-production#run-pre-deployment-checks")
	called, err := os.ReadFile(filepath.Join(workspace, "log"))
	const want = "pytest tests/\nfmt -check -recursive infrastructure/\nvalidate\ngit secrets --scan\ndocker build -t test-build .\n"
	if err != nil || status != 0 || string(called) != want ||
		!strings.Contains(stdout, "Running pre-deployment checks for staging...\n") ||
		!strings.Contains(stdout, "✓ All pre-deployment checks passed\n") {
		t.Errorf("status %d, stdout %q, stderr %q\ncalled %q, want %q", status, stdout, stderr, called, want)
	}
	status, stdout, stderr = cli(t, "run", "--runbooks", dir, "--corrected", "--yes",
		chapter+"production-deployment-high-risk#post-deployment-verification")
	if status != 0 || !strings.Contains(stdout, "✓ Production verification passed\n") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}
