package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/runbook"
)

// TestListCoverage holds the numbers of two documents, of both together, and the reasons, as text and as JSON.
func TestListCoverage(t *testing.T) {
	dir := booksIn(t, map[string]string{
		"a.md": "# A\n\n- [ ] Approved\n\n```bash\n# Look\naws ecs list-clusters\n\n# Plan\nterraform plan\n\n" +
			"# Run the command of the ticket\neval \"aws ecs list-clusters\"\n```\n\n" +
			"```python\nprint(1)\n```\n",
		"wrong.md": mistakeBook,
		"words.md": "# Words\n\nNo steps at all.\n",
		"b\n.md":   cleanBook,
	})
	status, stdout, stderr := cli(t, "list", "--coverage", "--runbooks", dir)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	lines := strings.Split(stdout, "\n")
	for i, want := range []string{
		"a.md 2 blocks 1 step live · 3 by hand · 1 needs terraform · 2 findings",
		`b\u000a.md 1 block 1 step live`,
		"words.md 0 blocks no steps",
		"wrong.md 1 block 1 step live · 1 finding",
		"4 documents 4 blocks 3 steps live · 3 by hand · 1 needs terraform · 3 findings",
		"", "By hand",
		"a.md:12: Run the command of the ticket: Line 13 is not run here: eval would run text that was not checked; write the command " +
			"itself. Do it by hand, then mark this step as done.",
		"a.md:17: A: Python does not run here. Run it elsewhere, then mark this step as done.",
		"", "On the sandbox", "all 3 of 3 calls (2 simulated, 1 grown)", "a.md 1 of 1 call (1 simulated)",
		`b\u000a.md 1 of 1 call (1 simulated)`, "wrong.md 1 of 1 call (1 grown)",
		"", "Findings by rule", "aws-option 1", "not-run-here 1", "program-not-allowed 1",
	} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("line %d is %q, wanted %q", i+1, got, want)
		}
	}
	status, stdout, stderr = cli(t, "list", "--coverage", "--format", "json", "--runbooks", dir)
	var l runbook.CoverageListing
	if err := json.Unmarshal([]byte(stdout), &l); err != nil || status != 0 {
		t.Fatalf("status %d, %v: %s%s", status, err, stdout, stderr)
	}
	if strings.Contains(stdout, "null") || len(l.Documents) != 4 || l.All.Steps != 7 ||
		l.All.Live+l.All.ByHand+l.All.Needing+len(l.All.NotRead) != 7 {
		t.Errorf("as JSON: %s", stdout)
	}
}
