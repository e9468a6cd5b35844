package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// explained is a rule as docs/lint explains it: with an example that breaks it and one that does not, or without any.
type explained struct{ severity, wrong, right string }

var (
	ruleHeading = regexp.MustCompile(`(?m)^### ([a-z0-9-]+)$`)
	ruleExample = regexp.MustCompile("(?ms)^(Wrong|Right):\n\n(?:```bash\n(.*?)\n```|````markdown\n(.*?)\n````|```markdown\n(.*?)\n```)$")
	ruleBegins  = regexp.MustCompile(`^\s*\*\*(Error|Warning|Note)\.\*\* \S`)
)

// explanations reads docs/lint/rules.md.
func explanations(t *testing.T) map[string]explained {
	t.Helper()
	out := map[string]explained{}
	text, err := os.ReadFile("../../docs/lint/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	at := ruleHeading.FindAllSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name, section := string(text[m[2]:m[3]]), string(text[m[1]:end])
		severity := ruleBegins.FindStringSubmatch(section)
		if severity == nil {
			t.Errorf("%s does not begin with its severity and the reason", name)
			continue
		}
		e := explained{severity: strings.ToLower(severity[1])}
		for _, x := range ruleExample.FindAllStringSubmatch(section, -1) {
			book := x[3] + x[4] + "\n"
			if x[2] != "" {
				book = "# Example\n\n```bash\n" + x[2] + "\n```\n"
			}
			if x[1] == "Wrong" {
				e.wrong = book
			} else {
				e.right = book
			}
		}
		if _, twice := out[name]; twice {
			t.Errorf("%s is explained twice", name)
		}
		out[name] = e
	}
	return out
}

// linted are the findings of a folder.
func linted(t *testing.T, dir string) []procedures.Finding {
	t.Helper()
	status, stdout, stderr := cli(t, "lint", "--format", "json", dir)
	if status != 0 && status != exitFailed {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var report struct{ Findings []procedures.Finding }
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	return report.Findings
}

// folderOf is a folder with one runbook.
func folderOf(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "example.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// inFiles are rules that no text in a page can break.
var inFiles = map[string]func(t *testing.T) (wrong, right string){
	"hidden-character": func(t *testing.T) (string, string) {
		const text = "# The shop\n\n## Look at i\u202et\n\n```bash\naws sts get-caller-identity\n```\n"
		return folderOf(t, text), folderOf(t, strings.ReplaceAll(text, "\u202e", ""))
	},
	"encoding": func(t *testing.T) (string, string) {
		return folderOf(t, "# Caf\xe9\n"), folderOf(t, "# Café\n")
	},
	"file-unreadable": func(t *testing.T) (string, string) {
		dir := t.TempDir()
		if err := os.Symlink(filepath.Join(folderOf(t, "# A\n"), "example.md"), filepath.Join(dir, "link.md")); err != nil {
			t.Fatal(err)
		}
		return dir, folderOf(t, "# A\n")
	},
}

// TestEveryRuleIsExplained breaks each rule with the example that its page calls wrong, and keeps it with the one that is right.
func TestEveryRuleIsExplained(t *testing.T) {
	all := explanations(t)
	for _, rule := range procedures.Rules() {
		e, ok := all[rule.Name]
		delete(all, rule.Name)
		if !ok {
			t.Errorf("%s is not explained in docs/lint/rules.md", rule.Name)
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			var wrong, right string
			if files := inFiles[rule.Name]; files != nil {
				wrong, right = files(t)
			} else if wrong, right = folderOf(t, e.wrong), folderOf(t, e.right); e.wrong == "" || e.right == "" {
				t.Fatal("there is no example that is wrong, or none that is right")
			}
			is := func(m procedures.Finding) bool { return m.Rule == rule.Name }
			found := linted(t, wrong)
			i := slices.IndexFunc(found, is)
			switch {
			case i < 0:
				t.Errorf("the wrong example does not break it: %v", found)
			case string(found[i].Severity) != e.severity:
				t.Errorf("the page calls it %s: %v", e.severity, found[i])
			}
			if found := linted(t, right); slices.ContainsFunc(found, is) ||
				slices.ContainsFunc(found, func(m procedures.Finding) bool { return m.Severity == procedures.SeverityError }) {
				t.Errorf("the right example has %v", found)
			}
		})
	}
	for name := range all {
		t.Errorf("docs/lint explains %s, which is no rule", name)
	}
}
