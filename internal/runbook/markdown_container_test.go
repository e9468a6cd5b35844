package runbook

import (
	"strings"
	"testing"
)

// TestContainersOfOtherTools reads what MkDocs, Docusaurus, VuePress and MDX put around Markdown: fences in it are steps, its
// title labels them, and all of its text is on the page.
func TestContainersOfOtherTools(t *testing.T) {
	const fence = "```bash\naws s3 ls\n```"
	indented := strings.ReplaceAll("\n"+fence, "\n", "\n    ")
	for source, label := range map[string]string{
		"!!! note \"A title\"\n\n    words in it\n" + indented + "\n":                                                 "",
		"!!! note \"A title\"\n" + indented + "\n\n    words in it\n":                                                 "A title",
		"??? warning \"A title\"\n" + indented + "\n\n    words in it\n":                                              "A title",
		"=== \"A title\"\n" + indented + "\n\n    words in it\n":                                                      "A title",
		":::tip A title\n" + fence + "\n\nwords in it\n:::\n":                                                         "A title",
		"::: warning A title\n\n" + fence + "\n\nwords in it\n\n:::\n":                                                "A title",
		":::note[A title]\n" + fence + "\n\nwords in it\n:::\n":                                                       "A title",
		"::::tip A title\n" + fence + "\n:::note\nwords in it\n:::\n::::\n":                                           "A title",
		":::tip A title\n" + fence + "\n:::note\nwords in it\n:::\n:::\n":                                             "A title",
		"````{tab-item} A title\n:sync: key\n\n" + fence + "\n\nwords in it\n````\n":                                  "A title",
		"`````{tab-set}\n````{tab-item} A title\n" + fence + "\nwords in it\n````\n`````\n":                           "A title",
		"~~~{admonition} A title\n:class: tip\n" + fence + "\nwords in it\n~~~\n":                                     "A title",
		"A title\n\nwords in it\n\n```{code-block} bash\naws s3 ls\n```\n":                                            "",
		"A title\n\n```{figure} a.png\nwords in it\n```\n\n" + fence + "\n":                                           "",
		"<Tabs>\n<TabItem value=\"x\" label=\"A title\">\n" + fence + "\n\nwords in it\n</TabItem>\n</Tabs>\n":        "A title",
		"<Tabs>\n  <TabItem label=\"A title\">\n    " + indented[1:] + "\n\n    words in it\n  </TabItem>\n</Tabs>\n": "A title",
		"<Callout type=\"x\" title=\"A title\">\n" + fence + "\nwords in it\n</Callout>\n":                            "A title",
		"<Steps>\n\n### A title\n\n" + fence + "\n\nwords in it\n\n</Steps>\n":                                        "",
	} {
		book := readRunbook("a.mdx", []byte("# A book\n\n## Work\n\n"+source+"\nAfter it.\n"), Options{Analyser: fakeAnalyser{}})
		all, steps := htmlOf(book), 0
		for _, p := range book.procedures {
			all += p.Title
			for _, s := range p.Sections {
				all += s.Title
			}
			for _, s := range p.Steps {
				steps++
				if label != "" && !strings.HasSuffix(s.Title, label) && s.Group != label {
					t.Errorf("%q has the title %q and the group %q", source, s.Title, s.Group)
				}
			}
		}
		if steps != 1 || !strings.Contains(all, "words in it") || !strings.Contains(all, "After it.") || !strings.Contains(all, "A title") {
			t.Errorf("%q has %d steps: %s", source, steps, all)
		}
	}
	const noted = `<blockquote class="alert note"><p><strong>Note</strong></p><p>Ask.</p></blockquote>`
	for source, want := range map[string]string{
		"!!! danger \"Stop *now*\"\n    Ask **first**.": `<blockquote class="alert caution"><p><strong>Stop <em>now</em></strong></p>` +
			"<p>Ask <strong>first</strong>.</p></blockquote>",
		"!!! note\n    Ask.\n\nafter":                   noted + "<p>after</p>",
		"??? tip \"More\"\n    Ask.":                    "<details><summary><strong>More</strong></summary><p>Ask.</p></details>",
		"```{note}\nAsk.\n```\n\nafter":                 noted + "<p>after</p>",
		"```{dropdown} More\n:open:\n\nAsk.\n```":       "<details><summary><strong>More</strong></summary><p>Ask.</p></details>",
		"(topic:ask)=\n\nAsk [](/topic/who).":           `<p>Ask <a href="/topic/who">/topic/who</a>.</p>`,
		"=== \"Linux\"\n\n    Ask.":                     `<p class="tab"><strong>Linux</strong></p><p>Ask.</p>`,
		":::tip\nAsk.\n\nafter":                         "<p>:::tipAsk.</p><p>after</p>",
		"<CLUSTER>\n\nAsk.\n\n</CLUSTER>":               "<p>&lt;CLUSTER&gt;</p><p>Ask.</p><p>&lt;/CLUSTER&gt;</p>",
		"import X from './x'\n\n<Xy a=\"b\" />\n\nAsk.": "<p>Ask.</p>",
		"==\n\n!\n\n? \n\n:\n\n<":                       "<p>==</p><p>!</p><p>?</p><p>:</p><p>&lt;</p>",
		"Title\n===":                                    "<h1>Title</h1>",
		"> !!! note\n>     Ask.\n\nafter":               "<blockquote>" + noted + "</blockquote><p>after</p>",
	} {
		if got := strings.ReplaceAll(rendered(t, source, Options{}), "\n", ""); got != want {
			t.Errorf("%q becomes\n%s\nand not\n%s", source, got, want)
		}
	}
}
