package runbook

import (
	"fmt"
	"strings"
	"testing"
)

// What is typed into a session is not run here, whatever language it is in, up to the line that leaves the session.
func TestLinesOfASession(t *testing.T) {
	t.Parallel()
	opens := func(text string) string {
		word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
		if word == "ssh" || word == "psql" {
			return word
		}
		return ""
	}
	for text, want := range map[string]string{
		"ls\nssh a\nls\nexit\nls":                         "..1..",
		"ssh a\nssh b\nls\nexit\nls\nlogout\nls":          "..1.1..",
		"psql -h x\nSELECT count(*) FROM t;\n\\q\nls":     ".1..",
		"psql\n# how many\nselect 'it''s'\n  from x;\nls": "..111",
		"ssh a\n\nfor i in 1; do\n  ls\ndone":             "..111",
		"psql\nSELECT 1;\naws s3 ls\nls":                  ".1..",
		"ssh a\npsql\nselect 1;\naws s3 ls":               "..11",
		"ls":                                              ".",
	} {
		b := newBlock("bash", 1, strings.Split(text, "\n"))
		b.findSessions(opens)
		var got strings.Builder
		for i := range b.raw {
			switch s := b.there[i]; {
			case s == nil, strings.TrimSpace(b.raw[i]) == "", sessionEnd().MatchString(b.raw[i]), opens(b.raw[i]) != "":
				got.WriteByte('.')
			default:
				fmt.Fprint(&got, 1)
				if b.shell[i] != "" {
					t.Errorf("%q: line %d would run: %q", text, i+1, b.shell[i])
				}
			}
		}
		if got.String() != want {
			t.Errorf("%q: %s, want %s", text, got.String(), want)
		}
	}
}
