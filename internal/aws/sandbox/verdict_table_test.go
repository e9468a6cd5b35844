package sandbox_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
)

// TestTheTableOfVerdictsIsFresh compares docs/verdicts.md with what is declared. OPSBOOK_UPDATE=1 writes it.
func TestTheTableOfVerdictsIsFresh(t *testing.T) {
	const file = "../../../docs/verdicts.md"
	want := verdictTable()
	if os.Getenv("OPSBOOK_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("docs/verdicts.md is not fresh (%v): OPSBOOK_UPDATE=1 go test ./internal/aws/sandbox -run %s writes it", err, t.Name())
	}
}

const head = `# What is known of operations

Made from the program; do not edit. An operation that is not here can be called too: its answer is *info*, and its change is planned by what
its model says. How to add one: [how-to/teach-an-operation-a-verdict.md](how-to/teach-an-operation-a-verdict.md).

## Thresholds

Numbers that verdicts judge by. A runbook sets them in its front matter, a team for all environments in its configuration, opsbook.yaml,
both as *thresholds: {acm-expiry-days: 45}*; variables of one environment and a field of the page go before, by the variable's name.

| name | variable | default | meaning |
|---|---|---|---|
`

const operationsHead = `
## Operations

Verdict: what of the answer is judged; *rule* where the rule alone says it. Plan: how a change is seen through. Sandbox: it has it.

| operation | verdict | plan | sandbox |
|---|---|---|---|
`

// verdictTable is docs/verdicts.md.
func verdictTable() string {
	var b strings.Builder
	b.WriteString(head)
	for _, l := range knowledge.AllThresholds() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", l.Setting(), l.Name, l.Default, l.About)
	}
	b.WriteString(operationsHead)
	simulated := sandbox.Simulated()
	for _, s := range knowledge.Summaries() {
		verdict, there := "", ""
		if s.Judged {
			verdict = "*rule*"
		}
		if s.Reads != "" {
			verdict = "`" + s.Reads + "`"
		}
		for _, l := range s.Thresholds {
			verdict += " `" + l.Setting() + "`"
		}
		if slices.Contains(simulated, s.Service+" "+s.Name) {
			there = "yes"
		}
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", bind.CommandOf(s.Service), bind.Dashed(s.Name), verdict, s.Plan, there)
	}
	return b.String()
}
