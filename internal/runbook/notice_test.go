package runbook

import (
	"strings"
	"testing"
)

// TestQuotesThatWarn are notices where their first bold word says so, as people write who have no alerts.
func TestQuotesThatWarn(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"> **Warning**\n> It restarts.":      `class="alert warning"`,
		"> **Warning:** it restarts.":        `class="alert warning"`,
		"> ⚠️ **CAUTION:** it deletes.":      `class="alert caution"`,
		"> **Note:** wait.":                  `class="alert note"`,
		"> **Danger!** it deletes.":          `class="alert caution"`,
		"> Read the **warning**.":            "",
		"> **Warning signs** are a page.":    "",
		"> **The [note](a.md)** says.":       "",
		"> plain":                            "",
		"> **Details** of it":                "",
		"> `code` **Note** after something.": "",
	} {
		got := rendered(t, source, Options{})
		if !strings.Contains(got, "<blockquote") || want == "" && strings.Contains(got, "class=") || !strings.Contains(got, want) {
			t.Errorf("%q becomes\n%s\nwithout %q", source, got, want)
		}
	}
}

// TestNoticeAroundSteps stays a notice before and after the steps that stand in it.
func TestNoticeAroundSteps(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"!!! danger \"Stop\"\n    Before.\n\n    ```bash\n    aws s3 ls\n    ```\n\n    After.\n",
		"> [!CAUTION]\n> Before.\n>\n> ```bash\n> aws s3 ls\n> ```\n>\n> After.\n",
	} {
		p := readRunbook("book/a.md", []byte("# Book\n\n"+source), Options{}).procedures[0]
		var order []string
		for _, c := range p.Content {
			switch {
			case c.Step != nil:
				order = append(order, "step")
			case strings.HasPrefix(c.HTML, `<blockquote class="alert caution">`) && strings.Count(c.HTML, "<blockquote") == 1 &&
				strings.HasSuffix(c.HTML, "</blockquote>\n"):
				order = append(order, "notice")
			default:
				order = append(order, c.HTML)
			}
		}
		if got := strings.Join(order, " "); got != "notice step notice" {
			t.Errorf("%q becomes %s", source, got)
		}
	}
}

// TestTitleIsNotRepeated has the heading of a document once, however many headings of the first level it has.
func TestTitleIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"# 🚨 Slow API\n\nFirst.\n\n# Check\n\n```bash\naws s3 ls\n```\n\n# Fix\n\n```bash\naws s3 mb s3://a-bucket\n```\n",
		"# Slow API\n\nOnly text.\n",
	} {
		d := readRunbook("book/export 8f2c1e9a.md", []byte(source), Options{}).document
		var text strings.Builder
		for _, part := range d.Parts {
			text.WriteString(part.HTML)
		}
		if strings.Contains(text.String(), "Slow API") || !strings.Contains(d.Title, "Slow API") {
			t.Errorf("%q has the title %q and the text %s", source, d.Title, text.String())
		}
	}
}
