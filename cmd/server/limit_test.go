package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configured writes an opsbook.yaml and returns where it is.
func configured(t *testing.T, yaml string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "opsbook.yaml")
	if err := os.WriteFile(name, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRunWhatAnEnvironmentDoesNotAllow(t *testing.T) {
	config := configured(t, `environments:
  reading: {account: sandbox, effects: read}
  keeping: {account: sandbox, effects: change}
  elsewhere: {account: "123456789012"}
`)
	dir := runbookFolder(t, "---\nenvironments: [reading, keeping]\n---\n# Book\n\n## Look\n\n```bash\n"+`# Alarms
aws cloudwatch describe-alarms --query 'MetricAlarms[0].StateValue'

# Memory
aws lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 2048 --query MemorySize

# Gone
aws dynamodb delete-table --table-name network-visualizer-topology --query TableDescription.TableName
`+"```\n")
	cases := []struct {
		name, environment, what string
		status                  int
		stdout, stderr          string
	}{
		{"a reading", "reading", "look#alarms", 0, "\"OK\"\n", "Alarms"},
		{
			"a change where only reading is allowed", "reading", "look#memory", 2, "",
			" changes something, and reading only reads; nothing was called",
		},
		{
			"all of it where only reading is allowed", "reading", "look", 2, "\"OK\"\n",
			" changes something, and reading only reads",
		},
		{"a change where nothing may be destroyed", "keeping", "look#memory", 0, "2048\n", "Memory"},
		{
			"a destruction where nothing may be destroyed", "keeping", "look#gone", 2, "",
			" destroys something, and nothing may be destroyed in keeping; nothing was called",
		},
		{
			"a procedure that is for others", "elsewhere", "look#alarms", 2, "",
			"Book is for reading, keeping, and this is elsewhere; nothing was called",
		},
		{"a rehearsal of it", "sandbox", "look#alarms", 0, "\"OK\"\n", "Alarms"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := cli(t, "run", "--runbooks", dir, "--config", config, "--environment", c.environment, "--yes", c.what)
			if status != c.status || stdout != c.stdout || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d, want %d\nstdout %q, want %q\nstderr %q, want %q in it", status, c.status, stdout,
					c.stdout, stderr, c.stderr)
			}
		})
	}
}
