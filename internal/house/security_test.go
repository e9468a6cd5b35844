package house_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
)

// TestPromisesHaveTests reads docs/security.md: each of its promises names tests, and these are there.
func TestPromisesHaveTests(t *testing.T) {
	there := map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(data, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	walkStandard(t, string(data), there)
	_, promises, _ := strings.Cut(string(data), "## What is promised")
	promises, _, _ = strings.Cut(promises, "\n## ")
	rows := 0
	for line := range strings.Lines(promises) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise") {
			continue
		}
		rows++
		names := testName.FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("a promise without a test: %s", line)
		}
		for _, m := range names {
			if !there[m[1]] {
				t.Errorf("there is no test %s, which keeps: %s", m[1], line)
			}
		}
	}
	if rows < 20 {
		t.Errorf("only %d promises are made", rows)
	}
}

// asvs are the requirements of levels 1 and 2 of OWASP ASVS 5.0.0, by their sections.
const asvs = `1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2 2.1:1-3 2.2:1-3 2.3:1-4 2.4:1-1 3.2:1-2 3.3:1-4 3.4:1-6 3.5:1-5 3.7:1-2 4.1:1-3
4.2:1-1 4.3:1-2 4.4:1-4 5.1:1-1 5.2:1-3 5.3:1-2 5.4:1-3 6.1:1-3 6.2:1-12 6.3:1-4 6.4:1-4 6.5:1-5 6.6:1-3 6.8:1-4 7.1:1-3 7.2:1-4
7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2 8.1:1-2 8.2:1-3 8.3:1-1 8.4:1-1 9.1:1-3 9.2:1-4 10.1:1-2 10.2:1-2 10.3:1-4 10.4:1-11 10.5:1-5
10.6:1-2 10.7:1-3 11.1:1-2 11.2:1-3 11.3:1-3 11.4:1-4 11.5:1-1 11.6:1-1 12.1:1-3 12.2:1-2 12.3:1-4 13.1:1-1 13.2:1-5 13.3:1-2
13.4:1-5 14.1:1-2 14.2:1-4 14.3:1-3 15.1:1-3 15.2:1-3 15.3:1-7 16.1:1-1 16.2:1-5 16.3:1-4 16.4:1-3 16.5:1-3 17.1:1-1 17.2:1-4 17.3:1-2`

// walkStandard reads the table of the standard in docs/security.md: each requirement stands there once, what is met names tests that are
// there, and what is not met says why.
func walkStandard(t *testing.T, document string, there map[string]bool) {
	t.Helper()
	wanted := map[string]bool{}
	for part := range strings.FieldsSeq(asvs) {
		var chapter, section, from, to int
		if _, err := fmt.Sscanf(part, "%d.%d:%d-%d", &chapter, &section, &from, &to); err != nil {
			t.Fatal(part, err)
		}
		for n := from; n <= to; n++ {
			wanted[fmt.Sprintf("%d.%d.%d", chapter, section, n)] = true
		}
	}
	_, table, _ := strings.Cut(document, "## OWASP ASVS")
	table, _, _ = strings.Cut(table, "\n## ")
	seen := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 3 || !regexp.MustCompile(`^\| [0-9]`).MatchString(line) {
			continue
		}
		names := testName.FindAllStringSubmatch(cells[2], -1)
		for _, m := range names {
			if !there[m[1]] {
				t.Errorf("there is no test %s: %s", m[1], line)
			}
		}
		switch cells[1] {
		case "met":
			if len(names) == 0 {
				t.Errorf("it is met by no test: %s", line)
			}
		case "met, no test", "in part", "not met", "deployment", "n/a":
		default:
			t.Errorf("it has no state: %s", line)
		}
		for number := range strings.SplitSeq(strings.TrimPrefix(cells[0], "| "), ", ") {
			if !wanted[number] || seen[number] {
				t.Errorf("%s is none of the requirements, or is there twice", number)
			}
			seen[number] = true
		}
	}
	for number := range wanted {
		if !seen[number] {
			t.Errorf("%s is missing", number)
		}
	}
}
