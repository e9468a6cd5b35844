package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/testenv"
)

const (
	cleanBook   = "# Clean\n\n```bash\naws ecs list-clusters\n```\n"
	warnedBook  = "# Warned\n\n```bash\naws s3api get-bucket-policy --bucket logs 2>/dev/null || echo none\n```\n"
	mistakeBook = "# Wrong\n\n```bash\naws sqs list-queues --maxResults 5\n```\n"
)

// booksIn writes files and returns their folder.
func booksIn(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLintExitStatus holds that errors fail, warnings only above their limit, and wrong usage by another status.
func TestLintExitStatus(t *testing.T) {
	dir := booksIn(t, map[string]string{
		"clean.md": cleanBook, "warned.md": warnedBook, "wrong.md": mistakeBook, "notes.txt": "x", ".hidden.md": cleanBook,
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{in("clean.md")}, 0, "0 findings in 1 document"},
		{[]string{in("clean.md"), in("clean.md")}, 0, "0 findings in 1 document"},
		{[]string{in("warned.md")}, 0, "warned.md:4:1: warning: This hides every error"},
		{[]string{in("warned.md"), "--max-warnings", "1"}, 0, "1 warning"},
		{[]string{"--max-warnings", "0", in("warned.md")}, 1, "1 warning"},
		{[]string{in("wrong.md")}, 1, "[aws-option]\n    aws sqs list-queues --max-results 5\n"},
		{[]string{in("clean.md"), in("wrong.md")}, 1, "1 finding in 2 documents"},
		{[]string{dir}, 1, "2 findings in 3 documents"},
		{[]string{"--runbooks", dir}, 1, "2 findings in 3 documents"},
		{[]string{"--runbooks", dir, in("clean.md")}, 0, "0 findings in 1 document"},
		{nil, 0, "0 errors, 0 warnings, 2 notes"},
		{[]string{in("gone.md")}, 3, "there is no file or folder"},
		{[]string{in("notes.txt")}, 3, "is not a Markdown file"},
		{[]string{in(".hidden.md")}, 3, "is not read: it is hidden"},
		{[]string{"--format", "yaml", dir}, 3, "--format is \"yaml\""},
		{[]string{"--fix"}, 3, "cannot be changed"},
	} {
		status, stdout, stderr := cli(t, append([]string{"lint"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("lint %q: status %d, wanted %d and %q\n%s%s", c.args, status, c.status, c.says, stdout, stderr)
		}
	}
}

// TestLintNames holds that files are called as they were asked for, whatever they are called.
func TestLintNames(t *testing.T) {
	hostile := "a:b,c %41\n::error::x.md"
	dir := booksIn(t, map[string]string{"team/" + hostile: mistakeBook})
	status, stdout, _ := cli(t, "lint", "--format", "json", filepath.Join(dir, "team")+"/")
	var report struct{ Findings []procedures.Finding }
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != exitFailed || len(report.Findings) != 1 {
		t.Fatalf("status %d, %v: %s", status, err, stdout)
	}
	if want := filepath.Join(dir, "team", hostile); report.Findings[0].File != want {
		t.Errorf("the file is called %q, wanted %q", report.Findings[0].File, want)
	}
	for format, lines := range map[string]int{"text": 3, "github": 1} {
		if _, stdout, _ := cli(t, "lint", "--format", format, dir); strings.Count(stdout, "\n") != lines {
			t.Errorf("%s has %d lines:\n%s", format, strings.Count(stdout, "\n"), stdout)
		}
	}
}

// TestLintFix corrects what cannot work, and leaves a file behind a link alone.
func TestLintFix(t *testing.T) {
	outside := booksIn(t, map[string]string{"other.md": mistakeBook})
	dir := booksIn(t, map[string]string{"wrong.md": mistakeBook, "warned.md": warnedBook})
	if err := os.Symlink(filepath.Join(outside, "other.md"), filepath.Join(dir, "link.md")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "wrong.md"), 0o640); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := cli(t, "lint", "--fix", dir)
	if status != exitFailed || !strings.Contains(stdout, "1 correction applied\n") || !strings.Contains(stdout, "[file-unreadable]") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	for name, want := range map[string]string{
		filepath.Join(dir, "wrong.md"):     strings.ReplaceAll(mistakeBook, "maxResults", "max-results"),
		filepath.Join(dir, "warned.md"):    warnedBook,
		filepath.Join(outside, "other.md"): mistakeBook,
	} {
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "wrong.md")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if status, stdout, _ := cli(t, "lint", "--fix", filepath.Join(dir, "wrong.md")); status != 0 || strings.Contains(stdout, "applied") {
		t.Errorf("once more: status %d, %s", status, stdout)
	}
}

// TestLintOff turns rules off in each way that there is.
func TestLintOff(t *testing.T) {
	line := "aws sqs list-queues --maxResults 5"
	for name, c := range map[string]struct {
		book string
		left []string
	}{
		"on":           {mistakeBook, []string{"aws-option"}},
		"front matter": {"---\nlint: {disable: [aws-option]}\n---\n" + mistakeBook, nil},
		"of the file":  {mistakeBook + "\n<!-- opsbook-lint-disable-file aws-option -->\n", nil},
		"from here on": {"<!-- opsbook-lint-disable -->\n\n" + mistakeBook, nil},
		"until here": {"<!-- opsbook-lint-disable aws-option -->\n\n# A\n\n```bash\n# B\n" + line +
			"\n```\n\n<!-- opsbook-lint-enable aws-option -->\n\n```bash\n# C\n" + line + "\n```\n", []string{"aws-option"}},
		"the next fence": {"# A\n\n<!-- opsbook-lint-disable-next-line aws-option -->\n```bash\n# B\n" + line +
			"\n```\n\n```bash\n# C\n" + line + "\n```\n", []string{"aws-option"}},
		"another rule": {"<!-- opsbook-lint-disable poll -->\n\n" + mistakeBook, []string{"aws-option"}},
		"no rule":      {"<!-- opsbook-lint-disable aws-options -->\n\n" + mistakeBook, []string{"lint-directive", "aws-option"}},
		"in code":      {"# A\n\n```text\n<!-- opsbook-lint-disable -->\n```\n\n```bash\n" + line + "\n```\n", []string{"aws-option"}},
		"on this line": {"# A\n\n[x](javascript:x) <!-- opsbook-lint-disable-line link-scheme -->\n", nil},
	} {
		var rules []string
		for _, m := range linted(t, booksIn(t, map[string]string{"a.md": c.book})) {
			rules = append(rules, m.Rule)
			if m.Rule == "lint-directive" && !strings.Contains(m.Message, `did you mean "aws-option"?`) {
				t.Errorf("%s: %s", name, m.Message)
			}
		}
		if !slices.Equal(rules, c.left) {
			t.Errorf("%s: there are %q, wanted %q", name, rules, c.left)
		}
	}
}

// TestLintOfTheUneditedDocument holds that lint says of the unedited document what its page says, and that the corrections of its
// errors leave no error that had one.
func TestLintOfTheUneditedDocument(t *testing.T) {
	dir, listing := unedited(t)
	found := linted(t, dir)
	for i := range found {
		found[i].File = filepath.Base(found[i].File)
	}
	if !slices.Equal(found, listing.Findings) {
		t.Errorf("lint has %d findings, the page %d", len(found), len(listing.Findings))
	}
	before := testenv.Document(t)
	if status, stdout, stderr := cli(t, "lint", "--fix", dir); status != 0 {
		t.Errorf("after the corrections: status %d, %s%s", status, stdout, stderr)
	}
	after, err := os.ReadFile(filepath.Join(dir, "operational-procedures.md"))
	if err != nil {
		t.Fatal(err)
	}
	var changed []int
	old := strings.Split(string(before), "\n")
	for i, l := range strings.Split(string(after), "\n") {
		if l != old[i] {
			changed = append(changed, i+1)
		}
	}
	if want := []int{145, 186, 191, 267, 273, 457, 458, 514}; !slices.Equal(changed, want) {
		t.Errorf("lines %v were changed, wanted %v", changed, want)
	}
}
