package runbook

import (
	"os"
	"strings"
	"testing"
)

// TestPlaceholderSpellings reads testdata/placeholders.txt: a line, =>, and the fields that it becomes, each with its
// example behind = and its default in parentheses. Without any it is sent as it stands. \n ends a line of a block.
func TestPlaceholderSpellings(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/placeholders.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for row := range strings.Lines(string(data)) {
		block, want, ok := strings.Cut(strings.TrimSuffix(row, "\n"), " => ")
		if !ok { // a heading
			continue
		}
		rows++
		block = strings.TrimRight(block, " ")
		lib := openText(t, "# P\n## Q\n```bash\n"+strings.ReplaceAll(block, `\n`, "\n")+"\n```\n")
		p, _, err := lib.Find("q")
		if err != nil {
			t.Errorf("%s: %v", block, err)
			continue
		}
		var fields []string
		for _, q := range p.Parameters {
			text := q.Name
			if q.Example != "" {
				text += "=" + q.Example
			}
			if q.Default != "" {
				text += "(" + q.Default + ")"
			}
			fields = append(fields, text)
		}
		if got := strings.Join(fields, " "); got != strings.TrimSpace(want) {
			t.Errorf("%s\n\thas the fields %q, want %q", block, got, strings.TrimSpace(want))
		}
	}
	if rows < 150 {
		t.Errorf("there are %d spellings", rows)
	}
}
