package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// manyForms is a document in which each form of Markdown that teams use stands once.
const manyForms = `# Roll back

> **Warning:** sessions end.

> [!IMPORTANT]
> Tell the lead, see [the list](#check).

!!! danger "Never at night"
    It drops sessions.

    ` + "```bash\n    # Inside a notice\n    aws sts get-caller-identity\n    ```" + `

    Afterwards wait.

??? tip "Why"
    Because.

=== "Linux"

    Use ` + "`aws s3 ls s3://uploads`" + ` first.

## Check

| Signal of the service | Where it is found | Healthy | Sick | What to do about it |
|---|---|---:|---|---|
| ` + "`TargetResponseTime`" + ` | CloudWatch, per target group | under 100 ms | over 2,000 ms for 5 minutes | roll back |

1. Look

   ` + "```bash\n   aws cloudwatch describe-alarms\n   ```" + `

2. Decide
   - for
   - against

Term
: what it means[^1]

Press <kbd>q</kbd>.

- [ ] Announced

` + "```python\nprint('a line that is much longer than a telephone is wide, so that it has to scroll by itself in its box')\n```" + `

## Change

` + "```bash\n# Restart\naws ecs update-service --cluster prod --service api --force-new-deployment\n```" + `

[^1]: Measured.
`

// TestDocumentLooksAsItWasWritten opens documents of one and of several procedures, and what became of them: nothing is wider
// than the window but what scrolls by itself, notices have their signs, commands in the text are copied, axe finds nothing.
func TestDocumentLooksAsItWasWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, head := range map[string]string{"one.md": "document", "several.md": "heading"} {
		text := "---\nprocedure: " + head + "\nlayout: page\n---\n" + manyForms
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, dir)
	for _, view := range []struct {
		width  int64
		scheme string
	}{{1440, "light"}, {820, "dark"}, {390, "light"}, {390, "dark"}, {320, "light"}} {
		t.Run(fmt.Sprint(view.width, view.scheme), func(t *testing.T) {
			t.Parallel()
			b := open(t, view.width, 900)
			b.scheme(view.scheme)
			for _, page := range []string{"/", "/documents/several", "/procedures/one", "/coverage"} {
				b.visit(s.address + page)
				if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > view.width {
					t.Errorf("%s is %d px wide on %d", page, wide, view.width)
				}
				if found := b.violations(); found != "" {
					t.Errorf("%s:\n%s", page, found)
				}
				if page != "/" && page != "/coverage" && !evaluate[bool](b, `[...document.querySelectorAll("details pre")].some(
					p => p.textContent.includes("layout: page"))`) {
					t.Errorf("%s loses the front matter of other tools", page)
				}
				if got := evaluate[int](b, "document.querySelectorAll('h1').length"); got != 1 {
					t.Errorf("%s has %d titles", page, got)
				}
			}
			b.visit(s.address + "/procedures/one")
			if got := evaluate[int](b, `[...document.querySelectorAll(".alert")]
				.filter((n) => getComputedStyle(n, "::before").content !== "none").length`); got != 4 {
				t.Errorf("%d notices have a sign", got)
			}
			if got := evaluate[int](b, "document.querySelectorAll('[data-line=\"\"]').length"); got != 0 {
				t.Errorf("%d parts name no line", got)
			}
			const copied = "document.querySelector('code.command + .copy').dataset.copyText"
			if got := evaluate[string](b, copied); got != "aws s3 ls s3://uploads" {
				t.Errorf("the copy button of a command gives %q", got)
			}
			// The buttons stay when the page is drawn again.
			b.until(has("#live", "live"))
			b.click("#inside-a-notice .bar .btn")
			b.until("document.querySelector('#inside-a-notice .g.info, #inside-a-notice .g.pass')")
			if got := evaluate[int](b, "document.querySelectorAll('.copy').length"); got != 1 {
				t.Errorf("after a step was run there are %d copy buttons", got)
			}
			if got := b.text("#inside-a-notice .title"); !strings.Contains(got, "Inside a notice") {
				t.Errorf("the step is called %q", got)
			}
		})
	}
}
