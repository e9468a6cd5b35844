package html

import (
	"slices"
	"testing"
)

func TestSelectors(t *testing.T) {
	page, err := Parse(`<!DOCTYPE html><p id="a" class="x y">one <b>two</b><br>&ldquo;three&rdquo;</p>` +
		`<form hx-post="/x"><input name="n" value="1" disabled><p class="y">four</p></form>`)
	if err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]int{
		"p": 2, ".y": 2, "p.y": 2, "p.x.y": 1, "#a": 1, "form p": 1, "form p.x": 0, "input[name=n]": 1, "[disabled]": 1,
		"[name=m]": 0, "* b": 1,
	} {
		if got := len(page.All(selector)); got != want {
			t.Errorf("%s: %d elements, want %d", selector, got, want)
		}
	}
	if got := page.Text("#a"); got != "one two “three”" {
		t.Errorf("text %q", got)
	}
}

func TestSentences(t *testing.T) {
	page, err := Parse(`<p title="tip">one <b>two</b></p><p>run <code>undo</code> now</p><pre>undo</pre><input placeholder="here"/>`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := page.Sentences(), []string{"tip", "one two", "run … now", "…", "here"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
