package runbook

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/opsbook/opsbook/internal/limits"
)

// counted is a text so many times, each with its number in it.
func counted(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestTextsThatAreTooMuch are texts that take a Markdown reader, or one of YAML or TOML, minutes or gigabytes. Each is left out by
// the bound that it meets, and the runbook beside it is read.
func TestTextsThatAreTooMuch(t *testing.T) {
	t.Parallel()
	again := strings.Repeat
	for name, c := range map[string]struct {
		row  *limits.Row
		text string
	}{
		"quotes in quotes":        {limits.RunbookNesting, again("> ", 50_000) + "x"},
		"quotes without a space":  {limits.RunbookNesting, again(">", 50_000) + "x"},
		"quotes, deeper each":     {limits.RunbookNesting, again(">", 101) + " x"},
		"lists in lists":          {limits.RunbookNesting, again("- ", 50_000) + "x"},
		"numbers in numbers":      {limits.RunbookNesting, again("1. ", 50_000) + "x"},
		"both":                    {limits.RunbookNesting, again("1) > * ", 50) + "x"},
		"lists by indentation":    {limits.RunbookNesting, again(" ", 500) + "- a"},
		"links that are not":      {limits.RunbookLineParts, again("[a](", 10_000)},
		"pictures in a line":      {limits.RunbookLineParts, again("![a](b)", 10_000)},
		"pictures of pictures":    {limits.RunbookLineParts, again("![ ", 5000) + "a" + again("](b)", 5000)},
		"columns":                 {limits.RunbookLineParts, again("|a", 20_000) + "\n" + again("|-", 20_000) + "\n|b\n|b\n"},
		"rows of many columns":    {limits.RunbookCells, again("|a", 400) + "\n" + again("|-", 400) + "\n" + again("|b\n", 100_000)},
		"open brackets":           {limits.RunbookParts, again("[", 100_000)},
		"brackets in brackets":    {limits.RunbookParts, again("[", 100_000) + "a" + again("]", 100_000)},
		"brackets over lines":     {limits.RunbookParts, again("a [\n", 100_000)},
		"definitions":             {limits.RunbookParts, again("[a]: x\n", 100_000)},
		"footnotes":               {limits.RunbookParts, counted(50_000, "[^%d]: x\n")},
		"headings":                {limits.RunbookParts, counted(50_000, "## H%d\n\n")},
		"headings by underlining": {limits.RunbookParts, again("a\n---\n", 100_000)},
		"blocks of code":          {limits.RunbookParts, again("```bash\necho a\n```\n\n", 20_000)},
		"tasks":                   {limits.RunbookParts, again("- [ ] a\n", 100_000)},
		"tables":                  {limits.RunbookParts, again("|a|\n|-|\n|b|\n\n", 50_000)},
		"emphasis":                {limits.RunbookCells, again("a**bc* ", 100_000)},
		"emphasis over lines":     {limits.RunbookCells, again("*a **a\n", 100_000)},
		"struck out":              {limits.RunbookCells, again("~~a ", 120_000)},
		"a heading":               {limits.HeadingBytes, "# " + again("a", 500_000)},
		"a heading by underlining": {
			limits.HeadingBytes, again("a", 500_000) + "\n===",
		},
		"front matter":            {limits.FrontMatterBytes, "---\n" + counted(50_000, "k%d: 1\n") + "---\n"},
		"front matter, deep":      {limits.FrontMatterBytes, "---\na: " + again("[", 100_000) + "\n---\n"},
		"front matter, unclosed":  {limits.FrontMatterBytes, "---\n" + again("# a\n", 100_000)},
		"front matter of Windows": {limits.FrontMatterBytes, "---\r\n" + again("a: 1\r\n", 20_000) + "---\r\n"},
		"TOML":                    {limits.FrontMatterBytes, "+++\n[" + again("a.", 100_000) + "a]\n+++\n"},
		"all":                     {limits.RunbookBytes, again("a\n\n", 500_000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lib, err := Open(fstest.MapFS{
				"bad.md": {Data: []byte(c.text)}, "good.md": {Data: []byte("# Good\n\n```bash\naws s3 ls\n```\n")},
			}, Options{Analyser: fakeAnalyser{}})
			if err != nil {
				t.Fatal(err)
			}
			if len(lib.Findings) != 1 || lib.Findings[0].File != "bad.md" || lib.Findings[0].Rule != "file-unreadable" ||
				!strings.Contains(lib.Findings[0].Message, c.row.Advice) {
				t.Errorf("findings are %v, want one that says %q", lib.Findings, c.row.Advice)
			}
			if len(lib.Procedures()) != 1 || lib.Procedures()[0].Title != "Good" {
				t.Errorf("%d procedures", len(lib.Procedures()))
			}
		})
	}
}

// Aliases of YAML are bounded by its reader: each laughs about ten before it.
func TestLaughsOfYAML(t *testing.T) {
	t.Parallel()
	text := "---\na0: &a0 [x]\n"
	for i := range 11 {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 10))
	}
	for _, front := range []string{
		text + "title: *a11\n---\n", text + "params: *a11\n---\n", "---\na: &a [*a]\nparams: &p {x: *p}\ntitle: *a\n---\n",
		strings.ReplaceAll(text, "[", "{<<: [") + "---\n",
	} {
		lib := openText(t, front+"# A\n\n```bash\naws s3 ls\n```\n")
		if len(lib.Findings)+len(lib.Procedures()) == 0 {
			t.Errorf("%.60q: nothing is said", front)
		}
	}
}

// A long paragraph is no heading: nothing underlines it.
func TestLongParagraphIsBearable(t *testing.T) {
	t.Parallel()
	for _, below := range []string{"", "\n", "\n\n## Next\n", "\n\n---\n"} {
		if err := bearable([]byte("# A\n\n" + strings.Repeat("word ", 2000) + below)); err != nil {
			t.Errorf("%q: %v", below, err)
		}
	}
}

// No document that people wrote comes near.
func TestRealTextsAreBearable(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*/*.md")
	deep, err2 := filepath.Glob("testdata/*/*/*.md")
	if names = append(names, deep...); err != nil || err2 != nil || len(names) < 60 {
		t.Fatalf("%d documents: %v %v", len(names), err, err2)
	}
	if name := os.Getenv("OPSBOOK_DOCUMENT"); name != "" {
		names = append(names, name)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := bearable(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
