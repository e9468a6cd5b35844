package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runbook/lint"
)

// TestFixOfBakes writes bakes that are commands as annotations, and holds that the step watches the same as before, and is called and
// found as before.
func TestFixOfBakes(t *testing.T) {
	const metric = "aws cloudwatch get-metric-statistics \\\n  --namespace AWS/Lambda --metric-name Errors \\\n" +
		"  --dimensions Name=FunctionName,Value=f --start-time 2026-01-01 --end-time 2026-01-02 --period 60 --statistics Sum"
	read := func(text []byte) *runbook.Library {
		return runbook.OpenText("a.md", string(text), runbook.Options{Analyser: analyser(procedures.Environment{})})
	}
	for name, c := range map[string]struct{ wrote, want string }{
		"a command": {"bake 30m -- date", "#| bake: 30m\ndate"},
		"all of it": {
			"# Watch\nbake 30m --every 30s --alarm high slow -- " + metric,
			"# Watch\n#| bake: 30m\n#| every: 30s\n#| alarms: [high, slow]\n" + metric,
		},
		"annotations": {
			"#| title: Watch\n#| expect: length(Datapoints) > `0`\nbake 1h -- " + metric,
			"#| title: Watch\n#| expect: length(Datapoints) > `0`\n#| bake: 1h\n" + metric,
		},
		"for each": {
			"#| for: {f: [a, b]}\nbake 10m -- aws lambda get-function --function-name \"$f\"",
			"#| for: {f: [a, b]}\n#| bake: 10m\naws lambda get-function --function-name \"$f\"",
		},
		"over lines": {
			"bake 5m \\\n  --every=10s \\\n  -- aws sqs list-queues \\\n  --max-items 5",
			"#| bake: 5m\n#| every: 10s\naws sqs list-queues \\\n  --max-items 5",
		},
		"a shell's line": {"bake 5m -- 'aws sqs list-queues | head -1'", "#| bake: 5m\naws sqs list-queues | head -1"},
		"odd names":      {`bake 5m --alarm "it's high" no -- date`, "#| bake: 5m\n#| alarms: [\"it's high\", \"no\"]\ndate"},
		"only alarms": {"bake 5m --alarm high",
			"#| bake: 5m\n#| alarms: [high]\n" + strings.TrimSpace(procedures.AlarmsScript("high", procedures.Script{}).Text)},
		"any alarm": {"bake 5m", "#| bake: 5m\n" + strings.TrimSpace(procedures.AlarmsScript("", procedures.Script{}).Text)},
		"names known later": {`bake 5m --alarm "$ALARM" "${ENVIRONMENT}-slow" -- date`,
			"#| bake: 5m\n#| alarms: [\"$ALARM\", \"${ENVIRONMENT}-slow\"]\ndate"},
		// what annotations cannot say stays
		"several names":    {`bake 5m --alarm $ALARMS -- date`, ""},
		"a dollar sign":    {`bake 5m --alarm '$ALARM' -- date`, ""},
		"what is computed": {`bake 5m --alarm "$(cat alarm)" -- date`, ""},
		"a field's name":   {`bake 5m --alarm <alarm> -- date`, ""},
		"its own every":    {"#| every: 5s\nbake 5m --every 10s -- date", ""},
		"watch":            {"watch -n 5 date", ""},
	} {
		for where, around := range map[string][2]string{
			"in a fence": {"# A\n\n```bash\n", "\n```\n"}, "in a list": {"# A\n\n1. B\n\n   ```bash\n   ", "\n   ```\n"},
			"in a quote":   {"# A\n\n> ```bash\n> ", "\n> ```\n"},
			"among others": {"# A\n\n```bash\n# B\ndate\n\n# W\n", "\n\n# C\ndate\n```\n"},
		} {
			prefix := around[0][strings.LastIndex(around[0], "\n")+1:]
			whole := func(text string) []byte {
				return []byte(around[0] + strings.ReplaceAll(text, "\n", "\n"+prefix) + around[1])
			}
			wrote := whole(c.wrote)
			want := wrote
			if c.want != "" {
				want = whole(c.want)
			}
			fixed, _ := lint.Fix("a.md", wrote, read)
			if string(fixed) != string(want) {
				t.Errorf("%s %s: %s\nwanted %s", name, where, fixed, want)
			}
			before, after := bakesIn(read(wrote)), bakesIn(read(fixed))
			if before != after || before == "" {
				t.Errorf("%s %s: before\n%s\nafter\n%s", name, where, before, after)
			}
		}
	}
}

// bakesIn are the bakes of a library, with what a page and a sample have of them.
func bakesIn(lib *runbook.Library) string {
	var out strings.Builder
	for _, p := range lib.Procedures() {
		for _, s := range p.Steps {
			if s.Bake == nil {
				continue
			}
			scripts := map[string]bool{} // a line that reads the alarms is the same in either place
			for _, text := range []string{s.Bake.Alarms.Text, s.Bake.Command.Text} {
				var lines []string
				for line := range strings.SplitSeq(text, "\n") {
					if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
						lines = append(lines, line)
					}
				}
				scripts[strings.Join(lines, "\n")] = true
			}
			fmt.Fprintln(&out, s.ID, s.Bake, s.Effect(), slices.Sorted(maps.Keys(scripts)))
		}
	}
	return strings.ReplaceAll(out.String(), "[ ", "[")
}
