package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestHelp reads every command's help as it is shown: what it is for, an example that is one, and the common flags.
func TestHelp(t *testing.T) {
	for _, command := range []string{"", "serve", "list", "run", "sandbox", "backup", "restore", "ready", "check", "version"} {
		args := strings.Fields(command + " --help")
		status, stdout, stderr := cli(t, args...)
		if status != 0 || stderr != "" || !strings.Contains(stdout, "Flags of all commands") ||
			!strings.Contains(stdout, "--runbooks DIR") {
			t.Errorf("%s: status %d, %q, %s", command, status, stderr, stdout)
		}
		if command != "version" && !strings.Contains(stdout, "\n    opsbook "+command) {
			t.Errorf("%s --help has no example:\n%s", command, stdout)
		}
		for line := range strings.Lines(stdout) {
			if len([]rune(line)) > 101 {
				t.Errorf("%s --help has a line that is too long: %q", command, line)
			}
		}
	}
	for _, args := range [][]string{{"aws", "help"}, {"aws", "--help"}} {
		status, stdout, _ := cli(t, args...)
		if status != 0 || !strings.HasPrefix(stdout, "Usage: opsbook [flags] aws SERVICE OPERATION") {
			t.Errorf("%v: status %d, %s", args, status, stdout)
		}
	}
}

// TestWrongUsage reads what is said of a command line that cannot be understood: what is wrong, and where to read on.
func TestWrongUsage(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	for _, c := range []struct{ args, says, next string }{
		{"list --fromat json", `unknown flag --fromat, did you mean "--format"?`, "opsbook list --help"},
		{"lst", `there is no command "lst", did you mean "list"?`, "opsbook --help"},
		{"--runbooks here pulverize", `there is no command "pulverize"`, "opsbook --help"},
		{"list extra", "unexpected argument extra", "opsbook list --help"},
		{"run", "run wants a procedure; opsbook list shows what there is", "opsbook run --help"},
		{"backup", "backup wants a file\n", "opsbook backup --help"},
		{"run x --set foo", "--set: expected NAME=VALUE but got", "opsbook run --help"},
		{"serve --addr", "--addr wants a value", "opsbook serve --help"},
		{"--data", "--data wants a value", "opsbook --help"},
		{"list --account foo", `--account is "foo"; it must be one of sandbox, aws`, "opsbook list --help"},
		{"list --format xml", `--format is "xml"; it must be one of text, json`, "opsbook list --help"},
		{"list --config " + missing, "there is no configuration " + missing, ""},
	} {
		status, stdout, stderr := cli(t, strings.Fields(c.args)...)
		if status != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "opsbook: "+c.says) || !strings.Contains(stderr, c.next) {
			t.Errorf("opsbook %s: status %d, %q, %q", c.args, status, stdout, stderr)
		}
	}
}
