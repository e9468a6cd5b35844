package commands_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

func TestJQ(t *testing.T) {
	const input = `{"Items":[{"Name":"a","Size":2},{"Name":"b","Size":10}]}`
	for _, c := range []struct {
		args   []string
		want   string
		status int
	}{
		{[]string{"jq", "-r", ".Items[].Name"}, "a\nb\n", 0},
		{[]string{"jq", "-c", ".Items[0]"}, `{"Name":"a","Size":2}` + "\n", 0},
		{[]string{"jq", ".Items[0]"}, "{\n  \"Name\": \"a\",\n  \"Size\": 2\n}\n", 0},
		{[]string{"jq", "--indent", "0", ".Items|length"}, "2\n", 0},
		{[]string{"jq", "-e", ".Nothing"}, "null\n", 1},
		{[]string{"jq", "-e", "empty"}, "", 4},
		{[]string{"jq", "--arg", "n", "b", ".Items[]|select(.Name==$n).Size"}, "10\n", 0},
		{[]string{"jq", "--argjson", "n", "5", "[.Items[]|select(.Size>$n)]|length"}, "1\n", 0},
		{[]string{"jq", "-j", ".Items[].Name"}, "ab", 0},
		{[]string{"jq", "-n", "[1,2]|add"}, "3\n", 0},
		{[]string{"jq", "-s", "length"}, "1\n", 0},
		{[]string{"jq", "-R", "length"}, "56\n", 0},
		{[]string{"jq", ".Items.x"}, "", 5},
		{[]string{"jq", ".["}, "", 3},
		{[]string{"jq", "-c"}, `{"Items":[{"Name":"a","Size":2},{"Name":"b","Size":10}]}` + "\n", 0}, // no terminal is read
		{[]string{"jq", "-f"}, "", 2},
		{[]string{"jq", "--nope", "."}, "", 2},
		{[]string{"jq", ".", "missing.json"}, "", 2},
		{[]string{"jq", "-n", "$ARGS.positional", "--args", "x"}, "[\n  \"x\"\n]\n", 0},
		{[]string{"jq", "-n", "env.SECRET"}, "null\n", 0},
	} {
		got, stderr, status := run(t, commands.Options{}, input, map[string]string{"SECRET": "s"}, c.args...)
		if got != c.want || status != c.status {
			t.Errorf("%s: printed %q, status %d (%s), want %q, %d", strings.Join(c.args, " "), got, status, stderr, c.want, c.status)
		}
		if (status == 2 || status == 3 || status == 5) && stderr == "" {
			t.Errorf("%s: ended with %d and said nothing", strings.Join(c.args, " "), status)
		}
	}
}

func TestJQHalts(t *testing.T) {
	for filter, want := range map[string]struct {
		stdout, stderr string
		status         int
	}{
		`1, halt, 2`:             {"1\n", "", 0},
		`"bad\n" | halt_error`:   {"", "bad\n", 5},
		`"bad" | halt_error(1)`:  {"", "bad", 1},
		`"" | halt_error(3)`:     {"", "", 3},
		`{a: 1} | halt_error(7)`: {"", `{"a":1}` + "\n", 7},
		`null | halt_error`:      {"", "", 5},
	} {
		stdout, stderr, status := run(t, commands.Options{}, "1\n2\n", nil, "jq", filter)
		if stdout != want.stdout || stderr != want.stderr || status != want.status {
			t.Errorf("%s: printed %q and %q, status %d; want %q, %q, %d", filter, stdout, stderr, status, want.stdout,
				want.stderr, want.status)
		}
	}
}

func TestJQPlan(t *testing.T) {
	jq := commands.Table(commands.Options{})["jq"]
	plan := jq.Describe([]procedures.Word{
		{Text: "jq", Known: true}, {Text: "-r", Known: true}, {Text: ".a[", Known: true, Line: 7, Col: 9},
	})
	if len(plan.Findings) != 1 || plan.Findings[0].Line != 7 || plan.Findings[0].Rule != "jq-filter" {
		t.Errorf("mistakes: %+v", plan.Findings)
	}
	plan = jq.Describe([]procedures.Word{{Text: "jq", Known: true}, {Text: "-n", Known: true}, {Text: "...", Known: true}})
	if len(plan.Findings) != 1 || plan.Findings[0].Severity != procedures.SeverityWarning {
		t.Errorf("a filter that is left out: %+v", plan.Findings)
	}
	if plan := jq.Describe([]procedures.Word{{Text: "jq", Known: true}, {Text: "${FILTER}"}}); len(plan.Findings) != 0 {
		t.Errorf("a filter that is not known: %+v", plan.Findings)
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for line, want := range map[string]time.Duration{
			"sleep 2": 2 * time.Second, "sleep 0.5": 500 * time.Millisecond, "sleep 1m 1s": 61 * time.Second, "sleep 1h": time.Hour,
		} {
			started := time.Now()
			if _, stderr, status := run(t, commands.Options{}, "", nil, strings.Fields(line)...); status != 0 ||
				time.Since(started) != want {
				t.Errorf("%s: status %d after %s (%s)", line, status, time.Since(started), stderr)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		status := commands.Table(commands.Options{})["sleep"].Run(ctx, &procedures.Invocation{Args: []string{"sleep", "infinity"}})
		if status != 130 || time.Since(started) != time.Second {
			t.Errorf("cancelled sleep: status %d after %s", status, time.Since(started))
		}
	})
	if _, stderr, status := run(t, commands.Options{}, "", nil, "sleep", "soon"); status != 1 || stderr == "" {
		t.Errorf("sleep soon: status %d, %q", status, stderr)
	}
}

func TestBSDDate(t *testing.T) {
	word := func(text string) procedures.Word {
		return procedures.Word{Text: text, Known: true, Source: text, Line: 4}
	}
	plan := commands.Table(commands.Options{})["date"].Describe([]procedures.Word{
		word("date"), word("-u"), word("-v-7d"), word("+%Y-%m-%d"),
	})
	if len(plan.Findings) != 1 || plan.Findings[0].Corrected != "date -u -d '7 days ago' +%Y-%m-%d" {
		t.Errorf("mistakes: %+v", plan.Findings)
	}
}

func TestTeeWritesFiles(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{{[]string{"tee", "copy"}, 0}, {[]string{"tee", "-a", "three"}, 0}, {[]string{"tee", "../outside"}, 1}} {
		if out, _, status := run(t, commands.Options{}, "x\n", nil, c.args...); out != "x\n" || status != c.want {
			t.Errorf("%v: printed %q, status %d", c.args, out, status)
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, e := range dateExpressions() {
		f.Add(e)
	}
	date := commands.Table(commands.Options{})["date"]
	f.Fuzz(func(t *testing.T, expression string) {
		var out, errs strings.Builder
		status := date.Run(t.Context(), &procedures.Invocation{
			Args: []string{"date", "-d", expression, "+" + expression}, Stdout: &out, Stderr: &errs,
			Env: func(string) (string, bool) { return "", false }, Now: func() time.Time { return time.Unix(1e9, 0).UTC() },
		})
		if (status == 0) != (errs.Len() == 0) || status != 0 && out.Len() != 0 {
			t.Errorf("status %d, printed %q, said %q", status, out.String(), errs.String())
		}
	})
}
