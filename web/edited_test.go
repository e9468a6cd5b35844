package web

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/runbook"
)

// TestEditSaysWhatChanged compares two texts of a procedure: steps by what they run, prose by its lines.
func TestEditSaysWhatChanged(t *testing.T) {
	t.Parallel()
	const text = "# Book\n\nAsk first.\n\n## Page\n\nLook at the load.\n\n" +
		"```bash\n# Look at it\naws s3 ls one\n\n# Look again\naws s3 ls two\n```\n"
	for name, c := range map[string]struct{ from, to, says string }{
		"a line of prose": {"Look at the load.", "Look at the load twice.", "1 line of prose changed"},
		"lines elsewhere": {"Ask first.", "Ask the owner.\nThen the lead.", "2 lines of prose changed"},
		"a step":          {"aws s3 ls two", "aws s3 ls three", "step “Page: Look again” changed"},
		"a step more": {"aws s3 ls two", "aws s3 ls two\n\n# Look a third time\naws s3 ls three",
			"step “Look a third time” added"},
		"a step less": {"\n# Look again\naws s3 ls two\n", "", "step “Page: Look again” removed"},
		"a step and its words": {"the load.\n\n```bash\n# Look at it\naws s3 ls one", "it.\n\n```bash\n# Look at it\naws s3 ls 1",
			"step “Look at it” changed, 1 line of prose changed"},
	} {
		before := runbook.OpenText("book.md", text, runbook.Options{}).Procedures()[0]
		now := runbook.OpenText("book.md", strings.Replace(text, c.from, c.to, 1), runbook.Options{}).Procedures()[0]
		if got := editOf(before, now).Says(); got != c.says {
			t.Errorf("%s: %q, want %q", name, got, c.says)
		}
	}
}

// TestDifferenceNumbersLines has the numbers of both texts at each line.
func TestDifferenceNumbersLines(t *testing.T) {
	t.Parallel()
	hunks := difference("a\nb\nc\nd\ne\n", "a\nb\nC\nc2\nd\ne\n", 1)
	var got strings.Builder
	for _, h := range hunks {
		for _, l := range h.Lines {
			got.WriteString(strings.Repeat(".", l.Old) + "|" + strings.Repeat(".", l.New) + l.Text + " ")
		}
	}
	if want := "..|..b ...|c |...C |....c2 ....|.....d "; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}
