package runbook

import (
	"strings"
	"testing"
)

// Front matter that has no effect, or a part of it that has none, is said.
func TestFrontMatterWithoutEffect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"---\nowner: a\nowner: b\n---\n# A\n": "3: the front matter has `owner` twice (line 2): the second one counts",
		"\n---\nowner: a\n---\n# A\n":         "2: front matter begins on the first line of a file",
		"\n\n---\ntitle: x\nx: [\n---\n# A\n": "",
		"\n---\nSome: text\n---\n# A\n":       "",
		"---\nowner: a\n---\n# A\n":           "",
		"# A\n\n---\nowner: a\n\n---\n":       "",
	} {
		got := ""
		for _, m := range readRunbook("a.md", []byte(text), Options{Analyser: fakeAnalyser{}}).findings {
			if m.Rule == "front-matter" {
				got += strings.TrimSpace(string(rune('0'+m.Line)) + ": " + m.Message)
			}
		}
		if !strings.HasPrefix(strings.ToLower(got), strings.ToLower(want)) || (got == "") != (want == "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
