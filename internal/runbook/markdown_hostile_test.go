package runbook

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// shownTags are all elements that a document's text may become, with their attributes beside class and tabindex.
var shownTags = map[string][]string{
	"p": nil, "a": {"href", "title", "role"}, "img": {"src", "alt", "title"},
	"br": nil, "hr": nil, "pre": nil, "code": nil, "em": nil, "strong": nil,
	"del": nil, "ul": nil, "ol": {"start"}, "li": {"id"}, "blockquote": nil, "h1": nil, "h2": nil, "h3": nil, "h4": nil, "h5": nil,
	"h6":    nil,
	"table": nil,
	"thead": nil, "tbody": nil, "tfoot": nil, "tr": nil, "th": {"align", "colspan", "rowspan"}, "td": {"align", "colspan",
		"rowspan"},
	"caption": nil, "dl": nil, "dt": nil, "dd": nil, "details": {"open"}, "summary": nil, "kbd": nil, "sub": nil, "sup": {
		"id"}, "mark": nil,
	"small": nil, "s": nil, "ins": nil, "u": nil, "var": nil, "samp": nil, "q": nil, "cite": nil, "dfn": nil, "abbr": nil,
	"span": {"id"},
	"ruby": nil, "rt": nil, "rp": nil, "bdi": nil, "div": {"role"}, "input": {"type", "checked", "disabled"}, "section": nil,
}

// checkShown fails where a page has an element, an attribute or an address that is not in a list.
func checkShown(t *testing.T, source, page string) {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(page), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.CommentNode, html.DoctypeNode:
			t.Errorf("%q: the page has a comment: %q", source, n.Data)
		case html.ElementNode:
			attributes, ok := shownTags[n.Data]
			if !ok || n.Namespace != "" {
				t.Errorf("%q becomes <%s> of %q: %s", source, n.Data, n.Namespace, page)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "class" || a.Key == "tabindex" && n.Data == "pre":
				case !slices.Contains(attributes, a.Key):
					t.Errorf("%q: <%s> has %s=%q: %s", source, n.Data, a.Key, a.Val, page)
				case a.Key == "href" || a.Key == "src":
					name, has := scheme(a.Val)
					if has && !slices.Contains(linkSchemes, name) || strings.ContainsAny(a.Val, "\n\t\r\\") || n.Data ==
						"img" && has {
						t.Errorf("%q: %s=%q", source, a.Key, a.Val)
					}
				case a.Key == "id":
					if !strings.HasPrefix(a.Val, anchorPrefix) && !strings.HasPrefix(a.Val, "fn") {
						t.Errorf("%q: id=%q", source, a.Val)
					}
				case a.Key == "type" && a.Val != "checkbox":
					t.Errorf("%q: type=%q", source, a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
}

// hostileHTML is what is written to break out of what a document may say, one a line; signs stand for control characters.
func hostileHTML(t *testing.T) []string {
	text, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(all) < 80 {
		t.Fatal("there are too few")
	}
	for i := range all {
		all[i] = strings.NewReplacer("␉", "\t", "␊", "\n", "␀", "\x00").Replace(all[i])
	}
	return all
}

// TestHostileHTML writes each of these where HTML may stand in Markdown, and reads the page as a browser does: there is no
// element, attribute or address that is not in a list, and no comment.
func TestHostileHTML(t *testing.T) {
	forms := []string{
		"%s", "%s\n\ntext\n\n</p></div></details>", "x %s y", "> %s", "- %s", "1. x\n\n   %s", "| a |\n| - |\n| %s |",
		"**%s**", "[%s](https://a.example/)",
		"![%s](a.png)", "# %s",
		"<div>\n%s\n</div>", "<details><summary>%s</summary>\n\n%[1]s\n\n</details>", "<table><tr><td>%s</td></tr></table>",
		"<pre>%s</pre>",
		"x[^1]\n\n[^1]: %s", "term\n: %s", "!!! note \"%s\"\n    %[1]s", ":::tip %s\n%[1]s\n:::", "=== \"%s\"\n\n    %[1]s",
		"<Steps title='%s'>\n%[1]s\n</Steps>",
		"<Callout title=\"%s\">\n\n%[1]s\n\n</Callout>",
		"- [ ] %s", "```bash\n# %s\naws s3 ls\n```", "```\n%s\n```", "    %s", "~~%s~~", "%s\n===", "<a href=\"https://a.ex" +
			"ample/\">%s</a>",
	}
	all := hostileHTML(t)
	for i, form := range forms {
		var whole strings.Builder
		for k, hostile := range all {
			source := fmt.Sprintf(form, hostile)
			checkShown(t, source, rendered(t, source, Options{}))
			if (i+k)%8 == 0 { // between others, as pages
				fmt.Fprintf(&whole, "## Work %d\n\n%s\n\n```bash\naws s3 ls\n```\n\n", k, source)
			}
		}
		book := readRunbook("a.md", []byte(whole.String()), Options{Analyser: fakeAnalyser{}})
		page := htmlOf(book)
		for _, p := range book.procedures {
			for _, s := range p.Steps {
				page += s.About
			}
		}
		checkShown(t, form, page)
	}
}
