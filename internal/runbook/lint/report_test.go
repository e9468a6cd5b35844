package lint_test

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runbook/lint"
)

// hostile is a report of a file whose name, and of a line whose text, try to end what they stand in.
func hostile() *lint.Report {
	name := "a b/ü%2F:x,y\n::error file=other::\x1b[31m<\"&'>]]>\u202e.md"
	text := "one\n🙂 aws x\n"
	return &lint.Report{Version: "1.2.3", Documents: []lint.Document{
		{Name: "quiet.md"},
		{Name: name, Text: text, Findings: []procedures.Finding{
			{File: name, Line: 2, Column: 6, Severity: procedures.SeverityError, Rule: "aws-enum", Message: "50 % is\nno <value>, ok: no.",
				Corrected: "aws y\x07\n"},
			{File: name, Line: 2, Column: 6, Severity: procedures.SeverityNote, Rule: "poll", Message: "A note."},
			{File: name, Line: 1, Column: 1, Severity: procedures.SeverityWarning, Rule: "poll", Message: "A note."},
		}},
	}}
}

func written(t *testing.T, r *lint.Report, format string) string {
	t.Helper()
	var out strings.Builder
	if err := r.Write(&out, format); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestNoNameEndsItsLine holds that names and messages stay in the line, command or element that they stand in.
func TestNoNameEndsItsLine(t *testing.T) {
	text := written(t, hostile(), "text")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 5 || strings.ContainsAny(text, "\x1b\x07\u202e") {
		t.Errorf("text has %d lines: %q", len(lines), text)
	}
	if last := lines[len(lines)-1]; last != "3 findings in 2 documents: 1 error, 1 warning, 1 note" {
		t.Errorf("the last line is %q", last)
	}
	commands := strings.Split(strings.TrimSuffix(written(t, hostile(), "github"), "\n"), "\n")
	want := "::error file=a b/ü%252F%3Ax%2Cy%0A%3A%3Aerror file=other%3A%3A\x1b[31m<\"&'>]]>\u202e.md,line=2,col=3,title=aws-enum::" +
		"50 %25 is%0Ano <value>, ok: no.%0ACorrected:%0Aaws y\x07"
	if len(commands) != 3 || commands[0] != want {
		t.Errorf("github has %d lines, the first is\n%q, wanted\n%q", len(commands), commands[0], want)
	}
	if !strings.HasPrefix(commands[1], "::notice file=") || !strings.HasPrefix(commands[2], "::warning file=") {
		t.Errorf("severities: %q", commands[1:])
	}
}

// TestJUnitIsXML reads the report as a tool would.
func TestJUnitIsXML(t *testing.T) {
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
			Cases    []struct {
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(written(t, hostile(), "junit")), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 4 || suites.Failures != 1 || len(suites.Suites) != 2 || suites.Suites[1].Failures != 1 ||
		len(suites.Suites[0].Cases) != 1 || len(suites.Suites[1].Cases) != 3 {
		t.Errorf("the suites are %+v", suites)
	}
	if name := strings.ReplaceAll(suites.Suites[1].Name, "\uFFFD", "\x1b"); name != hostile().Documents[1].Name {
		t.Errorf("the name became %q", name)
	}
	if got := suites.Suites[1].Cases[0].Failure; got == nil || got.Message != "50 % is\nno <value>, ok: no." {
		t.Errorf("the failure is %+v", got)
	}
}

// TestSARIF holds what the schema of SARIF 2.1.0 demands of the parts that are written: no others, the required ones, and values of
// their types and enumerations.
func TestSARIF(t *testing.T) {
	var log map[string]any
	if err := json.Unmarshal([]byte(written(t, hostile(), "sarif")), &log); err != nil {
		t.Fatal(err)
	}
	only := func(what string, object any, required, optional string) map[string]any {
		t.Helper()
		m, ok := object.(map[string]any)
		if !ok {
			t.Fatalf("%s is %T", what, object)
		}
		for _, key := range strings.Fields(required) {
			if m[key] == nil {
				t.Errorf("%s has no %s", what, key)
			}
		}
		for key := range m {
			if !slices.Contains(strings.Fields(required+" "+optional), key) {
				t.Errorf("%s has %s", what, key)
			}
		}
		return m
	}
	only("log", log, "version runs $schema", "")
	if log["version"] != "2.1.0" {
		t.Errorf("version %v", log["version"])
	}
	run := only("run", log["runs"].([]any)[0], "tool results columnKind", "")
	driver := only("driver", only("tool", run["tool"], "driver", "")["driver"], "name informationUri rules version", "")
	rules := driver["rules"].([]any)
	for _, r := range rules {
		rule := only("rule", r, "id shortDescription helpUri", "")
		only("description", rule["shortDescription"], "text", "")
		if u, err := url.Parse(rule["helpUri"].(string)); err != nil || !u.IsAbs() {
			t.Errorf("helpUri %v", rule["helpUri"])
		}
	}
	results := run["results"].([]any)
	if len(results) != 3 || len(rules) != 2 {
		t.Fatalf("%d results, %d rules", len(results), len(rules))
	}
	prints, columns := map[any]bool{}, []float64{}
	for _, r := range results {
		result := only("result", r, "ruleId level message locations partialFingerprints", "ruleIndex")
		if id := rules[int(result["ruleIndex"].(float64))].(map[string]any)["id"]; id != result["ruleId"] {
			t.Errorf("the rule of %v is %v", result["ruleId"], id)
		}
		if !slices.Contains([]any{"none", "note", "warning", "error"}, result["level"]) {
			t.Errorf("level %v", result["level"])
		}
		place := only("place", result["locations"].([]any)[0].(map[string]any)["physicalLocation"], "artifactLocation region", "")
		raw := only("artifact", place["artifactLocation"], "uri", "")["uri"].(string)
		u, err := url.Parse(raw)
		if err != nil || u.IsAbs() || filepath.ToSlash(filepath.Clean(u.Path)) != hostile().Documents[1].Name {
			t.Errorf("uri %q: %v, %v", raw, u, err)
		}
		region := only("region", place["region"], "startLine startColumn", "")
		if region["startLine"].(float64) < 1 || region["startColumn"].(float64) < 1 {
			t.Errorf("region %v", region)
		}
		columns = append(columns, region["startColumn"].(float64))
		prints[result["partialFingerprints"].(map[string]any)["opsbook/v1"]] = true
	}
	if !slices.Contains(columns, 4) {
		t.Errorf("the columns are %v: that behind an emoji and a blank is 4 in units of UTF-16", columns)
	}
	if len(prints) != 3 {
		t.Errorf("%d findings have %d fingerprints", len(results), len(prints))
	}
}

// wrong is an analyser that finds "bad" wrong, and knows that "good" is right.
type wrong struct{}

func (wrong) Analyse(s procedures.Script) procedures.Analysis {
	a := procedures.Analysis{Effect: procedures.EffectRead}
	for i, l := range strings.Split(s.Text, "\n") {
		if before, after, found := strings.Cut(l, "bad"); found {
			a.Findings = append(a.Findings, procedures.Finding{Line: s.Line + i, Column: len(before) + 1,
				Severity: procedures.SeverityError, Rule: "aws-enum", Message: "Bad.",
				Corrected: strings.TrimSpace(before + "good" + after)})
		}
		if before, after, found := strings.Cut(l, "worse"); found { // whose correction is one no better
			a.Findings = append(a.Findings, procedures.Finding{Line: s.Line + i, Column: len(before) + 1,
				Severity: procedures.SeverityError, Rule: "aws-enum", Message: "Worse.",
				Corrected: strings.TrimSpace(before + "bad bad" + after)})
		}
		if before, after, found := strings.Cut(l, "slow"); found { // a warning: what it does would be another thing
			a.Findings = append(a.Findings, procedures.Finding{Line: s.Line + i, Column: len(before) + 1,
				Severity: procedures.SeverityWarning, Rule: "poll", Message: "Slow.", Corrected: before + "fast" + after})
		}
	}
	return a
}

// TestFix holds that errors are corrected where they stand, and everything else stays as it is, byte for byte.
func TestFix(t *testing.T) {
	read := func(text []byte) *runbook.Library {
		return runbook.OpenText("a.md", string(text), runbook.Options{Analyser: wrong{}})
	}
	for name, c := range map[string]struct {
		source, want string
		n            int
	}{
		"a line": {"# A\n\n```bash\n# B\naws bad x\n```\n", "# A\n\n```bash\n# B\naws good x\n```\n", 1},
		"line endings": {"\xEF\xBB\xBF# A\r\n\r\n```bash\r\n# B\r\naws bad x\r\n```\n",
			"\xEF\xBB\xBF# A\r\n\r\n```bash\r\n# B\r\naws good x\r\n```\n", 1},
		"in a list": {"# A\n\n1. B\n\n   ```bash\n   aws bad x\n   ```\n",
			"# A\n\n1. B\n\n   ```bash\n   aws good x\n   ```\n", 1},
		"behind a prompt":    {"# A\n\n```console\n$ aws bad x\n```\n", "# A\n\n```console\n$ aws good x\n```\n", 1},
		"with a placeholder": {"# A\n\n```bash\naws bad <name>\n```\n", "# A\n\n```bash\naws good <name>\n```\n", 1},
		"in a quote":         {"# A\n\n> ```bash\n> aws bad x\n> ```\n", "# A\n\n> ```bash\n> aws good x\n> ```\n", 1},
		"several": {"# A\n\n```bash\naws bad x\n\n# C\naws bad y\n```\n",
			"# A\n\n```bash\naws good x\n\n# C\naws good y\n```\n", 2},
		"no better":            {"# A\n\n```bash\naws worse x\n```\n", "# A\n\n```bash\naws worse x\n```\n", 0},
		"a warning":            {"# A\n\n```bash\naws slow x\n```\n", "# A\n\n```bash\naws slow x\n```\n", 0},
		"without a line's end": {"# A\n\n```bash\naws bad x", "# A\n\n```bash\naws good x", 1},
	} {
		got, n := lint.Fix("a.md", []byte(c.source), read)
		if string(got) != c.want || n != c.n {
			t.Errorf("%s: %d corrections, %q", name, n, got)
		}
	}
}

// TestReplace holds that a file is replaced as a whole, keeps its permissions, and that no link is written through.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "other.md")
	for name, mode := range map[string]os.FileMode{filepath.Join(dir, "a.md"): 0o640, outside: 0o644} {
		if err := os.WriteFile(name, []byte("old"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.md")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.md", filepath.Join(dir, "inner.md")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"link.md", "inner.md", "../" + filepath.Base(outside)} {
		if err := lint.Replace(root, name, []byte("old"), []byte("new")); err == nil {
			t.Errorf("%s was replaced", name)
		}
	}
	if err := lint.Replace(root, "a.md", []byte("older"), []byte("new")); err == nil {
		t.Error("a file that has changed was replaced")
	}
	if err := lint.Replace(root, "a.md", []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "a.md"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for name, want := range map[string]string{filepath.Join(dir, "a.md"): "new", outside: "old"} {
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 3 {
		t.Errorf("there are %v, %v", left, err)
	}
}
