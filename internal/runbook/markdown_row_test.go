package runbook

import "testing"

// TestShownWhole checks what Markdown leaves out and people read: cells beyond a table's columns, and what looks like a link's definition.
func TestShownWhole(t *testing.T) {
	t.Parallel()
	const head = "| Why | How |\n|---|---|\n"
	for from, want := range map[string]string{
		head + "| log | `a | grep b` |\n":     head + "| log | `a \\| grep b` |\n",
		head + "| log | ``a | b`` | `c|d` |":  head + "| log | ``a \\| b`` \\| `c\\|d` |",
		head + "| log | `a \\| b` |\n":        head + "| log | `a \\| b` |\n",
		head + "| a | b | c | d |\n":          head + "| a | b \\| c \\| d |\n",
		head + "| a | b |\n":                  head + "| a | b |\n",
		head + "a | b | c":                    head + "a | b \\| c",
		"```\na | b\n|---|\n| a | b |\n```\n": "```\na | b\n|---|\n| a | b |\n```\n",
		"* [Reroute now]: 置き換え先に。\n":          "* \\[Reroute now]: 置き換え先に。\n",
		"[Note]: see (above)":                 "\\[Note]: see (above)",
		"[home]: https://example.com":         "[home]: https://example.com",
		"[part]: #below":                      "[part]: #below",
		"[^1]: word":                          "[^1]: word",
	} {
		if got := string(shownWhole([]byte(from))); got != want {
			t.Errorf("%q\nis   %q\nwant %q", from, got, want)
		}
		if lost := Lost("a.md", []byte(from), Options{}); len(lost) > 0 {
			t.Errorf("%q: the lines %v are lost", from, lost)
		}
	}
}
