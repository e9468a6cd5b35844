package jq_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/commands/jq"
)

// suiteCase is a case of jq's own tests: a filter, an input, and the outputs; or a filter that does not compile.
type suiteCase struct {
	filter, input string
	want          []string
	fails         bool
}

// suite reads one of jq's files of tests: https://github.com/jqlang/jq/tree/master/tests (MIT; testdata/jq/COPYING).
func suite(t testing.TB, path string) []suiteCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []suiteCase
	lines := strings.Split(string(data), "\n")
	skip := func(line string) bool {
		return strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimLeft(line, " "), "#")
	}
	for i := 0; i < len(lines); i++ {
		if skip(lines[i]) {
			continue
		}
		var c suiteCase
		if strings.HasPrefix(lines[i], "%%FAIL") {
			c.fails = true
			c.filter = lines[i+1]
			for i++; i < len(lines) && lines[i] != ""; i++ {
			}
			cases = append(cases, c)
			continue
		}
		c.filter = lines[i]
		c.input = lines[i+1]
		for i += 2; i < len(lines) && !skip(lines[i]); i++ {
			c.want = append(c.want, lines[i])
		}
		cases = append(cases, c)
	}
	return cases
}

// world is what the tests' filters see.
func world(ctx context.Context) (jq.Runtime, *limits.Meter) {
	meter := limits.NewMeter(ctx, nil, limits.Most{}, limits.Hooks{})
	return jq.Runtime{
		Meter: meter, Now: time.Now, Env: func() []string { return []string{"PAGER=less", "HOME=/home/x"} },
		Getenv: func(string) (string, bool) { return "", false },
	}, meter
}

// outputs evaluates a filter on each value of an input, and returns its results as JSON.
func outputs(ctx context.Context, filter, input string) (out []string, err error) {
	p, err := jq.Compile(filter, nil)
	if err != nil {
		return nil, err
	}
	w, meter := world(ctx)
	defer meter.Close()
	r := jq.NewReader(strings.NewReader(input), meter, false, false)
	v, err := r.Next()
	if err != nil {
		return nil, err
	}
	err = p.Run(ctx, v, nil, w, func(v any) error {
		out = append(out, string(jq.Format{}.Append(nil, v)))
		return nil
	})
	return out, err
}

// normal is a JSON text as it is compared: sorted, numbers computed.
func normal(t *testing.T, text string) string {
	t.Helper()
	out, err := outputs(t.Context(), ".", text)
	if err != nil || len(out) != 1 {
		return text
	}
	return out[0]
}

// exceptions are cases of jq's tests that are not met, with the reason.
var exceptions = map[string]string{
	`[match(".+?\\b")]`:           "RE2's \\b knows words of ASCII only",
	`gsub("(?=u)"; "u")`:          "RE2 does not look ahead",
	`modulemeta`:                  "modules are refused",
	`modulemeta | .deps | length`: "modules are refused",
	`modulemeta | .defs | length`: "modules are refused",
}

// refusedModules reports whether a case is one of import, include and module, all of which are refused.
func refusedModules(c suiteCase) bool {
	return !c.fails && (strings.HasPrefix(c.filter, "import ") || strings.HasPrefix(c.filter, "include "))
}

func TestSuite(t *testing.T) {
	files, err := filepath.Glob("testdata/jq/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, passed := 0, 0
	for _, file := range files {
		for _, c := range suite(t, file) {
			all++
			problem := check(t, c)
			if refusedModules(c) {
				if !strings.Contains(problem, "import and include are not available") {
					t.Errorf("%s: %s: %s", file, c.filter, problem)
				}
				continue
			}
			if reason, known := exceptions[c.filter]; known {
				if problem == "" {
					t.Errorf("%s: %s: passes, and is named as an exception: %s", file, c.filter, reason)
				}
				continue
			}
			if problem != "" {
				t.Errorf("%s: %s\n  on %.100s\n  %s", filepath.Base(file), c.filter, c.input, problem)
				continue
			}
			passed++
		}
	}
	if all < 850 {
		t.Errorf("there are %d cases", all)
	}
	t.Logf("%d of %d cases", passed, all)
}

func check(t *testing.T, c suiteCase) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := outputs(ctx, c.filter, c.input)
	var syntax *jq.SyntaxError
	if c.fails {
		if !errors.As(err, &syntax) {
			return "compiles"
		}
		return ""
	}
	if errors.As(err, &syntax) {
		return "does not compile: " + err.Error()
	}
	if len(out) < len(c.want) {
		reason := ""
		if err != nil {
			reason = ", error " + err.Error()
		}
		return "gives " + strings.Join(out, " ") + reason + ", want " + strings.Join(c.want, " ")
	}
	for i := range out {
		if i >= len(c.want) {
			return "gives more: " + out[i]
		}
		if same, _ := outputs(ctx, "[.[0] == .[1]]", "["+out[i]+","+c.want[i]+"]"); len(same) != 1 || same[0] != "[true]" {
			if out[i] == normal(t, c.want[i]) {
				continue
			}
			return "gives " + out[i] + ", want " + c.want[i]
		}
	}
	return ""
}
